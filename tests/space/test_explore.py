from nas.space import Document, load
from nas.space.explore import every_choice
from nas.space.reader import read_yaml

NESTED = """
input: [3, 8, 8]
classes: 10
parameters: {depth: {choice: [1, 2, 3]}}
network:
  - repeat: =depth
    body:
      - choice: [relu, {conv: {channels: 4, kernel: {choice: [1, 3]}}}, [{choice: [tanh, {choice: [elu, gelu]}]}]]
  - when: =depth == 3
    do: [{conv: {channels: {choice: [2, 4, 8]}}}]
"""


def test_choices_behind_other_choices_are_found() -> None:
    document = Document(read_yaml("name: nested" + NESTED))
    found = {choice.path: len(choice.alternatives) for choice in every_choice(document)}
    turns = {path: size for turn in range(3) for path, size in alternatives(turn).items()}
    assert found == {"parameters.depth": 3, **turns, "network.1.do.0.@.channels": 3}


def alternatives(turn: int) -> dict[str, int]:
    """The choices of one turn, and how many alternatives each has."""
    item = f"network.0.{turn}.0"
    return {item: 3, f"{item}.1.@.kernel": 2, f"{item}.2.0": 2, f"{item}.2.0.1": 2}


def test_as_many_as_a_genome_answers_where_none_hides_another() -> None:
    space = load("nasbench201")
    assert [choice.path for choice in every_choice(space.document)] == list(next(space.enumerate()).answers)
