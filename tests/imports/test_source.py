"""What `nas import` is pointed at, and what it writes."""

from pathlib import Path

import pytest
import torch

import nas
from nas.cli import main

FILE = """
from torch import nn

WIDTH = 8

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(3, WIDTH, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 4)
        )

class Wide(nn.Linear):
    pass

def trained():
    net = Net()
    nn.init.constant_(net[0].weight, 0.25)
    return net

def broken():
    raise RuntimeError("two\\nlines")

ready = Net()
number = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my nets.py"
    path.write_text(FILE)
    return path


def test_a_document_and_weights_are_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to, weights = file.with_name("net.yaml"), file.with_name("net.safetensors")
    words = ["--input", "3,8,8", "--to", str(to), "--weights", str(weights)]
    assert main(["import", f"{file}:trained", *words]) == 0
    assert capsys.readouterr().out.splitlines() == [str(to), str(weights)]
    model = nas.build(str(to), weights=str(weights))
    assert model.graph.input == (3, 8, 8) and model.graph.shape == (4,)
    assert torch.equal(next(model.parameters()), torch.full((8, 3, 3, 3), 0.25))


@pytest.mark.parametrize("name", ["Net", "ready"])
def test_a_class_or_a_network(file: Path, name: str) -> None:
    to = file.with_name("net.yaml")
    assert main(["import", f"{file}:{name}", "--input", "3x8x8", "--to", str(to)]) == 0
    assert nas.load(str(to)).graph().parameters == 8 * 27 + 8 + 8 * 4 + 4


def test_networks_of_torchvision_are_known_by_name(tmp_path: Path) -> None:
    to = tmp_path / "x.yaml"
    assert main(["import", "torchvision:squeezenet1_1", "--input", "3,224,224", "--to", str(to)]) == 0
    assert nas.load(str(to)).graph().fingerprint() == nas.load("squeezenet1_1").graph().fingerprint()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["FILE:Nett"], "has no 'Nett'; did you mean 'Net'?"),
        (["FILE:broken"], "broken: RuntimeError: two lines; the class is called without arguments"),
        (["FILE:Wide"], "Wide: TypeError"),
        (["FILE:number"], "'int' object is not callable"),
        (["other.py:Net"], "other.py: no such file; write FILE.py:CLASS, timm:NAME or torchvision:NAME"),
        (["resnet18"], "resnet18: names no network; write FILE.py:CLASS"),
        (["torchvision:resnet19"], "torchvision has no network of this name; did you mean 'resnet1"),
        (["torchvision:resnet18", "--weights", "x.safetensors"], "is made here without training"),
        (["FILE:Net", "--input", "3"], "'3' is no shape"),
        (["FILE:Net", "--to", "x.json"], "write a name that ends with .yaml"),
        (["FILE:Net", "--to", "none/x.yaml"], "the folder does not exist"),
    ],
)
def test_mistakes_are_one_line(file: Path, words: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    usual = ["--input", "3,8,8", "--to", str(file.with_name("x.yaml"))]
    words = [word.replace("FILE", str(file)) for word in words]
    given = [*usual, *words[1:]] if len(words) > 1 else usual
    assert main(["import", words[0], *given]) == 2
    said = capsys.readouterr().err
    assert error in said and said.count("\n") == 1
    assert not file.with_name("x.yaml").exists()


def test_a_file_is_never_written_over(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = file.with_name("net.yaml")
    to.write_text("mine")
    assert main(["import", f"{file}:Net", "--input", "3,8,8", "--to", str(to)]) == 2
    assert to.read_text() == "mine" and "exists already" in capsys.readouterr().err
