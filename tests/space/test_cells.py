"""Cells: chains and DAGs, their inputs, edges, outputs and constraints."""
# ruff: noqa: E501 - documents stand on the lines on which a user would write them

import random

import pytest

from nas.errors import UserError
from nas.graph.graph import Graph
from tests.space.documents import graph_of, operations, space_of

IN = "input: [4, 8, 8]\n"
TWO = "inputs: {before: [identity], last: [identity]}"


def cell_of(cell: str, network: str = "[cell]", rest: str = "") -> Graph:
    return graph_of(f"{IN}{rest}\ncells: {{cell: {cell}}}\nnetwork: {network}")


def test_a_plain_chain_is_a_cell():
    assert operations(cell_of("[relu, tanh]", "[cell, cell]")) == ["relu", "tanh"] * 2
    assert operations(cell_of("{parameters: {act: relu}, body: [=act]}", "[cell, {cell: {act: tanh}}]")) == [
        "relu",
        "tanh",
    ]


def test_a_cells_choices_are_answered_once_a_blocks_at_each_use():
    text = f"{IN}blocks: {{b: [{{choice: [relu, tanh]}}]}}\ncells: {{c: [{{choice: [relu, tanh]}}, b]}}\nnetwork: [c, b, c]"
    space = space_of(text)
    assert space.size() == 8
    paths = set(space.sample(random.Random(0)).answers)
    assert paths == {"cells.c.0", "cells.c.1.0", "network.1.0"}


def test_edges_written_out():
    graph = cell_of(
        "{nodes: [{add: [[relu, 0], [tanh, 0]]}, {add: [[skip_connect, 1], [identity, 0]]}], output: {concat: nodes}}"
    )
    assert operations(graph) == ["relu", "tanh", "add", "identity", "identity", "add", "concat"]
    assert graph.nodes[-1].inputs == (3, 6)
    assert graph.shape == (8, 8, 8)


def test_a_source_may_be_read_twice():
    graph = cell_of("{nodes: [{add: [[identity, 0], [identity, 0]]}]}")
    assert graph.prune().nodes[-1].inputs == (0, 0)


@pytest.mark.parametrize(("merge", "channels"), [("add", 4), ("mean", 4), ("concat", 8)])
def test_nodes_merge_their_edges(merge: str, channels: int):
    graph = cell_of(f"{{nodes: [{{{merge}: [[relu, 0], [tanh, 0]]}}]}}")
    assert operations(graph) == ["relu", "tanh", merge]
    assert graph.shape[0] == channels


def test_a_mean_may_leave_edges_out_in_training():
    node = "{mean: [[identity, 0], [relu, 0]], drop: 0.25}"
    graph = space_of(f"cells: {{cell: {{nodes: [{node}], output: last}}}}\nnetwork: [cell]").graph()
    assert [node.arguments for node in graph.nodes if node.operation == "mean"] == [{"drop": 0.25}]
    with pytest.raises(UserError, match="drop belongs to the merge mean, not add"):
        space_of(f"cells: {{cell: {{nodes: [{node.replace('mean', 'add')}]}}}}\nnetwork: [cell]").graph()


def test_an_operation_on_the_node():
    graph = cell_of("{nodes: [{add: {all: =earlier}, do: relu}, {repeat: 2, add: {all: =earlier}, do: [tanh, relu]}]}")
    assert operations(graph) == [
        "identity",
        "relu",
        *["identity"] * 2,
        "add",
        "tanh",
        "relu",
        *["identity"] * 3,
        "add",
        "tanh",
        "relu",
    ]


def test_operations_get_the_cells_channels_and_on_inputs_its_stride():
    text = "{stride: 2, nodes: [{add: [[conv_bn, 0]]}, {add: [[conv_bn, 1], [max_pool_3x3, 0]]}]}"
    graph = cell_of(text, "[{cell: {channels: 4}}]")
    assert [node.shape for node in graph.nodes if node.operation in ("conv", "max_pool")] == [(4, 4, 4)] * 3
    given = cell_of("{nodes: [{add: [[{conv: {kernel: 3, channels: 2}}, 0]]}]}", "[{cell: {channels: 6}}]")
    assert given.shape[0] == 2  # what the edge says itself wins
    padded = cell_of("{nodes: [{add: [[{pad: {spatial: 1}}, 0]]}]}", "[{cell: {channels: 6}}]")
    assert padded.shape == (4, 10, 10)  # its `channels` are a border


