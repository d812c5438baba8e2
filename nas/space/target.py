"""What a walk serves: a graph (`nas.space.build`), answers (`nas.space.answers`) or their number (`nas.space.size`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from nas.graph.operation import Shape
from nas.space.place import Answered, Choice, Flow, Place

if TYPE_CHECKING:
    from nas.space.document import Template
    from nas.space.lazy import Open

End = TypeVar("End")  # what a part of the walk gives: a flow, the flows of a set of edges, or nothing


class Lazily(Protocol):
    """How a walk that takes several answers treats choices among values: they stay open until something needs them."""

    def open(self, raw: Mapping[str, Any], flow: Flow, at: Place) -> "Open":
        """What stands for the value of a `{choice: [...]}`."""

    def fork(self, value: "Open", then: Callable[[Any], End]) -> End:
        """`then(leaf)` for each value that it can have."""

    def closing(self, opened: "Sequence[Open]", values: list[Any], then: Callable[[list[Any]], End]) -> End:
        """`then(values)`, after which nothing needs what was opened."""


class Target(Protocol):
    """What the interpreter tells what it meets, and asks at each choice."""

    relaxed: bool  # the walk is of a supernet: `relaxed` in expressions, and the alternatives that a choice has then
    lazy: Lazily | None  # None: each choice has one answer

    def start(self) -> Flow: ...

    def shape(self, flow: Flow) -> Shape | None:
        """None, as from the next two, where only names are known: what depends on it is UNKNOWN."""

    def strides(self, flow: Flow) -> tuple[int, ...] | None:
        """From the network's input, by axis."""

    def operation(self, flow: Flow) -> tuple[int, str] | None:
        """The node that gives it, identities looked through, and the name of its operation."""

    def add(self, name: str, arguments: Mapping[str, Any], flows: Sequence[Flow], at: Place) -> Flow:
        """A primitive operation on what flows in, several where it merges."""

    def part(self, flow: Flow, number: int, uses: Sequence[Answered], at: Place) -> Flow:
        """Part `number` of a concat that other answers may leave out: it is there unless one of `uses` is given."""

    def auxiliary(self, flow: Flow) -> None:
        """A side head ends here."""

    def setting(self, name: str, value: Any) -> None:
        """A setting of the recipe; each of its values where there are several."""

    def branch(self, choice: Choice, flow: Flow, then: Callable[[Any], End]) -> End:
        """`then(answer)` for each answer that the walk takes, and what these come to together."""

    def hangs_on(self) -> Answered:
        """The answers, of several that are walked, without which the walk were not where it is; none for one answer."""

    def either(self, walks: Sequence[Callable[[], Flow]], flow: Flow) -> Flow:
        """Met where a condition is UNKNOWN: no choice may hang on it."""

    def edge(self) -> None:
        """An edge of a cell that has a `where`."""

    def constrain(self, holds: Callable[[int], Any], edges: int, cell: str) -> None:
        """The cell's `where`, of its number of edges."""

    def reuse(
        self, template: "Template | None", own: tuple[Any, ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        """`walk()`, or what it gave when the same part was used with the same arguments before.

        A part is a template; None: the network, or an operation's choice, which depends on what `at` knows too.
        """
