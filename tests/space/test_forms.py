"""Every form of the language: what it makes of a chain."""
# ruff: noqa: E501 - documents stand on the lines on which a user would write them

import random

import pytest

from nas.errors import UserError
from tests.space.documents import graph_of, operations, space_of

IN = "input: [4, 8, 8]\n"


def chain(network: str, rest: str = "") -> list[str]:
    return operations(graph_of(f"{IN}{rest}\nnetwork: {network}"))


def test_chains_of_lists_names_and_single_items():
    assert chain("[relu, tanh]") == ["relu", "tanh"]
    assert chain("{stem: relu, head: [tanh, sigmoid]}") == ["relu", "tanh", "sigmoid"]
    assert chain("relu") == ["relu"]
    assert chain("{relu: {}}") == ["relu"]
    assert chain("[[relu, [tanh]], []]") == ["relu", "tanh"]
    assert chain("[{first: relu}, {second: [{third: [tanh], fourth: elu}]}]") == ["relu", "tanh", "elu"]


def test_names_become_paths():
    graph = graph_of(f"{IN}network: {{stem: [relu, {{inner: tanh}}], head: {{conv_bn: {{kernel: 1}}}}}}")
    paths = [node.path for node in graph.nodes[1:]]
    assert paths == ["network.stem.0", "network.stem.1.inner", "network.head.convolution", "network.head.norm"]


def test_arguments_by_name_or_the_first_alone():
    assert graph_of(f"{IN}network: [{{linear: 3}}]".replace("[4, 8, 8]", "[4]")).shape == (3,)
    assert graph_of(f"{IN}network: [{{conv: {{kernel: 3, stride: 2}}}}]").shape == (4, 4, 4)
    assert graph_of(f"{IN}network: [{{upsample: 2}}]").shape == (4, 16, 16)


def test_a_block_may_be_one_form():
    assert chain("[twice, once]", "blocks: {twice: {repeat: 2, body: [relu]}, once: {when: true, do: tanh}}") == [
        "relu",
        "relu",
        "tanh",
    ]


def test_the_first_argument_of_a_block_that_declares_none_is_its_channels():
    graph = graph_of(f"{IN}blocks: {{wide: [{{conv: {{channels: =channels, kernel: 1}}}}]}}\nnetwork: [{{wide: 6}}]")
    assert graph.shape == (6, 8, 8)


@pytest.mark.parametrize(
    ("body", "shortcut", "found"),
    [
        ("[relu]", "identity", ["relu", "add"]),
        ("[relu]", "projection", ["relu", "add"]),
        ("[{conv: {channels: 8, kernel: 3}}]", "projection", ["conv", "conv", "batch_norm", "add"]),
        ("[{conv: {channels: 4, kernel: 3, stride: 2}}]", "projection", ["conv", "conv", "batch_norm", "add"]),
        ("[{conv: {channels: 8, kernel: 3, stride: 2}}]", "pad", ["conv", "slice", "pad", "add"]),
        ("[{conv: {channels: 4, kernel: 3, stride: 2}}]", "pad", ["conv", "slice", "add"]),
        ("[relu]", "pad", ["relu", "add"]),
        ("[relu]", "if_same", ["relu", "add"]),
        ("[{conv: {channels: 8, kernel: 3}}]", "if_same", ["conv"]),
        (
            "[{conv: {channels: 8, kernel: 3}}]",
            "[tanh, {conv: {channels: 8, kernel: 1}}]",
            ["conv", "tanh", "conv", "add"],
        ),
        ("[relu]", "tanh", ["relu", "tanh", "add"]),
    ],
)
def test_residual(body: str, shortcut: str, found: list[str]):
    assert chain(f"[{{residual: {body}, shortcut: {shortcut}}}]") == found


def test_a_projections_stride_is_the_product_of_the_bodys_on_each_axis():
    body = "[{conv: {channels: 6, kernel: 3, stride: [2, 1]}}, {max_pool: {kernel: 2}}]"
    graph = graph_of(f"{IN}network: [{{residual: {body}, shortcut: projection}}]")
    project = next(node for node in graph.nodes if node.path.endswith("shortcut.convolution"))
    assert project.arguments["stride"] == (4, 2)
    assert graph.shape == (6, 2, 4)


def test_a_shortcut_may_be_an_expression_or_a_choice():
    assert chain("[{residual: [relu], shortcut: =how}]", "parameters: {how: if_same}") == ["relu", "add"]
    space = space_of(
        f"{IN}network: [{{residual: [relu], shortcut: {{choice: [identity, pad, [tanh], [{{conv: {{kernel: 1}}}}]]}}}}]"
    )
    assert space.size() == 4
    found = {tuple(operations(space.graph(genome))) for genome in space.enumerate()}
    assert found == {("relu", "add"), ("relu", "tanh", "add"), ("relu", "conv", "add")}


