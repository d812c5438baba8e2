"""Against staircases by hand, boxes counted one by one, and inclusion and exclusion."""

import subprocess
import sys
from itertools import combinations, product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.errors import UserError
from nas.objectives import parse_objectives, values
from nas.run.hypervolume import Hypervolume, course, hypervolume, measured, reference_point

ACCURATE_AND_SMALL = parse_objectives(["valid_accuracy", "parameters:min"])


def points(objectives: int, most: int = 8) -> st.SearchStrategy[list[tuple[int, ...]]]:
    return st.lists(st.tuples(*[st.integers(-1, 4)] * objectives), max_size=most)


def test_a_staircase_by_hand() -> None:
    assert hypervolume([(3, 1), (2, 2), (1, 4)], (0, 0)) == 3 * 1 + 2 * (2 - 1) + 1 * (4 - 2)
    assert hypervolume([(3, 1), (2, 2), (1, 4)], (1, 1)) == 1  # of the second alone: the others are no better than it
    assert hypervolume([(0.5, -2)], (0, -3)) == 0.5
    assert hypervolume([], (0, 0)) == 0


@given(st.integers(2, 4).flatmap(points))
def test_the_unit_boxes_below_a_point_counted(found: list[tuple[int, ...]]) -> None:
    """Of whole numbers the dominated volume is a number of unit boxes, each known by its upper corner."""
    objectives = len(found[0]) if found else 2
    boxes = [
        corner
        for corner in product(range(1, 5), repeat=objectives)
        if any(all(a >= b for a, b in zip(point, corner, strict=True)) for point in found)
    ]
    assert hypervolume(found, (0,) * objectives) == len(boxes)


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), max_size=6))
def test_three_objectives_by_inclusion_and_exclusion(found: list[tuple[float, ...]]) -> None:
    volume = sum(
        (-1) ** (size + 1) * prod(min(column) for column in zip(*some, strict=True))
        for size in range(1, len(found) + 1)
        for some in combinations(found, size)
    )
    assert hypervolume(found, (0, 0, 0)) == pytest.approx(volume, abs=1e-12)


@given(points(3, 12))
def test_the_course_never_falls_and_what_is_dominated_changes_nothing(found: list[tuple[int, ...]]) -> None:
    steps = course(found, (0, 0, 0))
    assert steps == [hypervolume(found[: number + 1], (0, 0, 0)) for number in range(len(found))]
    assert steps == sorted(steps)
    for point in found:
        below = tuple(value - 1 for value in point)
        assert hypervolume([*found, below, point], (0, 0, 0)) == steps[-1]


def test_a_reference_point_is_as_measured_and_the_worst_where_nothing_is_said() -> None:
    seen = [values(ACCURATE_AND_SMALL, {"valid_accuracy": a, "parameters": p}) for a, p in ((0.9, 500.0), (0.6, 100.0))]
    assert reference_point(ACCURATE_AND_SMALL, seen) == (0.6, -500)
    assert reference_point(ACCURATE_AND_SMALL, seen, {"valid_accuracy": 0.0}) == (0, -500)
    assert reference_point(ACCURATE_AND_SMALL, seen, {"parameters": 1000.0, "valid_accuracy": 0.5}) == (0.5, -1000)
    assert measured(ACCURATE_AND_SMALL, (0.6, -500)) == {"valid_accuracy": 0.6, "parameters": 500}
    with pytest.raises(UserError, match=r"reference: 'parameter' is no objective; did you mean 'parameters'\?"):
        reference_point(ACCURATE_AND_SMALL, seen, {"parameter": 1.0})


def test_accuracy_against_parameters_by_hand() -> None:
    seen = [(0.9, -500.0), (0.6, -100.0), (0.5, -400.0)]
    assert hypervolume(seen, (0, -1000)) == pytest.approx(0.9 * 500 + 0.6 * 400)


def test_it_says_its_reference_point() -> None:
    found = Hypervolume(123456.789, {"valid_accuracy": 0.1, "parameters": 1073466.0}, [])
    assert str(found) == "123457 from the reference point valid_accuracy=0.1, parameters=1073466"


def test_the_library_is_imported_when_it_is_used() -> None:
    code = "import nas.run.results, sys; print('moocore' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
