"""What becomes of the blocks of small documents: classes, arguments, loops, and names that nobody should run."""

import ast
from typing import Any

import pytest

from nas.exports.code.file import genotype
from nas.exports.code.repeats import compact
from nas.exports.code.words import Call, attributes, camel, prose
from tests.exports.code.comparing import classes, written
from tests.space.documents import space_of

HEADER = "name: net\ninput: [3, 8, 8]\nclasses: 4\n"
HEAD = "  head: [global_avg_pool, {linear: =classes}]\n"


def text_of(document: str) -> str:
    text, difference = written(space_of(HEADER + document + HEAD))
    assert difference < 1e-6
    return text


def test_uses_of_a_block_differ_in_arguments() -> None:
    text = text_of(
        """
blocks:
  unit:
    parameters: {width: 8, stride: 1}
    body:
      sum:
        residual: {first: {conv_bn_relu: {channels: =width, stride: =stride}}, second: {conv_bn: {channels: 2 * width}}}
        shortcut: projection
      activation: relu
network:
  stages:
    - unit: {width: 8}
    - unit: {width: 8}
    - unit: {width: 8}
    - unit: {width: 16, stride: 2}
""".replace("2 * width", "=2 * width")
    )
    assert "class Unit(nn.Module):\n    def __init__(self, in_channels: int, width: int, stride: int = 1)" in text
    assert (
        "            if in_channels != 2 * width\n" in text or " if in_channels != 2 * width else nn.Identity()" in text
    )
    assert "return self.activation(self.second(self.first(x)) + self.shortcut(x))" in text
    assert "Unit(3, 8), *(Unit(16, 8) for _ in range(2)), Unit(16, 16, stride=2)" in " ".join(text.split()).replace(
        "Unit(16, 8), Unit(16, 8)", "*(Unit(16, 8) for _ in range(2))"
    )


def test_an_edge_that_gives_nothing_is_absent() -> None:
    text = text_of("""
network:
  merged: {branches: [[{conv: {channels: 4, kernel: 3}}], [none, {conv: {channels: 4, kernel: 1}}]], merge: add}
  other: {branches: [[{conv: {channels: 4, kernel: 1}}], [none]], merge: add}
""")
    assert "none" not in text.lower().split('"""')[2] and "Zeros" in text  # whose convolution has a bias
    assert text.count("nn.Conv2d(") == 3


def test_cells_run_in_a_loop() -> None:
    text = text_of("""
cells:
  normal:
    inputs: {before: [{relu_conv_bn: {channels: 4}}], last: [{relu_conv_bn: {channels: 4}}]}
    nodes: [{add: [[nor_conv_3x3, 0], [skip_connect, 1]]}, {add: [[nor_conv_3x3, 2], [avg_pool_3x3, 0]]}]
    output: {concat: nodes}
network:
  stem: {conv: {channels: 8, kernel: 3}}
  cells: {repeat: 4, body: [{normal: {channels: 4}}]}
""")
    assert "before = last = self.stem(x)\n        for cell in self.cells:\n" in text
    assert "            before, last = last, cell(before, last)\n        return last\n" in text
    assert "node_0 = y + self.node_0_0(x)\n" in text
    assert "return torch.cat((node_0, node_1), 1)\n" in text or "return torch.cat((node_0, self" in text


HOSTILE: list[str] = ["class", "__init__", "self", "nn", "torch", "forward", "x y", "1x1", "a'b", 'c"""d', "é", "super"]


@pytest.mark.parametrize("word", HOSTILE)
def test_names_of_a_document_never_become_code(word: str) -> None:
    quoted = "'" + word.replace("'", "''") + "'"
    text = text_of(f"""
blocks:
  {quoted}:
    parameters: {{width: 4}}
    body: [{{conv: {{channels: =width, kernel: 3}}}}, {{branches: [[], [relu]], merge: add}}]
network:
  {quoted}: [{{{quoted}: {{width: 4}}}}, {{{quoted}: {{width: 5}}}}]
""")
    tree = ast.parse(text)
    assert {type(node) for node in tree.body} <= {ast.Expr, ast.ImportFrom, ast.Import, ast.Assign, ast.ClassDef}
    assert all(name.isidentifier() and name[0].isupper() for name in classes(text))


