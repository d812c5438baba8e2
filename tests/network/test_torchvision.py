"""The fixed networks are torchvision's: parameters, and logits and gradients from the same weights, in float64.

Batch-norm statistics and affines are made random first: the logits of a freshly initialised network are so small that
any network would pass.
"""

import copy

import pytest
import torch
import torchvision
from torch import nn

import nas
from nas.network import transfer_weights

QUICK = ("resnet18", "resnet50")
NAMES = ("resnet34", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_64x4d", "wide_resnet50_2")
LARGEST_ERROR = 1e-9  # over the largest reference


def randomised(name: str) -> nn.Module:
    """torchvision's network in float64 after a few batches in train mode, affines drawn anew."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)().double()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(4, 3, 64, 64, dtype=torch.float64))
    return model


def logits_and_gradient(model: nn.Module, x: torch.Tensor, mode: bool) -> tuple[torch.Tensor, torch.Tensor]:
    model = copy.deepcopy(model).train(mode)
    x = x.clone().requires_grad_()
    out = model(x)
    weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    (out * weights).sum().backward()
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    # The first convolution's gradient has passed every layer; its module runs first in both networks.
    return out.detach(), torch.cat([convolutions[0].weight.grad.flatten(), x.grad.flatten()])


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES)])
def test_parameters_logits_and_gradients_equal_torchvisions(name: str):
    reference = randomised(name)
    model = nas.build(name).double()
    assert nas.load(name).graph().parameters == sum(p.numel() for p in reference.parameters())
    transfer_weights(reference, model)
    x = torch.randn(4, 3, 96, 96, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for mode in (False, True):
        for ours, theirs in zip(
            logits_and_gradient(model, x, mode), logits_and_gradient(reference, x, mode), strict=True
        ):
            assert theirs.abs().max() > 1e-3
            assert (ours - theirs).abs().max() <= LARGEST_ERROR * theirs.abs().max()
