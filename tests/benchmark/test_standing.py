"""What searchers are worth, against numbers computed by hand."""

import pytest

from nas.benchmark.course import Benchmark, Course
from nas.benchmark.standing import reference_of, share, standings, with_fronts
from nas.errors import UserError
from nas.objectives import parse_objectives

ACCURATE_AND_SMALL = parse_objectives(["valid_accuracy", "parameters:min"])


def test_standings_by_hand():
    found = [Course((1, 2, 3), (0.5, 0.5, 0.9)), Course((2, 4), (0.7, 0.8))]
    rows = standings("x", found)
    assert [row.trials for row in rows] == [1, 2, 2.5]
    assert [row.mean for row in rows] == pytest.approx([60, 65, 85])
    assert [row.std for row in rows] == pytest.approx([10, 15, 5])
    assert [row.simulated_seconds for row in rows] == pytest.approx([1.5, 3, 3.5])


def test_fronts_by_hand():
    """The second network looks better than it is; the third looks dominated by it, and is not found."""
    told, worth = ((0.5, -20.0), (0.9, -40.0), (0.8, -50.0)), ((0.6, -20.0), (0.7, -40.0), (0.95, -50.0))
    found = Course((1, 2, 3), (0.6, 0.7, 0.7), told, worth)
    both = (0.6 * 80 + 0.1 * 60) / 100
    assert share(found, 1, (0, -100)) == pytest.approx(0.6 * 0.8)
    assert share(found, 2, (0, -100)) == share(found, 3, (0, -100)) == pytest.approx(both)
    assert share(found, 3, (0.5, -100)) == pytest.approx((0.1 * 80 + 0.1 * 60) / (0.5 * 100))
    other = Course((1, 2, 3), (0.0, 0.0, 0.0), told, ((0.0, -20.0),) * 3)
    benchmark = Benchmark("s", "t", objectives=ACCURATE_AND_SMALL)
    rows = with_fronts(benchmark, "x", [found, other], (0, -100))
    assert [row.trials for row in rows] == [1, 2, 3]
    assert (rows[-1].hypervolume, rows[-1].hypervolume_std) == pytest.approx((50 * both, 50 * both))
    assert rows[-1].mean == 35 and rows[-1].reference == {"valid_accuracy": 0, "parameters": 100}


def test_the_reference_point_is_told_or_the_largest_cost_of_all():
    found = [Course((), (), (), ((0.5, -20.0), (0.6, -50.0))), Course((), (), (), ((0.7, -70.0),))]
    benchmark = Benchmark("s", "t", objectives=ACCURATE_AND_SMALL)
    assert reference_of(benchmark, found, {}) == (0, -70)
    assert reference_of(benchmark, found, {"parameters": 60.0, "valid_accuracy": 0.1}) == (0.1, -60)
    for none in ({"parameters": 0.0}, {"valid_accuracy": 1.0}, {"valid_accuracy": 2.0, "parameters": -1.0}):
        with pytest.raises(UserError, match="reference: leaves no room"):
            reference_of(benchmark, found, none)