def test_camel() -> None:
    names = {"conv_bn_relu": "ConvBnRelu", "resnet50": "ResNet50", "wide_resnet50_2": "WideResNet50_2", "": "Net"}
    names |= {"mbconv": "MBConv", "1x1": "Net_1x1", "é'(": "Net", "a.b": "AB", "efficientnet_b0": "EfficientNetB0"}
    assert {name: camel(name) for name in names} == names


def test_attributes_are_short_where_that_is_enough() -> None:
    paths: list[tuple[str, ...]] = [("unit", "residual", "reduce"), ("unit", "shortcut", "0"), ("activation",)]
    assert attributes([(path, "nn.X") for path in paths]) == ["reduce", "shortcut", "activation"]
    twins = [("halves", "0"), ("halves", "1", "0"), ("nodes", "2", "1", "sep", "0"), ("else", "0")]
    assert attributes([(path, "nn.X") for path in twins]) == ["halves_0", "halves_1_0", "node_2_1", "x"]


def test_loops() -> None:
    def calls(*arguments: list[str]) -> list[str]:
        return [call.flat() for call in compact([Call("A", list(each)) for each in arguments])]

    assert calls(["1"], ["1"], ["1"]) == ["*(A(1) for _ in range(3))"]
    assert calls(["64"], ["96"], ["128"]) == ["*(A(n) for n in range(64, 160, 32))"]
    assert calls(["8", "p=0.25"], ["8", "p=0.5"], ["8", "p=0.75"]) == ["*(A(8, p=n / 4) for n in range(1, 4))"]
    assert calls(["0.75", "0.25"], ["0.5", "0.5"], ["0.25", "0.75"]) == ["*(A(1 - n / 4, n / 4) for n in range(1, 4))"]
    assert calls(["1"], ["2"], ["4"]) == ["A(1)", "A(2)", "A(4)"]


def test_prose_cannot_end_a_docstring() -> None:
    assert prose('a"""b\\n\n\u202ec\x00') == ["a'''b/n  c"]


def test_genotype() -> None:
    answers: dict[str, Any] = {"cells.normal.nodes.0.inputs": (0, 1), "cells.normal.nodes.0.0.operation": "none"}
    answers |= {"cells.normal.nodes.0.1.operation": "skip", "cells.normal.nodes.1.0.operation": "pool"}
    answers |= {"cells.normal.nodes.1.0.input": 2, "network.depth": 3}
    assert genotype(answers) == ["    normal: node 0 = skip(1); node 1 = pool(2)", "    network.depth = 3"]
    assert genotype({f"a.{i}": "x" * 80 for i in range(20)}) == []


def test_an_item_that_a_use_lacks_passes_its_own_input_on() -> None:
    """The second cell reads one value twice; without the optional item, `last` must still be its second input."""
    text = text_of("""
parameters: {fits: [1, 1, 0]}
cells:
  normal:
    parameters: {fit: 0}
    inputs:
      before: [{conv_bn: {channels: 4, kernel: 1}}]
      last:
        fitted: {when: =fit > 0, do: [{relu_conv_bn: {channels: 4}}]}
        base: {relu_conv_bn: {channels: 4}}
    nodes: [{add: [[nor_conv_3x3, 0], [nor_conv_3x3, 1]]}, {add: [[nor_conv_3x3, 2], [avg_pool_3x3, 0]]}]
    output: last
network:
  stem: {conv: {channels: 4, kernel: 3}}
  cells: {for: {fit: =fits}, do: [{normal: {channels: 4, fit: =fit}}]}
""")
    assert "if fit" in text and text.count("class NormalCell") == 1
