"""The last layer of a built network replaced, as every tutorial on transfer learning does it."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

import nas
from nas.errors import UserError
from nas.network import Network

X = torch.rand(2, 3, 32, 32)


@pytest.fixture
def model() -> Network:
    return nas.build("resnet20", classes=5).eval()


def test_a_layer_is_found_and_replaced_by_its_place(model: Network) -> None:
    before = model(X)
    last = model.head[-1]
    assert isinstance(last, nn.Linear)
    assert model.head[2] is model.head["2"] is last
    model.head[2] = nn.Linear(last.in_features, 7)
    assert before.shape == (2, 5)
    assert model(X).shape == copy.deepcopy(model)(X).shape == (2, 7)
    assert [tuple(value.shape) for name, value in model.named_parameters() if "head" in name] == [(7, 64), (7,)]
    model.set_submodule("head.2", nn.Linear(last.in_features, 9))
    assert model(X).shape == (2, 9)


@pytest.mark.parametrize("where", ["", "head"])
def test_a_name_that_the_network_does_not_have_is_refused(model: Network, where: str) -> None:
    with pytest.raises(UserError, match="module 'fc': the network has none") as error:
        model.get_submodule(where).fc = nn.Linear(64, 7)
    if not where:
        assert str(error.value).endswith("the last layer is model.head[2]: model.head[2] = torch.nn.Linear(...)")
    model.note = "what is no module can be kept there"
    assert model(X).shape == (2, 5)


@pytest.mark.parametrize("key", [5, -4, "linear"])
def test_a_place_that_is_not_there_is_refused(model: Network, key: int | str) -> None:
    with pytest.raises(UserError, match="there is none"):
        model.head[key] = nn.Linear(64, 7)


def test_it_is_exported_with_its_new_layer(model: Network, tmp_path: Path) -> None:
    model.head[2] = nn.Linear(64, 7)
    nas.export(model, tmp_path, ["python", "safetensors", "torch"])
    found = torch.export.load(tmp_path / "model.pt2").module()(X)
    assert torch.allclose(found, model(X), atol=1e-5)
    assert "num_classes: int = 7" in (tmp_path / "model.py").read_text()
