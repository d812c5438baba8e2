import ast
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import nas
from nas.errors import UserError
from nas.exports.code.file import source
from nas.graph.operations import OPERATIONS
from nas.graph.operations.activation import ACTIVATIONS
from nas.network import Network, compile, set_drop_path
from tests.graph.building import Builder
from tests.space.documents import space_of

# Runs the file as somebody without this package would: isolated, elsewhere, and with the import forbidden.
RUN = """
import sys, runpy, torch
sys.modules["nas"] = None
torch.set_num_threads(1)
names = runpy.run_path("model.py")
model = names[names["__all__"][0]]()
model.load_state_dict(torch.load("weights.pt", weights_only=True))
images = torch.load("images.pt")
out = {"eval": model.eval()(images)}
torch.manual_seed(5)
out["train"] = model.train()(images)
out["state"] = model.state_dict()
assert not [name for name in sys.modules if name.startswith("nas.")]
torch.save(out, "out.pt")
"""

EVERYTHING = """
name: everything
input: [8, 9, 9]
classes: 4
network:
  weighed: {scale: {value: [1, 0.5, 1.5, 1, 2, 0.1, 1, 1]}}
  stem: [{conv: {channels: 16, kernel: 4, bias: true}}, {batch_norm: {eps: 0.002, momentum: 0.3, affine: false}}, relu6]
  halves:
    branches:
      - - {split: {parts: 2, part: 0}}
        - [{layer_norm: {eps: 0.001}}, {group_norm: {groups: 2, eps: 0.001}}, {elu: {alpha: 0.7}}]
      - [{split: {parts: 2, part: 1}}, {conv: {kernel: [1, 3], groups: 4, dilation: [1, 2]}}, hardswish]
    merge: concat
  lectures:
    unpool: {kernel: 3, stride: 2, padding: 1}
    body:
      - {locally_connected: {kernel: [3, 2], padding: same}}
      - {conv: {kernel: 3, standardised: true}}
      - {conv_transpose: {kernel: [3, 2], stride: 2, padding: [1, 0]}}
      - {max_pool: {kernel: [1, 2]}}
      - {max_pool: {kernel: 2, stride: 2, padding: [1, 1]}}
      - {adaptive_avg_pool: 5}
  shuffle: [{channel_shuffle: {groups: 4}}, {scale: {value: 0.5, shift: 0.25, learned: true}}, {scale: {value: -2}}]
  gated:
    branches: [[{conv: {kernel: 3}}, tanh], [{conv: {kernel: 1}}, sigmoid]]
    merge: gate
  side:
    auxiliary:
      - {avg_pool: {kernel: 3, count_include_pad: false, padding: 1}}
      - global_avg_pool
      - dropout
      - {linear: 4}
  several:
    branches: [[{leaky_relu: {slope: 0.3}}], [gelu, {drop_path: {rate: 0.5}}], [silu, mish], [hardsigmoid, prelu]]
    merge: mean
    drop: 0.3
  products: {branches: [[], [{adaptive_avg_pool: {size: 1}}, softmax, {softmax: {groups: 2}}]], merge: multiply}
  more:
    - {max_pool: {kernel: 2, ceil: true}}
    - {pad: {spatial: [[1, 0], [0, 2]], value: 0.5}}
    - {slice: {start: -6, step: 2}}
    - {select: [2, 0, 1]}
    - {reshape: [2, 9, 7]}
    - {reshape: [3, 6, 7]}
    - {branches: [[], [none]], merge: concat}
    - {branches: [[], [{channel_pool: {size: 3, mode: mean}}]], merge: concat}
  each: [EACH]
  size:
    - {upsample: {factor: 2, mode: bilinear}}
    - {resize: {size: [9, 7]}}
    - {resize: {size: 16}}
    - {local_response_norm: {size: 3, k: 2}}
    - {slice: {stop: 9, axis: spatial}}
  head:
    - auxiliary: [flatten, {linear: {features: 4, bias: false}}]
    - {adaptive_max_pool: {size: [3, 2]}}
    - {adaptive_avg_pool: {size: [2, 1]}}
    - flatten
    - {radial_basis: {units: 4, seed: 3}}
    - {linear: 4}
""".replace("EACH", ", ".join(operation.name for operation in ACTIVATIONS))


