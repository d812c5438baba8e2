"""Searchers by name. Each proposes genomes and learns from results; `create_searcher` checks the options of one."""

import inspect
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.searchers.bananas import Bananas
from nas.searchers.evolution import Evolution
from nas.searchers.grid import Grid
from nas.searchers.local_search import LocalSearch
from nas.searchers.nsga2 import NSGA2
from nas.searchers.ppo import PPO
from nas.searchers.random import Random
from nas.searchers.regularized_evolution import RegularizedEvolution
from nas.searchers.reinforce import Reinforce
from nas.space import Space
from nas.types import Searcher

SEARCHERS: dict[str, Any] = {
    "random": Random,
    "grid": Grid,
    "regularized_evolution": RegularizedEvolution,
    "evolution": Evolution,
    "local_search": LocalSearch,
    "bananas": Bananas,
    "nsga2": NSGA2,
    "reinforce": Reinforce,
    "ppo": PPO,
}
FAMILIES = {"optuna": "nas.integrations.optuna_searcher"}  # of names such as optuna:tpe; imported when one is asked for
EXAMPLES = ("optuna:tpe",)  # of these


def for_budget(name: str, trials: int) -> dict[str, Any]:
    """The searcher's settings that suit a number of trials, where its paper's are for many more; see the searcher."""
    suited = getattr(SEARCHERS.get(name), "for_budget", None)
    return suited(trials) if suited else {}


def known_options(name: str) -> list[str]:
    """The names of the searcher's options. Raises UserError for an unknown searcher."""
    family, colon, member = name.partition(":")
    if colon and family in FAMILIES:
        return list(import_module(FAMILIES[family]).known_options(member))
    if name not in SEARCHERS:
        raise UserError("searcher", f"unknown searcher '{name}'", did_you_mean(name, [*SEARCHERS, *EXAMPLES]))
    return [option for option in inspect.signature(SEARCHERS[name]).parameters if option not in ("space", "seed")]


def create_searcher(name: str, space: Space, options: Mapping[str, Any] | None = None, seed: int = 0) -> Searcher:
    """The searcher `name` over `space`, with the search's seed where it draws something of its own beforehand.

    Raises UserError for an unknown name or option, or a value out of range.
    """
    accepted = known_options(name)
    for option in options or {}:
        if option not in accepted:
            hint = did_you_mean(option, accepted) or "it takes none"
            raise UserError(f"searcher {name}", f"unknown option '{option}'", hint)
    family, _, member = name.partition(":")
    searcher: Searcher
    if member:
        searcher = import_module(FAMILIES[family]).create_searcher(member, space, options)
    else:
        own = {"seed": seed} if "seed" in inspect.signature(SEARCHERS[name]).parameters else {}
        searcher = SEARCHERS[name](space, **own, **(options or {}))
    return searcher


def share_out(names: Sequence[str], space: Space, options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each searcher's own among the options given to several.

    Raises UserError where `create_searcher` would, of each of them, and for an option that none of them has.
    """
    shares = {name: {key: options[key] for key in known_options(name) if key in options} for name in names}
    for option in options:
        if not any(option in share for share in shares.values()):
            create_searcher(names[0], space, {option: options[option]})
    for name, share in shares.items():
        create_searcher(name, space, share)
    return shares
