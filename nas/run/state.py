"""The state of a run: what its journal's records add up to. The running search and a replay apply the same records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nas.errors import UserError
from nas.objectives import Objective, missing, parse_objectives, values
from nas.run.journal import Line
from nas.run.records import Derived, Done, Ended, Final, Issued, Promoted, Record, Session, Warmed, parse
from nas.space import Document, Genome
from nas.space.genome import is_answer
from nas.types import OBJECTIVE, Metrics, Result, Trial

OUT_OF_TIME = "out of time"  # why a search ended that may go on when it is given more


@dataclass(repr=False)
class Entry:
    """One trial of a run: what was issued, and its result once it has one.

    Once it is promoted, `trial` has its new budget, while `result` is of the last that it has reached, if only to fail.
    One that failed and is tried again is as it was before it failed.

    Attributes:
        trial: what was issued.
        fingerprint: of its network, by which equal ones are known.
        costs: of the pruned graph by name (parameters, mult_adds ...), as far as they were noted.
        result: the last one; None while there is none.
        results: by the budgets, in epochs, that it has reached.
        told: the last two that it has had.
        begun: when it was issued, in seconds since 1970; None: not noted.
        ended: when it had its last result, likewise.
        parents: trials of whose genomes the searcher made this one; None: it did not say.
    """

    trial: Trial
    fingerprint: str
    costs: dict[str, int]
    result: Result | None = None
    results: dict[int | None, Result] = field(default_factory=dict)  # by the budgets that it has reached
    told: list[Result] = field(default_factory=list)  # the last two that it has had
    begun: float | None = field(default=None, compare=False)
    ended: float | None = field(default=None, compare=False)
    parents: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        said = [f"{name}={value:.4g}" for name, value in (self.result.metrics or {}).items()] if self.result else []
        outcome = "pending" if self.result is None else self.result.error or ", ".join(said)
        costs = ", ".join(f"{self.costs[name]:,} {name}" for name in ("parameters", "mult_adds") if name in self.costs)
        return f"Entry(trial {self.trial.number}: {outcome}; {costs or 'no costs'}; {dict(self.trial.genome.answers)})"

    @property
    def retold(self) -> bool:
        """Whether this result is of a larger budget than an earlier one."""
        return len(self.results) > 1

    def tell(self, tell: Callable[[Result], None], retell: Callable[[Result], None] | None) -> None:
        """Tell a searcher the result: as a new one, or, where it replaces one that was no failure, as that.

        A failure is nothing that a searcher keeps. Who has no `retell` knows a trial by its first budget alone.

        Args:
            tell: the searcher's method.
            retell: that for a result which takes the place of an earlier one; None: it has none.
        """
        *before, result = self.told
        if not before or (before[0].failed and (retell is not None or not self.retold)):
            tell(result)
        elif retell is not None:
            retell(result)

    @property
    def worth(self) -> tuple[int, float]:
        """What makes one trial better than another: more epochs, with which others do not compare, then the score."""
        assert self.result is not None
        return self.result.trial.budget or 0, self.result.score

    @property
    def score(self) -> float | None:
        """The first objective, larger is better; None while it runs and when it failed."""
        return None if self.result is None or self.result.failed else self.result.score

    def shown(self, objective: str) -> tuple[str, float] | None:
        """What a person is told of it: its first objective, where that is a score of the validation set or there is no
        valid_accuracy, else that.

        Args:
            objective: the first objective's metric.

        Returns:
            (metric, value), or None without a result.
        """
        if self.result is None or self.result.metrics is None:
            return None
        measured = {**self.costs, **self.result.metrics}
        name = objective if objective.startswith("valid_") or OBJECTIVE not in measured else OBJECTIVE
        return name, measured[name]


@dataclass
class State:
    """Trials by number, the identities already issued, and how the search ended, if it has.

    document: of the genomes, whose answers are checked when they are used, not here: a replay is quick. objectives:
    by whose values results are told and the best is known. pending: trials that were issued or promoted and have no
    result of that, by number. warm: what a warm start tries first, None without one. derived: the supernets that were
    trained, and from_supernets: the genomes that they gave, which are tried first too.
    end: why the search ended. final: a final training, of the best or of one that was it before
    the search went on. settings: what run.yaml says otherwise, by the last who resumed it. seconds: how long the search
    has been running, as far as its sessions are in the journal; time_limit: how long it may, where one of them said so.
    """

    document: Document
    objectives: tuple[Objective, ...] = parse_objectives(())
    entries: list[Entry] = field(default_factory=list)
    pending: dict[int, Trial] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    best: Entry | None = None
    failed: int = 0
    finished: int = 0
    duplicates: int = 0
    over_limit: int = 0
    warm: list[Genome] | None = None
    derived: list[Derived] = field(default_factory=list)
    from_supernets: list[Genome] = field(default_factory=list)
    end: Ended | None = None
    final: Final | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    time_limit: float | None = None
    clock: float | None = None  # the time of the last record of a session

    @property
    def trained(self) -> Final | None:
        """The best one's final training."""
        return self.final if self.final and self.best and self.final.number == self.best.trial.number else None

    @property
    def out_of_time(self) -> bool:
        """Whether it ended for want of time."""
        return self.end is not None and self.end.reason == OUT_OF_TIME

    def apply(self, record: Record) -> Entry | None:
        """Take up a record; for `done` returns the trial's entry, with the result that the searcher is to be told."""
        if self.clock is not None and not isinstance(record, Final):
            self.seconds += max(0.0, record.time - self.clock) if not isinstance(record, Session) else 0.0
            self.clock = record.time
        match record:
            case Issued():
                self._issue(record)
            case Done():
                return self._finish(record)
            case Promoted():
                self._promote(record.number, record.budget)
            case Warmed():
                self.warm = [self._genome(answers) for answers in record.answers]
            case Derived():
                self._derive(record)
            case Session():
                self._go_on(record)
            case Ended():
                self.duplicates += record.duplicates or 0
                self.over_limit += record.over_limit or 0
                self.end = record
            case Final():
                self.final = record
        return None

    def _issue(self, record: Issued) -> None:
        if record.number != len(self.entries):
            raise ValueError(f"trial {record.number} issued where {len(self.entries)} was next")
        genome = self._genome(record.answers)
        parent = record.parents[0] if record.parents else None
        trial = Trial(record.number, genome, record.seed, record.budget, horizon=record.horizon, parent=parent)
        self.pending[trial.number] = trial
        parents = None if record.parents is None else tuple(record.parents)
        self.entries.append(Entry(trial, record.fingerprint, record.all_costs, begun=record.time, parents=parents))
        self.seen.add(record.identity or record.fingerprint)
        self.duplicates += record.duplicates
        self.over_limit += record.over_limit

    def _derive(self, record: Derived) -> None:
        if record.number != len(self.derived):
            raise ValueError(f"supernet {record.number} ended where {len(self.derived)} was next")
        self.derived.append(record)
        self.from_supernets += [self._genome(answers) for answers in record.answers]

    def _go_on(self, record: Session) -> None:
        """Another process takes the search up, with other settings, and with trials to be tried again."""
        for number in record.retried:
            entry = self.entries[number] if type(number) is int and 0 <= number < len(self.entries) else None
            if entry is None or number in self.pending or entry.result is None or not entry.result.failed:
                raise ValueError(f"trial {number!r} tried again without having failed")
            failure = entry.results.pop(entry.trial.budget)
            entry.result = next(reversed(entry.results.values()), None)
            entry.trial = self.pending[number] = replace(entry.trial, attempt=failure.trial.attempt + 1)
            self.failed -= 1
            self.finished -= entry.result is None
            self._compare(entry)
        self.settings.update(record.settings)
        if "max_time" in record.settings:
            self.time_limit = self.seconds + float(record.settings["max_time"])
        self.clock, self.end = float(record.time), None

    def _genome(self, answers: dict[str, Any]) -> Genome:
        if not all(map(is_answer, answers.values())):
            raise TypeError("answers are numbers, words and positions")
        return Genome(self.document, answers)

    def _promote(self, number: int, budget: int) -> None:
        if not 0 <= number < len(self.entries) or number in self.pending:
            raise ValueError(f"trial {number} promoted without being paused")
        entry = self.entries[number]
        reached, horizon = entry.trial.budget, entry.trial.horizon
        if entry.score is None or reached is None or horizon is None or not reached < budget <= horizon:
            raise ValueError(f"trial {number} promoted from {reached} to {budget} epochs")
        entry.trial = self.pending[number] = replace(entry.trial, budget=budget)

    def _finish(self, record: Done) -> Entry:
        if self.pending.pop(record.number, None) is None:
            raise ValueError(f"trial {record.number} done without being under way")
        entry, metrics = self.entries[record.number], record.metrics
        trial = replace(entry.trial, attempt=record.attempt)
        error = record.error if metrics is None else self._lacking(entry, metrics)
        measured = {} if error else {**entry.costs, **(metrics or {})}
        worth = () if error else values(self.objectives, measured)
        entry.result = Result(trial, None if error else metrics, error, record.seconds, values=worth)
        entry.results[trial.budget] = entry.result
        entry.told, entry.ended = [*entry.told[-1:], entry.result], record.time
        self.finished += not entry.retold
        self.failed += entry.result.failed
        if entry.score is None and self.best is entry:  # it failed after its promotion
            self.best = None
            for other in self.entries:
                self._compare(other)
        else:
            self._compare(entry)
        return entry

    def _compare(self, entry: Entry) -> None:
        """Whether it is the best: of equals the first to be so."""
        if entry.score is not None and (self.best is None or entry.worth > self.best.worth):
            self.best = entry

    def _lacking(self, entry: Entry, metrics: Metrics) -> str | None:
        """Why metrics without an objective's are a failure."""
        lacking = missing(self.objectives, {**entry.costs, **metrics})
        return f"the evaluator's metrics have no {lacking}, which is an objective" if lacking else None


def replay(
    lines: Sequence[Line],
    state: State,
    tell: Callable[[Result], None],
    where: str,
    retell: Callable[[Result], None] | None = None,
    told: int = 0,
) -> None:
    """Apply the records of a journal, telling each result in their order, as `Entry.tell` does; those of the first
    `told` lines not at all, which the searcher was told already. Raises UserError naming the line.
    """
    for number, line in enumerate(lines, start=1):
        try:
            entry = state.apply(parse(line))
        except UserError as error:
            raise UserError(
                f"{where}:{number}", f"does not fit run.yaml: {error}", "restore the run from a copy"
            ) from None
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise UserError(
                f"{where}:{number}", f"not a record of a run ({error})", "restore the run from a copy"
            ) from None
        if number > told and entry is not None and entry.result is not None:
            entry.tell(tell, retell)
