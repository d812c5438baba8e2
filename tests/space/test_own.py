"""Operations of a user's own: what they cost and compute, and that no document imports code by itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import nas
from nas.cli.command import main
from nas.errors import UserError
from nas.graph.operations import OPERATIONS
from nas.run.command import command
from nas.space import Genome, own
from nas.space.own import code_allowed, register_operation
from tests.space.documents import space_of
from tests.space.own_operations import Blur, Broken, Pair, ShiftConv, function

HERE = "tests.space.own_operations"
ROOT = Path(__file__).parents[2]
DOCUMENT = (
    f'operations: {{shifted: "{HERE}:ShiftConv", blur: "{HERE}:Blur"}}\n'
    "input: [3, 8, 8]\nclasses: 2\n"
    "network: [{shifted: {channels: {choice: [4, 6]}, stride: 2}}, blur, relu, global_avg_pool, {linear: =classes}]\n"
)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What a test registers is gone after it."""
    yield
    for name in own.registered():
        del OPERATIONS[name], own._registered[name]


def test_shapes_and_costs_are_measured() -> None:
    register_operation(ShiftConv)
    register_operation(Blur, "blur")
    graph = space_of("{input: [3, 8, 8], network: [{shift_conv: {channels: 4, stride: 2}}, blur, {blur: 5}]}").graph()
    assert [node.shape for node in graph.nodes[1:]] == [(4, 4, 4)] * 3
    assert [node.parameters for node in graph.nodes[1:]] == [3 * 4 * 9 + 4 + 1, 0, 0]
    assert [node.mult_adds for node in graph.nodes[1:]] == [4 * 4 * 4 * 3 * 9, 0, 0]
    assert graph.nodes[1].arguments == {"channels": 4, "kernel": 3, "stride": 2}


def test_the_module_is_the_users_and_its_weights_are_always_the_same() -> None:
    register_operation(ShiftConv, "mine")
    space = space_of("{input: [3, 8, 8], network: [{mine: 4}]}")
    torch.manual_seed(5)
    first, second = nas.build(space), nas.build(space)
    layer = first[0]
    assert type(layer) is ShiftConv and 1 < layer.factor.item() < 2
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(first(x), layer(x))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_the_same_class_by_another_name_computes_the_same_and_another_class_does_not() -> None:
    register_operation(ShiftConv, "mine")
    register_operation(ShiftConv, "yours")
    register_operation(nn.Conv2d, "theirs")
    documents = ["{mine: {kernel: 3}}", "yours", "{mine: {stride: 2}}", "{conv: {kernel: 3}}"]
    found = [space_of(f"{{input: [3, 8, 8], network: [{text}]}}").graph().fingerprint() for text in documents]
    assert found[0] == found[1] and len(set(found)) == 3


def test_a_cell_calls_it_with_channels_and_stride() -> None:
    register_operation(ShiftConv, "mine")
    cell = "{stride: 2, nodes: [{add: [[mine, 0]]}], output: last}"
    space = space_of(f"{{input: [3, 8, 8], cells: {{c: {cell}}}, network: [{{c: {{channels: 5}}}}]}}")
    assert space.graph().shape == (5, 4, 4)


def test_classes_that_cannot_be_operations_are_refused() -> None:
    with pytest.raises(UserError, match=r"function is no class of torch.nn.Module"):
        register_operation(function)  # type: ignore[arg-type]
    for name in ("conv", "repeat", "a b", "class"):
        with pytest.raises(UserError, match="no free name for an operation"):
            register_operation(ShiftConv, name)
    register_operation(ShiftConv, "mine")
    with pytest.raises(UserError, match=r"'mine' is .*:ShiftConv here, not .*:Blur"):
        register_operation(Blur, "mine")
    register_operation(Broken)
    with pytest.raises(UserError, match=r"broken: .*Broken cannot run: ValueError: no <b>good</b>") as error:
        space_of("{input: [3, 8, 8], network: [broken]}").graph()
    assert "\n" not in str(error.value)
    register_operation(Pair)
    with pytest.raises(UserError, match="Pair gives tuple for a batch of 2"):
        space_of("{input: [3, 8, 8], network: [pair]}").graph()


@pytest.mark.parametrize("path", ["os.system", "os:system()", "../x:Y", 5, ":C", "m:", "m:a.b"])
def test_paths_that_are_none_are_refused(path: object) -> None:
    with code_allowed(), pytest.raises(UserError, match=r"operations.mine: expected package.module:Class"):
        space_of(f"{{operations: {{mine: {path!r}}}, network: [mine]}}").graph()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no_such_module:C", "cannot import no_such_module:C: ModuleNotFoundError"),
        (f"{HERE}:Nothing", "cannot import .*:Nothing: AttributeError"),
        (f"{HERE}:nn", "is .*, not|is .*; name that"),
        (f"{HERE}:function", "is no class of torch.nn.Module"),
    ],
)
def test_what_cannot_be_imported_is_one_line(path: str, words: str) -> None:
    with code_allowed(), pytest.raises(UserError, match=words):
        space_of(f'{{operations: {{mine: "{path}"}}, network: [mine]}}').graph()


