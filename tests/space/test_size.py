"""`size()` against enumeration: on hand-made documents, and on random ones of every form."""
# ruff: noqa: E501 - documents stand on the lines on which a user would write them

import random
import time

import pytest

from nas.errors import UserError
from tests.space.documents import space_of


def counted(text: str) -> int:
    space = space_of(text)
    genomes = list(space.enumerate())
    assert len(set(genomes)) == len(genomes)
    assert space.size() == len(genomes)
    return len(genomes)


def test_alternatives_add_and_neighbours_multiply():
    assert (
        counted("network: [{choice: [relu, {conv: {channels: 4, kernel: {choice: [1, 3]}}}]}, {choice: [relu, tanh]}]")
        == 6
    )


def test_a_choice_inside_a_loop_is_answered_each_turn():
    assert counted("network: [{repeat: 3, body: [{choice: [relu, tanh]}]}]") == 8
    assert counted("network: [{repeat: {choice: [1, 2]}, body: [{choice: [relu, tanh]}]}]") == 2 + 4
    text = "network: [{for: {kernel: {choice: [1, 3]}, i: [1, 2]}, do: [{conv: {channels: 3, kernel: =kernel}}]}]"
    assert counted(text) == 4


def test_a_parameter_that_several_places_depend_on():
    text = """
    parameters: {depth: {choice: [1, 2]}, free: {choice: [4, 8, 16]}}
    network:
      - {repeat: =depth, body: [{choice: [relu, tanh]}]}
      - {conv: {channels: =free, kernel: 1}}
      - {repeat: =depth, body: [{choice: [relu, tanh, elu]}]}
    """
    assert counted(text) == 3 * (2 * 3 + 4 * 9)


def test_parameters_that_decide_together_and_apart():
    text = """
    parameters: {a: {choice: [1, 2]}, b: {choice: [1, 2]}, depths: [{choice: [1, 2]}, {choice: [0, 1]}]}
    network:
      - when: =a + b == 3
        do: [{choice: [relu, tanh, elu]}]
      - {for: {depth: =depths}, do: [{repeat: =depth, body: [{choice: [relu, tanh]}]}]}
    """
    assert counted(text) == (3 + 3 + 1 + 1) * (2 + 4) * (1 + 2)


def test_a_block_chooses_at_each_use_and_a_cell_once():
    text = """
    blocks: {block: [{choice: [relu, tanh]}]}
    cells: {cell: [{choice: [relu, tanh, elu]}]}
    network: [block, block, cell, cell, {when: 1 == 1, do: [cell]}]
    """
    assert counted(text) == 2 * 2 * 3


def test_a_cell_that_is_used_only_under_an_answer():
    text = """
    parameters: {deep: {choice: [true, false]}}
    cells: {cell: [{choice: [relu, tanh, elu]}], other: [cell, {choice: [relu, tanh]}]}
    network: [{choice: [relu, other]}, {when: =deep, do: [cell]}]
    """
    # (relu, shallow) 1 + (relu, deep) 3 + other, which uses the cell, deep or not: 2 * 3 * 2
    assert counted(text) == 1 + 3 + 6 + 6


def test_a_source_may_be_listed_once():
    text = """
    cells:
      cell:
        nodes:
          - repeat: 2
            add: {choose: 2, of: "=earlier + [0]", operation: {choice: [relu, tanh]}}
        output: {concat: nodes}
    network: [cell, cell]
    """
    with pytest.raises(UserError, match="stands twice"):
        counted(text)


def test_edges_chosen_present_and_constrained():
    edges = "[{repeat: 3, add: {subset: =earlier, operation: {choice: [relu, tanh]}}}]"
    assert counted(f"cells: {{cell: {{nodes: {edges}, output: {{concat: nodes}}}}}}\nnetwork: [cell]") == 3**6
    within = f"cells: {{cell: {{nodes: {edges}, where: edges <= 2, output: {{concat: nodes}}}}}}\nnetwork: [cell, cell]"
    assert counted(within) == 1 + 6 * 2 + 15 * 4
    choose = """
    cells:
      cell:
        inputs: {before: [identity], last: [identity]}
        nodes: [{repeat: 2, add: {choose: 2, of: =earlier, operation: {choice: [relu, tanh]}}}]
        output: {concat: nodes}
    network: [cell]
    """
    assert counted(choose) == 4 * (3 * 4)
    pairs = """
    cells:
      cell:
        nodes: [{repeat: {choice: [1, 2]}, add: [[{choice: [relu, tanh]}, {choice: =earlier}]]}, {add: {all: =earlier}, do: {choice: [relu, tanh]}}]
    network: [cell]
    """
    assert counted(pairs) == 2 * 2 + (2 * 2 * 2) * 2


