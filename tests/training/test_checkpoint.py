from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nas.errors import UserError
from nas.training.checkpoint import load_checkpoint, save_checkpoint, save_weights
from tests.training.small import small_network, weights


def trained(momentum: float = 0.9) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    model = small_network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=momentum, fused=True)
    model(torch.ones(4, 1, 6, 6)).sum().backward()
    optimizer.step()
    return model, optimizer


def test_what_is_saved_comes_back_in_the_parameters_memory_format(tmp_path: Path) -> None:
    model, optimizer = trained()
    path = tmp_path / "deep" / "state.safetensors"
    save_checkpoint(path, {"model": model}, {"optimizer": optimizer}, {"done": 3})
    other = small_network(seed=1).to(memory_format=torch.channels_last)
    into = torch.optim.SGD(other.parameters(), 0.1, momentum=0.9, fused=True)
    assert load_checkpoint(path, {"model": other}, {"optimizer": into}, {"done": 3}) == {"done": 3}
    for name, value in weights(model).items():
        assert torch.equal(weights(other)[name], value)
    for ours, theirs in zip(other.parameters(), model.parameters(), strict=True):
        assert torch.equal(into.state[ours]["momentum_buffer"], optimizer.state[theirs]["momentum_buffer"])
        assert into.state[ours]["momentum_buffer"].stride() == ours.stride()


def test_nothing_but_the_file_is_left_behind(tmp_path: Path) -> None:
    model, optimizer = trained()
    save_checkpoint(tmp_path / "a", {"model": model}, {"optimizer": optimizer}, {})
    save_checkpoint(tmp_path / "a", {"model": model}, {"optimizer": optimizer}, {"again": True})
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, optimizer = trained()
    path = tmp_path / "state"
    save_checkpoint(path, {"model": model}, {"optimizer": optimizer}, {})
    before = path.read_bytes()

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"No space left"):
        save_checkpoint(path, {"model": model}, {"optimizer": optimizer}, {"more": 1})
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["state"]


def test_damage_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    model, optimizer = trained()
    path = tmp_path / "state.safetensors"
    save_checkpoint(path, {"model": model}, {"optimizer": optimizer}, {})
    whole = path.read_bytes()
    for content in (b"", whole[:100], whole[:-1], b"x" * 1000):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"state.safetensors: is no checkpoint that can be read"):
            load_checkpoint(path, {"model": model}, {"optimizer": optimizer}, {})
    save_weights(path, model)
    with pytest.raises(UserError, match=r"is no checkpoint that can be read"):
        load_checkpoint(path, {"model": model}, {"optimizer": optimizer}, {})


def test_weights_are_a_plain_state_dict(tmp_path: Path) -> None:
    model, _ = trained()
    save_weights(tmp_path / "weights.safetensors", model)
    loaded = load_file(tmp_path / "weights.safetensors")
    assert loaded.keys() == model.state_dict().keys()
    small_network(seed=2).load_state_dict(loaded)
    assert torch.equal(loaded["0.weight"], model.state_dict()["0.weight"])
