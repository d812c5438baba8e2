import math

import pytest

from nas.space.expressions import parse
from nas.space.marks import bare, marked, slopes_of

W, D = ("parameters", "width"), ("parameters", "depth")


@pytest.mark.parametrize(
    ("expression", "value", "by_width", "by_depth"),
    [
        ("width", 64, 64, 0),
        ("2 * width", 128, 128, 0),  # twice the width, twice the slope: elasticity 1
        ("width + 32", 96, 64, 0),
        ("width * depth", 192, 192, 192),
        ("width ** 2", 4096, 2 * 4096, 0),
        ("depth - 1", 2, 0, 3),  # d(depth - 1) / d(log depth) is the depth itself
        ("width // 4", 16, 16, 0),
        ("width // 10", 6, 6, 0),
        ("-width", -64, -64, 0),
        ("2 ** depth", 8, 0, 3 * 8 * math.log(2)),
        ("divisible(width * 1.1, 8)", 72, 72, 0),  # rounding keeps the elasticity
        ("ceil(depth * 1.5)", 5, 0, 5),
        ("max(width, depth)", 64, 64, 0),
        ("sum([width, width, depth])", 131, 128, 3),
        ("width % 5", 4, 0, 0),
    ],
)
def test_slopes_are_derivatives_by_the_logarithm(expression: str, value: int, by_width: float, by_depth: float) -> None:
    names = {"width": marked(64, {W: 64.0}), "depth": marked(3, {D: 3.0})}
    got = parse(expression).value(names)
    assert bare(got) == value and type(bare(got)) in (int, float)
    assert slopes_of(got).get(W, 0) == pytest.approx(by_width)
    assert slopes_of(got).get(D, 0) == pytest.approx(by_depth)


def test_what_is_no_number_stays_as_it_is() -> None:
    assert marked(True, {W: 1.0}) is True and marked("relu", {W: 1.0}) == "relu"
    assert slopes_of(3) == {} and bare([marked(3, {W: 3.0}), "x"]) == [3, "x"]
