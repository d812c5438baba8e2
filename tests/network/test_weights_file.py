"""Weights from files: this package's, torchvision's and timm's, wrapped or not, and what is none."""

from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

import nas
from nas.errors import UserError
from nas.network.pretrained import pretrained
from nas.network.weights_file import read_weights

INPUT = [3, 64, 64]


def lively(model: nn.Module) -> nn.Module:
    """With statistics that are not all alike."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.running_mean)
    return model.eval()


def same(ours: nn.Module, theirs: nn.Module) -> bool:
    x = torch.rand(2, *INPUT, dtype=torch.float64)
    ours, theirs = ours.double().eval(), theirs.double().eval()
    with torch.no_grad():
        return bool((ours(x) - theirs(x)).abs().max() <= 1e-9 * theirs(x).abs().max())


@pytest.mark.parametrize("wrapped", ["plain", "state_dict", "module."])
def test_a_file_of_torchvisions_names(wrapped: str, tmp_path: Path) -> None:
    theirs = lively(torchvision.models.resnet18(num_classes=7))
    state = theirs.state_dict()
    if wrapped == "module.":
        state = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save({"state_dict": state, "epoch": 3} if wrapped == "state_dict" else state, tmp_path / "w.pth")
    ours = nas.build("resnet18", weights=str(tmp_path / "w.pth"), classes=7, input=INPUT)
    assert same(ours, theirs)


@pytest.mark.parametrize("by_name", [False, True])
def test_timms_by_file_and_by_name_with_its_normalisation(
    by_name: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timm = pytest.importorskip("timm")
    theirs = lively(timm.create_model("efficientnet_b0", num_classes=4))
    theirs.pretrained_cfg["mean"] = (0.25, 0.5, 0.75)
    weights = str(tmp_path / "w.safetensors")
    if by_name:
        weights = "timm:efficientnet_b0.ra_in1k"
        monkeypatch.setattr(timm, "create_model", lambda name, pretrained: theirs)
    else:
        save_file(theirs.state_dict(), weights)
    ours, normalisation = pretrained(nas.load("efficientnet_b0", classes=4, input=INPUT), None, weights)
    assert same(ours, theirs)
    assert normalisation is not None
    assert normalisation.mean == ((0.25, 0.5, 0.75) if by_name else (0.485, 0.456, 0.406))


@pytest.mark.parametrize(
    ("weights", "said"), [("timm:resnet5o", "did you mean 'resnet50'"), ("timm:vgg11", "resnet18: ")]
)
def test_what_timm_has_not_is_told(weights: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    timm = pytest.importorskip("timm")

    def fails(*_: object, **__: object) -> nn.Module:
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", fails)
    with pytest.raises(UserError, match=said):
        nas.build("resnet18", weights=weights, input=INPUT)


@pytest.mark.parametrize("classes", [5, 3])
def test_ones_own_file_with_as_many_classes_or_others(classes: int, tmp_path: Path) -> None:
    theirs = nas.build("resnet20", classes=5)
    nn.init.normal_(theirs.get_submodule(theirs.names[-1]).weight)
    lively(theirs)
    save_file(theirs.state_dict(), tmp_path / "weights.safetensors")
    ours = nas.build("resnet20", weights=str(tmp_path / "weights.safetensors"), classes=classes)
    untrained = nas.build("resnet20", classes=classes).state_dict()
    for name, tensor in ours.state_dict().items():
        new = classes != 5 and name.startswith(ours.names[-1])
        assert torch.equal(tensor, untrained[name] if new else theirs.state_dict()[name]), name


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file(nas.build("resnet20", width=8).state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(UserError, match=r"'stem.*' has the shape .* only its number of classes may differ"):
        nas.build("resnet20", weights=str(tmp_path / "w.safetensors"))
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match=r"its tensors \(a ...\) are not those of resnet20"):
        nas.build("resnet20", weights=str(tmp_path / "other.safetensors"))


@pytest.mark.parametrize("name", ["nothing.pth", "there/is/nothing"])
def test_a_file_that_is_not_there_is_no_name_of_weights(name: str) -> None:
    with pytest.raises(UserError, match=f"{name}: no such file of weights"):
        nas.build("resnet20", weights=name)


class Harmful:
    def __reduce__(self) -> object:
        return (Path.touch, (Path("harm"),))


def test_nothing_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": Harmful()}, "w.pth")
    with pytest.raises(UserError, match="its weights cannot be read: more than tensors is in it"):
        read_weights("w.pth")
    assert not Path("harm").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read"),
        (b"PK\x03\x04 not a zip", "cannot be read"),
        (b"{}", "cannot be read"),
        (b"a: 1\nshapes: [3]\n", "is no file of weights"),
    ],
)
@pytest.mark.parametrize("name", ["w.pth", "w.safetensors", "shapes.yaml"])
def test_damaged_files_are_told_in_a_line(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        read_weights(tmp_path / name)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("value", [[1, 2], {}, {"epoch": 3}])
def test_what_has_no_tensors_is_told(value: object, tmp_path: Path) -> None:
    torch.save(value, tmp_path / "w.pt")
    with pytest.raises(UserError, match="holds no tensors by name"):
        read_weights(tmp_path / "w.pt")
