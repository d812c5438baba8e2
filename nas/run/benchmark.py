"""Searches over a benchmark table, many times over: how good is the best found after how many trials.

Each repeat is the real thing but for the training: the searcher is asked, networks already tried, and such as the table
lacks, are refused and asked again, as in `nas.run.loop`, and results are told one by one. With several workers, each
trial takes its simulated seconds, and they are told in the order in which they end. The incumbent is the trial of
highest validation accuracy so far; its score is the test accuracy that the table has for a full training, which no
searcher is shown.

With several objectives, accuracy and costs, searchers are told them all. What is found is then the front of what they
were told; its hypervolume is of the test accuracies and the costs of its networks, in percent of the whole box between
the reference point and a network of accuracy 1 that costs nothing. Down from an accuracy of 0, with one cost, that is a
mean: of the best accuracy found under a limit on the cost, over all limits up to the reference.
"""

import heapq
import math
import os
import random
import signal
import statistics
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from multiprocessing import active_children, get_context
from typing import Any

from nas import searchers
from nas.errors import UserError
from nas.evaluators.tables import read
from nas.evaluators.tables.table import Table
from nas.run.hypervolume import hypervolume, measured, reference_point
from nas.run.lifeline import end_with
from nas.run.objectives import Objective, missing, parse_objectives, values
from nas.run.propose import End, Proposal, propose
from nas.searchers.pareto import front
from nas.space import Space, load
from nas.types import OBJECTIVE, Result, Trial, trial_random

SOME = 50  # random networks by which it is guessed how many trials there will be
SHOWN = (1, 2, 5)  # trial numbers that a table of results shows: these, times powers of ten, and the last


@dataclass(frozen=True)
class Benchmark:
    """What is repeated. trials: the most a search may make. seconds: simulated, at whose end it stops (None: never).

    epochs: of the trials, None for the fewest that the table has. again: whether the same network may be tried again,
    as in the papers' own code. overrides: parameters of the document, with their values. objectives: valid_accuracy
    and then costs, to be made small. workers: trials under way at once. Raises UserError for others.
    """

    space: str
    table: str
    dataset: str = "cifar10"
    trials: int = 100
    seconds: float | None = None
    epochs: int | None = None
    again: bool = False
    seed: int = 0
    overrides: tuple[tuple[str, Any], ...] = ()
    objectives: tuple[Objective, ...] = parse_objectives(())
    workers: int = 1

    def __post_init__(self) -> None:
        first, *costs = self.objectives
        if first != Objective(OBJECTIVE) or not all(cost.smaller for cost in costs):
            hint = "such as --objective valid_accuracy --objective parameters:min"
            raise UserError("objective", "a benchmark has valid_accuracy first, then what is to be made small", hint)

    def load(self) -> Space:
        """The space, as small as the table allows, but where its costs are objectives. Raises UserError."""
        known, overrides = read(self.table, self.dataset), dict(self.overrides)
        small = known.small if len(self.objectives) == 1 else {}
        try:
            space = load(self.space, **{**known.given, **small, **overrides})
        except UserError:
            load(self.space, **overrides)  # the user's own mistake comes first
            raise UserError(self.table, f"a table of another space than {self.space}") from None
        known.fit(space)
        return space


@dataclass(frozen=True)
class Course:
    """One repeat of one searcher: after each trial, simulated seconds so far and the incumbent's score (0 to 1).

    told: each trial's objectives as the searcher was told them. worth: the same, but of the test accuracy. Both are
    larger where they are better.
    """

    seconds: tuple[float, ...]
    scores: tuple[float, ...]
    told: tuple[tuple[float, ...], ...] = ()
    worth: tuple[tuple[float, ...], ...] = ()

    def at(self, trials: int) -> tuple[float, float]:
        """(seconds, score) after so many trials, or after the last where there are fewer."""
        last = min(trials, len(self.scores)) - 1
        return self.seconds[last], self.scores[last]

    def share(self, trials: int, reference: Sequence[float]) -> float:
        """The hypervolume of the front after so many trials, as a share of the box above the reference point."""
        best = [self.worth[here] for here in front(self.told[:trials])]
        return hypervolume(best, reference) / _box(reference)


