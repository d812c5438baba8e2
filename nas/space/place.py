"""What a walk over a document carries (`Flow`, `Place`) and meets (`Choice`, `Closure`)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nas.graph.graph import Scope

Arguments = tuple[tuple[str, Any], ...]  # of a template, by name
_new = tuple.__new__  # a named tuple without its constructor's call: the walk makes hundreds for each genome


class Choice(NamedTuple):
    """An open choice as the walk meets it. An answer is the alternative if a number or a word, else its position."""

    path: str
    kind: str  # operation, input or number
    alternatives: Sequence[Any]
    answers: Sequence[Any]
    extra: int = 0  # the last so many are a supernet's alone


Answered = tuple[tuple[str, Any], ...]  # choices by their paths, with an answer to each


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
        scopes = (*self.scopes, _new(Scope, (path, template, (), turn)))
        return _new(Place, (path, f"{self.answers}.{turn}", names, scopes, self.depth, None))

    def named(self, answers: str, names: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> "Place":
        """The same place with answers of their own, these names, and what an edge gives."""
        return _new(Place, (self.path, answers, names, self.scopes, self.depth, given))

    def within(
        self, answers: str, names: Mapping[str, Any], template: str, own: tuple[tuple[str, Any], ...]
    ) -> "Place":
        """Inside a template that is used here, whose own names have these values."""
        path, scopes = self.path, (*self.scopes, _new(Scope, (self.path, template, own, None)))
        return _new(Place, (path, answers, names, scopes, self.depth + 1, None))

    def alone(self) -> "Place":
        """The same place without what an edge gives."""
        return self if self.given is None else _new(Place, (*self[:5], None))

    def knowing(self, names: Mapping[str, Any]) -> "Place":
        """The same place with these names instead."""
        path, answers, _, scopes, depth, given = self
        return _new(Place, (path, answers, names, scopes, depth, given))
