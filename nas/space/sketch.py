"""A walk of an open document that leaves its choices open: one node stands for all alternatives of an operation.

Every source that an edge may have is read, and every edge that may be there is there. What is decided by a number or a
word alone (a width, a depth, a kind of block) has one answer in a sketch; walks with other answers show what it does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

from nas.errors import ShapeError, UserError
from nas.graph.graph import Graph, Node, Scope
from nas.graph.operation import Drawn, Operation, Shape
from nas.space.build import GraphTarget
from nas.space.document import Document, Template
from nas.space.expressions import ExpressionError
from nas.space.oracles import as_answer
from nas.space.place import Answered, Choice, Closure, Flow, Place
from nas.space.supernet import SupernetTarget, key
from nas.space.target import End

Answers = Mapping[str, Any]


class Alternative(NamedTuple):
    """One of those that a choice is made among: what it is called, and the (name, values) of the numbers open in it."""

    text: str
    inner: tuple[tuple[str, tuple[Any, ...]], ...] = ()


@dataclass(frozen=True)
class Open(Operation):
    """An operation that is not chosen yet.

    inside: of the choices that alternatives make in their turn, the template around each.
    """

    name: ClassVar[str] = "open"
    drawn: ClassVar[Drawn] = "choice"
    merges: ClassVar[bool] = True

    choice: str
    alternatives: tuple[Alternative, ...]
    size: Shape
    inside: tuple[tuple[str, "Open"], ...] = ()

    def shape(self, *inputs: Shape) -> Shape:
        return self.size


class Sketch(NamedTuple):
    """The graph of a walk, not pruned; the choices that it has answered; and, by path, all choices that it has met."""

    graph: Graph
    answered: dict[str, Choice]
    met: dict[str, Choice]


def sketch(document: Document, answers: Answers) -> Sketch:
    """The walk in which choices of numbers and words have these answers, or else the largest number, the first word.

    Raises UserError where these do not fit each other.
    """
    target = SketchTarget(document, answers)
    out = target.walk()
    graph = Graph(tuple(target.nodes), out.node, tuple(target.heads), document.name)
    return Sketch(graph, target.answered, target.met_choices)


class SketchTarget(SupernetTarget):
    """Walks all alternatives of an operation one after the other, and places one node for them."""

    def __init__(self, document: Document, answers: Answers) -> None:
        by_rule = any(
            "widths" in template.source for template in document.templates.values()
        )  # needs all edges at once
        super().__init__(document, self._one, False, not by_rule, False, False, None)
        self.given = answers
        self.answered: dict[str, Choice] = {}
        self.met_choices: dict[str, Choice] = {}
        self.opened: dict[str, tuple[int, Open]] = {}  # by path, with the number of an alternative that has nodes
        self.at: Place | None = None  # of the choice of an operation that was come to last

    def _one(self, choice: Choice) -> Sequence[Any]:
        return (self.answer(choice),)

    def answer(self, choice: Choice) -> Any:
        if choice.path in self.given and as_answer(self.given[choice.path]) in choice.answers:
            return as_answer(self.given[choice.path])
        return max(choice.answers) if choice.kind == "number" else choice.answers[0]

    def place(self, op: Operation, flows: Sequence[Flow], at: Place) -> Flow:
        return GraphTarget.place(self, op, flows, at)

    def part(self, flow: Flow, number: int, uses: Sequence[Answered], at: Place) -> Flow:
        return flow

    def reuse(
        self, template: Template | None, own: tuple[Any, ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        if own and own[0][0] == "choice":
            self.at = at
        return walk()

    def branch(self, choice: Choice, flow: Flow, then: Callable[[Any], End]) -> Any:
        self.met_choices.setdefault(choice.path, choice)
        if choice.answers == (False, True):  # whether an edge is there
            return then(True)
        if choice.kind == "input":
            return self._every_source(choice, then)
        if choice.kind == "operation" and not choice.path.startswith("parameters.") and len(choice.answers) > 1:
            return self._opened(choice, flow, then, self._place(choice))
        self.answered.setdefault(choice.path, choice)
        return then(self.answer(choice))

    def _place(self, choice: Choice) -> Place | None:
        if choice.path in self.written:
            at = self.written[choice.path][2]
            return at._replace(path=at.path.split(".@.")[0])
        return self.at if self.at is not None and self.at.answers == choice.path else None

    def _every_source(self, choice: Choice, then: Callable[[Any], End]) -> Any:
        """Of a set all sources; of one source what the first gives, which then reads all of them."""
        if isinstance(choice.answers[0], tuple):
            return then(sorted({source for answer in choice.answers for source in answer}))
        start, read = len(self.nodes), dict[int, None]()
        out: Any = None
        for answer in choice.answers:
            del self.nodes[start:], self.axes[start:]
            out = self._given(choice.path, answer, then, answer)  # its use of a source hangs on the answer
            new = self.nodes[start:]
            read.update(dict.fromkeys([i for node in new for i in node.inputs if i < start] or [out.node]))
        if len(self.nodes) > start and self.nodes[start].op.name == "open":
            self.nodes[start] = self.nodes[start]._replace(inputs=tuple(read))
        return out

    def _opened(self, choice: Choice, flow: Flow, then: Callable[[Any], End], at: Place | None) -> Any:
        start, heads, answered = len(self.nodes), len(self.heads), dict(self.answered)
        known = self.opened.get(choice.path)  # a cell's, at its later uses: one alternative tells what flows
        taken = choice.answers if known is None else [choice.answers[known[0]]]
        ways = [self._way(answer, then, start, heads, answered) for answer in taken]
        ends = [(number, nodes, out) for number, (nodes, _, out, _) in enumerate(ways) if isinstance(out, Flow)]
        common = set.intersection(*(set(map(key, nodes)) for _, nodes, _ in ends)) if known is None and ends else set()
        if not ends or common or at is None:  # it decides something in what is there all the same
            self.answered[choice.path] = choice
            return then(self.answer(choice))
        number, nodes, out = next((end for end in ends if end[1]), ends[0])
        shape = nodes[out.node - start].shape if out.node >= start else self.nodes[out.node].shape
        if known is None:
            alternatives = [
                Alternative(worded(raw), tuple(dict.fromkeys(map(_numbers, met))))
                for raw, (_, met, _, _) in zip(choice.alternatives, ways, strict=True)
            ]
            found = [node for _, nodes, _ in ends for node in nodes if isinstance(node.op, Open)]
            inside = {around(node.scopes): node.op for node in found}
            known = number, Open(choice.path, tuple(alternatives), shape, tuple(inside.items()))  # type: ignore[arg-type]
            self.opened[choice.path] = known
        read = dict.fromkeys(i for _, nodes, _ in ends for node in nodes for i in node.inputs if i < start)
        op = replace(known[1], size=shape)
        placed = self.place(op, [Flow(i) for i in read] or [flow], at)
        self.axes[placed.node] = ways[number][3]  # an operation that is not chosen has no stride
        return placed._replace(before=flow.before)

    def _way(
        self, answer: Any, then: Callable[[Any], End], start: int, heads: int, answered: dict[str, Choice]
    ) -> tuple[list[Node], list[Choice], Any, Any]:
        """The nodes that an answer leads to, the numbers open in them, what it gives, its strides; all undone again."""
        try:
            out = then(answer)
        except (ShapeError, ExpressionError, UserError):
            out = None
        nodes, met = self.nodes[start:], [one for path, one in self.answered.items() if path not in answered]
        axes = self.axes[out.node] if isinstance(out, Flow) else None
        del self.nodes[start:], self.axes[start:], self.heads[heads:]
        self.answered = dict(answered)
        return nodes, met, out, axes


def around(scopes: Sequence[Scope]) -> str:
    """The innermost template."""
    return next((scope.template for scope in reversed(scopes) if scope.turn is None), "")


def _numbers(choice: Choice) -> tuple[str, tuple[Any, ...]]:
    return choice.path.rpartition(".")[2], tuple(choice.alternatives)


def worded(item: Any) -> str:
    """An alternative as the document writes it, in few words."""
    item = item.item if isinstance(item, Closure) else item
    if isinstance(item, str):
        return item
    if isinstance(item, list):
        return " → ".join(map(worded, item)) or "nothing"
    if not isinstance(item, dict):
        return str(item)
    if "residual" in item:
        return f"{worded(item['residual'])} + shortcut"
    if len(item) > 1:
        return " → ".join(map(worded, item.values()))
    ((word, arguments),) = item.items()
    if not isinstance(arguments, dict):
        return word if isinstance(arguments, str | list) or arguments is None else f"{word} {arguments}"
    said = {name: value for name, value in arguments.items() if isinstance(value, int | float | str | list)}
    words = [
        name if value is True else value if isinstance(value, str) else f"{name} {_listed(value)}"
        for name, value in said.items()
        if value is not False and not str(value).startswith("=")
    ]
    return ", ".join([word, *words])


def _listed(value: Any) -> str:
    return "×".join(map(str, value)) if isinstance(value, list) else str(value)
