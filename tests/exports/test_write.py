"""What an export does where a file would be wrong, or in the way of another."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from torch import nn

import nas
from nas.errors import UserError
from nas.exports import compare, formats
from nas.exports.compare import difference
from nas.exports.source import Source
from tests.space.documents import space_of

NETWORK = (
    "{name: n, input: [3, 6, 6], classes: 2, network: [{conv: {channels: 4, kernel: 3}}, relu, flatten, {linear: 2}]}"
)


def network() -> nn.Module:
    return nas.build(space_of(NETWORK))


def lying(source: Source, folder: Path) -> Path:
    """A format whose weights are other ones."""
    other = nas.build(space_of(NETWORK))
    with torch.no_grad():
        other.get_parameter("0.weight").mul_(1.01)
    return formats.program(Source(other.eval(), source.record), folder)


def dying(source: Source, folder: Path) -> Path:
    path = folder / "model.py"
    path.write_text(f"import os\nos.kill(os.getpid(), {int(signal.SIGKILL)})\n")
    return path


def test_a_file_that_computes_something_else_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formats.FORMATS, "torch", lying)
    monkeypatch.setitem(formats.FORMATS, "python", dying)
    with pytest.raises(UserError) as caught:
        nas.export(network(), tmp_path / "out", ["python", "torch", "safetensors"])
    assert "format python: the process that read it back was killed by signal 9" in str(caught.value)
    assert "format torch" in str(caught.value) and "differs from the network by" in str(caught.value)
    assert sorted(os.listdir(tmp_path / "out")) == ["config.json", "weights.safetensors"]  # the other one is there
    assert set(json.loads((tmp_path / "out/config.json").read_text())["verified"]) == {"safetensors"}


def test_where_no_file_is_right_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = UserError("format safetensors", "differs")
    monkeypatch.setattr(compare, "compare", lambda source, files, real: dict.fromkeys(files, wrong))
    with pytest.raises(UserError, match="format safetensors: differs"):
        nas.export(network(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Refuses(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if float(x.sum()) > 0:
            return x.flatten(1)
        return -x.flatten(1)


def test_what_a_format_cannot_express_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        nas.export(Refuses(), tmp_path / "out", ["torch", "state_dict"], input=(1, 2, 2))
    assert str(caught.value).startswith("format torch: cannot express the network: ")
    assert len(str(caught.value).splitlines()) == 1
    assert (tmp_path / "out/weights.pt").exists()


def test_another_networks_files_are_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "compare", lambda source, files, real: {name: compare.Compared(0.0) for name in files})
    nas.export(network(), tmp_path, ["safetensors"])
    again = network()
    with torch.no_grad():
        again.get_parameter("0.weight").add_(1)
    nas.export(again, tmp_path, ["state_dict"])  # the same network, trained further
    assert not (tmp_path / "weights.safetensors").exists()  # whose old weights would be another's
    other = nas.build(space_of(NETWORK.replace("kernel: 3", "kernel: 1")))
    with pytest.raises(UserError, match="of another network; write to another folder, or overwrite"):
        nas.export(other, tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["config.json", "weights.pt"]
    nas.export(other, tmp_path, force=True)
    assert sorted(os.listdir(tmp_path)) == ["config.json", "weights.safetensors"]


def test_raw_pixels_need_a_record_and_a_format_for_them(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nobody noted how pictures become"):
        nas.export(network(), tmp_path / "out", ["onnx"], with_preprocessing=True)
    with pytest.raises(UserError, match="it is for torch, onnx, int8"):
        nas.export(network(), tmp_path / "out", with_preprocessing=True)
    assert not (tmp_path / "out").exists()


def test_the_difference_is_a_part_of_the_largest_output() -> None:
    ours = torch.tensor([100.0, 0.0, float("nan"), float("inf")])
    assert difference(ours, torch.tensor([100.0, 1.0, float("nan"), float("inf")])) == pytest.approx(0.01)
    assert difference(ours, torch.tensor([100.0, 0.0, 1.0, float("inf")])) == float("inf")
    assert difference(torch.zeros(2), torch.tensor([0.0, 0.5])) == 0.5