def course(benchmark: Benchmark, searcher: str, options: Mapping[str, Any], repeat: int) -> Course:
    """Repeat number `repeat`: the search that the seed `benchmark.seed + repeat` gives. Raises UserError."""
    known, space = read(benchmark.table, benchmark.dataset), _space(benchmark)
    known.check(benchmark.epochs)
    seed, budget = benchmark.seed + repeat, searchers.for_budget(searcher, _likely(benchmark, known, space))
    asked = searchers.create(searcher, space, {**budget, **options}, seed)
    has = partial(known.has, epochs=benchmark.epochs)
    seen: set[str] = set()
    seconds, scores, best, score = list[float](), list[float](), -math.inf, math.nan
    told, worth = list[tuple[float, ...]](), list[tuple[float, ...]]()
    running = list[tuple[float, int, Proposal]]()  # (when it ends, its number, what it is)
    now, issued, end = 0.0, 0, False
    while True:
        while len(running) < benchmark.workers and issued < benchmark.trials and not end:
            rng = trial_random(seed, issued)
            rng.randrange(2**31)  # the trial's seed, in a search
            under_way = sorted(running, key=lambda each: each[1])
            pending = [Trial(number, each.genome, number, benchmark.epochs) for _, number, each in under_way]
            found = propose(asked, space, rng, pending, () if benchmark.again else seen, {}, has)
            if isinstance(found, End):
                if not issued:
                    sizes = f"it has {len(known.rows):,} rows, the space {space.size():,} genomes"
                    raise UserError(benchmark.table, f"nothing to search in {benchmark.space}: {found.reason}", sizes)
                end = True
                break
            seen.add(found.fingerprint)
            took = known.metrics(found.genome, benchmark.epochs).get("simulated_seconds", 0.0)
            heapq.heappush(running, (now + took, issued, found))
            issued += 1
        if not running:
            break
        now, number, found = heapq.heappop(running)
        if benchmark.seconds is not None and now > benchmark.seconds and scores:
            break
        metrics = known.metrics(found.genome, benchmark.epochs)
        costed = {**metrics, "parameters": float(found.parameters), "mult_adds": float(found.mult_adds)}
        if lacking := missing(benchmark.objectives, costed):
            raise UserError(f"objective {lacking}", f"neither a cost nor in {benchmark.table}", "parameters, mult_adds")
        told.append(values(benchmark.objectives, costed))
        asked.tell(Result(Trial(number, found.genome, number, benchmark.epochs), metrics, values=told[-1]))
        reached = known.score(found.genome, benchmark.epochs)
        if metrics["valid_accuracy"] > best:
            best, score = metrics["valid_accuracy"], reached
        seconds.append(now)
        scores.append(score)
        worth.append((reached, *told[-1][1:]))
    return Course(tuple(seconds), tuple(scores), tuple(told), tuple(worth))


def _likely(benchmark: Benchmark, known: Table, space: Space) -> int:
    """How many trials there will be: by what random ones take, where the seconds end a search before its trials do."""
    if benchmark.seconds is None:
        return benchmark.trials
    rng, took = random.Random(0), list[float]()
    for _ in range(SOME):
        genome = space.sample(rng)
        if known.has(genome, benchmark.epochs):
            took.append(known.metrics(genome, benchmark.epochs).get("simulated_seconds", 0.0))
    mean = statistics.fmean(took or [0.0])
    return (
        max(1, min(benchmark.trials, int(benchmark.workers * benchmark.seconds / mean))) if mean else benchmark.trials
    )


