"""Numbers that remember which numbers of a document they were computed from, and how strongly they depend on each.

Forward differentiation (Wengert 1964) through the document's own arithmetic: a number carries `slopes`, the derivative
of its value by the logarithm of each number that it was made of. `width * 2` of a width 64 has value 128 and slope 128;
a slope over its value is the elasticity, here 1: twice the width makes it twice as large. Rounding keeps elasticities.
"""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

Place = tuple[str | int, ...]  # the keys and positions that lead to a number from a document's top
Slopes = Mapping[Place, float]


class _Marked:
    slopes: Slopes

    def rounded(self, number: float) -> Any:
        """What it was rounded to, as elastic as it was."""
        value = float(self)  # type: ignore[arg-type]  # the classes below are numbers
        return marked(number, times(self.slopes, number / value)) if value else number


class Whole(_Marked, int):
    """A whole number with slopes."""


class Real(_Marked, float):
    """Any other number with slopes."""


def marked(value: Any, slopes: Slopes) -> Any:
    """The number with these slopes; itself where there are none, or where it is no number."""
    if not slopes or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    number: Any = Whole(value) if isinstance(value, int) else Real(value)
    number.slopes = slopes
    return number


def slopes_of(value: Any) -> Slopes:
    """Those of a number, or of the numbers in a list together."""
    if isinstance(value, list | tuple):
        return total(*map(slopes_of, value))
    return value.slopes if isinstance(value, Whole | Real) else {}


def bare(value: Any) -> Any:
    """A value without slopes."""
    if isinstance(value, Whole):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if type(value) in (list, tuple):
        return type(value)(map(bare, value))
    return value


def total(*several: Slopes) -> Slopes:
    """The sum of slopes."""
    summed: dict[Place, float] = {}
    for slopes in several:
        for place, slope in slopes.items():
            summed[place] = summed.get(place, 0.0) + slope
    return summed


def times(slopes: Slopes, factor: float) -> Slopes:
    """Slopes of what is so many times as steep."""
    return {place: slope * factor for place, slope in slopes.items() if slope * factor}


def _power_slopes(a: float, b: float) -> tuple[float, float]:
    return b * a ** (b - 1) if a else 0.0, a**b * math.log(a) if a > 0 else 0.0


# Of each operator: its derivatives by its left and its right side.
DERIVATIVES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[float, float], tuple[float, float]]]] = {
    "add": (operator.add, lambda a, b: (1, 1)),
    "sub": (operator.sub, lambda a, b: (1, -1)),
    "mul": (operator.mul, lambda a, b: (b, a)),
    "truediv": (operator.truediv, lambda a, b: (1 / b, -a / b**2)),
    "floordiv": (operator.floordiv, lambda a, b: (a // b / a if a else 0, -(a // b) / b)),
    "mod": (operator.mod, lambda a, b: (0, 0)),
    "pow": (operator.pow, _power_slopes),
}
ROUNDINGS: dict[str, Callable[..., Any]] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "round": round,
    "ceil": math.ceil,
    "floor": math.floor,
    "trunc": math.trunc,
}


def _operate(name: str, left: Any, right: Any) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return NotImplemented
    apply, derive = DERIVATIVES[name]
    a, b = bare(left), bare(right)
    by_left, by_right = derive(a, b) if name not in ("truediv", "floordiv") or b else (0, 0)
    return marked(apply(a, b), total(times(slopes_of(left), by_left), times(slopes_of(right), by_right)))


def _define(kind: type) -> None:
    for name in DERIVATIVES:
        setattr(kind, f"__{name}__", lambda self, other, name=name: _operate(name, self, other))
        setattr(kind, f"__r{name}__", lambda self, other, name=name: _operate(name, other, self))
    for name, apply in ROUNDINGS.items():
        setattr(kind, f"__{name}__", lambda self, *more, apply=apply: self.rounded(apply(bare(self), *more)))


_define(Whole)
_define(Real)
