"""Weights under torchvision's names: its own network loads them and computes the same."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision import models

import nas
from nas.errors import UserError
from tests.space.documents import space_of


@pytest.mark.parametrize(
    ("name", "size"), [("resnet18", 32), ("mobilenet_v3_small", 64), ("convnext_tiny", 64), ("googlenet", 64)]
)
def test_torchvisions_network_loads_them(name: str, size: int, tmp_path: Path) -> None:
    space = nas.load(name, input=[3, size, size], classes=10)
    model = nas.build(space).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    file, *_ = nas.export(model, tmp_path, "torchvision")
    settings = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    theirs: nn.Module = models.get_model(name, num_classes=10, **settings).eval()
    state = load_file(file)
    theirs.load_state_dict({key: value for key, value in state.items() if key in theirs.state_dict()})
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(theirs(x), model(x), rtol=1e-4, atol=1e-5)


def test_a_network_that_torchvision_lacks(tmp_path: Path) -> None:
    other = space_of("{name: mine, input: [3, 4, 4], classes: 2, network: [global_avg_pool, {linear: 2}]}")
    with pytest.raises(UserError, match="torchvision has no network named mine"):
        nas.export(nas.build(other), tmp_path, "torchvision")
    model = nas.build(nas.load("resnet18", input=[3, 32, 32], block="plain"))
    with pytest.raises(UserError, match="its network is another"):
        nas.export(model, tmp_path, "torchvision")
