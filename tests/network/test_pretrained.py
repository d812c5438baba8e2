"""Pretrained weights by name. Nothing is downloaded: torchvision's get_model gives networks of random weights."""

from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import load_file
from torch import nn

import nas
from nas.errors import UserError
from nas.network.pretrained import pretrained


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """What `get_model` gave; googlenet as it is with weights."""
    given: list[nn.Module] = []
    make = torchvision.models.get_model

    def get_model(name: str, weights: str) -> nn.Module:
        assert weights == "IMAGENET1K_V1"
        google = {"aux_logits": False, "transform_input": True, "init_weights": False}
        settings = google if name == "googlenet" else {}
        given.append(make(name, weights=None, **settings).eval())
        for module in given[-1].modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.running_var, 0.1, 0.3)
        return given[-1]

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    return given


@pytest.mark.parametrize("name", ["squeezenet1_1", "googlenet"])
def test_outputs_equal_those_of_torchvision(downloads: list[nn.Module], name: str) -> None:
    model = nas.build(name, weights="IMAGENET1K_V1", input=[3, 64, 64]).double().eval()
    x = torch.rand(2, 3, 64, 64, dtype=torch.float64)
    expected = downloads[-1].double()(x)
    assert expected.abs().max() > 1e-3
    assert (model(x) - expected).abs().max() <= 1e-9 * expected.abs().max()


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("resnet18", {"weights": "IMAGENET1K_V7"}, "did you mean 'IMAGENET1K_V1'?"),
        ("resnet18", {"input": [1, 64, 64]}, "for images of 3 channels, not 1"),
        ("resnet18", {"width": 32}, "layer 'stem.0.convolution' Conv2d(3, 32"),
        ("nasbench201", {}, "nasbench201: torchvision has no network of this name"),
        ("nasbench201", {"weights": "trained"}, "trained: no such file or folder of weights"),
    ],
)
def test_what_has_no_weights_is_refused(downloads: list[nn.Module], name: str, settings: dict, said: str) -> None:
    with pytest.raises(UserError) as error:
        nas.build(name, **{"weights": "IMAGENET1K_V1", "input": [3, 64, 64], **settings})
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_failed_download_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_model(name: str, **settings: str) -> nn.Module:
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    with pytest.raises(UserError, match="resnet18: the weights IMAGENET1K_V1 could not be loaded: no route to host"):
        nas.build("resnet18", weights="IMAGENET1K_V1")


def test_with_other_classes_the_head_is_new_and_all_else_theirs(downloads: list[nn.Module]) -> None:
    torch.manual_seed(0)  # of the weights that stand for the downloaded ones
    model = nas.build("resnet18", weights="IMAGENET1K_V1", classes=3, input=[3, 64, 64]).eval()
    torch.manual_seed(0)
    whole = nas.build("resnet18", weights="IMAGENET1K_V1", input=[3, 64, 64]).eval()
    untrained = nas.build("resnet18", classes=3, input=[3, 64, 64])
    new = {key for key, value in model.state_dict().items() if value.shape != whole.state_dict()[key].shape}
    assert new == {"head.1.weight", "head.1.bias"}
    for key, value in model.state_dict().items():
        assert torch.equal(value, (untrained if key in new else whole).state_dict()[key])
    assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 3)


def test_weights_for_clips_bring_the_normalisation_of_clips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    theirs = torchvision.models.get_model("mc3_18", weights=None).eval()
    monkeypatch.setattr(torchvision.models, "get_model", lambda name, weights: theirs)
    space = nas.load("mc3_18", input=[3, 4, 32, 32])
    model, normalisation = pretrained(space, None, "KINETICS400_V1")
    transforms = torchvision.models.get_model_weights("mc3_18").DEFAULT.transforms()
    assert normalisation == (tuple(transforms.mean), tuple(transforms.std))
    x = torch.rand(2, 3, 4, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(x), theirs(x), rtol=1e-4, atol=1e-4)
    monkeypatch.undo()
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    fewer = nas.load("mc3_18", input=[3, 4, 32, 32], classes=5)
    again, as_before = pretrained(fewer, None, str(tmp_path / "weights.pth"))
    assert as_before == normalisation
    assert torch.equal(next(again.parameters()), theirs.stem[0].weight)
    file, *_ = nas.export(model, tmp_path / "out", "torchvision")
    torchvision.models.get_model("mc3_18", weights=None).load_state_dict(load_file(file))