def test_large_spaces_are_counted_at_once():
    start = time.perf_counter()
    parameters = ", ".join(f"p{i}: {{choice: [1, 2, 3, 4]}}" for i in range(30))
    uses = ", ".join(f"{{repeat: =p{i}, body: [{{choice: [relu, tanh]}}]}}" for i in range(30))
    assert space_of(f"parameters: {{{parameters}}}\nnetwork: [{uses}]").size() == (2 + 4 + 8 + 16) ** 30
    nested = """
    blocks:
      tree:
        parameters: {depth: 1}
        body:
          when: =depth == 0
          do: [{choice: [relu, tanh]}]
          else: [{choice: [relu, [{tree: {depth: =depth - 1}}, {tree: {depth: =depth - 1}}]]}]
    network: [{tree: {depth: 12}}]
    """
    expected = 2
    for _ in range(12):
        expected = 1 + expected**2
    assert space_of(nested).size() == expected
    assert time.perf_counter() - start < 20  # a bound against explosion, far from a measurement


def test_a_choice_may_not_hang_on_a_shape():
    with pytest.raises(UserError, match="depends on a shape"):
        space_of("network: [{when: =in_channels > 3, do: [{choice: [relu, tanh]}]}]").size()
    assert counted("network: [{when: =in_channels > 3, do: [relu]}, {choice: [relu, tanh]}]") == 2


def test_a_cells_choices_may_not_hang_on_its_arguments():
    text = """
    cells: {cell: {parameters: {deep: true}, body: [{when: =deep, do: [{choice: [relu, tanh]}]}]}}
    network: [{cell: {deep: true}}, {cell: {deep: false}}]
    """
    with pytest.raises(UserError, match="hang on its arguments"):
        space_of(text).size()


def random_value(rng: random.Random, names: list[str]) -> str:
    kind = rng.randrange(5)
    if kind == 0 and names:
        return f"={rng.choice(names)}"
    if kind == 1 and names:
        return f"={rng.choice(names)} % 2"
    if kind == 2:
        return "{choice: [0, 1, 2]}"
    if kind == 3:
        return "{choice: [1, {choice: [2, 3]}]}"
    return str(rng.randrange(3))


def random_chain(rng: random.Random, names: list[str], depth: int, words: list[str]) -> str:
    return "[" + ", ".join(random_item(rng, names, depth, words) for _ in range(rng.randint(1, 2))) + "]"


def random_item(rng: random.Random, names: list[str], depth: int, words: list[str]) -> str:
    kind = rng.randrange(9) if depth else 0
    inner = lambda extra=(): random_chain(rng, [*names, *extra], depth - 1, words)  # noqa: E731
    match kind:
        case 1:
            return f"{{choice: [relu, {inner()}]}}"
        case 2:
            return f"{{repeat: {random_value(rng, names)}, body: {inner()}}}"
        case 3 if names:
            return f"{{when: ={rng.choice(names)} > 0, do: {inner()}, else: {inner()}}}"
        case 4:
            return f"{{for: {{x{depth}: [1, {random_value(rng, names)}]}}, do: {inner([f'x{depth}'])}}}"
        case 5:
            return f"{{branches: [{inner()}, {inner()}], merge: add}}"
        case 6 | 7 if words:
            return f"{{{rng.choice(words)}: {{}}}}"
        case 8 if words:
            return f"{{{rng.choice(words)}: {{k: {random_value(rng, names)}}}}}"
    return rng.choice(["relu", "{choice: [relu, tanh]}"])


@pytest.mark.parametrize("seed", range(150))
def test_random_documents_have_as_many_genomes_as_they_say(seed: int):
    rng = random.Random(seed)
    names = [f"p{i}" for i in range(rng.randint(0, 3))]
    parameters = ", ".join(f"{name}: {random_value(rng, names[:i])}" for i, name in enumerate(names))
    blocks = f"b: {{parameters: {{k: {random_value(rng, names)}}}, body: {random_chain(rng, [*names, 'k'], 1, [])}}}"
    cells = f"c: {{parameters: {{k: 1}}, body: {random_chain(rng, names, 1, ['b'])}}}"
    network = random_chain(rng, names, 2, ["b", "c"])
    text = f"parameters: {{{parameters}}}\nblocks: {{{blocks}}}\ncells: {{{cells}}}\nnetwork: {network}\n"
    if space_of(text).size() <= 3000:  # 141 of the 150
        counted(text)
