"""A walk that takes several answers to a choice: what depends on it is walked for each, and mixed.

With all answers it gives the graph of a supernet; with one answer to every choice that of a path through it, which is
`nas.space.build`'s node for node, but for nodes that are there once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nas.errors import UserError
from nas.graph.graph import Graph, Node, Scope
from nas.graph.operation import Operation
from nas.graph.operations.mixture import Held, Mixture, Slot, Use
from nas.graph.operations.shapes import text
from nas.space.build import GraphTarget
from nas.space.document import Document, Template
from nas.space.expressions import ExpressionError
from nas.space.lazy import Open, force
from nas.space.oracles import fixed, replayed
from nas.space.place import Answered, Choice, Flow, Place
from nas.space.problems import DocumentError
from nas.space.target import End
from nas.space.values import choose, read_value

Several = Callable[[Choice], Sequence[Any]]  # an oracle: the answers that a walk takes
Key = tuple[str, str, tuple[str, ...]]  # what a module is known by: its path, operation, and the templates around it


class OpenChoice(NamedTuple):
    """A choice of a supernet: its answers, or its sources where an answer is a set of them.

    sets: how many sources an answer takes; 0 where it is no set.
    extra: how many of the last answers a supernet alone has.
    within: the answers, of several, on which it hangs where it was met first.
    """

    kind: str
    answers: tuple[Any, ...]
    sets: int
    extra: int
    within: Answered

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.answers) > max(self.sets, 1)


@dataclass(frozen=True)
class Supergraph:
    """What a walk of several answers gives.

    instead: of nodes that are there once, by the places where the others would stand.
    """

    graph: Graph
    choices: Mapping[str, OpenChoice]
    instead: Mapping[Key, Key]


def every(choice: Choice) -> Sequence[Any]:
    """All answers."""
    return choice.answers


def among(answers: Mapping[str, Any]) -> Several:
    """These answers by path, a frozenset for several; all of them to a choice that is left out."""

    def oracle(choice: Choice) -> Sequence[Any]:
        if choice.path not in answers:
            return choice.answers
        given = answers[choice.path]
        if not isinstance(given, frozenset):
            return (replayed(answers)(choice),)
        taken = {replayed({choice.path: one})(choice) for one in given}
        return [answer for answer in choice.answers if answer in taken]

    return oracle


def only(answers: Mapping[str, Any]) -> Several:
    """A genome's answers."""
    oracle = replayed(answers)
    return lambda choice: (oracle(choice),)


def walk(
    document: Document,
    oracle: Several,
    relaxed: bool = False,
    *,
    several: bool = True,
    weighted: bool = False,
    shares: bool = True,
    places: Mapping[Key, Key] | None = None,
) -> Supergraph:
    """The graph of a document under some answers to each choice.

    Args:
        document: the document.
        oracle: the answers to a choice.
        relaxed: whether it is read as a supernet: `relaxed` in expressions, and what choices have more then.
        several: False: every choice has one answer, and whatever a genome can be is walked.
        weighted: whether what a single answer leads to is times its weight, as a mixture of one.
        shares: whether equal nodes without weights are there once.
        places: of batch norms, whose statistics are their place's: those that are one, `instead` of the whole
            supernet; None: all that are equal, which in a single path may be places that other paths tell apart.

    Raises:
        UserError: several answers to a choice cannot be mixed.
    """
    target = SupernetTarget(document, oracle, relaxed, several, weighted, shares, places)
    out = target.walk()
    graph = Graph(tuple(target.nodes), out.node, tuple(target.heads), document.name, tuple(target.recipe.items()))
    return Supergraph(graph.prune(), target.open_choices, target.instead)


def key(node: Node) -> Key:
    """What the module of a node is known by."""
    return node.path, node.operation, _templates(node.scopes)


def _templates(scopes: Sequence[Scope]) -> tuple[str, ...]:
    return tuple([scope.template for scope in scopes])


