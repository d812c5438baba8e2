"""How good searchers are: what the best found is worth after how many trials, over many repeats.

With several objectives, what is found is the front of what the searchers were told; its hypervolume is of the test
accuracies and the costs of its networks, in percent of the whole box between the reference point and a network of
accuracy 1 that costs nothing. Down from an accuracy of 0, with one cost, that is a mean: of the best accuracy found
under a limit on the cost, over all limits up to the reference.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from nas.benchmark.course import Benchmark, Course
from nas.errors import UserError
from nas.run.hypervolume import hypervolume, measured, reference_point
from nas.searchers.pareto import front
from nas.types import OBJECTIVE

SHOWN = (1, 2, 5)  # trial numbers that a table of results shows: these, times powers of ten, and the last


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


def reference_of(benchmark: Benchmark, courses: Iterable[Course], given: Mapping[str, float]) -> tuple[float, ...]:
    """The reference point for all these courses, larger is better: what is given, else an accuracy of 0 and the largest
    cost of all their trials. Raises UserError where there is no box above it.
    """
    points = [point for course in courses for point in course.worth]
    point = reference_point(benchmark.objectives, points, {OBJECTIVE: 0.0, **given})
    if _box(point) <= 0 or point[0] >= 1:
        raise UserError("reference", "leaves no room", "give an accuracy below 1, and costs above 0")
    return point


def _box(reference: Sequence[float]) -> float:
    return (1 - reference[0]) * math.prod(max(0.0, -cost) for cost in reference[1:])


def share(course: Course, trials: int, reference: Sequence[float]) -> float:
    """The hypervolume of the front after so many trials, as a share of the box above the reference point."""
    best = [course.worth[number] for number in front(course.told[:trials])]
    return hypervolume(best, reference) / _box(reference)


def with_fronts(
    benchmark: Benchmark, searcher: str, courses: Sequence[Course], reference: Sequence[float]
) -> list[FrontStanding]:
    """`standings`, and what the fronts were."""
    rows = []
    for trials, standing in zip(_steps(courses), standings(searcher, courses), strict=True):
        shares = [100 * share(course, trials, reference) for course in courses]
        volume, deviation = statistics.fmean(shares), statistics.pstdev(shares)
        columns = {**asdict(standing), "reference": measured(benchmark.objectives, reference)}
        rows.append(FrontStanding(**columns, hypervolume=volume, hypervolume_std=deviation))
    return rows


def standings(searcher: str, courses: Sequence[Course]) -> list[Standing]:
    """After 1, 2, 5, 10, 20, 50 ... trials, and after the last; `trials` is a mean where the repeats differ."""
    return [_standing(searcher, courses, trials) for trials in _steps(courses)]


def _steps(courses: Sequence[Course]) -> list[int]:
    most = max(len(course.scores) for course in courses)
    steps = [step * 10**power for power in range(6) for step in SHOWN]
    return [*(step for step in steps if step < most), most]


def _standing(searcher: str, courses: Sequence[Course], trials: int) -> Standing:
    points = [course.at(trials) for course in courses]
    scores = [100 * score for _, score in points]
    made = statistics.fmean(min(trials, len(course.scores)) for course in courses)
    seconds = statistics.fmean(seconds for seconds, _ in points)
    made = int(made) if made.is_integer() else made
    return Standing(searcher, made, seconds, statistics.fmean(scores), statistics.pstdev(scores), len(courses))
