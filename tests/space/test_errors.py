"""What is wrong in a document is said in one line: file, line, place, value, and the way out."""
# ruff: noqa: E501 - documents stand on the lines on which a user would write them

from pathlib import Path

import pytest

from nas.errors import UserError
from nas.space import load
from tests.space.documents import error_of, space_of

AT_LINE_4 = "name: x\nnetwork:\n  - conv: {channels: 8, kernel: 3}\n  - %s\n  - global_avg_pool\n"

ITEMS = [  # an item in the fourth line of a document, and its error after `x.yaml:4: `
    ("sep_conv3", "network.1: unknown operation 'sep_conv3'; did you mean 'sep_conv_3x3'?"),
    ("{cnov: {channels: 3}}", "network.1: unknown operation 'cnov'; did you mean 'conv'?"),
    ("{conv: {chanels: 3, kernel: 3}}", "network.1: conv has no argument 'chanels'; did you mean 'channels'?"),
    ("{conv: {channels: 3}}", "network.1: conv: kernel is missing, expected"),
    ("{conv: {channels: 3, kernel: big}}", "network.1: conv: kernel is 'big', expected a positive whole number"),
    ("{conv: {channels: 3, kernel: [3, 3, 3]}}", "network.1: conv: kernel has 3 numbers, the input has 2 spatial axes"),
    ("{conv: {channels: true, kernel: 3}}", "network.1: conv: channels is True, expected a positive whole number"),
    ("{conv: {channels: 1.0, kernel: 3}}", "network.1: conv: channels is 1.0, expected a positive whole number"),
    ("{conv: {channels: {relu: {}}, kernel: 3}}", "network.1: conv: channels is an operation"),
    ("local_response_norm", "network.1: local_response_norm: needs size"),
    ("{relu: 3}", "network.1: relu takes no argument, 3 is given"),
    ("{conv: {channels: =widht, kernel: 3}}", "network.1: unknown name 'widht' in '=widht'"),
    ("{conv: {channels: =3 +, kernel: 3}}", "network.1: cannot read the expression '3 +': invalid syntax"),
    ("{conv: {channels: =classes.real, kernel: 3}}", "network.1: Attribute is not part of expressions"),
    ("{conv: {channels: =1 // 0, kernel: 3}}", "network.1: '=1 // 0' has no value: integer division or modulo by zero"),
    ("{conv_bn: {stride: 0}}", "network.1.convolution: conv: stride is 0, expected a positive whole number"),
    ("{fire: {sqeeze: 3}}", "network.1: fire has no argument 'sqeeze'; did you mean 'squeeze'?"),
    (
        "{residual: [{conv: {channels: 9, kernel: 3}}]}",
        "network.1: add: inputs of 9x32x32 and 8x32x32 do not fit together",
    ),
    ("{residual: [relu], shortcut: projction}", "network.1: unknown shortcut 'projction'; did you mean 'projection'?"),
    ("{residual: [relu], shorcut: pad}", "network.1: 'residual' has no 'shorcut'; did you mean 'shortcut'?"),
    ("{residual: }", "network.1.residual: nothing stands here; write [] where nothing is meant"),
    ("{branches: []}", "network.1: branches is a list of chains, not []"),
    ("{branches: [relu, tanh], merge: ad}", "network.1: unknown merge 'ad'; did you mean 'add'?"),
    ("{branches: [relu, tanh], merge: gate, drop: 0.1}", "network.1: drop belongs to the merge mean, not gate"),
    ("{branches: [relu, tanh, elu], merge: gate}", "network.1: gate merges two branches [H, T], not 3"),
    ("{branches: [relu, [max_pool: 2]]}", "network.1: concat: inputs of 8x32x32 and 8x16x16 do not fit together"),
    ("{repeat: 2, bdy: [relu]}", "network.1: 'repeat' has no 'bdy'; did you mean 'body'?"),
    ("{repeat: 2}", "network.1: 'repeat' needs a 'body'"),
    ("{repeat: -1, body: [relu]}", "network.1: repeat takes a whole number from 0 to 10000, not -1"),
    ("{repeat: 2.5, body: [relu]}", "network.1: repeat takes a whole number from 0 to 10000, not 2.5"),
    ("{repeat: two, body: [relu]}", "network.1: repeat takes a whole number from 0 to 10000, not 'two'"),
    (
        "{repat: 2, body: [relu]}",
        "network.1: 'body' is a word of the language and cannot name an item of a chain; did you mean 'repeat'?",
    ),
    ("{for: {x: [1, 2], y: [1]}, do: [relu]}", "network.1: the lists of a 'for' have one length; x has 2, y has 1"),
    ("{for: {x: 3}, do: [relu]}", "network.1: 'for' x goes through a list, not 3"),
    ("{for: {x: [1]}}", "network.1: 'for' takes names with lists, and a 'do'"),
    ("{for: {in: [1]}, do: [relu]}", "network.1: 'for' cannot name a variable 'in'"),
    ("{when: 1 > 0, do: [relu], els: [tanh]}", "network.1: 'when' has no 'els'; did you mean 'else'?"),
    ("{when: 1 >, do: [relu]}", "network.1: cannot read the expression '1 >'"),
    ("{when: , do: [relu]}", "network.1: 'when' takes a condition like depth > 3, not None"),
    ("{when: [1], do: [relu]}", "network.1: 'when' takes a condition like depth > 3, not [1]"),
    ("{auxiliary: [flaten]}", "network.1.auxiliary.0: unknown operation 'flaten'; did you mean 'flatten'?"),
    ("{choice: []}", "network.1: a choice is between the items of a list that is not empty, not []"),
    ("{choice: relu}", "network.1: a choice is between the items of a list that is not empty, not 'relu'"),
    ("{choice: [relu, relu]}", "network.1: the alternatives of a choice must differ; 'relu' stands twice"),
    ("{choice: [relu, tahn]}", "network.1: unknown operation 'tahn'; did you mean 'tanh'?"),
    ("{choice: [[relu], [tanh, elo]]}", "network.1.1.1: unknown operation 'elo'; did you mean 'elu'?"),
    ("{choice: [relu], relaxd: [none]}", "network.1: 'choice' has no 'relaxd'; did you mean 'relaxed'?"),
    ("{choice: [relu, null]}", "network.1: nothing stands here"),
    (
        "{relu: , tanh: }",
        "network.1: 'relu' is a word of the language and cannot name an item of a chain; choose another name, or write each operation as an item",
    ),
    (
        "{merge: add}",
        "network.1: 'merge' is a word of the language and cannot name an item of a chain; it stands beside 'branches'",
    ),
    ("3", "network.1: expected an operation, a block or a chain, not 3"),
    ("=classes", "network.1: expected an operation, a block or a chain, not 10"),
    ("add", "network.1: unknown operation 'add'; did you mean 'pad'?"),
    ("{linear: 3}", "network.1: linear: takes a vector, not 8x32x32; put flatten or global_avg_pool before it"),
    ("{max_pool: 33}", "network.1: max_pool: kernel 33 does not fit in 32x32"),
    ("{upsample: 100000000}", "network.1: upsample: more than 1e+10 numbers in one map"),
    ("{conv: {channels: 1000000000000000000000000000000, kernel: 1}}", "network.1: conv: "),
]