def test_before_and_last_are_the_outputs_of_the_last_two_cells():
    cell = f"{{{TWO}, nodes: [{{concat: [[relu, 0], [tanh, 1]]}}]}}"
    graph = cell_of(cell, "[cell, sigmoid, cell]")
    reads = {node.operation: node.inputs for node in graph.prune().nodes[4:]}
    assert reads["relu"] == (0,)  # the input of the cell before: nothing came before that one
    assert reads["tanh"] == (4,)  # what stands between goes to `last`


def test_before_passes_through_forms_and_plain_cells():
    text = f"{IN}cells: {{a: {{{TWO}, nodes: [{{add: [[relu, 0], [tanh, 1]]}}]}}, b: [sigmoid]}}\nnetwork: "
    for network in (
        "[b, b, {when: 1 > 0, do: [{repeat: 1, body: [a]}]}]",
        "[b, {residual: [b], shortcut: [elu]}, a]".replace("{residual: [b], shortcut: [elu]}", "b"),
        "[b, {auxiliary: [global_avg_pool]}, b, a]",
    ):
        graph = graph_of(text + network)
        relu = next(node for node in graph.nodes if node.operation == "relu")
        assert graph.nodes[graph.nodes[relu.inputs[0]].inputs[0]].operation == "sigmoid"
        assert graph.nodes[relu.inputs[0]].operation == "identity"


def test_scale_says_how_much_larger_before_is():
    cell = "{inputs: {before: [{when: =scale > 1, do: [{max_pool: {kernel: =scale}}]}], last: }, nodes: [{add: [[relu, 0], [relu, 1]]}]}"
    for stride, size in ((1, 8), (2, 4), (3, 3)):
        graph = cell_of(cell, f"[other, {{max_pool: {{kernel: 1, stride: {stride}}}}}, cell]".replace("other", "relu"))
        assert graph.shape == (4, size, size)
    halved = f"{IN}cells: {{half: [{{max_pool: 2}}], cell: {cell}}}\nnetwork: [half, cell]"
    assert graph_of(halved).shape == (4, 4, 4)


def test_outputs():
    nodes = "nodes: [{repeat: 3, add: [[relu, 0]]}, {add: [[tanh, 2]]}]"
    assert cell_of(f"{{{nodes}}}").nodes[cell_of(f"{{{nodes}}}").output].operation == "tanh"
    assert cell_of(f"{{{nodes}, output: last}}").shape[0] == 4
    assert cell_of(f"{{{nodes}, output: {{concat: nodes}}}}").shape[0] == 16
    assert cell_of(f"{{{nodes}, output: {{concat: unused}}}}").shape[0] == 12
    assert cell_of(f"{{{nodes}, output: {{add: [0, 4]}}}}").shape[0] == 4
    assert cell_of(f"{{{nodes}, output: {{mean: [3]}}}}").shape[0] == 4


def test_larger_unused_states_pass_a_factorized_reduction():
    graph = cell_of(f"{{stride: 2, {TWO}, nodes: [{{add: [[max_pool_3x3, 0]]}}], output: {{concat: unused}}}}")
    assert graph.shape == (8, 4, 4)
    assert [node.operation for node in graph.nodes if ".reduce_" in node.path].count("conv") == 2


def test_edges_to_all_chosen_and_present():
    every = space_of(
        f"{IN}cells: {{c: {{nodes: [{{repeat: 3, add: {{all: =earlier, operation: {{choice: [relu, tanh]}}}}}}]}}}}\nnetwork: [c]"
    )
    assert every.size() == 2**6
    assert next(every.enumerate()).answers["cells.c.nodes.2.1.operation"] == "relu"
    two = space_of(
        f"{IN}cells: {{c: {{{TWO}, nodes: [{{repeat: 2, add: {{choose: 2, of: =earlier, operation: relu}}}}]}}}}\nnetwork: [c]"
    )
    assert two.size() == 1 * 3
    assert {genome.answers["cells.c.nodes.1.inputs"] for genome in two.enumerate()} == {(0, 1), (0, 2), (1, 2)}
    some = space_of(
        f"{IN}cells: {{c: {{nodes: [{{repeat: 2, add: {{subset: =earlier, operation: relu}}}}]}}}}\nnetwork: [c]"
    )
    assert some.size() == 2**3
    none = some.graph(
        some.genome(
            dict.fromkeys(
                ("cells.c.nodes.0.0.present", "cells.c.nodes.1.0.present", "cells.c.nodes.1.1.present"), False
            )
        )
    )
    assert operations(none) == ["none", "none"]


