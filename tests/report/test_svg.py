from itertools import pairwise
from xml.etree import ElementTree

import pytest

from nas.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, Axis, Point, chart
from nas.run.words import short


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        ([0.1, 0.93], {}),
        ([5.0], {}),
        ([0.0, 0.0], {}),
        ([0.0, 120.0], {"whole": True}),
        ([8e4, 2e6], {"log": True}),
        ([3e6], {"log": True}),
    ],
)
def test_an_axis_holds_its_values_and_a_few_ticks(values: list[float], settings: dict[str, bool]) -> None:
    axis = Axis.around("x", values, **settings)
    assert all(0 < axis.place(value) < 1 for value in values)
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 8
    assert all(axis.low <= tick <= axis.high for tick in ticks)
    assert all(a < b for a, b in pairwise(ticks))


def test_whole_ticks() -> None:
    assert Axis("trial", 0, 3, whole=True).ticks() == [0, 1, 2, 3]


def test_a_chart_is_well_formed_and_places_its_points() -> None:
    x, y = Axis("x", 0, 10), Axis("y", 0, 1)
    svg = chart(x, y, [Point(0, 0, "corner"), Point(10, 1, "other", "best")], [(0, 0), (10, 1)], "two points", 500)
    root = ElementTree.fromstring(svg)
    low, high = root.findall("circle")
    assert (float(low.attrib["cx"]), float(low.attrib["cy"])) == (LEFT, HEIGHT - BOTTOM)
    assert (float(high.attrib["cx"]), float(high.attrib["cy"])) == (500 - RIGHT, TOP)
    assert (low.attrib["class"], high.attrib["class"]) == ("dot", "best")
    assert root.find("path") is not None


def test_text_is_escaped() -> None:
    svg = chart(Axis("<x>", 0, 1), Axis('"y"', 0, 1), [Point(0.5, 0.5, "<script>")], describe='a" onload="x')
    root = ElementTree.fromstring(svg)
    assert "onload" not in root.attrib
    assert root.findtext("circle/title") == "<script>"


def test_short_numbers() -> None:
    assert [short(n) for n in (512, 12_000, 3.5e6, 6e8, 4.1e9)] == ["512", "12k", "3.5M", "600M", "4.1G"]
