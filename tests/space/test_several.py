"""What holds where a walk takes several answers at once: here every answer, its flows averaged."""

from collections.abc import Callable
from typing import Any

from nas.space.build import GraphTarget
from nas.space.interpreter import Interpreter
from nas.space.place import Answered, Choice, Flow, Place
from tests.space.documents import space_of

SPACE = """
name: several
input: [3, 8, 8]
classes: 10
cells:
  cell:
    parameters: {channels: 3}
    inputs: {before: [identity], last: [identity]}
    nodes:
      - add: [[relu, {choice: [0, 1]}], [sigmoid, 0]]
      - add: [[tanh, 2], [{choice: [relu, identity]}, {choice: [0, 2]}]]
    output: {concat: unused}
    where: edges <= 4
network: [cell, {conv: {channels: 4, kernel: 1}}]
"""


class Every(GraphTarget):
    """Takes each answer."""

    def __init__(self, document: Any) -> None:
        super().__init__(document, lambda choice: choice.answers[0])
        self.within: Answered = ()

    def branch(self, choice: Choice, flow: Flow, then: Callable[[Any], Any]) -> Any:
        flows = []
        for answer in choice.answers:
            outer, self.within = self.within, (*self.within, (choice.path, answer))
            flows.append(then(answer))
            self.within = outer
        return self.add("mean", {}, flows, Place(choice.path, choice.path, {}))

    def hangs_on(self) -> Answered:
        return self.within

    def constrain(self, holds: Callable[[int], Any], edges: int, cell: str) -> None:
        """A `where` is of genomes, not of all of them together."""


def test_a_state_that_only_some_answers_use_is_not_surely_used() -> None:
    document = space_of(SPACE).document
    target = Every(document)
    Interpreter(document, target).run(lambda flow: flow)
    (concat,) = [node for node in target.nodes if node.operation == "concat"]
    # of states 0 to 3: an edge surely reads 0 and 2; 1 is read by some answers alone; 3 by none
    assert len(concat.inputs) == 2
    assert concat.shape == (6, 8, 8)


def test_one_answer_uses_what_it_uses() -> None:
    space = space_of(SPACE)
    widths = {genome.answers["cells.cell.nodes.0.0.input"]: space.graph(genome).nodes for genome in space.enumerate()}
    concats = {answer: [node for node in nodes if node.operation == "concat"] for answer, nodes in widths.items()}
    assert [node.shape[0] for node in concats[0]] == [6]  # states 1 and 3
    assert concats[1] == []  # state 3 alone