class SupernetTarget(GraphTarget):
    """The walk that may take several answers. Nodes are there once by operation, inputs and place."""

    def __init__(
        self,
        document: Document,
        oracle: Several,
        relaxed: bool,
        several: bool,
        weighted: bool,
        shares: bool,
        places: Mapping[Key, Key] | None,
    ) -> None:
        super().__init__(document, fixed, relaxed)
        self.ask, self.weighted, self.shares, self.places = oracle, weighted, shares, places
        self.lazy = self if several else None
        self.open_choices: dict[str, OpenChoice] = {}
        self.within: Answered = ()
        self.numbers: dict[Any, int] = {}  # of nodes, by what makes two the same
        self.first: dict[Any, Key] = {}
        self.instead: dict[Key, Key] = {}
        self.written: dict[str, tuple[Mapping[str, Any], Flow, Place]] = {}  # choices among values, by path
        self.values: dict[str, Any] = {}  # those of them that are answered where the walk is

    def branch(self, choice: Choice, flow: Flow, then: Callable[[Any], End]) -> Any:
        answers = tuple(self.ask(choice))
        self._meet(choice)
        if len(answers) == 1:
            way = then(answers[0])
            if self.weighted and len(choice.answers) > 1 and isinstance(way, Flow):
                return self._mixed(choice.path, answers, [way])
            return way
        if choice.path.startswith("parameters."):
            raise ExpressionError(f"the whole network depends on {choice.path}, which has several answers")
        if isinstance(answers[0], tuple):  # sets of sources: each source is there to some degree
            sources = sorted({source for answer in answers for source in answer})
            edges = [(source, self._given(choice.path, source, then, [source])) for source in sources]
            return [self._held(flow, ((choice.path, source),)) for source, flows in edges for flow in flows]  # type: ignore[attr-defined]
        ways = {answer: self._given(choice.path, answer, then, answer) for answer in answers}
        there: dict[Any, Any] = {answer: way for answer, way in ways.items() if way is not None}
        if not there or not all(isinstance(way, Flow) for way in there.values()):
            raise ExpressionError(f"{choice.path} decides more than what flows on, and has several answers")
        flows = list(there.values())
        if len(there) < len(answers):  # an edge that is there or is not
            return self._held(flows[0], *(((choice.path, answer),) for answer in there))
        if len({way.node for way in flows}) == 1:
            return flows[0]
        return self._mixed(choice.path, tuple(there), flows)

    def _meet(self, choice: Choice) -> None:
        if choice.path not in self.open_choices:
            sets = len(choice.answers[0]) if isinstance(choice.answers[0], tuple) else 0
            sources = sorted({source for answer in choice.answers for source in answer}) if sets else choice.answers
            self.open_choices[choice.path] = OpenChoice(choice.kind, tuple(sources), sets, choice.extra, self.within)

    def _given(self, path: str, answer: Any, then: Callable[[Any], End], value: Any) -> End:
        """`then(value)`, which hangs on `answer`."""
        outer, self.within = self.within, (*self.within, (path, answer))
        try:
            return then(value)
        finally:
            self.within = outer

    def _mixed(self, path: str, answers: tuple[Any, ...], flows: Sequence[Flow]) -> Flow:
        shapes = [self.shape(flow) for flow in flows]
        if len(set(shapes)) > 1:
            each = ", ".join(f"{answer}: {text(shape)}" for answer, shape in zip(answers, shapes, strict=True))
            raise ExpressionError(f"{path}: alternatives of several shapes cannot be mixed ({each})")
        return self.place(Mixture(path, answers), flows, Place(path, path, {}))

    def _held(self, flow: Flow, *uses: Use, absent: bool = False) -> Flow:
        return self.place(Held(uses, absent), [flow], Place(f"{uses[0][0][0]}.held", "", {}))

    def hangs_on(self) -> Answered:
        return self.within

    def part(self, flow: Flow, number: int, uses: Sequence[Answered], at: Place) -> Flow:
        flow = self._held(flow, *uses, absent=True) if uses else flow
        return self.place(Slot(number), [flow], at.child("slot").child(number))

    def place(self, op: Operation, flows: Sequence[Flow], at: Place) -> Flow:
        module_key, inputs = (at.path, op.name, _templates(at.scopes)), tuple([flow.node for flow in flows])
        alike: Any = (op, inputs, module_key)
        if self._alike_anywhere(op, inputs):
            alike = (op, inputs)
            if self.places is not None and op.name == "batch_norm":
                alike = (op, inputs, self.places.get(module_key, module_key))
        if alike not in self.numbers:
            self.numbers[alike], self.first[alike] = super().place(op, flows, at).node, module_key
        elif self.first[alike] != module_key:
            self.instead[module_key] = self.first[alike]
        return Flow(self.numbers[alike], flows[0].before)

    def _alike_anywhere(self, op: Operation, inputs: tuple[int, ...]) -> bool:
        """Whether it gives the same wherever it stands, since it neither learns nor draws anything."""
        if not self.shares or op.draws or isinstance(op, Slot):
            return False
        return op.parameters(*[self.nodes[i].shape for i in inputs]) == 0

    def constrain(self, holds: Callable[[int], Any], edges: int, cell: str) -> None:
        """A `where` is of genomes."""

    def reuse(
        self, template: Template | None, own: tuple[Any, ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        return walk()

    # Choices among values: what is called with them is walked for each

    def open(self, raw: Mapping[str, Any], flow: Flow, at: Place) -> Open:
        self.written[at.answers] = raw, flow, at
        return Open(at.answers, ())

    def closing(self, opened: Sequence[Open], values: list[Any], then: Callable[[list[Any]], End]) -> End:
        if not opened:
            return force(self, values, then)
        variable, (raw, flow, at) = opened[0].variable, self.written[opened[0].variable]

        def chosen(alternative: Any, there: Place) -> End:
            inner = list[Open]()
            value = read_value(self, alternative, flow, there, inner)
            return self.closing(inner, [value], lambda settled: self._assigned(variable, settled[0], rest))

        def rest() -> End:
            return self.closing(opened[1:], values, then)

        return choose(self, raw, flow, at, None, chosen)

    def _assigned(self, variable: str, value: Any, then: Callable[[], End]) -> End:
        self.values[variable] = value
        return then()

    def fork(self, value: Open, then: Callable[[Any], End]) -> End:
        return then(self.values[value.variable])


def check_mixed(document: Document) -> None:
    """Raises UserError where the alternatives of a document cannot be mixed."""
    try:
        walk(document, every, True)
    except UserError as error:
        raise explained(error, document) from None


def explained(error: UserError, document: Document) -> UserError:
    """The error of a document that cannot be mixed, with the way out."""
    alone = "search it by single paths (spos, ofa), or one candidate at a time"
    path = next((word for word in error.what.replace(",", " ").split() if word.startswith("parameters.")), "")
    name = path.removeprefix("parameters.").split(".")[0]
    hint = f"give one with --set {name}=..., or {alone}" if name in document.parameters else alone
    return DocumentError(error.where, error.what, hint)