def test_branches_and_their_merges():
    for merge in ("concat", "add", "mean", "multiply"):
        graph = graph_of(f"{IN}network: [{{branches: [[relu], tanh, []], merge: {merge}}}]")
        assert operations(graph) == ["relu", "tanh", merge]
        assert graph.nodes[-1].inputs == (1, 2, 0)
        assert graph.shape == ((12, 8, 8) if merge == "concat" else (4, 8, 8))
    named = graph_of(f"{IN}network: [{{branches: {{left: relu, right: [tanh]}}}}]")
    assert [node.path for node in named.nodes[1:]] == ["network.0.left", "network.0.right.0", "network.0.concat"]


def test_branches_of_a_loop_are_its_turns():
    kernels = "{for: {kernel: [1, 3, 5]}, do: [{conv: {channels: =index + 1, kernel: =kernel}}]}"
    graph = graph_of(f"{IN}network: [{{branches: {kernels}}}]")
    assert [(node.arguments["kernel"], node.inputs) for node in graph.nodes[1:4]] == [(1, (0,)), (3, (0,)), (5, (0,))]
    assert (graph.nodes[4].operation, graph.nodes[4].inputs, graph.shape) == ("concat", (1, 2, 3), (6, 8, 8))
    assert graph.nodes[2].path == "network.0.1.0"
    mean = graph_of(f"{IN}network: [{{branches: {{repeat: 2, body: [relu, tanh]}}, merge: mean}}]")
    assert operations(mean) == ["relu", "tanh", "relu", "tanh", "mean"]
    with pytest.raises(UserError, match="branches has no branch"):
        graph_of(f"{IN}network: [{{branches: {{repeat: 0, body: relu}}}}]")
    with pytest.raises(UserError, match="'repeat' has no 'do'"):
        graph_of(f"{IN}network: [{{branches: {{repeat: 2, do: relu}}}}]")


def test_choices_in_branches_of_a_loop_are_answered_each_turn():
    paths = "{repeat: {choice: [1, 2, 3]}, body: [{choice: [relu, tanh]}]}"
    space = space_of(f"{IN}network: [{{branches: {paths}, merge: add}}]")
    assert space.size() == 2 + 4 + 8
    assert len({tuple(operations(space.graph(genome))) for genome in space.enumerate()}) == 14


def test_mean_drops_paths_and_gate_reads_the_input():
    mean = graph_of(f"{IN}network: [{{branches: [relu, tanh], merge: mean, drop: 0.15}}]").nodes[-1]
    assert mean.arguments == {"drop": 0.15}
    gate = graph_of(f"{IN}network: [{{branches: [relu, sigmoid], merge: gate}}]").nodes[-1]
    assert (gate.operation, gate.inputs) == ("gate", (1, 2, 0))


def test_merges_broadcast_over_axes_of_size_one():
    assert graph_of(f"{IN}network: [squeeze_excite]").shape == (4, 8, 8)
    assert graph_of(f"{IN}network: [{{branches: [relu, {{adaptive_avg_pool: 1}}], merge: add}}]").shape == (4, 8, 8)


def test_loops_and_index():
    assert chain("[{repeat: 3, body: [relu]}, {repeat: 0, body: [tanh]}]") == ["relu"] * 3
    graph = graph_of(f"{IN}network: [{{repeat: 3, body: [{{conv: {{channels: =index + 1, kernel: 1}}}}]}}]")
    assert [node.shape[0] for node in graph.nodes[1:]] == [1, 2, 3]
    loop = "[{for: {c: [1, 2], k: '=[kernel, kernel + 2]'}, do: [{conv: {channels: =c * 2 + index, kernel: =k}}]}]"
    graph = graph_of(f"{IN}parameters: {{kernel: 1}}\nnetwork: {loop}")
    assert [(node.shape[0], node.arguments["kernel"]) for node in graph.nodes[1:]] == [(2, 1), (5, 3)]
    assert chain("[{for: {op: [relu, {choice: [tanh]}]}, do: [=op]}]".replace("{choice: [tanh]}", "tanh")) == [
        "relu",
        "tanh",
    ]
    assert [node.path for node in graph.nodes[1:]] == ["network.0.0.0", "network.0.1.0"]
    assert [scope.turn for scope in graph.nodes[2].scopes] == [1]


def test_inner_loops_hide_the_outer_index_for_their_time():
    text = "[{repeat: 2, body: [{repeat: 2, body: [{dropout: =index / 10}]}, {dropout: =index / 10 + 0.5}]}]"
    graph = graph_of(f"{IN}network: {text}")
    assert [node.arguments["rate"] for node in graph.nodes[1:]] == [0, 0.1, 0.5, 0, 0.1, 0.6]


