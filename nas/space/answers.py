"""A walk with names alone: asks an oracle for each answer, and makes nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nas.graph.operation import Shape
from nas.space.calls import hashable
from nas.space.document import Document, Template
from nas.space.expressions import ExpressionError
from nas.space.interpreter import Interpreter
from nas.space.oracles import ConstraintBroken, Oracle
from nas.space.place import Answered, Choice, Flow, Place
from nas.space.target import End, Lazily


class AnswerTarget:
    """Each choice has one answer. `answers` by path, and the `choices` in the order in which they were met."""

    lazy: Lazily | None = None

    def __init__(self, document: Document, oracle: Oracle, relaxed: bool = False) -> None:
        self.document, self.oracle, self.relaxed = document, oracle, relaxed
        self.answers: dict[str, Any] = {}
        self.choices: list[Choice] = []
        self.recipe: dict[str, Any] = {}
        self.asked = 0
        self.walked: set[Any] = set()

    def walk(self) -> Flow:
        """The whole network; its output."""
        return Interpreter(self.document, self).run(lambda flow: flow)

    def branch(self, choice: Choice, flow: Flow, then: Callable[[Any], End]) -> End:
        return then(self.answer(choice))

    def answer(self, choice: Choice) -> Any:
        """The oracle's, the first time. Raises ExpressionError where that is none of this choice."""
        self.asked += 1
        if choice.path in self.answers:  # a cell's choice, answered where the cell was used first
            answer = self.answers[choice.path]
            if answer not in choice.answers:
                what = f"{choice.path} was answered {answer!r}, which is no alternative here"
                raise ExpressionError(f"{what}; a cell's choices are the same at every use")
        else:
            answer = self.answers[choice.path] = self.oracle(choice)
            self.choices.append(choice)
        return answer

    def hangs_on(self) -> Answered:
        return ()

    def setting(self, name: str, value: Any) -> None:
        self.recipe[name] = value

    def start(self) -> Flow:
        return Flow(0)

    def shape(self, flow: Flow) -> Shape | None:
        return None

    def strides(self, flow: Flow) -> tuple[int, ...] | None:
        return None

    def operation(self, flow: Flow) -> tuple[int, str] | None:
        return None

    def add(self, name: str, arguments: Mapping[str, Any], flows: Sequence[Flow], at: Place) -> Flow:
        return flows[0]

    def part(self, flow: Flow, number: int, uses: Sequence[Answered], at: Place) -> Flow:
        return flow

    def auxiliary(self, flow: Flow) -> None:
        pass

    def either(self, walks: Sequence[Callable[[], Flow]], flow: Flow) -> Flow:
        return flow  # no choice hangs on a shape (`nas.space.size` makes sure)

    def edge(self) -> None:
        pass

    def constrain(self, holds: Callable[[int], Any], edges: int, cell: str) -> None:
        if not holds(edges):
            raise ConstraintBroken(f"a cell with {edges} edges breaks its 'where'", cell)

    def reuse(
        self, template: Template | None, own: tuple[Any, ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        """What was walked with the same arguments asks nothing new: a cell, or a block without choices."""
        if template is None:
            return walk()
        try:
            key = (template.name, hashable(own))
        except TypeError:  # an operation among the arguments
            return walk()
        if key in self.walked:
            return flow
        asked, out = self.asked, walk()
        if template.is_cell or self.asked == asked:
            self.walked.add(key)
        return out
