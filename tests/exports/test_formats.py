from pathlib import Path

import numpy
import pytest
import torch
from torch import nn

import nas
from nas.errors import UserError
from nas.exports import FORMATS


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
    )
    made(torch.randn(8, 3, 8, 8))  # batch norm statistics that are not the initial ones
    return made.train()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(1))  # another batch size than the example's


def expected(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return nas.exports.write.plain(model)(images)  # type: ignore[attr-defined]


def test_weights_come_back(model: nn.Module, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    files = nas.export(
        model.to(memory_format=torch.channels_last),
        tmp_path / "new" / "out",
        ["safetensors", "state_dict"],
        input=(3, 8, 8),
    )
    assert [file.name for file in files] == ["weights.safetensors", "weights.pt", "config.json"]
    for state in (load_file(files[0]), torch.load(files[1], weights_only=True)):
        assert list(state) == list(model.state_dict()) or sorted(state) == sorted(model.state_dict())
        assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())


def test_the_model_itself_is_left_alone(model: nn.Module, tmp_path: Path) -> None:
    nas.export(model.double(), tmp_path, input=(3, 8, 8))
    assert model.training
    assert next(model.parameters()).dtype == torch.float64


def test_a_program_computes_the_same(model: nn.Module, images: torch.Tensor, tmp_path: Path) -> None:
    file, *_ = nas.export(model, tmp_path, ["torch"], input=(3, 8, 8))
    loaded = torch.export.load(file).module()
    assert torch.allclose(loaded(images), expected(model, images), atol=1e-6)


def test_onnx_computes_the_same(model: nn.Module, images: torch.Tensor, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    file, *_ = nas.export(model, tmp_path, ["onnx"], input=(3, 8, 8))
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"images": images.numpy()})
    assert numpy.allclose(logits, expected(model, images).numpy(), atol=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.onnx"]  # weights inside


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"formats": ["onx"], "input": (3, 8, 8)}, "nas.export: unknown format 'onx'; did you mean 'onnx'?"),
        ({}, "nas.export: the shape of the input is not known; give input=(channels, height, width)"),
    ],
)
def test_mistakes_write_nothing(model: nn.Module, tmp_path: Path, settings: dict[str, object], line: str) -> None:
    with pytest.raises(UserError) as caught:
        nas.export(model, tmp_path / "out", **settings)
    assert str(caught.value) == line
    assert not (tmp_path / "out").exists()


def test_a_space_is_not_yet_a_network(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="takes a network or a finished search"):
        nas.export(nas.load("lenet5"), tmp_path / "out")


def test_it_is_a_function_whatever_of_its_room_was_imported() -> None:
    import nas.exports.formats

    assert nas.export is nas.exports.write.export
    assert nas.exports.FORMATS is FORMATS
