"""Limits on what a candidate may cost, before anything is trained.

Most are checked on its pruned graph, and one that is over them is refused before it is a trial. `latency_ms` is
measured on the device where trials run, once the network is built: over that limit a trial has failed, untrained.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.graph.costs import COSTS
from nas.graph.graph import Graph

MEASURED = ("latency_ms",)
AMOUNT = "a positive number, such as 3.5M or 600000"
UNITS = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9}


def parse_limits(limits: Mapping[str, Any] | None) -> dict[str, float]:
    """`{"parameters": "3.5M"}` as `{"parameters": 3500000.0}`: the most that is allowed of each. Raises UserError."""
    return {name: _amount(name, value) for name, value in (limits or {}).items()}


def broken(graph: Graph, limits: Mapping[str, float]) -> str | None:
    """The first limit that a pruned graph exceeds, or None. What has to be measured is left to the evaluator."""
    return next((name for name, most in limits.items() if name not in MEASURED and graph.costs[name] > most), None)


def _amount(name: str, value: Any) -> float:
    if name not in (quantities := (*COSTS, *MEASURED)):
        raise UserError("limit", f"unknown quantity '{name}'", did_you_mean(name, quantities))
    if isinstance(value, bool) or (amount := parse_amount(str(value))) is None:
        raise UserError("limit", f"{name} is {value!r}", f"give {AMOUNT}")
    return amount


def parse_amount(text: str) -> float | None:
    """`3.5M` as 3500000.0; None for what is no positive number."""
    match = re.fullmatch(r"\s*([0-9.]+(?:e[-+]?[0-9]+)?)\s*([kmgb]?)\s*", text, re.IGNORECASE)
    try:
        amount = float(match[1]) * UNITS[match[2].upper()] if match else math.nan
    except ValueError:
        amount = math.nan
    return amount if 0 < amount < math.inf else None
