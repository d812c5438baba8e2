"""What an executor adds to an evaluation that costs nothing: milliseconds a trial in process (0.3 or less) and through
warm Ray workers (2 or less), beside calling the evaluator.

Run: python tests/benchmarks/dispatch.py
"""

import random
import sys
import time
from typing import Any

from nas.executors import create_executor
from nas.space import load
from nas.types import OBJECTIVE, Executor, Trial

TRIALS = 2000


def nothing(trial: Trial, report: Any, checkpoint: Any = None) -> dict[str, float]:
    return {OBJECTIVE: 0.5}


def milliseconds(executor: Executor, trials: list[Trial]) -> float:
    """Per trial, with as many under way as the executor takes."""
    start, finished, waiting = time.perf_counter(), 0, iter(trials)
    trial = next(waiting, None)
    while finished < len(trials):
        while trial is not None and executor.free():
            executor.submit(nothing, trial)
            trial = next(waiting, None)
        executor.next()
        finished += 1
    return (time.perf_counter() - start) * 1e3 / len(trials)


def main() -> int:
    space, rng = load("nasbench201"), random.Random(0)
    genomes = [space.sample(rng) for _ in range(100)]
    trials = [Trial(number, genomes[number % 100], number) for number in range(TRIALS)]
    start = time.perf_counter()
    for trial in trials:
        nothing(trial, None)
    direct = (time.perf_counter() - start) * 1e3 / TRIALS
    failed = False
    for name, workers, most in (("serial", 1, 0.3), ("ray", 2, 2.0)):
        executor = create_executor(name, workers)
        milliseconds(executor, trials[: 10 * workers])  # warm
        taken = milliseconds(executor, trials)
        executor.close()
        failed |= taken > most
        print(f"{name} executor: {taken:.3f} ms a trial (at most {most}); calling the evaluator: {direct:.5f} ms")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