def courses(
    benchmark: Benchmark, searcher: str, options: Mapping[str, Any], repeats: int, processes: int | None = None
) -> list[Course]:
    """All repeats, spread over processes (None: as many as there are cores). The same whatever their number."""
    searchers.create(searcher, benchmark.load(), options)  # mistakes before processes
    processes = min(processes or os.cpu_count() or 1, repeats)
    one = partial(course, benchmark, searcher, options)
    if processes == 1:
        return [one(repeat) for repeat in range(repeats)]
    others = set(active_children())
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (os.getpid(),)) as pool:
        try:
            return list(pool.map(one, range(repeats), chunksize=max(1, repeats // (8 * processes))))
        except BaseException:  # the pool would wait for what they are at
            for process in set(active_children()) - others:
                process.kill()
            raise


def _begin(parent: int) -> None:
    """Of a process as it starts. The matrices of surrogates are too small to share among cores; Ctrl-C is for the
    parent, which ends it."""
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)


@dataclass(frozen=True)
class Standing:
    """Mean and standard deviation (of the repeats, in percent) of the incumbents' scores after so many trials."""

    searcher: str
    trials: float
    simulated_seconds: float
    mean: float
    std: float
    repeats: int


@dataclass(frozen=True)
class FrontStanding(Standing):
    """With several objectives: mean and standard deviation, in percent, of the fronts' shares of the box as well."""

    hypervolume: float
    hypervolume_std: float
    reference: dict[str, float]  # as measured


def reference_of(benchmark: Benchmark, found: Iterable[Course], given: Mapping[str, float]) -> tuple[float, ...]:
    """The reference point for all these courses, larger is better: what is given, else an accuracy of 0 and the largest
    cost of all their trials. Raises UserError where there is no box above it.
    """
    points = [point for course in found for point in course.worth]
    point = reference_point(benchmark.objectives, points, {OBJECTIVE: 0.0, **given})
    if _box(point) <= 0 or point[0] >= 1:
        raise UserError("reference", "leaves no room", "give an accuracy below 1, and costs above 0")
    return point


def _box(reference: Sequence[float]) -> float:
    return (1 - reference[0]) * math.prod(max(0.0, -cost) for cost in reference[1:])


def with_fronts(
    benchmark: Benchmark, searcher: str, found: Sequence[Course], reference: Sequence[float]
) -> list[FrontStanding]:
    """`standings`, and what the fronts were."""
    rows = []
    for trials, standing in zip(_steps(found), standings(searcher, found), strict=True):
        shares = [100 * course.share(trials, reference) for course in found]
        volume, deviation = statistics.fmean(shares), statistics.pstdev(shares)
        known = {**asdict(standing), "reference": measured(benchmark.objectives, reference)}
        rows.append(FrontStanding(**known, hypervolume=volume, hypervolume_std=deviation))
    return rows


def standings(searcher: str, found: Sequence[Course]) -> list[Standing]:
    """After 1, 2, 5, 10, 20, 50 ... trials, and after the last; `trials` is a mean where the repeats differ."""
    return [_standing(searcher, found, trials) for trials in _steps(found)]


def _steps(found: Sequence[Course]) -> list[int]:
    most = max(len(course.scores) for course in found)
    steps = [step * 10**power for power in range(6) for step in SHOWN]
    return [*(step for step in steps if step < most), most]


def _standing(searcher: str, found: Sequence[Course], trials: int) -> Standing:
    points = [course.at(trials) for course in found]
    scores = [100 * score for _, score in points]
    made = statistics.fmean(min(trials, len(course.scores)) for course in found)
    seconds = statistics.fmean(seconds for seconds, _ in points)
    made = int(made) if made.is_integer() else made
    return Standing(searcher, made, seconds, statistics.fmean(scores), statistics.pstdev(scores), len(found))


@lru_cache(maxsize=1)
def _space(benchmark: Benchmark) -> Space:
    """Loaded once a process: expanded cells are kept from repeat to repeat."""
    return benchmark.load()
