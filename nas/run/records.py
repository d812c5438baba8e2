"""The records of a journal: what a search has settled. A class each, which `to_json` writes and `parse` reads again.

A field that is None unless it is given was not in the journals of all versions, or says nothing: it is left out.
"""

import math
import time
from dataclasses import MISSING, dataclass, fields
from types import UnionType
from typing import Any, ClassVar, get_args, get_origin

from nas.run.journal import Line
from nas.run.propose import Proposal
from nas.types import Metrics, Result, Trial


def now() -> float:
    """The time that a record made now has: seconds since 1970."""
    return round(time.time(), 3)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A trial about to be dispatched. identity: as `alike.identity` has it; None: the fingerprint.

    duplicates, over_limit: proposals that were refused before this one. costs: what is noted besides the first two.
    parents: trials of whose genomes the searcher made this one; None: it does not say.
    """

    kind: ClassVar = "issued"
    number: int
    answers: dict[str, Any]
    fingerprint: str
    parameters: int
    mult_adds: int
    seed: int
    budget: int | None
    duplicates: int
    over_limit: int
    time: float
    costs: dict[str, int] | None = None
    identity: str | None = None
    horizon: int | None = None
    parents: list[int] | None = None

    def __post_init__(self) -> None:
        if self.horizon is not None and self.budget is None:
            raise ValueError(f"a horizon of {self.horizon} epochs without a budget")
        if not all(type(cost) is int for cost in (self.costs or {}).values()):
            raise TypeError(f"costs are {self.costs!r}")
        if not all(type(parent) is int and 0 <= parent < self.number for parent in self.parents or ()):
            raise ValueError(f"the parents of trial {self.number} are {self.parents!r}")

    @property
    def all_costs(self) -> dict[str, int]:
        return {"parameters": self.parameters, "mult_adds": self.mult_adds, **(self.costs or {})}

    @classmethod
    def of(cls, trial: Trial, proposal: Proposal) -> "Issued":
        others = dict(proposal.costs)
        return cls(
            number=trial.number,
            answers=dict(trial.genome.answers),
            fingerprint=proposal.fingerprint,
            parameters=others.pop("parameters"),
            mult_adds=others.pop("mult_adds"),
            seed=trial.seed,
            budget=trial.budget,
            duplicates=proposal.duplicates,
            over_limit=proposal.over_limit,
            time=now(),
            costs=others,
            identity=proposal.identity if proposal.identity not in ("", proposal.fingerprint) else None,
            horizon=trial.horizon,
            parents=None if proposal.parents is None else list(proposal.parents),
        )


@dataclass(frozen=True, kw_only=True)
class Done:
    """A result: metrics, or an error. worker: as in Result."""

    kind: ClassVar = "done"
    number: int
    error: str | None = None
    metrics: Metrics | None = None
    attempt: int
    seconds: float
    time: float
    worker: int | None = None

    def __post_init__(self) -> None:
        if self.metrics is not None:
            object.__setattr__(self, "metrics", _finite(self.metrics))
        if not (self.error if self.metrics is None else self.metrics):
            raise ValueError("a result without metrics or an error")

    @classmethod
    def of(cls, result: Result) -> "Done":
        number, attempt, seconds = result.trial.number, result.trial.attempt, round(result.seconds, 3)
        error = result.error if result.metrics is None else None
        return cls(
            number=number,
            error=error,
            metrics=result.metrics,
            attempt=attempt,
            seconds=seconds,
            worker=result.worker,
            time=now(),
        )


@dataclass(frozen=True, kw_only=True)
class Promoted:
    """A paused trial about to go on to more epochs, `budget` in all."""

    kind: ClassVar = "promoted"
    number: int
    budget: int
    time: float


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Why a search ended. duplicates, over_limit: proposals that were refused after the last trial."""

    kind: ClassVar = "end"
    reason: str
    duplicates: int | None = None
    over_limit: int | None = None
    time: float


@dataclass(frozen=True, kw_only=True)
class Session:
    """A process takes the search up: what it was told to do otherwise than before, and which trials to try again."""

    kind: ClassVar = "session"
    settings: dict[str, Any]
    retried: list[int]
    time: float


@dataclass(frozen=True, kw_only=True)
class Warmed:
    """What a warm start chose: the answers to try first, how many networks were scored and how many could not be."""

    kind: ClassVar = "warm_start"
    answers: list[dict[str, Any]]
    scored: int
    failed: int
    time: float


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A supernet that was trained, the `number`-th: the answers of the genomes that it gives, best first.

    curve: of each epoch its number, the metrics, the derived answers and the guard's warnings.
    """

    kind: ClassVar = "derived"
    number: int
    answers: list[dict[str, Any]]
    curve: list[dict[str, Any]]
    seconds: float
    time: float


@dataclass(frozen=True, kw_only=True)
class Final:
    """The final training of the trial that was the best then."""

    kind: ClassVar = "final"
    number: int
    metrics: Metrics
    seconds: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", _finite(self.metrics))


Record = Issued | Done | Promoted | Ended | Session | Warmed | Derived | Final


def _types(annotation: Any) -> tuple[type, ...]:
    """What a value of this annotation is; a float may be whole."""
    if isinstance(annotation, UnionType):
        return tuple(kind for one in get_args(annotation) for kind in _types(one))
    return (int, float) if annotation is float else (get_origin(annotation) or annotation,)


KINDS: dict[str, type[Record]] = {kind.kind: kind for kind in get_args(Record)}
FIELDS = {  # of each kind: name, whether it is always there, types
    kind: [(item.name, item.default is MISSING, _types(item.type)) for item in fields(kind)] for kind in KINDS.values()
}


def to_json(record: Record) -> Line:
    """What the journal's line of a record holds."""
    values = [(name, always, getattr(record, name)) for name, always, _ in FIELDS[type(record)]]
    return {"kind": record.kind, **{name: value for name, always, value in values if always or value is not None}}


def parse(line: Line) -> Record:
    """The record of a line; names that no field has are passed over.

    Raises KeyError, TypeError, ValueError, AttributeError or OverflowError for what is none.
    """
    kind = KINDS.get(line["kind"])
    if kind is None:
        raise ValueError(f"unknown kind {line['kind']!r}")
    values = {}
    for name, always, types in FIELDS[kind]:
        if always or name in line:
            if type(line[name]) not in types:
                raise TypeError(f"{name} is {line[name]!r}")
            if isinstance(line[name], float) and not math.isfinite(line[name]):
                raise ValueError(f"{name} is {line[name]!r}")
            values[name] = line[name]
    return kind(**values)


def _finite(metrics: Metrics) -> Metrics:
    """Metrics as floats, from a journal of any origin."""
    numbers = {name: float(value) for name, value in metrics.items()}
    if not all(map(math.isfinite, numbers.values())):
        raise ValueError(f"metrics are {numbers}")
    return numbers
