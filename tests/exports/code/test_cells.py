"""Cells of two inputs: their lists of operations are the authors', and each use computes what its part does."""

import ast
import random
from typing import Any

import nas
from tests.exports.code.comparing import classes, written
from tests.space.documents import space_of


def constants(text: str) -> dict[str, Any]:
    """The lists of a file."""
    assigns = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in assigns
        if isinstance(node.value, ast.List) and isinstance(node.targets[0], ast.Name)
    }


def text_of(name: str) -> str:
    text, difference = written(nas.load(name))
    assert difference < 1e-6
    return text


def test_darts_v2_is_the_authors_genotype() -> None:
    """Of quark0/darts, cnn/genotypes.py, with the edges of a node in the document's order."""
    found = constants(text_of("darts_v2"))
    normal = [{("sep_conv_3x3", 0), ("sep_conv_3x3", 1)}, {("sep_conv_3x3", 0), ("sep_conv_3x3", 1)}]
    normal += [{("sep_conv_3x3", 1), ("skip_connect", 0)}, {("skip_connect", 0), ("dil_conv_3x3", 2)}]
    reduction = [{("max_pool_3x3", 0), ("max_pool_3x3", 1)}, {("skip_connect", 2), ("max_pool_3x3", 1)}]
    reduction += [{("max_pool_3x3", 0), ("skip_connect", 2)}, {("skip_connect", 2), ("max_pool_3x3", 1)}]
    assert [set(node) for node in found["NORMAL"]] == normal
    assert [set(node) for node in found["REDUCTION"]] == reduction


def test_the_first_cell_of_nasnet_a_fits_its_raw_input_in_where_it_is_joined() -> None:
    text = text_of("nasnet_a_cifar")
    found = constants(text)
    assert found["NORMAL"][-1] == [("fit", 0)] and found["NORMAL_OUTPUT"] == [7, 2, 3, 4, 5, 6]
    assert found["REDUCTION_OUTPUT"] == [3, 4, 5, 6] and len(found["REDUCTION"]) == 5
    assert "Cell(NORMAL, NORMAL_OUTPUT, 96, 96, 32, drop_path, raw=True)," in text
    assert "if self.training and number == 12:" in text and text.count("nn.ModuleList([") == 1


def test_nodes_are_those_of_the_genome() -> None:
    space = nas.load("darts", channels=4, layers=3)
    genome = space.sample(random.Random(0))
    answers = dict(genome.answers)
    text, difference = written(space, genome)
    assert difference < 1e-6
    nodes = constants(text)["NORMAL"]
    for number, node in enumerate(nodes):
        sources = answers[f"cells.normal.nodes.{number}.inputs"]
        wanted = [(answers[f"cells.normal.nodes.{number}.{source}.operation"], source) for source in sources]
        assert node == wanted


SAME = """
name: net
input: [3, 8, 8]
classes: 4
cells:
  normal:
    inputs: {before: [{relu_conv_bn: {channels: 4}}], last: [{relu_conv_bn: {channels: 4}}]}
    nodes:
      - {add: [[nor_conv_3x3, 0], [skip_connect, 1]]}
      - {add: [[nor_conv_3x3, 2], [avg_pool_3x3, 0]]}
      - {add: [[nor_conv_1x1, 3], [nor_conv_3x3, 1]]}
      - {add: [[max_pool_3x3, 4], [nor_conv_3x3, 2]]}
    output: OUTPUT
network:
  stem: {conv: {channels: 8, kernel: 3}}
  cells: {repeat: 4, body: [{normal: {channels: 4}}]}
  head: [global_avg_pool, {linear: =classes}]
"""


def test_what_a_cell_gives() -> None:
    for output, line in {
        "{concat: nodes}": "torch.cat(states[2:], 1)",
        "{concat: unused}": "torch.cat([states[i] for i in self.output], 1)",
        "last": "torch.cat([states[i] for i in self.output], 1)",
    }.items():
        text, difference = written(space_of(SAME.replace("OUTPUT", output)))
        assert difference < 1e-6
        assert f"        return {line}\n" in text
        assert set(classes(text)) == {"ReluConvBn", "Cell", "Net"}


def test_a_cell_in_a_sequence_stays_code() -> None:
    """Its two inputs are one value, and what stands around it passes one on."""
    document = SAME.replace("OUTPUT", "{concat: nodes}").replace(
        "stem: {conv", "first: [{normal: {channels: 4}}, relu]\n  stem: {conv"
    )
    text, difference = written(space_of(document))
    assert difference < 1e-6
    assert "NormalCell" in classes(text)


def test_cells_that_read_one_input_alone_stay_code() -> None:
    space = nas.load("pnasnet")
    text, difference = written(space, space.sample(random.Random(12)))
    assert difference < 1e-6
    assert "self.stacks = nn.Sequential(" in text
