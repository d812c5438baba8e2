"""What a walk over a document carries (`Flow`, `Place`), meets (`Choice`) and serves (`Target`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nas.graph.graph import Scope

if TYPE_CHECKING:
    from nas.space.document import Template
    from nas.space.interpreter import Interpreter

Then = Callable[[Any], Any]
_new = tuple.__new__  # a named tuple without its constructor's call: the walk makes hundreds for each genome


class Choice(NamedTuple):
    """An open choice as the walk meets it. An answer is the alternative if a number or a word, else its position."""

    path: str
    kind: str  # operation, input or number
    alternatives: Sequence[Any]
    answers: Sequence[Any]


class Flow(NamedTuple):
    """What a chain passes on: a node, and the input of the cell before it (what DAG cells call `before`)."""

    node: int
    before: "Flow | None" = None


class Closure(NamedTuple):
    """An operation passed as a value: read with the names of where it was written (None: of where it is used)."""

    item: Any
    names: Mapping[str, Any] | None


class Place(NamedTuple):
    """Where a walk is: the node path, the answers' path (a cell has its own), the names, the scopes around it.

    `given` are the arguments that an edge gives to the operation called on it: the cell's channels, the edge's stride.
    """

    path: str
    answers: str
    names: Mapping[str, Any]
    scopes: tuple[Scope, ...] = ()
    depth: int = 0
    given: Mapping[str, Any] | None = None

    def child(self, segment: object) -> "Place":
        path, answers, names, scopes, depth, given = self
        return _new(Place, (f"{path}.{segment}", f"{answers}.{segment}", names, scopes, depth, given))

    def turn(self, turn: int, template: str) -> "Place":
        path, names = f"{self.path}.{turn}", {**self.names, "index": turn}
        return Place(path, f"{self.answers}.{turn}", names, (*self.scopes, Scope(path, template, (), turn)), self.depth)

    def alone(self) -> "Place":
        """The same place without what an edge gives."""
        return self if self.given is None else Place(*self[:5])

    def knowing(self, names: Mapping[str, Any]) -> "Place":
        """The same place with these names instead."""
        return Place(self.path, self.answers, names, self.scopes, self.depth, self.given)


class Target(Protocol):
    """What a walk is for: a graph (`nas.space.build`), or the number of ways to answer (`nas.space.size`)."""

    names_only: bool  # shapes are not known, so that what depends on them is UNKNOWN
    holds: bool  # choices bound to names are held open until something depends on them

    def start(self) -> Flow: ...
    def channels(self, flow: Flow) -> Any: ...
    def scale(self, flow: Flow, last: Flow) -> Any: ...
    def primitive(self, name: str, arguments: dict[str, Any], flow: Flow, at: Place) -> Flow: ...
    def merge(self, name: str, flows: Sequence[Flow], at: Place, arguments: Mapping[str, Any]) -> Flow: ...
    def shortcut(self, walk: "Interpreter", form: Any, flow: Flow, out: Flow, at: Place) -> Flow | None: ...
    def align(self, walk: "Interpreter", flows: Sequence[Flow], at: Place) -> Sequence[Flow]: ...
    def is_identity(self, flow: Flow, out: Flow) -> bool: ...
    def auxiliary(self, flow: Flow) -> None: ...
    def edge(self) -> None: ...
    def constrain(self, holds: Callable[[int], Any], edges: int, cell: str) -> None: ...

    def setting(self, name: str, value: Any) -> None:
        """A setting of the recipe; each of its values where all are counted."""

    def branch(self, choice: Choice, flow: Flow, then: Then) -> Any:
        """`then(answer)` for the answer taken; for each one where all are counted."""

    def either(self, walks: Sequence[Callable[[], Any]], flow: Flow) -> Flow:
        """Met where a condition is UNKNOWN: no choice may hang on it."""

    def hold(self, raw: Any, flow: Flow, at: Place, opened: list[Any]) -> Any:
        """The value of what is bound to a name; choices held open until something depends on them go to `opened`."""

    def closing(self, opened: Sequence[Any], walk: Callable[[], Any]) -> Any:
        """`walk()`, after which what was held open is closed."""

    def pending(self, value: Any) -> bool:
        """Whether a bound value is still held open."""

    def force(self, value: Any, flow: Flow, at: Place, then: Then) -> Any:
        """`then(plain value)` of one held open."""

    def reuse(
        self, template: "Template", own: tuple[tuple[str, Any], ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        """`walk()`, or what it gave when the same template was used with the same arguments before."""