def test_a_node_without_a_present_edge_may_read_another_source():
    """A chain whose layers read any earlier layers, or else the image; the output concatenates what none of them reads."""
    nodes = "[{repeat: 3, concat: {subset: '=earlier[1:]', else: 0}, do: {conv: {channels: 3, kernel: 1}}}]"
    space = space_of(f"{IN}cells: {{c: {{nodes: {nodes}, output: {{concat: unused}}}}}}\nnetwork: [c]")
    assert space.size() == 2**3
    absent = {choice.path: False for choice in space.choices(space.sample(random.Random(0)))}
    graph = space.graph(space.genome(absent)).prune()
    assert [node.inputs for node in graph.nodes[1:]] == [(0,), (0,), (0,), (1, 2, 3)]
    everything = space.graph(space.genome(dict.fromkeys(absent, True))).prune()
    assert [node.inputs for node in everything.nodes[1:]] == [(0,), (1,), (1, 2), (3,)]


def test_sources_that_are_always_read_beside_those_that_may_be():
    nodes = "[{repeat: 3, add: {subset: '=earlier[:-1]', with: '=earlier[-1:]', operation: {op: {newest: '=source == earlier[-1]'}}}}]"
    blocks = "blocks: {op: {parameters: {newest: false}, body: {when: =newest, do: {choice: [relu, tanh]}}}}"
    space = space_of(f"{IN}{blocks}\ncells: {{c: {{nodes: {nodes}}}}}\nnetwork: [c]")
    assert space.size() == 2**3 * 2 ** (1 + 2)
    absent = {choice.path: False for choice in space.choices(space.sample(random.Random(0)))}
    answers = {path: False if path.endswith("present") else "relu" for path in absent}
    graph = space.graph(space.genome(answers)).prune()
    assert [node.inputs for node in graph.nodes[1:]] == [(0,), (1,), (2,)]
    present = {path: True if path.endswith("present") else "relu" for path in absent}
    assert [len(node.inputs) for node in space.graph(space.genome(present)).nodes if node.operation == "add"] == [2, 3]
    with pytest.raises(UserError, match="edges go over a list of sources, not 3"):
        space_of(f"{IN}cells: {{c: {{nodes: [{{add: {{subset: [0], with: 3}}}}]}}}}\nnetwork: [c]").size()


def test_two_edges_a_node_each_with_an_operation_and_a_source():
    text = f"{IN}cells: {{c: {{{TWO}, nodes: [{{repeat: 2, add: [[{{choice: [relu, tanh]}}, {{choice: =earlier}}], [relu, {{choice: =earlier}}]]}}]}}}}\nnetwork: [c]"
    space = space_of(text)
    assert space.size() == (2 * 2 * 2) * (2 * 3 * 3)
    kinds = {choice.path: choice.kind for choice in space.choices(space.sample(random.Random(0)))}
    assert kinds["cells.c.nodes.1.1.input"] == "input"
    assert kinds["cells.c.nodes.1.0.operation"] == "operation"


def test_where_constrains_the_number_of_edges():
    """NAS-Bench-101's shape of cell (arXiv:1902.09635): any upper triangle of edges, at most nine, operations on nodes."""
    text = """
parameters: {edges: 9}
cells:
  module:
    nodes:
      - repeat: 4
        add: {subset: =earlier}
        do: {choice: [{conv_bn_relu: {kernel: 3}}, {conv_bn_relu: {kernel: 1}}, {max_pool: {kernel: 3, stride: 1, padding: 1}}]}
      - add: {subset: =earlier}
    where: edges <= 9
    output: last
network: [module, module]
"""
    space = space_of(IN + text)
    ways = [1]
    for _ in range(15):  # 1 + 2 + 3 + 4 + 5 possible edges
        ways = [a + b for a, b in zip([*ways, 0], [0, *ways], strict=True)]
    assert space.size() == sum(ways[:10]) * 3**4
    for seed in range(20):
        genome = space.sample(random.Random(seed))
        present = sum(answer is True for answer in genome.answers.values())
        assert present <= 9
        assert len(genome.answers) == 15 + 4
        assert space.mutate(genome, random.Random(seed)) != genome
    full = {path: True if path.endswith("present") else answer for path, answer in genome.answers.items()}
    with pytest.raises(UserError, match="a cell with 15 edges breaks its 'where'"):
        space.genome(full)


def test_after_edge_follows_every_edge_but_identities_and_zeros():
    nodes = "nodes: [{add: [[relu, 0], [identity, 0], [skip_connect, 0], [none, 0]]}], after_edge: [drop_path]"
    assert operations(cell_of(f"{{{nodes}}}")).count("drop_path") == 1
    strided = cell_of(f"{{stride: 2, {nodes}}}".replace("[relu, 0], [identity, 0], ", ""))
    assert operations(strided).count("drop_path") == 1  # a skip at stride 2 is a factorized reduction