def test_conditions():
    assert chain("[{when: 1 < 2, do: [relu], else: [tanh]}, {when: =1 > 2, do: [relu]}]") == ["relu"]
    assert chain("[{when: =in_channels == 4, do: relu, else: tanh}]") == ["relu"]
    assert chain("[{when: deep, do: relu}, {when: =count, do: tanh}]", "parameters: {deep: false, count: 2}") == [
        "tanh"
    ]
    assert chain("[{when: relaxed, do: relu, else: tanh}]") == ["tanh"]


def test_auxiliary_heads_are_counted_apart():
    graph = graph_of(
        f"{IN}network: [relu, {{auxiliary: [global_avg_pool, {{linear: 3}}]}}, global_avg_pool, {{linear: 2}}]"
    )
    assert (graph.parameters, graph.auxiliary_parameters, graph.shape) == (10, 15, (2,))
    assert [graph.nodes[head].shape for head in graph.auxiliary] == [(3,)]


def test_blocks_see_parameters_their_own_arguments_channels_stride_and_in_channels():
    rest = """
parameters: {width: 6, kernel: 1}
blocks:
  plain: [{conv: {channels: =channels, kernel: =kernel, stride: =stride}}]
  own:
    parameters: {kernel: 3, grown: =width + kernel, activation: relu}
    body: {convolution: {conv: {channels: =grown, kernel: =kernel}}, activation: =activation}
"""
    graph = graph_of(
        f"{IN}{rest}network: [plain, {{plain: {{channels: 5, stride: 2}}}}, own, {{own: {{kernel: 1, activation: tanh}}}}]"
    )
    assert [node.shape for node in graph.nodes[1:]] == [(4, 8, 8), (5, 4, 4), *[(9, 4, 4)] * 2, *[(7, 4, 4)] * 2]
    assert operations(graph)[-1] == "tanh"
    with pytest.raises(UserError, match="unknown name 'i'"):  # a block does not see its caller's variables
        graph_of(f"{IN}blocks: {{b: [{{dropout: =i}}]}}\nnetwork: [{{for: {{i: [0]}}, do: [b]}}]")


def test_blocks_and_operations_are_values():
    rest = """
parameters: {make: conv_bn, act: {leaky_relu: 0.3}, also: [relu, {dropout: =rate}], rate: 0.25}
blocks:
  apply: {parameters: {f: relu, n: 2}, body: [{repeat: =n, body: [=f]}]}
"""
    assert chain("[{=make: {kernel: 1}}, =act]", rest) == ["conv", "batch_norm", "leaky_relu"]
    assert chain("[=also]", rest) == ["relu", "dropout"]
    assert chain("[{apply: {f: tanh, n: 1}}, {apply: {f: {max_pool: 2}}}]", rest) == ["tanh", "max_pool", "max_pool"]
    assert chain("[{apply: {f: [elu, =act], n: 1}}]", rest) == ["elu", "leaky_relu"]
    assert chain("[{apply: {f: {apply: {f: silu}}}}]", rest) == ["silu"] * 4
    assert chain("[{='conv_' + 'bn': {kernel: 1}}]".replace("='conv_' + 'bn'", "\"='conv_' + 'bn'\""), rest) == [
        "conv",
        "batch_norm",
    ]


def test_an_operation_passed_on_sees_the_names_of_where_it_was_written():
    rest = "blocks: {apply: {parameters: {f: relu, rate: 0.9}, body: [=f]}}"
    graph = graph_of(f"{IN}{rest}\nnetwork: [{{for: {{rate: [0.1]}}, do: [{{apply: {{f: {{dropout: =rate}}}}}}]}}]")
    assert graph.nodes[1].arguments == {"rate": 0.1}


def test_blocks_may_call_themselves_within_bounds():
    tree = """
blocks:
  tree:
    parameters: {depth: 1}
    body: {when: =depth == 0, do: relu, else: {branches: [{tree: {depth: =depth - 1}}, {tree: {depth: =depth - 1}}], merge: add}}
"""
    assert chain("[{tree: {depth: 3}}]", tree).count("relu") == 8


def test_parameters_in_any_order():
    graph = graph_of(
        f'{IN}parameters: {{a: =b * 2, b: "=c[0] + classes", c: [=d], d: "=input[0]"}}\nnetwork: [{{conv: {{channels: =a, kernel: 1}}}}]'
    )
    assert graph.shape[0] == (4 + 10) * 2


def choices(network: str, rest: str = "") -> dict[str, tuple[str, list[object]]]:
    """Path to kind and answers, of the choices that a first walk meets."""
    space = space_of(f"{IN}{rest}\nnetwork: {network}")
    assert space.size() == len(list(space.enumerate()))
    genome = space.sample(random.Random(0))
    return {choice.path: (choice.kind, list(choice.answers)) for choice in space.choices(genome)}