@pytest.mark.parametrize(("item", "message"), ITEMS, ids=[item for item, _ in ITEMS])
def test_an_item_of_a_chain(item: str, message: str, tmp_path: Path):
    assert error_of(AT_LINE_4 % item, tmp_path).startswith(f"x.yaml:4: {message}")


CELLS = [  # the keys of a cell in the third line, and its error after `x.yaml:3: `
    ("nodes: {add: [[relu, 0]]}", "network.0.nodes: a cell's nodes are a list"),
    ("nodes: [3]", "network.0.nodes.0: a node is a mapping like {add: edges}, not 3"),
    ("nodes: [{ad: [[relu, 0]]}]", "network.0.nodes.0: a node has no 'ad'; did you mean 'add'?"),
    ("nodes: [{add: [[relu, 0]], mean: [[relu, 0]]}]", "network.0.nodes.0: a node has one merge of its edges"),
    ("nodes: [{add: [[relu, 1]]}]", "network.0.nodes.0.0: source 1 is not one of 0 to 0, the inputs and earlier nodes"),
    ("nodes: [{add: [[relu, -1]]}]", "network.0.nodes.0.0: source -1 is not one of 0 to 0"),
    ("nodes: [{add: [[0, relu]]}]", "network.0.nodes.0.0: source 'relu' is not one of 0 to 0"),
    ("nodes: [{add: [[relu]]}]", "network.0.nodes.0.0: an edge is [operation, source], not ['relu']"),
    ("nodes: [{add: [[rlu, 0]]}]", "network.0.nodes.0.0: unknown operation 'rlu'; did you mean 'relu'?"),
    ("nodes: [{add: {al: =earlier}}]", "network.0.nodes.0: edges are a list, or one of all, choose and subset"),
    (
        "nodes: [{add: {all: =earlier, operaton: relu}}]",
        "network.0.nodes.0: 'all' has no 'operaton'; did you mean 'operation'?",
    ),
    ("nodes: [{add: {choose: 2, of: =earlier}}]", "network.0.nodes.0: cannot choose 2 of 1 sources"),
    ("nodes: [{add: {choose: 1}}]", "network.0.nodes.0: 'choose' goes over a list of sources, not None"),
    ("nodes: [{add: {all: [0, 0]}}]", "network.0.nodes.0: a source stands twice in [0, 0]"),
    (
        "nodes: [{repeat: 1000000000, add: {all: =earlier}}]",
        "network.0.nodes.0: repeat takes a whole number of nodes from 0 to 200",
    ),
    (
        "nodes: [{repeat: 60, add: {all: [0]}}, {add: {choose: 30, of: =earlier}}]",
        "network.0.nodes.1: more than 100000 ways",
    ),
    ("nodes: [{add: {all: =earlier}, do: rlu}]", "network.0.nodes.0.do: unknown operation 'rlu'"),
    (
        "nodes: [{add: {all: =earlier}}], output: lst",
        "network.0.output: unknown cell output 'lst'; did you mean 'last'?",
    ),
    (
        "nodes: [{add: {all: =earlier}}], output: {concat: [9]}",
        "network.0.output: a cell gives nodes, unused, or a list of states from 0 to 1",
    ),
    ("nodes: [{add: {all: =earlier}}], output: {conact: nodes}", "network.0.output: unknown cell output"),
    (
        "nodes: [{add: {all: =earlier}}], inputs: {befor: [relu]}",
        "network.0.inputs: inputs has no 'befor'; did you mean 'before'?",
    ),
    ("nodes: [{add: {all: =earlier}}], inputs: {last: [rlu]}", "network.0.inputs.last.0: unknown operation 'rlu'"),
    (
        "nodes: [{add: {subset: =earlier}}], where: edgs <= 9",
        "network.0.where: unknown name 'edgs' in '=edgs <= 9'; did you mean 'edges'?",
    ),
    ("nodes: [{add: {subset: [], else: 1}}]", "network.0.nodes.0: 'else' is a source from 0 to 0, not 1"),
    ("nodes: [{add: {subset: =earlier}}], where: 3", "network.0.where: 'where' is a condition on edges"),
    (
        "nodes: [{add: {all: =earlier, operation: relu}}], after_edge: [drop_pth]",
        "network.0.nodes.0.0.after_edge.0: unknown operation",
    ),
    ("noodes: [], output: last", "cells.cell: unknown key 'noodes'; did you mean 'nodes'?"),
    ("stride: 0, body: [relu]", "cells.cell.stride: 0 is not a whole number above 0"),
    ("nodes: [{add: [[relu, 0]]}], body: [relu]", "cells.cell: needs either `nodes` or a `body`"),
    ("parameters: {a: 1}", "cells.cell: needs either `nodes` or a `body`"),
]


