"""The form `dag`: named chains that read each other."""

import pytest
import torch

import nas
from nas.errors import UserError
from tests.space.documents import graph_of, operations, space_of

IN = "input: [4, 8, 8]\nclasses: 2\n"
# `left` is read twice, once from inside of the other path: no nesting of branches can say that
CROSSED = """
network:
  dag:
    left: {conv: {channels: 4, kernel: KERNEL}}
    right: {from: input, do: [{conv: {channels: 4, kernel: 1}}, relu]}
    crossed: {add: [left, right], do: [tanh]}
    joined: {concat: [crossed, left]}
"""


def test_nodes_read_by_name_or_the_node_before() -> None:
    graph = graph_of(IN + CROSSED.replace("KERNEL", "3"))
    assert operations(graph) == ["conv", "conv", "relu", "add", "tanh", "concat"]
    assert [node.inputs for node in graph.nodes[1:]] == [(0,), (0,), (2,), (1, 3), (4,), (5, 1)]
    assert [node.path for node in graph.nodes[3:5]] == ["network.right.1", "network.crossed.add"]


def test_the_output_may_be_named_and_the_chain_goes_on_from_it() -> None:
    graph = graph_of(IN + "network: [{dag: {a: relu, b: tanh}, output: a}, sigmoid]")
    assert graph.nodes[graph.output].op.name == "sigmoid" and graph.nodes[graph.output].inputs == (1,)


def test_a_dag_is_the_same_as_the_branches_that_it_spells_out() -> None:
    body = "[{conv: {channels: 4, kernel: 3}}, relu]"
    dag = graph_of(IN + f"network: {{dag: {{a: {body}, b: {{add: [a, input]}}}}}}")
    assert dag.fingerprint() == graph_of(IN + f"network: [{{residual: {body}}}]").fingerprint()


def test_choices_in_it_are_counted_and_mixed() -> None:
    space = space_of(IN + CROSSED.replace("KERNEL", "{choice: [1, 3]}"))
    assert space.size() == 2 == len({space.graph(genome).fingerprint() for genome in space.enumerate()})
    net, images = nas.supernet(space), torch.randn(2, 4, 8, 8)
    for genome in space.enumerate():
        assert torch.allclose(net(images, genome=genome), net.extract(genome).eval()(images), atol=1e-5)


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("{dag: {a: relu, b: {add: [a, c]}}}", "no earlier node is called 'c'; known: a, input"),
        ("{dag: {a: {from: b}, b: relu}}", "no earlier node is called 'b'"),
        ("{dag: {a: {add: [input], concat: [input]}}}", "not by both"),
        ("{dag: {a: {add: a}}}", "takes a list of names"),
        ("{dag: {input: relu}}", "cannot name a node"),
        ("{dag: [relu]}", "dag is a mapping"),
        ("{dag: {a: relu}, output: b}", "no earlier node is called 'b'"),
    ],
)
def test_what_it_refuses(written: str, error: str) -> None:
    with pytest.raises(UserError, match="network") as caught:
        graph_of(IN + f"network: [{written}]")
    assert error in str(caught.value)
