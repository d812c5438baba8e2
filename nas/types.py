"""What passes between the rooms: trials, results, and the protocols of those who make and answer them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from nas.space import Genome

Metrics = dict[str, float]
OBJECTIVE = "valid_accuracy"  # the metric that drives a search unless it has other objectives; larger is better
Report = Callable[[int, Metrics], bool]  # (epoch, metrics) -> go on?


@dataclass(frozen=True)
class Trial:
    """One evaluation to be made.

    Attributes:
        number: counted from 0 in the search.
        genome: what is to be evaluated.
        seed: of everything random in it.
        budget: epochs; None: the evaluator's own.
        attempt: how often it was tried before.
        horizon: the epochs of the whole training, of which `budget` are made for now, those before a checkpoint among
            them; the rest may follow. None: there are no others.
        parent: the trial of whose genome the searcher made this one, the first of several; None: it does not say.
    """

    number: int
    genome: Genome
    seed: int
    budget: int | None = None
    attempt: int = 0
    horizon: int | None = None
    parent: int | None = None


@dataclass(frozen=True)
class Result:
    """How a trial ended: its metrics, or the reason why it has none. A failure is a result.

    Attributes:
        trial: the trial.
        metrics: what was measured, by name; None: it failed.
        error: why it failed, in one line.
        seconds: how long it took.
        curve: what the evaluator reported on the way, `epoch` among it.
        values: of the search's objectives, larger is better; empty: valid_accuracy alone.
        worker: which of several workers evaluated it, from 0; None: there was but one.
    """

    trial: Trial
    metrics: Metrics | None
    error: str | None = None
    seconds: float = 0.0
    curve: tuple[Metrics, ...] = ()  # what the evaluator reported on the way, `epoch` among it
    values: tuple[float, ...] = ()  # of the search's objectives, larger is better; empty: valid_accuracy alone
    worker: int | None = None

    @property
    def failed(self) -> bool:
        """Whether it has no metrics."""
        return self.metrics is None

    @property
    def score(self) -> float:
        """The first objective, which is all that most searchers look at; larger is better. Not of a failed result."""
        assert self.metrics is not None
        return self.values[0] if self.values else self.metrics[OBJECTIVE]


class Refused(NamedTuple):
    """A proposal that was not taken: its network was tried before, breaks a limit, or cannot be evaluated.

    Attributes:
        genome: what was proposed.
        reason: why it was not taken.
    """

    genome: Genome
    reason: str


class Searcher(Protocol):
    """Proposes genomes and learns from results. Its state depends on what it was told and nothing else.

    Where candidates are paused and some promoted to a larger budget (`run.schedule`), each trial is told once, when it
    is first paused, so that any searcher works. One that has a method `retell(result)` is told again of a promoted
    trial, by that method: its latest result, perhaps a failure, takes the place of the one of the same trial number.
    It is of more epochs, `result.trial.budget`; those who had them were the best of their rung before.

    One that makes a genome of others says of which: after each `ask`, `parents` are the numbers of their trials, none
    where it was drawn anew. What was changed follows from the genomes (`run.lineage`).

    One that is slow to tell, for it trains a network, has `state()`, a flat dict of tensors and of values that JSON
    holds exactly, and `load(state)`, by which a new searcher of the same space and options is as if told the same. A
    run keeps such a snapshot beside its journal (`run.snapshot`).
    """

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome | None:
        """The next genome to evaluate, or None when there is nothing left to propose.

        Args:
            rng: where everything random is drawn from.
            pending: trials under way, of which nothing was told yet.
            refused: what it proposed for this same trial before, by the same generator.
        """

    def tell(self, result: Result) -> None:
        """A trial ended, well or not, in whatever order trials end.

        Args:
            result: `result.failed`, or `result.score` and `result.values`, which are larger where they are better.
        """


class Evaluate(Protocol):
    """Genome to measurements. Picklable and stateless; what it raises, the executor makes a failed result.

    checkpoint: a file of the trial's own, where the evaluator may keep what it needs to go on, after a kill or with a
    larger budget; it finds there what it has left there. None: there is no such place. Going on, it first reports again
    what it reported before, so that the trial's curve is whole.
    """

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics: ...


class Executor(Protocol):
    """Where evaluations run.

    told: where it is set, `next` calls it of epochs that trials under way have behind them: of each in this process, of
    the latest every now and then where they run elsewhere.
    """

    told: Callable[[Trial, int], None] | None

    def submit(self, evaluator: Evaluate, trial: Trial, checkpoint: Path | None = None) -> None:
        """Begin (or queue) an evaluation; only while `free()` is positive."""

    def next(self) -> Result | None:
        """Wait for the next evaluation to end, whichever that is. None: none has, but more than before may begin."""

    def free(self) -> int:
        """How many more evaluations could begin now."""

    def close(self) -> None:
        """Let go of workers; evaluations under way are dropped."""


def trial_random(seed: int, number: int) -> random.Random:
    """The generator of one trial: the same for the same (seed, trial number), in any process."""
    return random.Random(f"{seed}/{number}")