@pytest.mark.parametrize(("cell", "message"), CELLS, ids=[cell for cell, _ in CELLS])
def test_a_cell(cell: str, message: str, tmp_path: Path):
    text = f"network: [cell]\ncells:\n  cell: {{{cell}}}\n"
    assert error_of(text, tmp_path).startswith(f"x.yaml:3: {message}")


NETWORK = "network: [{conv: {channels: 4, kernel: 3}}]\n"
TOPS = [  # a document, and the beginning of its error
    ("hello", "x.yaml: a document is a mapping with at least a `network`"),
    ("name: x", "x.yaml: a document needs a `network`"),
    ("netwrk: [relu]", "x.yaml:1: unknown key 'netwrk'; did you mean 'network'?"),
    ("network:\n", "x.yaml:1: network: nothing stands here"),
    ("network: rlu", "x.yaml:1: network: unknown operation 'rlu'; did you mean 'relu'?"),
    (f"{NETWORK}name: [a]", "x.yaml:2: name: expected text, not a list"),
    (f"{NETWORK}notes: ''", "x.yaml:2: notes: expected text, not nothing"),
    (f"{NETWORK}variants: {{v: {{year: soon}}}}", "x.yaml:2: year: expected a whole number, not text"),
    (f"{NETWORK}parameters: [a]", "x.yaml:2: parameters: expected a mapping of names, not a list"),
    (f"{NETWORK}parameters: {{a-b: 3}}", "x.yaml:2: parameters.a-b: not a free name"),
    (f"{NETWORK}parameters: {{lambda: 3}}", "x.yaml:2: parameters.lambda: not a free name"),
    (f"{NETWORK}parameters: {{in_channels: 3}}", "x.yaml:2: parameters.in_channels: not a free name"),
    (
        f"{NETWORK}parameters:\n  a: =b\n  b: =c\n  c: =a",
        "x.yaml:3: parameters.a: defined by itself (a -> b -> c -> a)",
    ),
    (f"{NETWORK}parameters: {{a: =bb}}", "x.yaml:2: parameters: unknown name 'bb' in '=bb'"),
    (f"{NETWORK}parameters: {{a: {{choice: []}}}}", "x.yaml:2: parameters: a choice is between the items of a list"),
    (f"{NETWORK}variants: {{v: 3}}", "x.yaml:2: variants.v: expected parameters with values"),
    (
        f"{NETWORK}parameters: {{depth: 1}}\nvariants:\n  v: {{dept: 3}}",
        "x.yaml:4: variants.v: no parameter 'dept'; did you mean 'depth'?",
    ),
    (f"{NETWORK}final: {{width: 3}}", "x.yaml:2: final: no parameter 'width'"),
    (f"{NETWORK}defaults: 3", "x.yaml:2: defaults: expected a mapping of names, not a number"),
    (f"{NETWORK}defaults: {{cnov: {{}}}}", "x.yaml:2: defaults.cnov: unknown operation 'cnov'; did you mean 'conv'?"),
    (f"{NETWORK}defaults: {{conv: 3}}", "x.yaml:2: defaults.conv: expected arguments with values, not 3"),
    (
        f"{NETWORK}defaults: {{conv: {{kernl: 3}}}}",
        "x.yaml:2: defaults.conv: conv has no 'kernl'; did you mean 'kernel'?",
    ),
    (f"{NETWORK}blocks: {{relu: [tanh]}}", "x.yaml:2: blocks.relu: 'relu' is a word of the language"),
    (
        f"{NETWORK}blocks: {{b: {{parmeters: {{}}, body: [relu]}}}}",
        "x.yaml:2: blocks.b: unknown key 'parmeters'; did you mean 'parameters'?",
    ),
    (f"{NETWORK}blocks: {{b: {{parameters: {{a: 1}}}}}}", "x.yaml:2: blocks.b: needs a `body`"),
    (
        f"{NETWORK}blocks: {{b: {{parameters: [a], body: [relu]}}}}",
        "x.yaml:2: blocks.b.parameters: expected names with defaults",
    ),
    (
        f"{NETWORK}blocks: {{b: {{parameters: {{relaxed: 1}}, body: [relu]}}}}",
        "x.yaml:2: blocks.b.parameters.relaxed: not a free name",
    ),
    (f"{NETWORK}blocks: {{b: [relu]}}\ncells: {{b: [relu]}}", "x.yaml:3: cells.b: 'b' is both a block and a cell"),
    ("network: [b]\nblocks: {b: [b]}", "x.yaml:2: network.0.0.0.0"),
    ("network: [c]\ncells: {c: {nodes: [{add: [[c, 0]]}]}}", "x.yaml:2: network.0.nodes.0.0.nodes.0.0"),
    (f"{NETWORK}input: 3", "x.yaml:2: input: 3 is not a shape; write [channels, height, width]"),
    (f"{NETWORK}input: [3, -1, 3]", "x.yaml:2: input: [3, -1, 3] is not a shape"),
    (f"{NETWORK}input: [3, =side]", "x.yaml:2: input: unknown name 'side' in '=side'"),
    (
        f"{NETWORK}input: [3, =side]\nparameters: {{side: {{choice: [3, 4]}}}}",
        "x.yaml:2: input: the parameters that it reads may hold no choice",
    ),
    (f"{NETWORK}input: [3, =side / 2]\nparameters: {{side: 8}}", "x.yaml:2: input: [3, 4.0] is not a shape"),
    (f"{NETWORK}classes: true", "x.yaml:2: classes: True is not a whole number above 0"),
    (f"{NETWORK}name: a\nname: b", "x.yaml:3: the key 'name' stands twice in one mapping"),
    (
        "network: [c]\ncells: {c: {nodes: [{add: {subset: =earlier}}], where: edges > 9}}",
        "x.yaml:2: cells: no answers keep within",
    ),
]


