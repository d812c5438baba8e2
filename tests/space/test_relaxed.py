"""The document as a supernet reads it: `relaxed` in expressions, and the alternatives that a choice has then."""

import random

import pytest

from nas.errors import UserError
from nas.space import load
from nas.space.build import build
from nas.space.document import Document
from nas.space.oracles import replayed, sampled
from tests.space.documents import space_of

SPACE = """
name: tiny
input: [3, 8, 8]
classes: 10
blocks:
  norm: [{batch_norm: {affine: =not relaxed}}]
network:
  - {choice: [relu, sigmoid], relaxed: [none]}
  - norm
  - flatten
  - {linear: =classes}
"""


def test_what_an_ordinary_walk_has_expanded_is_not_taken_for_a_relaxed_one() -> None:
    for document in (space_of(SPACE).document, load("darts", channels=4, layers=2).document):
        answers = build(document, sampled(random.Random(0)))[1]
        plain, relaxed = (build(document, replayed(answers), way)[0].parameters for way in (False, True))
        fresh = build(Document(document.data), replayed(answers), relaxed=True)[0].parameters
        assert relaxed == fresh < plain
        assert build(document, replayed(answers))[0].parameters == plain


def test_a_choice_has_its_relaxed_alternatives_only_then() -> None:
    document = space_of(SPACE).document
    (plain,), (relaxed,) = (build(document, sampled(random.Random(0)), way)[2] for way in (False, True))
    assert list(plain.answers) == ["relu", "sigmoid"]
    assert list(relaxed.answers) == ["relu", "sigmoid", "none"]
    graph, answers, _ = build(document, replayed({relaxed.path: "none"}), relaxed=True)
    assert answers == {relaxed.path: "none"}
    assert graph.nodes[1].operation == "none"


def test_what_is_no_list_is_an_error_wherever_a_choice_stands() -> None:
    for choice in (
        "{choice: [relu, sigmoid], relaxed: none}",
        "{conv: {channels: {choice: [3, 4], relaxed: 5}, kernel: 1}}",
    ):
        with pytest.raises(UserError, match="'relaxed' is a list of alternatives"):
            space_of(SPACE.replace("  - norm\n", f"  - {choice}\n")).sample(random.Random(0))


def test_an_operation_on_an_open_source_has_a_path_for_each() -> None:
    text = """
name: edges
input: [3, 8, 8]
classes: 10
cells:
  cell:
    parameters: {channels: 3}
    nodes:
      - add: [[identity, 0]]
      - add: [[{conv: {kernel: 3}}, {choice: [0, 1]}], [{conv: {kernel: 3}}, 0]]
network: [cell, flatten, {linear: =classes}]
"""
    space = space_of(text)
    paths = set()
    for genome in space.enumerate():
        convolutions = [node.path for node in space.graph(genome).nodes if node.operation == "conv"]
        assert len(set(convolutions)) == 2
        paths |= set(convolutions)
    assert len(paths) == 3  # two for the open source, one for the other, which stays where it was
    assert all(set(genome.answers) == {"cells.cell.nodes.1.0.input"} for genome in space.enumerate())
