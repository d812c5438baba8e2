"""The settings of a search as options of the command line: of nas search all of them, of other commands some."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field
from typing import Any

from nas.cli.completion import documents, offer
from nas.cli.parser import number, one_of, pairs
from nas.cli.target import value
from nas.run.arguments import bare
from nas.run.keywords import flag_of
from nas.run.settings import SETTINGS

PAIRS, SEVERAL = Mapping[str, Any], str | Sequence[str]
DATA = ("dataset", "data")
IMAGES = ("image_size", "resize", "length", "frames", "skip_unreadable", "task")
AUGMENTATION = ("flip", "crop")


def add_settings(parser: Any, names: Iterable[str], **otherwise: Any) -> None:
    """The options of these settings; `otherwise`: arguments of `add_argument` that are not as in a search."""
    for name in names:
        item = SETTINGS[name]
        flag = (flag_of(item),) if item.kw_only else ()
        argument = parser.add_argument(*flag, dest=name, **{**_described(item), **otherwise})
        if not item.kw_only:
            argument.completer = documents
        elif item.metadata["words"]:
            argument.completer = offer(item.metadata["words"])


def given(args: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """The values of these settings but for those that are left out. Raises UserError for what is no pair."""
    values = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    for name in values:
        if bare(SETTINGS[name].type) == PAIRS:
            values[name] = pairs(values[name], flag_of(SETTINGS[name]), value)
    return values


def _described(item: Field[Any]) -> dict[str, Any]:
    """Arguments of `add_argument`."""
    about, kind = item.metadata, bare(item.type)
    arguments = {"help": about["help"], "metavar": about["metavar"], "default": item.default}
    if not item.kw_only:
        return arguments | {"nargs": "?", "metavar": item.name.upper()}
    if kind is bool:
        return arguments | {"action": "store_const", "const": item.default is False}  # else it is there to forbid
    if kind in (PAIRS, SEVERAL) or about["several"]:
        metavar = "NAME=VALUE" if kind == PAIRS else about["metavar"]
        arguments |= {"action": "append", "default": None, "help": f"{about['help']} (repeatable)", "metavar": metavar}
    elif kind in (int, float):
        least = float("-inf") if about["least"] is None else about["least"]
        arguments |= {"type": number(kind, least), "metavar": about["metavar"] or "N"}
    elif about["words"]:
        arguments["type"] = one_of(*about["words"])
    if about["alone"]:
        arguments |= {"nargs": "?", "const": about["alone"]}
    return arguments