@pytest.mark.parametrize(("text", "message"), TOPS, ids=[text for text, _ in TOPS])
def test_a_document(text: str, message: str, tmp_path: Path):
    assert error_of(text, tmp_path).startswith(message)


def test_errors_below_an_answer_are_found_on_loading(tmp_path: Path):
    text = "network:\n  - choice:\n      - relu\n      - [tanh, {when: 1 > 0, do: [{choice: [elu, {conv: {kernl: 3}}]}]}]\n"
    assert error_of(text, tmp_path).startswith("x.yaml:4: network.0.1.1.do.0: conv has no argument 'kernl'")


def test_the_line_of_an_error_in_a_block_is_the_blocks(tmp_path: Path):
    text = "network:\n  - b\nblocks:\n  b:\n    - relu\n    - {conv: {channels: 0, kernel: 1}}\n"
    assert error_of(text, tmp_path).startswith("x.yaml:6: network.0.1: conv: channels is 0")


def test_an_error_in_the_standard_library_is_at_the_line_that_uses_it(tmp_path: Path):
    text = "network:\n  - relu\n  - b\nblocks:\n  b:\n    - {sep_conv_3x3: {channels: no}}\n"
    found = error_of(text, tmp_path)
    assert found.startswith("x.yaml:6: network.1.0.0.first.pointwise: conv: channels is 'no'")


def test_no_choice_may_hang_on_a_shape():
    with pytest.raises(
        UserError, match=r"^test.yaml:1: network.0: whether network.0.do.0 is chosen depends on a shape"
    ):
        space_of("network: [{when: =in_channels > 3, do: [{choice: [relu, tanh]}]}]").size()


def test_overrides_are_checked():
    with pytest.raises(UserError, match="override: no parameter 'widht'; did you mean 'width'"):
        load("resnet18", widht=3)
    with pytest.raises(UserError, match=r"^override: width: "):
        load("resnet18", width=object())
    with pytest.raises(UserError, match=r"network.stem.0.convolution: conv: channels is 'x'"):
        load("resnet18", width="x").graph()
    with pytest.raises(UserError, match="is not a shape"):
        load("resnet18", input=[3, 0, 3]).graph()


def test_an_image_that_runs_out_is_an_error_that_names_the_operation():
    with pytest.raises(UserError, match=r"^test.yaml:2: network.0.3.0: max_pool: kernel 2 does not fit in 1x1"):
        space_of("input: [3, 8, 8]\nnetwork: [{repeat: 4, body: [{max_pool: 2}]}]").graph()
