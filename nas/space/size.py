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
from typing import Any, NamedTuple

from nas.space.build import AnswerTarget, freeze, make
from nas.space.document import Document, Template
from nas.space.expressions import UNKNOWN, ExpressionError, bounded, is_expression, parse
from nas.space.interpreter import Interpreter
from nas.space.oracles import fixed
from nas.space.values import answers_of, is_plain, read
from nas.space.walk import Choice, Flow, Place, Then
from nas.space.ways import EMPTY, Factor, Term, Ways, add, product

MAX_LEAVES = 10_000


class Open(NamedTuple):
    """A bound value whose choice is not answered yet: a variable, and the value for each of its answers."""

    variable: str
    leaves: tuple[Any, ...]


class Deferred(NamedTuple):
    """An expression over values that are held open."""

    raw: str
    names: Mapping[str, Any]


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

    holds = True

    def __init__(self, document: Document) -> None:
        super().__init__(document, fixed)
        self.ways = Ways()  # of what is being walked
        self.assigned: dict[str, int] = {}  # variables that have a value where the walk is
        self.cells: dict[str, tuple[Factor, frozenset[str]]] = {}
        self.met: list[str] = []
        self.known: dict[Any, tuple[Ways, list[str]]] = {}
        self.take: Callable[[str, Any], None] = lambda name, value: None

    @contextmanager
    def within(self) -> Iterator[Ways]:
        """Counts what is walked inside by itself."""
        outer, self.ways = self.ways, Ways()
        try:
            yield self.ways
        finally:
            self.ways = outer

    def sum_of(self, alternatives: Iterable[tuple[Term, Callable[[], Any]]]) -> Any:
        """Multiplies by the sum of the alternatives' ways, each marked with its term."""
        total, out = Factor(), None
        for (held, edges), walk in alternatives:
            with self.within() as ways:
                out = walk()
            for (other, more), number in ways.expanded().items():
                add(total, (held | other, edges + more), number)
        self.ways.keep(total)
        return out

    def branch(self, choice: Choice, flow: Flow, then: Then) -> Any:
        self.met.append(choice.path)
        return self.sum_of((EMPTY, partial(then, answer)) for answer in choice.answers)

    # Values held open

    def closing(self, opened: Sequence[Open], walk: Callable[[], Any]) -> Any:
        self.met += [item.variable for item in opened]
        with self.within() as ways:
            out = walk()
        for item in reversed(opened):
            ways.sum_out(item.variable, len(item.leaves))
        self.ways.times(ways)
        return out

    def hold(self, raw: Any, flow: Flow, at: Place, opened: list[Open]) -> Any:
        """The value, with its choices as `Open` and what depends on open values as `Deferred`."""
        if is_expression(raw):
            expression = parse(raw[1:])
            if any(self.pending(at.names.get(name)) for name in expression.names) and expression.alias is None:
                names = {**at.names, "in_channels": UNKNOWN} if "in_channels" in expression.names else at.names
                return Deferred(raw, names)
            return read(self, raw, flow, at, lambda value: value)
        if isinstance(raw, dict) and "choice" in raw:
            leaves = self.leaves(raw, flow, at)
            opened.append(Open(at.answers, leaves))
            return opened[-1]
        if isinstance(raw, list) and not is_plain(raw):
            return bounded([self.hold(item, flow, at.child(position), opened) for position, item in enumerate(raw)])
        return read(self, raw, flow, at, lambda value: value)

    def leaves(self, raw: Any, flow: Flow, at: Place) -> tuple[Any, ...]:
        """The values that a choice can take, choices inside it answered too."""
        if isinstance(raw, dict) and "choice" in raw:
            alternatives = raw["choice"]
            if is_expression(alternatives):
                alternatives = read(self, alternatives, flow, at, lambda value: value)
                if self.pending(alternatives):
                    raise ExpressionError("the alternatives of a parameter's choice may not hang on another choice")
            answers_of(alternatives)
            found: list[Any] = []
            for item in alternatives:
                found += self.leaves(item, flow, at)
                _few(len(found))
            return tuple(found)
        if isinstance(raw, list) and not is_plain(raw):
            items = [self.leaves(item, flow, at) for item in raw]
            _few(math.prod(map(len, items)))
            return tuple(map(list, itertools.product(*items)))
        return (self.hold(raw, flow, at, []),)

    def pending(self, value: Any) -> bool:
        return isinstance(value, Open | Deferred) or (isinstance(value, list) and any(map(self.pending, value)))

    def force(self, value: Any, flow: Flow, at: Place, then: Then) -> Any:
        if isinstance(value, Deferred):
            return read(self, value.raw, flow, at.knowing(value.names), then)
        if isinstance(value, list):
            return self.force_items(value, [], flow, at, then)
        if not isinstance(value, Open):
            return then(value)
        if value.variable in self.assigned:
            return self.force(value.leaves[self.assigned[value.variable]], flow, at, then)
        return self.sum_of(
            (
                (frozenset({(value.variable, position)}), 0),
                partial(self.assign, value, position, flow, at, then),
            )
            for position in range(len(value.leaves))
        )

    def force_items(self, todo: list[Any], done: list[Any], flow: Flow, at: Place, then: Then) -> Any:
        if not todo:
            return then(done)
        return self.force(todo[0], flow, at, lambda value: self.force_items(todo[1:], [*done, value], flow, at, then))

    def assign(self, value: Open, position: int, flow: Flow, at: Place, then: Then) -> Any:
        self.assigned[value.variable] = position
        try:
            return self.force(value.leaves[position], flow, at, then)
        finally:
            del self.assigned[value.variable]

    def setting(self, name: str, value: Any) -> None:
        self.take(name, value)

    # What a walk with names alone must see to

    def primitive(self, name: str, arguments: dict[str, Any], flow: Flow, at: Place) -> Flow:
        if not any(value is UNKNOWN or self.pending(value) for value in arguments.values()):
            make(name, arguments)  # refuses what the operation cannot have
        return flow

    def either(self, walks: Sequence[Callable[[], Any]], flow: Flow) -> Flow:
        before = len(self.met)
        for walk in walks:
            with self.within() as ways:
                walk()
            if len(self.met) > before or ways != Ways():
                path = self.met[before] if len(self.met) > before else "a cell"
                raise ExpressionError(f"whether {path} is chosen depends on a shape; choices may depend on names alone")
        return flow

    def shortcut(self, walk: Interpreter, form: str, flow: Flow, out: Flow, at: Place) -> Flow | None:
        if form == "projection" and "conv_bn" not in self.document.templates:
            raise ExpressionError("a projection needs the block conv_bn")
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
        self, template: Template, own: tuple[tuple[str, Any], ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        try:
            if any(self.pending(value) for _, value in own):
                raise TypeError("an argument is still open")
            key = (template.name, freeze(own), frozenset(self.assigned.items()))
        except TypeError:
            self.ways.times(self.counted(template, walk))
            return flow
        if key not in self.known:
            before = len(self.met)
            ways = self.counted(template, walk)
            self.known[key] = ways, self.met[before:]
        else:
            ways, met = self.known[key]
            self.met += met
        self.ways.times(ways)
        return flow

    def counted(self, template: Template, walk: Callable[[], Flow]) -> Ways:
        before = len(self.met)
        with self.within() as ways:
            walk()
        if not template.is_cell:
            return ways
        found, met = ways.expanded(), frozenset(self.met[before:])
        marker = f"cell {template.name}"
        known = self.cells.setdefault(marker, (found, met))
        if known != (found, met) or any(
            not name.startswith(("parameters.", "cell ")) for held, _ in found for name, _ in held
        ):
            raise ExpressionError(
                f"the choices of cell '{template.name}' hang on its arguments; they must be the same at every use"
            )
        return Ways(1, [{(frozenset({(marker, 0)}), 0): 1}]) if met or found != {EMPTY: 1} else ways

    def finish(self, flow: Flow) -> Flow:
        """At the network's end: each used cell's own ways come in, once. (Cells used in cells come after those.)"""
        for marker, (found, _) in reversed(self.cells.items()):
            inside = [factor for factor in self.ways.factors if any((marker, 0) in held for held, _ in factor)]
            self.ways.factors = [factor for factor in self.ways.factors if not any(factor is other for other in inside)]
            total: Factor = {}
            for (held, edges), number in self.ways.join(inside).items():
                if (marker, 0) in held:
                    rest = {(held - {(marker, 0)}, edges): number}
                    for term, ways in product(rest, found).items():
                        add(total, term, ways)
                else:
                    add(total, (held, edges), number)
            self.ways.keep(total)
        return flow
