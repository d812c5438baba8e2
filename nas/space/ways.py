"""Numbers of ways as polynomials over indicators, kept as a product of factors.

An indicator says that something has one of its values: `[depth = 3]`. [x = a] * [x = a] = [x = a], and
[x = a] * [x = b] = 0. Variables are summed out one at a time (variable elimination, Zhang & Poole 1994), so that twenty
parameters which decide apart cost twenty small sums.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from nas.space.expressions import ExpressionError

MAX_TERMS = 30_000
Term = tuple[frozenset[tuple[str, int]], int]  # indicators that hold, and how many edges a constrained cell has
Factor = dict[Term, int]
EMPTY: Term = (frozenset(), 0)


@dataclass
class Ways:
    """A number of ways: a product of factors, each a sum of terms `count * [indicators] * edge^n`."""

    number: int = 1
    factors: list[Factor] = field(default_factory=list)

    def times(self, other: "Ways") -> None:
        self.number *= other.number
        self.factors.extend(other.factors)

    def join(self, chosen: Sequence[Factor]) -> Factor:
        """The product of these factors as one."""
        return reduce(product, chosen, {EMPTY: 1})

    def expanded(self) -> Factor:
        """The whole as one sum of terms."""
        return {term: self.number * count for term, count in self.join(self.factors).items()}

    def sum_out(self, variable: str, values: int) -> None:
        """Adds up over the values of a variable: a term without it holds for each of them."""
        inside = [
            factor for factor in self.factors if any(name == variable for (held, _) in factor for name, _ in held)
        ]
        self.factors = [factor for factor in self.factors if not any(factor is other for other in inside)]
        if not inside:
            self.number *= values
            return
        total: Factor = {}
        for (held, edges), count in self.join(inside).items():
            rest = frozenset(pair for pair in held if pair[0] != variable)
            add(total, (rest, edges), count if len(rest) < len(held) else count * values)
        self.keep(total)

    def keep(self, factor: Factor) -> None:
        """Multiplies by one more factor."""
        if factor.keys() <= {EMPTY}:
            self.number *= factor.get(EMPTY, 0)
        else:
            self.factors.append(factor)


def add(factor: Factor, term: Term, count: int) -> None:
    factor[term] = factor.get(term, 0) + count
    if len(factor) > MAX_TERMS:
        what = f"the choices depend on each other in more than {MAX_TERMS} ways"
        raise ExpressionError(f"{what}; let fewer parameters decide together")


def product(a: Factor, b: Factor) -> Factor:
    out: Factor = {}
    for ((held, edges), count), ((other, more), ways) in itertools.product(a.items(), b.items()):
        union = held | other
        if len({name for name, _ in union}) == len(union):  # no variable has two values
            add(out, (union, edges + more), count * ways)
    return out