def test_how_many_nodes_may_be_a_choice():
    text = f"{IN}cells: {{c: {{nodes: [{{repeat: {{choice: [1, 3]}}, add: [[{{choice: [relu, tanh]}}, {{choice: =earlier}}]]}}], output: {{concat: unused}}}}}}\nnetwork: [c]"
    space = space_of(text)
    assert space.size() == 2 + 2**3 * 1 * 2 * 3
    assert len(set(space.enumerate())) == space.size()


def test_cells_in_blocks_and_in_cells_and_loops_in_cells():
    text = f"""{IN}
blocks: {{b: {{parameters: {{f: relu}}, body: [{{inner: {{channels: 4}}}}, =f]}}}}
cells:
  inner: {{nodes: [{{add: [[{{choice: [relu, tanh]}}, 0]]}}]}}
  outer: [{{for: {{f: [elu, {{choice: [silu, gelu]}}]}}, do: [{{b: {{f: =f}}}}]}}]
network: [b, outer, outer, inner]
"""
    space = space_of(text)
    assert space.size() == 2 * 2 == len(list(space.enumerate()))
    found = operations(space.graph(next(space.enumerate())))
    assert found == ["relu", "relu", *["relu", "elu", "relu", "silu"] * 2, "relu"]


def test_a_cell_used_with_other_arguments_is_expanded_anew():
    text = f"{IN}cells: {{c: {{parameters: {{k: 1}}, nodes: [{{add: [[{{conv: {{kernel: =k}}}}, 0]]}}]}}}}\nnetwork: [{{c: {{channels: 4}}}}, {{c: {{channels: 6, k: 3}}}}, {{c: {{channels: 6, k: 3}}}}]"
    graph = graph_of(text)
    assert [(node.shape[0], node.arguments["kernel"]) for node in graph.nodes[1:]] == [(4, 1), (6, 3), (6, 3)]
    assert [node.path for node in graph.nodes[1:]] == [f"network.{i}.nodes.0.0" for i in range(3)]


WIDTHS = """{
  nodes: [
    {repeat: 2, add: {subset: =earlier, operation: {conv: {channels: =channels, kernel: 1}}}, do: {choice: [relu, tanh]}},
    {=merge: {subset: "=earlier[1:]"}}],
  widths: "=channels if state == 3 else rest // len(reads[3]) if 3 in readers else max(after)",
  parameters: {merge: concat, rest: 12}}"""


def test_widths_follow_from_all_edges():
    space = space_of(f"{IN}cells: {{c: {WIDTHS}}}\nnetwork: [c]")
    assert space.size() == 2 ** (1 + 2 + 2) * 2**2 == len(list(space.enumerate()))
    first = [choice.kind for choice in space.choices(space.sample(random.Random(0)))]
    assert first == ["input"] * 5 + ["operation"] * 2

    def channels(*present: str) -> list[int]:
        edges = ("0.0", "1.0", "1.1", "2.1", "2.2")
        answers = {f"cells.c.nodes.{edge}.present": edge in present for edge in edges}
        answers |= {f"cells.c.nodes.{node}.operation": "relu" for node in (0, 1)}
        graph = space.graph(space.genome(answers)).prune()
        return [node.shape[0] for node in graph.nodes if node.operation == "conv"]

    assert channels("0.0", "1.0", "2.1", "2.2") == [6, 6]
    assert channels("0.0", "1.1", "2.2") == [12, 12]
    assert channels("0.0", "1.0", "1.1", "2.1") == [12]  # the second node is dead, and so is its edge
    assert channels("1.0", "1.1", "2.2") == [12]  # the first node reads nothing
    with pytest.raises(UserError, match="no edges lead from the cell's inputs to its output"):
        channels("1.1", "2.2")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rest: 12", "rest: 0", "widths: 0 channels for state"),
        ("max(after)", "'a'", "a width is a whole number, not 'a'"),
        ("rest //", "rst //", "unknown name 'rst'"),
        ("{subset: =earlier,", "{all: =earlier,", "the edges of a cell with 'widths' are"),
        (
            "merge: concat",
            "merge: concatenate",
            "a node has one merge of its edges: add, concat or mean, not 'concatenate'",
        ),
        (
            "parameters:",
            "output: {concat: unused}, parameters:",
            "the output of a cell with 'widths' is 'last', or a list",
        ),
    ],
)
def test_widths_that_are_wrong(old: str, new: str, message: str):
    assert old in WIDTHS
    space = space_of(f"{IN}cells: {{c: {WIDTHS.replace(old, new)}}}\nnetwork: [c]")
    with pytest.raises(UserError) as error:
        for seed in range(30):
            space.graph(space.sample(random.Random(seed)))
        space.size()
    assert message in str(error.value)
