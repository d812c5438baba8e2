"""Fronts and crowding distances, against brute force and by hand."""

import math

from hypothesis import given
from hypothesis import strategies as st

from nas.searchers.pareto import crowding, dominates, front, fronts

POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), max_size=30)


def test_dominance() -> None:
    assert dominates((1, 2), (1, 1))
    assert not dominates((1, 1), (1, 1))
    assert not dominates((2, 0), (1, 1))


@given(POINTS)
def test_the_front_is_what_nothing_dominates(points: list[tuple[int, ...]]) -> None:
    brute = [i for i, p in enumerate(points) if not any(dominates(q, p) for q in points)]
    assert front(points) == brute


@given(POINTS)
def test_the_number_of_a_front_is_the_longest_chain_above(points: list[tuple[int, ...]]) -> None:
    """A definition of its own: how many points can stand over a point, each dominating the next."""

    def above(point: tuple[int, ...]) -> int:
        return max((1 + above(other) for other in set(points) if dominates(other, point)), default=0)

    found = fronts(points)
    assert sorted(here for members in found for here in members) == list(range(len(points)))
    assert all(above(points[here]) == number for number, members in enumerate(found) for here in members)


def test_crowding_by_hand() -> None:
    points = [(0.0, 10.0), (1.0, 6.0), (3.0, 5.0), (4.0, 0.0)]
    found = crowding(points)
    assert found[0] == found[3] == math.inf
    assert found[1:3] == [3 / 4 + 5 / 10, 3 / 4 + 6 / 10]


def test_crowding_of_few_and_of_equals() -> None:
    assert crowding([]) == []
    assert crowding([(1, 2)]) == [math.inf]
    assert crowding([(1, 1)] * 3).count(math.inf) == 2  # the ends of a range of length 0
