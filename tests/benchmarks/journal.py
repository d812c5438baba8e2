"""Ask + journal + tell of a regularized-evolution search: milliseconds a trial (1 or less), and how many times slower
it is after 10,000 trials than after 1,000, side by side (1.5 or less). Each trial waits for the disk twice; how long
this disk takes for that is measured beside it, as a busy one may take more than the whole budget.

Run: python tests/benchmarks/journal.py
"""

import os
import random
import statistics
import sys
import tempfile
import time
from io import FileIO
from pathlib import Path
from unittest import mock

from nas.run.journal import Journal
from nas.run.propose import Proposal
from nas.run.records import Done, Issued, to_json
from nas.run.state import State
from nas.searchers.regularized_evolution import RegularizedEvolution
from nas.space import Space, load
from nas.types import Result, Trial, trial_random

FEW, MANY, ROUNDS = 1000, 10_000, 1000
COSTS = {"parameters": 1, "mult_adds": 1, "depth": 1, "activation_memory": 1}


class Engine:
    """A search's bookkeeping, all but the walk of the document that makes a genome (expand.py measures it)."""

    def __init__(self, space: Space, path: Path) -> None:
        self.searcher, self.state, self.journal = RegularizedEvolution(space), State(space.document), Journal(path)

    def trial(self) -> float:
        """Seconds of the next trial's."""
        state, number = self.state, len(self.state.entries)
        rng = trial_random(0, number)
        start = time.perf_counter()
        genome = self.searcher.ask(rng, tuple(state.pending.values()))
        proposal = Proposal(genome, f"{number:032x}", COSTS, 0, 0)
        issued = Issued.of(Trial(number, genome, rng.randrange(2**31)), proposal)
        self.journal.append(to_json(issued))
        state.apply(issued)
        done = Done.of(Result(state.entries[number].trial, {"valid_accuracy": rng.random()}, seconds=1.0))
        self.journal.append(to_json(done))
        entry = state.apply(done)
        assert entry is not None and entry.result is not None
        self.searcher.tell(entry.result)
        return time.perf_counter() - start


class Ready(Space):
    """Genomes drawn beforehand: what a searcher costs, not what a document does."""

    def __init__(self, space: Space) -> None:
        super().__init__(space.document)
        rng = random.Random(0)
        self.ready = [space.sample(rng) for _ in range(200)]

    def sample(self, rng: random.Random) -> object:  # type: ignore[override]
        return rng.choice(self.ready)

    def mutate(self, genome: object, rng: random.Random, kind: str | None = None) -> object:  # type: ignore[override]
        return rng.choice(self.ready)

    def kinds(self, genome: object) -> tuple[str, ...]:
        return ("operation",)


def grown(space: Space, path: Path, trials: int) -> Engine:
    """An engine with so many trials behind it; it need not wait for the disk to get there."""
    engine = Engine(space, path)
    with mock.patch("os.fsync"):
        for _ in range(trials):
            engine.trial()
    return engine


def two_writes(disk: FileIO) -> float:
    """Seconds that the disk takes for a trial's two records."""
    start = time.perf_counter()
    for _ in range(2):
        disk.write(b"x" * 400)
        os.fsync(disk.fileno())
    return time.perf_counter() - start


def main() -> int:
    space = Ready(load("nasbench201"))
    with tempfile.TemporaryDirectory() as folder:
        few, many = grown(space, Path(folder, "few"), FEW), grown(space, Path(folder, "many"), MANY)
        with Path(folder, "disk").open("ab", buffering=0) as disk:
            seconds = [(few.trial(), many.trial(), two_writes(disk)) for _ in range(ROUNDS)]
        early, late, waiting = (statistics.median(times) * 1e3 for times in zip(*seconds, strict=True))
    print(f"ask + journal + tell: {early:.3f} ms a trial after {FEW}, {late:.3f} after {MANY} (at most 1)")
    print(f"of that, waiting for this disk: {waiting:.3f} ms")
    print(f"{late / early:.2f} times the time (at most 1.5)")
    return int(late > max(1.0, waiting + 0.5) or late / early > 1.5)


if __name__ == "__main__":
    sys.exit(main())
