"""How many genomes a document has, exactly, without listing them.

A walk with names alone multiplies the ways of what stands side by side and adds those of alternatives. What complicates
it is an answer that several places depend on: a document parameter with a choice, or a cell, whose choices are answered
once for all uses. So ways are polynomials over indicators, `[depth = 3]` or `[cell 'normal' is used]`
(`nas.space.ways`), and the variables are summed out where they were bound.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from nas.space.answers import AnswerTarget
from nas.space.calls import freeze, make
from nas.space.document import Document, Template
from nas.space.expressions import UNKNOWN, ExpressionError, is_expression
from nas.space.interpreter import Interpreter
from nas.space.lazy import Open, is_lazy
from nas.space.oracles import fixed
from nas.space.place import Choice, Flow, Place
from nas.space.target import End
from nas.space.values import answers_of, evaluate, is_plain, read_value
from nas.space.ways import EMPTY, Factor, Term, Ways, add, product

READABLE = 10**15  # genomes whose number a person reads
MAX_LEAVES = 10_000


def _few(leaves: int) -> None:
    if leaves > MAX_LEAVES:
        raise ExpressionError(f"a choice between more than {MAX_LEAVES} values; write its parts as parameters")


def count(document: Document) -> int:
    """The number of genomes. Raises UserError for what is wrong anywhere in the document, whichever the answers."""
    target = CountTarget(document)
    Interpreter(document, target).run(target.finish)
    total = target.ways.expanded()
    return sum(total.values())


def settings(document: Document, take: Callable[[str, Any], None]) -> None:
    """`take(name, value)` of each value that a setting of the recipe has under some answers.

    An ExpressionError that it raises is given its place. Raises UserError.
    """
    target = CountTarget(document)
    target.take = take
    if document.recipe:
        Interpreter(document, target).run(None)


class CountTarget(AnswerTarget):
    """The walk that takes every answer."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, fixed)
        self.lazy = self
        self.ways = Ways()  # of what is being walked
        self.assigned: dict[str, int] = {}  # variables that have a value where the walk is
        self.cells: dict[str, tuple[Factor, frozenset[str]]] = {}
        self.met: list[str] = []
        self.template_ways: dict[Any, tuple[Ways, list[str]]] = {}
        self.take: Callable[[str, Any], None] = lambda name, value: None

    @contextmanager
    def within(self) -> Iterator[Ways]:
        """Counts what is walked inside by itself."""
        outer, self.ways = self.ways, Ways()
        try:
            yield self.ways
        finally:
            self.ways = outer

    def sum_of(self, alternatives: Iterable[tuple[Term, Callable[[], End]]]) -> End:
        """Multiplies by the sum of the alternatives' ways, each marked with its term. There is at least one."""
        total, ends = Factor(), list[End]()
        for (held, edges), walk in alternatives:
            with self.within() as ways:
                ends = [walk()]
            for (other, more), number in ways.expanded().items():
                add(total, (held | other, edges + more), number)
        self.ways.keep(total)
        return ends[0]

    def branch(self, choice: Choice, flow: Flow, then: Callable[[Any], End]) -> End:
        self.met.append(choice.path)
        return self.sum_of((EMPTY, partial(then, answer)) for answer in choice.answers)

    # Choices among values

    def closing(self, opened: Sequence[Open], values: list[Any], then: Callable[[list[Any]], End]) -> End:
        self.met += [item.variable for item in opened]
        with self.within() as ways:
            out = then(values)
        for item in reversed(opened):
            ways.sum_out(item.variable, len(item.leaves))
        self.ways.times(ways)
        return out

    def open(self, raw: Mapping[str, Any], flow: Flow, at: Place) -> Open:
        return Open(at.answers, self.leaves(raw, flow, at))

    def leaves(self, raw: Any, flow: Flow, at: Place) -> tuple[Any, ...]:
        """The values that a choice can take, choices inside it answered too."""
        if isinstance(raw, dict) and "choice" in raw:
            alternatives = raw["choice"]
            if is_expression(alternatives):
                alternatives = evaluate(self, alternatives, flow, at.names)
                if is_lazy(alternatives):
                    raise ExpressionError("the alternatives of a parameter's choice may not hang on another choice")
            answers_of(alternatives)
            leaves: list[Any] = []
            for item in alternatives:
                leaves += self.leaves(item, flow, at)
                _few(len(leaves))
            return tuple(leaves)
        if isinstance(raw, list) and not is_plain(raw):
            items = [self.leaves(item, flow, at) for item in raw]
            _few(math.prod(map(len, items)))
            return tuple(map(list, itertools.product(*items)))
        return (read_value(self, raw, flow, at, []),)

    def fork(self, value: Open, then: Callable[[Any], End]) -> End:
        if value.variable in self.assigned:
            return then(value.leaves[self.assigned[value.variable]])
        ways = (
            ((frozenset({(value.variable, position)}), 0), partial(self.assign, value, position, then))
            for position in range(len(value.leaves))
        )
        return self.sum_of(ways)

    def assign(self, value: Open, position: int, then: Callable[[Any], End]) -> End:
        self.assigned[value.variable] = position
        try:
            return then(value.leaves[position])
        finally:
            del self.assigned[value.variable]

    def setting(self, name: str, value: Any) -> None:
        self.take(name, value)

    # What a walk with names alone must see to

    def add(self, name: str, arguments: Mapping[str, Any], flows: Sequence[Flow], at: Place) -> Flow:
        if not any(value is UNKNOWN or is_lazy(value) for value in arguments.values()):
            make(name, arguments)  # refuses what the operation cannot have
        return flows[0]

    def either(self, walks: Sequence[Callable[[], Any]], flow: Flow) -> Flow:
        before = len(self.met)
        for walk in walks:
            with self.within() as ways:
                walk()
            if len(self.met) > before or ways != Ways():
                path = self.met[before] if len(self.met) > before else "a cell"
                raise ExpressionError(f"whether {path} is chosen depends on a shape; choices may depend on names alone")
        return flow

    def edge(self) -> None:
        self.ways.keep({(frozenset(), 1): 1})

    def constrain(self, holds: Callable[[int], Any], edges: int, cell: str) -> None:
        terms: Factor = {}
        for (held, number), ways in self.ways.expanded().items():
            if holds(number):
                add(terms, (held, 0), ways)
        self.ways.number, self.ways.factors = 1, []
        self.ways.keep(terms)

    def reuse(
        self, template: Template | None, own: tuple[Any, ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        if template is None:
            return walk()
        try:
            if any(is_lazy(value) for _, value in own):
                raise TypeError("an argument is still open")
            key = (template.name, freeze(own), frozenset(self.assigned.items()))
        except TypeError:
            self.ways.times(self.counted(template, walk))
            return flow
        if key not in self.template_ways:
            before = len(self.met)
            ways = self.counted(template, walk)
            self.template_ways[key] = ways, self.met[before:]
        else:
            ways, met = self.template_ways[key]
            self.met += met
        self.ways.times(ways)
        return flow

    def counted(self, template: Template, walk: Callable[[], Flow]) -> Ways:
        before = len(self.met)
        with self.within() as ways:
            walk()
        if not template.is_cell:
            return ways
        terms, met = ways.expanded(), frozenset(self.met[before:])
        marker = f"cell {template.name}"
        first = self.cells.setdefault(marker, (terms, met))
        if first != (terms, met) or any(
            not name.startswith(("parameters.", "cell ")) for held, _ in terms for name, _ in held
        ):
            raise ExpressionError(
                f"the choices of cell '{template.name}' hang on its arguments; they must be the same at every use"
            )
        return Ways(1, [{(frozenset({(marker, 0)}), 0): 1}]) if met or terms != {EMPTY: 1} else ways

    def finish(self, flow: Flow) -> Flow:
        """At the network's end: each used cell's own ways come in, once. (Cells used in cells come after those.)"""
        for marker, (terms, _) in reversed(self.cells.items()):
            inside = [factor for factor in self.ways.factors if any((marker, 0) in held for held, _ in factor)]
            self.ways.factors = [factor for factor in self.ways.factors if not any(factor is other for other in inside)]
            total: Factor = {}
            for (held, edges), number in self.ways.join(inside).items():
                if (marker, 0) in held:
                    rest = {(held - {(marker, 0)}, edges): number}
                    for term, ways in product(rest, terms).items():
                        add(total, term, ways)
                else:
                    add(total, (held, edges), number)
            self.ways.keep(total)
        return flow


def in_words(size: int) -> str:
    """`15,625 genomes`; of more than a person reads, that."""
    return f"{size:,} genome{'' if size == 1 else 's'}" if size < READABLE else "more than 10^15 genomes"