def test_choices_wherever_a_value_may_stand():
    assert choices("{choice: [relu, tanh]}") == {"network": ("operation", ["relu", "tanh"])}
    assert choices("[{choice: [relu, [tanh, relu], {dropout: 0.1}]}]") == {"network.0": ("operation", ["relu", 1, 2])}
    assert choices("[{conv: {kernel: {choice: [1, 3]}}}]") == {"network.0.@.kernel": ("number", [1, 3])}
    assert choices("[{conv: {kernel: [{choice: [1, 3]}, 1]}}]") == {"network.0.@.kernel.0": ("number", [1, 3])}
    assert choices("[{repeat: {choice: [1, 2]}, body: [relu]}]") == {"network.0.repeat": ("number", [1, 2])}
    assert choices("[{branches: [relu, tanh], merge: {choice: [add, mean]}}]") == {
        "network.0.merge": ("operation", ["add", "mean"])
    }
    turns = choices("[{for: {x: {choice: [0.1, 0.2]}, i: [0, 0]}, do: [{dropout: =x}]}]")
    assert list(turns) == ["network.0.0.for.x", "network.0.1.for.x"]
    found = choices("[{dropout: '=a[1][0]'}]", "parameters: {a: [0.1, [{choice: [0.2, 0.3]}], {choice: [[1, 2], 3]}]}")
    assert found == {"parameters.a.1.0": ("number", [0.2, 0.3]), "parameters.a.2": ("operation", [0, 3])}
    block = choices(
        "[b, b, {b: {k: 1}}]", "blocks: {b: {parameters: {k: {choice: [1, 3]}}, body: [{conv: {kernel: =k}}]}}"
    )
    assert list(block) == ["network.0.@.k", "network.1.@.k"]
    assert choices("[{when: {choice: [true, false]}, do: [relu]}]") == {"network.0.when": ("operation", [True, False])}
    assert choices("[{=op: {kernel: 1}}]", "parameters: {op: {choice: [conv, conv_bn]}}") == {
        "parameters.op": ("operation", ["conv", "conv_bn"])
    }
    assert choices("[{conv: {kernel: {choice: =sizes}}}]", "parameters: {sizes: [1, 3]}") == {
        "network.0.@.kernel": ("number", [1, 3])
    }


def test_numbers_that_could_be_taken_for_positions_are_positions():
    assert choices("[=x]", "parameters: {x: {choice: [[relu], [tanh]]}}") == {"parameters.x": ("operation", [0, 1])}
    assert choices("[=x]", "parameters: {x: {choice: [[relu], tanh]}}") == {"parameters.x": ("operation", [0, "tanh"])}
    mixed = "[{conv: {kernel: {choice: [3, [1, 3], 1]}}}]"  # 1 is a position, and an alternative
    assert choices(mixed) == {"network.0.@.kernel": ("operation", [0, 1, 2])}


def test_only_the_chosen_alternative_is_expanded():
    space = space_of(f"{IN}network: [{{choice: [relu, [{{conv: {{kernel: {{choice: [1, 3]}}}}}}, tanh]]}}]")
    assert {tuple(genome.answers.items()) for genome in space.enumerate()} == {
        (("network.0", "relu"),),
        (("network.0", 1), ("network.0.1.0.@.kernel", 1)),
        (("network.0", 1), ("network.0.1.0.@.kernel", 3)),
    }


def test_relaxed_alternatives_are_for_supernets_only():
    space = space_of(f"{IN}network: [{{choice: [relu, tanh], relaxed: [none]}}]")
    assert space.size() == 2
    with pytest.raises(UserError, match="unknown operation 'non' in 'relaxed'; did you mean 'none'"):
        space_of(f"{IN}network: [{{choice: [relu, tanh], relaxed: [non]}}]").size()


DEFAULTS = "defaults: {batch_norm: {eps: =eps}, conv_bn: {kernel: 5}}\nparameters: {eps: 0.5}"


def test_defaults_stand_in_for_arguments_that_no_call_gives():
    graph = graph_of(
        f"{IN}{DEFAULTS}\nnetwork: [batch_norm, {{batch_norm: {{eps: 0.1}}}}, conv_bn, {{conv_bn: {{kernel: 1}}}}]"
    )
    norms = [node.arguments["eps"] for node in graph.nodes if node.operation == "batch_norm"]
    assert norms[:2] == [0.5, 0.1]
    assert [node.arguments["kernel"] for node in graph.nodes if node.operation == "conv"] == [5, 1]


def test_defaults_give_way_to_what_an_edge_gives():
    cells = "cells: {cell: {stride: 2, nodes: [{add: [[conv_bn, 0]]}]}}"
    graph = graph_of(f"{IN}defaults: {{conv_bn: {{stride: 3, channels: 7}}}}\n{cells}\nnetwork: [cell]")
    assert graph.shape == (4, 4, 4)