def equal(found: object, expected: object) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def check(model: Network, folder: Path, origin: str = "") -> str:
    """Asserts that the file computes what the model does, alone; returns its text."""
    torch.manual_seed(3)
    images = torch.randn(4, *model.graph.input)
    model.train()(images)  # batch norm statistics that are not the initial ones
    written = source(model, origin)
    (folder / "model.py").write_text(written.text, encoding="utf-8")
    weights = {written.key(name): value for name, value in model.state_dict().items()}
    for name, value in {"weights": weights, "images": images}.items():
        torch.save(value, folder / f"{name}.pt")
    done = subprocess.run([sys.executable, "-I", "-c", RUN], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = torch.load(folder / "out.pt")
    equal(found["eval"], model.eval()(images))
    torch.manual_seed(5)
    equal(found["train"], model.train()(images))
    equal(dict(found["state"]), {written.key(name): value for name, value in model.state_dict().items()})
    assert max(map(len, written.text.splitlines())) <= 100
    return written.text


def test_resnet(tmp_path: Path) -> None:
    space = nas.load("resnet18", input=[3, 32, 32], classes=10)
    text = check(nas.build(space), tmp_path, space.source)
    assert "\nresnet18: He et al. 2015" in text
    assert "11,181,642 parameters, " in text.split('"""')[1].replace("\n", " ")
    assert "        self.first = ConvBnRelu(in_channels, width, 3, stride)\n" in text
    assert "            nn.Sequential(Basic(256, 512, stride=2), Basic(512, 512)),\n" in text
    assert "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, num_classes)\n" in text


@pytest.mark.parametrize(
    ("name", "settings", "seeds"), [("nasbench201", {"input": [3, 8, 8]}, 1), ("plain", {"input": [3, 16, 16]}, 2)]
)
def test_genomes(tmp_path: Path, name: str, settings: dict[str, list[int]], seeds: int) -> None:
    space = nas.load(name, **settings)
    for seed in range(seeds):
        check(nas.build(space, space.sample(random.Random(seed))), tmp_path)


def test_drop_path_keeps_working(tmp_path: Path) -> None:
    space = nas.load("nasnet", input=[3, 16, 16])
    model = nas.build(space, space.sample(random.Random(1)))
    set_drop_path(model, 0.3)
    assert "num_classes: int = 10, drop_path: float = 0.3)" in check(model, tmp_path)


def test_auxiliary_heads_and_all_operations_with_arguments(tmp_path: Path) -> None:
    space = space_of(EVERYTHING)
    model = nas.build(space)
    assert len(model.graph.auxiliary) == 2
    used = {node.operation for node in model.graph.nodes}
    assert used == set(OPERATIONS) - {"add", "identity"}  # the first is in the networks above
    text = check(model, tmp_path)
    assert text.count("if self.training:\n") == 2
    assert "class Zeros" in text
    assert "nn.BatchNorm2d(16, eps=0.002, momentum=0.3, affine=False)" in text  # which older versions of torch know


def test_names_that_python_would_not_read(tmp_path: Path) -> None:
    b = Builder()
    x = 0
    for path in ("else.0", "007", "__private.x", "é.ﬁ", "a'b\"\n\\", "\U0001f600", "x y", "put", "__getitem__"):
        x = b("conv", x, channels=3, kernel=1, path=f"network.{path}")
    check(compile(b.graph()), tmp_path)


HOSTILE = 'coding: utf-7\n"""\nimport os\r\x0craise SystemExit(3)\u2028raise SystemExit(4)\u202e\ud800\0 é'


def test_text_of_documents_stays_in_its_comment(tmp_path: Path) -> None:
    space = space_of("{name: plain, input: [3, 4, 4], classes: 2, network: [global_avg_pool, {linear: 2}]}")
    graph = space.graph()
    object.__setattr__(graph, "name", HOSTILE)
    model = compile(graph)
    object.__setattr__(model.graph, "name", HOSTILE)
    text = check(model, tmp_path, HOSTILE)
    assert all(line.isprintable() for line in text.splitlines())
    assert text.startswith('"""A network in PyTorch.\n\n')  # of which Python reads an encoding
    tree = ast.parse(text)
    assert "SystemExit(4)" in ast.get_docstring(tree)
    del tree.body[0]
    assert "raise " not in ast.unparse(tree)


def test_export_writes_the_source_of_the_document(tmp_path: Path) -> None:
    space = nas.load("resnet18", input=[3, 32, 32])
    files = nas.export(nas.build(space), tmp_path, ["python"], genome=space.genome({}))
    assert [file.name for file in files][:2] == ["genome.json", "model.py"]
    assert (tmp_path / "model.safetensors").exists()
    assert "\nresnet18: He et al. 2015" in files[1].read_text(encoding="utf-8")


def test_other_modules_have_no_source(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the module has no graph"):
        nas.export(nn.ReLU(), tmp_path, ["python"], input=(3, 4, 4))
    model = nas.build(nas.load("resnet18", input=[3, 32, 32]))
    model.get_submodule("head").add_module("0", nn.Sequential(nn.ReLU()))
    with pytest.raises(UserError, match=r"head\.0: Sequential"):
        source(model)
