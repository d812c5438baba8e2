"""What searchers find with eight asynchronous workers: no less than random search, and about as much as with one.

Over the published table of NAS-Bench-201, which is not part of the project: NASBENCH201 names the file.
"""

import os
import statistics
from functools import cache
from pathlib import Path

import pytest

from nas.benchmark.course import Benchmark, courses
from nas.searchers import SEARCHERS

TABLE = os.environ.get("NASBENCH201", "nasbench201.csv.gz")
REPEATS = {"bananas": 16, "reinforce": 24, "ppo": 24}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(TABLE).is_file(), reason="NASBENCH201 names no table of NAS-Bench-201"),
]


@cache
def found(searcher: str, workers: int) -> tuple[float, float]:
    """The mean test accuracy in percent after 100 trials, and its standard error."""
    benchmark = Benchmark("nasbench201", TABLE, trials=100, seed=3000, workers=workers)
    repeats = REPEATS.get(searcher, 48)
    scores = [100 * course.scores[-1] for course in courses(benchmark, searcher, {}, repeats, processes=1)]
    return statistics.fmean(scores), statistics.stdev(scores) / repeats**0.5


@pytest.mark.parametrize("searcher", [name for name in SEARCHERS if name not in ("random", "grid")])
def test_eight_workers_find_what_one_does(searcher: str) -> None:
    """Within 0.1, and not below random search, each beyond two standard errors of the difference."""
    eight, error = found(searcher, 8)
    one, other = found(searcher, 1)
    assert eight > one - 0.1 - 2 * (error**2 + other**2) ** 0.5
    chance, noise = found("random", 8)
    assert eight > chance - 2 * (error**2 + noise**2) ** 0.5