def test_a_registered_class_needs_no_permission_and_another_does() -> None:
    register_operation(ShiftConv, "shifted")
    with pytest.raises(UserError, match=r"blur: .*:Blur is code, which no document can have imported by itself"):
        space_of(DOCUMENT).size()
    register_operation(Blur, "blur")
    assert space_of(DOCUMENT).size() == 2


def test_a_block_may_not_have_its_name() -> None:
    register_operation(ShiftConv, "mine")
    text = f'{{operations: {{mine: "{HERE}:ShiftConv"}}, blocks: {{mine: [relu]}}, network: [mine]}}'
    with pytest.raises(UserError, match="'mine' is a word of the language"):
        space_of(text).graph()
    other = space_of("{input: [3, 8, 8], blocks: {mine: [relu]}, network: [mine]}").graph()
    assert other.nodes[1].operation == "relu"  # a document that names no such operation has its own words


def test_a_supernet_says_that_it_cannot_hold_its_weights() -> None:
    register_operation(ShiftConv, "shifted")
    register_operation(Blur, "blur")
    with pytest.raises(UserError, match="a supernet cannot hold shifted, an operation of your own"):
        nas.supernet(space_of(DOCUMENT))
    space = space_of("{input: [3, 8, 8], network: [{choice: [blur, {conv: {kernel: 3}}]}, flatten, {linear: 2}]}")
    net = nas.supernet(space).eval()
    x = torch.randn(2, 3, 8, 8)
    for genome in space.enumerate():
        torch.testing.assert_close(net(x, genome=genome), net.extract(genome).eval()(x))


def test_exports_hold_it_or_say_in_a_line_that_they_cannot(tmp_path: Path) -> None:
    register_operation(ShiftConv, "mine")
    model = nas.build(space_of("{input: [3, 8, 8], classes: 4, network: [{mine: 4}, global_avg_pool]}")).eval()
    with pytest.raises(UserError, match="ShiftConv is no module of a document; format torch or onnx can hold it"):
        nas.export(model, tmp_path / "a", ["python"])
    nas.export(model, tmp_path / "b", ["torch", "safetensors"])
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(torch.export.load(tmp_path / "b" / "model.pt2").module()(x), model(x))


def nas_command(words: list[str], folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, **settings}
    command = [sys.executable, "-m", "nas", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The command imports nothing, and says in one line what it would take."""
    sys.modules.pop(HERE, None)
    assert main(words) == 2
    said = capsys.readouterr()
    assert "is code, which no document can have imported by itself; if you trust it: --allow-code" in said.err
    assert said.err.count("\n") == 1 and said.err.startswith("error: ")
    assert HERE not in sys.modules


def test_nothing_that_is_read_from_a_file_imports_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = sys.modules[HERE]
    monkeypatch.setitem(sys.modules, HERE, kept)  # put back at the end
    monkeypatch.chdir(tmp_path)
    document = tmp_path / "mine.yaml"
    document.write_text(DOCUMENT)
    search = ["search", str(document), "--trials=2", "--dataset=digits", "--epochs=1", "--final-epochs=1"]
    search += ["--runs=runs", "--name=r"]
    with code_allowed():
        space = nas.load(document)
        genome = next(iter(space.enumerate()))
        genome.save("genome.json")
    assert main([*search, "--allow-code"]) == 0
    assert "--allow-code" in command(nas.load_run("runs/r"))
    capsys.readouterr()
    for name in own.registered():
        del OPERATIONS[name], own._registered[name]
    for words in (
        ["show", str(document)],
        ["show", "genome.json"],
        ["draw", str(document), "--to", "x.svg"],
        ["export", "genome.json", "--to", "out", "--untrained"],
        ["train", str(document), "--epochs", "1"],
        search,
        ["resume", "runs/r", "--trials", "3"],
        ["show", "runs/r"],
        ["predict", "runs/r", "x.png"],
        ["predict", "runs/r/best", "x.png"],
        ["export", "runs/r", "--to", "out", "--format", "bundle"],
    ):
        refused(words, capsys)
    assert not (tmp_path / "out").exists()
    for words in (["runs", "runs"], ["results", "runs/r"], ["report", "runs/r"]):  # these go by the journal
        assert main(words) == 0 and HERE not in sys.modules
    assert Genome.load("genome.json").answers == genome.answers  # data alone
    assert HERE not in sys.modules


def test_commands_import_it_where_the_user_says_so(tmp_path: Path) -> None:
    (tmp_path / "my_layers.py").write_text(
        "from torch import nn\nclass Twice(nn.Module):\n    def forward(self, x):\n        return 2 * x\n"
    )
    document = 'operations: {twice: "my_layers:Twice"}\ninput: [1, 8, 8]\nnetwork: [twice, flatten, {linear: 10}]\n'
    (tmp_path / "d.yaml").write_text(document)
    said = nas_command(["show", "d.yaml"], tmp_path)
    assert said.returncode == 2 and "--allow-code" in said.stderr
    said = nas_command(["show", "d.yaml", "--layers", "--allow-code"], tmp_path)
    assert said.returncode == 0 and "twice" in said.stdout, said.stderr
