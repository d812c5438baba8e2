import pytest

import nas
from nas.space.explore import every_choice
from nas.space.sketch import Open, Sketch, sketch
from tests.space.documents import open_documents, space_of


def sketched(text: str, **answers: object) -> Sketch:
    return sketch(space_of(text).document, answers)


def opened(found: Sketch) -> list[Open]:
    return [node.op for node in found.graph.nodes if isinstance(node.op, Open)]


@pytest.mark.parametrize("name", open_documents())
def test_every_choice_of_a_packaged_space_is_open_in_its_sketch(name: str) -> None:
    space = nas.load(name)
    found = sketch(space.document, {})
    kept = {op.choice for op in opened(found)} | found.answered.keys()
    kept |= {path for path, choice in found.met.items() if choice.kind == "input"}
    within = {choice.path for choice in every_choice(space.document)} - kept
    for path in within:  # inside the alternative of one that is open, or under another word that decides a block
        nested = any(path.startswith(f"{op.choice}.") for op in opened(found)) or path in found.met
        words = [choice for choice in found.answered.values() if choice.kind == "operation"]
        assert nested or any(path in sketch(space.document, {word.path: word.answers[-1]}).met for word in words)


def test_one_node_stands_for_the_alternatives_of_an_operation() -> None:
    found = sketched("""
        network: [{conv: {channels: 4, kernel: 1}}, choice: [identity, [], {conv: {kernel: {choice: [3, 5]}}}], relu]
    """)
    assert [node.operation for node in found.graph.nodes] == ["input", "conv", "open", "relu"]
    assert [node.inputs for node in found.graph.nodes] == [(), (0,), (1,), (2,)]
    (op,) = opened(found)
    assert [one.text for one in op.alternatives] == ["identity", "nothing", "conv"]
    assert [one.inner for one in op.alternatives] == [(), (), (("kernel", (3, 5)),)]
    assert op.size == (4, 32, 32)
    assert not found.answered


def test_numbers_are_answered_by_the_largest_or_as_told() -> None:
    text = "network: [{repeat: {choice: [1, 2, 3]}, body: [{conv: {channels: 4, kernel: {choice: [1, 3]}}}]}]"
    found = sketched(text)
    assert [node.op.arguments["kernel"] for node in found.graph.nodes[1:]] == [3, 3, 3]
    assert list(found.answered) == ["network.0.repeat", *(f"network.0.{turn}.0.@.kernel" for turn in range(3))]
    assert len(sketched(text, **{"network.0.repeat": 1}).graph.nodes) == 2


def test_a_word_that_decides_a_whole_block_is_open_and_one_within_it_is_answered() -> None:
    text = """
        blocks:
          layer: {{parameters: {{word: {{choice: {words}}}}}, body: [{{=word: {{channels: 4, kernel: 3}}}}]}}
          act: {{parameters: {{word: {{choice: [relu, silu]}}}}, body: [{{conv: {{channels: 4, kernel: 1}}}}, =word]}}
        network: [layer, act]
    """
    found = sketched(text.format(words="[conv_bn, conv_bn_relu]"))
    assert [node.operation for node in found.graph.nodes] == ["input", "open", "conv", "relu"]
    assert list(found.answered) == ["network.1.@.word"]


def test_edges_read_all_that_they_may() -> None:
    found = sketched("""
        cells:
          cell:
            nodes:
              - add: {subset: =earlier}
              - repeat: 2
                add: [[{choice: [{conv: {kernel: 3}}, identity]}, {choice: =earlier}]]
            output: {concat: unused}
        network: [cell]
    """)
    opens = [node for node in found.graph.nodes if isinstance(node.op, Open)]
    assert [len(node.inputs) for node in opens] == [2, 3]
    assert found.graph.nodes[found.graph.output].operation == "concat"
    assert len(found.graph.nodes[found.graph.output].inputs) == 3  # whichever node no other reads
    assert "cells.cell.nodes.0.0.present" in found.met


def test_all_of_a_set_are_taken() -> None:
    found = sketched("""
        cells: {cell: {nodes: [{repeat: 3, add: {choose: 1, of: =earlier, operation: {choice: [relu, silu]}}}]}}
        network: [cell]
    """)
    assert len(opened(found)) == 1 + 2 + 3
    assert found.met["cells.cell.nodes.2.inputs"].answers[0] == (0,)
