"""Searches that train a supernet, one paper a file."""

import dataclasses
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nas.errors import UserError, did_you_mean

if TYPE_CHECKING:  # the names of the methods are known without torch
    from nas.oneshot.method import Method

METHODS = {  # by the name of the searcher
    "darts": "nas.oneshot.darts.Darts",
    "drnas": "nas.oneshot.drnas.Drnas",
    "beta_darts": "nas.oneshot.beta_darts.BetaDarts",
    "gdas": "nas.oneshot.gdas.Gdas",
    "darts_minus": "nas.oneshot.darts_minus.DartsMinus",
    "pc_darts": "nas.oneshot.pc_darts.PcDarts",
    "fair_darts": "nas.oneshot.fair_darts.FairDarts",
    "spos": "nas.oneshot.spos.Spos",
    "fairnas": "nas.oneshot.fairnas.Fairnas",
    "proxyless": "nas.oneshot.proxyless.Proxyless",
    "ofa": "nas.oneshot.ofa.Ofa",
    "enas": "nas.oneshot.enas.Enas",
}


def known_options(name: str) -> list[str]:
    """The names of a method's settings."""
    return [field.name for field in dataclasses.fields(_class(name)) if field.init]


def create_method(name: str, options: Mapping[str, Any] | None = None) -> "Method":
    """The method `name`, its settings the paper's but for `options`. Raises UserError for what cannot be."""
    kinds = {field.name: field.type for field in dataclasses.fields(_class(name)) if field.init}
    for option, value in (options or {}).items():
        if option not in kinds:
            raise UserError(f"searcher {name}", f"unknown option '{option}'", did_you_mean(option, kinds))
        kind = kinds[option]
        kind = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
        fits = {"int": int, "float": int | float, "bool": bool, "str": str}.get(kind, object)
        if not isinstance(value, fits) or (isinstance(value, bool) and kind != "bool"):
            raise UserError(f"searcher {name}", f"{option} is {value!r}", f"give a value of type {kind}")
    method: Method = _class(name)(**(options or {}))
    return method


def _class(name: str) -> Any:
    if name not in METHODS:
        raise UserError("searcher", f"unknown one-shot method '{name}'", did_you_mean(name, METHODS))
    module, _, attribute = METHODS[name].rpartition(".")
    return getattr(import_module(module), attribute)
