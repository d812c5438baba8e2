"""Searches over a benchmark table, many times over.

Each repeat is the real thing but for the training: the searcher is asked, networks already tried, and such as the table
lacks, are refused and asked again, as in `nas.run.loop`, and results are told one by one. With several workers, each
trial takes its simulated seconds, and they are told in the order in which they end. The incumbent is the trial of
highest validation accuracy so far; its score is the test accuracy that the table has for a full training, which no
searcher is shown.

With several objectives, accuracy and costs, searchers are told them all.
"""

import heapq
import math
import os
import random
import signal
import statistics
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import active_children, get_context
from typing import Any

from nas import searchers
from nas.errors import UserError
from nas.evaluators.tables import read_table
from nas.evaluators.tables.table import Table
from nas.graph.costs import COSTS
from nas.objectives import Objective, missing, parse_objectives, values
from nas.run.lifeline import end_with
from nas.run.propose import End, Proposal, propose
from nas.space import Space, load
from nas.types import OBJECTIVE, Result, Trial, trial_random

TIMED_GENOMES = 50  # random networks by which it is guessed how many trials there will be


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
        table, overrides = read_table(self.table, self.dataset), dict(self.overrides)
        small = table.small if len(self.objectives) == 1 else {}
        try:
            space = load(self.space, **{**table.given, **small, **overrides})
        except UserError:
            load(self.space, **overrides)  # the user's own mistake comes first
            raise UserError(self.table, f"a table of another space than {self.space}") from None
        table.fit(space)
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


def course(benchmark: Benchmark, searcher: str, options: Mapping[str, Any], repeat: int) -> Course:
    """Repeat number `repeat`: the search that the seed `benchmark.seed + repeat` gives. Raises UserError."""
    table, space = read_table(benchmark.table, benchmark.dataset), _space(benchmark)
    table.check(benchmark.epochs)
    seed, budget = benchmark.seed + repeat, searchers.for_budget(searcher, _likely(benchmark, table, space))
    asked = searchers.create_searcher(searcher, space, {**budget, **options}, seed)
    has = partial(table.has, epochs=benchmark.epochs)
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
            proposal = propose(asked, space, rng, pending, () if benchmark.again else seen, {}, has)
            if isinstance(proposal, End):
                if not issued:
                    sizes = f"it has {len(table.rows):,} rows, the space {space.size():,} genomes"
                    raise UserError(
                        benchmark.table, f"nothing to search in {benchmark.space}: {proposal.reason}", sizes
                    )
                end = True
                break
            seen.add(proposal.fingerprint)
            took = table.metrics(proposal.genome, benchmark.epochs).get("simulated_seconds", 0.0)
            heapq.heappush(running, (now + took, issued, proposal))
            issued += 1
        if not running:
            break
        now, number, proposal = heapq.heappop(running)
        if benchmark.seconds is not None and now > benchmark.seconds and scores:
            break
        metrics = table.metrics(proposal.genome, benchmark.epochs)
        costed = {**metrics, **proposal.costs}
        if lacking := missing(benchmark.objectives, costed):
            raise UserError(f"objective {lacking}", f"neither a cost nor in {benchmark.table}", ", ".join(COSTS))
        told.append(values(benchmark.objectives, costed))
        asked.tell(Result(Trial(number, proposal.genome, number, benchmark.epochs), metrics, values=told[-1]))
        reached = table.score(proposal.genome, benchmark.epochs)
        if metrics["valid_accuracy"] > best:
            best, score = metrics["valid_accuracy"], reached
        seconds.append(now)
        scores.append(score)
        worth.append((reached, *told[-1][1:]))
    return Course(tuple(seconds), tuple(scores), tuple(told), tuple(worth))


def _likely(benchmark: Benchmark, table: Table, space: Space) -> int:
    """How many trials there will be: by what random ones take, where the seconds end a search before its trials do."""
    if benchmark.seconds is None:
        return benchmark.trials
    rng, took = random.Random(0), list[float]()
    for _ in range(TIMED_GENOMES):
        genome = space.sample(rng)
        if table.has(genome, benchmark.epochs):
            took.append(table.metrics(genome, benchmark.epochs).get("simulated_seconds", 0.0))
    mean = statistics.fmean(took or [0.0])
    return (
        max(1, min(benchmark.trials, int(benchmark.workers * benchmark.seconds / mean))) if mean else benchmark.trials
    )


def courses(
    benchmark: Benchmark, searcher: str, options: Mapping[str, Any], repeats: int, processes: int | None = None
) -> list[Course]:
    """All repeats, spread over processes (None: as many as there are cores). The same whatever their number."""
    searchers.create_searcher(searcher, benchmark.load(), options)  # mistakes before processes
    processes = min(processes or os.cpu_count() or 1, repeats)
    one = partial(course, benchmark, searcher, options)
    if processes == 1:
        return [one(repeat) for repeat in range(repeats)]
    others = set(active_children())
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (os.getpid(),)) as pool:
        try:
            size = max(1, repeats // (8 * processes))
            parts = [range(first, min(first + size, repeats)) for first in range(0, repeats, size)]
            # not pool.map: it would cancel what is left, and the pool stumbles over that where its processes are killed
            under_way = [pool.submit(_several, one, part) for part in parts]
            return [done for part in under_way for done in part.result()]
        except BaseException:  # the pool would wait for what they are at
            for process in set(active_children()) - others:
                process.kill()
            raise


def _several(one: Callable[[int], Course], repeats: Iterable[int]) -> list[Course]:
    return [one(repeat) for repeat in repeats]


def _begin(parent: int) -> None:
    """Of a process as it starts. The matrices of surrogates are too small to share among cores; Ctrl-C is for the
    parent, which ends it."""
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)


@lru_cache(maxsize=1)
def _space(benchmark: Benchmark) -> Space:
    """Loaded once a process: expanded cells are kept from repeat to repeat."""
    return benchmark.load()
