"""Torch networks as documents: what is built from them computes what the networks do."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import nas
from nas.errors import UserError
from nas.imports import import_module
from tests.imports.networks import agreement


class Unit(nn.Module):
    def __init__(self, channels: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out, eps=1e-3, momentum=0.01)
        self.short = None
        if stride > 1 or channels != out:
            self.short = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out, eps=1e-3, momentum=0.01)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        return functional.relu(y + (x if self.short is None else self.short(x)))


class Small(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.stage1 = nn.Sequential(Unit(16, 16), Unit(16, 16))
        self.stage2 = nn.Sequential(Unit(16, 32, 2), Unit(32, 32), Unit(32, 32), Unit(32, 32))
        self.fc = nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage2(self.stage1(self.stem(x)))
        return self.fc(functional.dropout(x.mean([2, 3]), 0.3, self.training))


SMALL = """\
name: small
description: a test's
input: [3, 32, 32]
classes: 10
defaults:
  conv_bn: {eps: 0.001, momentum: 0.01}
  conv_bn_relu: {eps: 0.001, momentum: 0.01}
blocks:
  unit:
    parameters: {channels: =in_channels, stride: 1}
    body:
      - residual:
          - conv_bn_relu: {channels: =channels, kernel: 3, stride: =stride}
          - conv_bn: {kernel: 3}
        shortcut: projection
      - relu
network:
  stem: [{conv: {channels: 16, kernel: 3}}]
  stage1: [unit, unit]
  stage2: [{unit: {channels: 32, stride: 2}}, {repeat: 3, body: [unit]}]
  head: [global_avg_pool, {dropout: 0.3}, {linear: =classes}]
"""


def test_repeated_modules_become_a_block_and_loops() -> None:
    assert import_module(Small(), (3, 32, 32), "small", "a test's").text == SMALL


def test_the_network_stays_as_it_is_and_its_weights_come_along() -> None:
    module = Small().train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    nas.from_module(module, (3, 16, 16))
    assert module.training and all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    error, imported = agreement(module, (3, 16, 16))
    assert error <= 1e-6
    assert imported.space.name == "Small" and imported.space.input == (3, 16, 16) and imported.space.fixed


class Ops(nn.Module):
    """One function of torch's between a convolution and a classifier."""

    def __init__(self, function, channels: int = 8) -> None:
        super().__init__()
        self.function = function
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.last = nn.Conv2d(channels, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.function(self.norm(self.conv(x)))).mean((2, 3))


def shuffled(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


def attended(x: Tensor) -> Tensor:
    """Two halves of the channels weighed against each other by a softmax (ResNeSt)."""
    n, c, h, w = x.shape
    weights = x.mean((2, 3), keepdim=True).view(n, 2, c // 2).softmax(1)
    return (x.view(n, 2, c // 2, h, w) * weights.view(n, 2, c // 2, 1, 1)).sum(1)


def overwritten(x: Tensor) -> Tensor:
    """What is read after torch has written over it."""
    y = x * 2
    y.relu_()
    return y + x


FUNCTIONS = {
    "shuffle": (shuffled, 8, ["channel_shuffle"]),
    "chunks": (lambda x: torch.cat(x.chunk(2, 1)[::-1], 1), 8, ["split", "split", "concat"]),
    "sections": (lambda x: torch.cat(x.split([3, 5], 1)[::-1], 1), 8, ["slice", "slice", "concat"]),
    "slice": (lambda x: x[:, 2:7], 5, ["slice"]),
    "subsample": (lambda x: x[:, :, ::2, ::2], 8, ["slice"]),
    "one axis": (lambda x: x[:, :, ::2], 8, ["avg_pool"]),
    "crop": (lambda x: x[:, :, 1:-1, 2:], 8, ["pad", "pad"]),
    "zeros": (lambda x: functional.pad(x, (0, 0, 0, 0, 1, 1)), 10, ["pad"]),
    "scalars": (lambda x: (1 - x) / 4 + 2 * x, 8, ["scale", "scale", "scale", "scale", "add"]),
    "gate": (lambda x: x * functional.adaptive_avg_pool2d(x, 1).sigmoid(), 8, None),
    "gate of a vector": (lambda x: x * x.mean((2, 3)).sigmoid()[:, :, None, None], 8, None),
    "attention": (attended, 4, None),
    "overwriting": (overwritten, 8, ["scale", "relu", "add"]),
    "spatial gate": (lambda x: x * torch.cat([x.mean(1, True), x.amax(1, True)], 1).mean(1, True).sigmoid(), 8, None),
    "channels last": (lambda x: functional.gelu(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), 8, ["gelu"]),
    "larger": (lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear"), 8, ["upsample"]),
    "clamps": (lambda x: x.clamp(0, 6) * functional.hardtanh(x, 0.0, 6.0), 8, ["relu6", "relu6", "multiply"]),
    "maxima": (lambda x: functional.max_pool2d(x, 3, 2, 1, ceil_mode=True), 8, ["max_pool"]),
    "border": (
        lambda x: functional.max_pool2d(functional.pad(x, (0, 1, 0, 1), value=float("-inf")), 2, 2),
        8,
        ["max_pool"],
    ),
    "border of both sides": (
        lambda x: functional.max_pool2d(functional.pad(x, (1, 1, 1, 1), value=float("-inf")), 3, 2),
        8,
        ["max_pool"],
    ),
    "local response": (nn.LocalResponseNorm(3, 1e-2), 8, ["local_response_norm"]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    function, channels, operations = FUNCTIONS[name]
    error, imported = agreement(Ops(function, channels), (3, 9, 9) if name != "larger" else (3, 4, 4))
    assert error <= 1e-6
    found = [node.operation for node in imported.space.graph().prune().nodes[3:-2]]
    assert operations is None or found == operations


class Standardized(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.weight - self.weight.mean((1, 2, 3), keepdim=True), self.bias)


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)) if x.sum() > 0 else x.amax((2, 3))


@pytest.mark.parametrize(
    ("module", "error"),
    [
        (Ops(lambda x: x.cumsum(2)), "Ops: cumsum has no operation here; import a part"),
        (Ops(lambda x: x.flip(3)), "flip has no operation"),
        (Ops(lambda x: x.transpose(2, 3)), "conv2d moves axes in a way that has no operation"),
        (Ops(nn.Sequential(nn.ReLU(), nn.CELU())), "Ops: function.1: celu has no operation"),
        (Ops(nn.Sequential(Standardized(8, 8, 1))), "Ops: function.0: conv2d with weights that are computed"),
        (Ops(lambda x: x + x.roll(1, 0)), "roll has no operation"),
        (Ops(lambda x: functional.gelu(x, approximate="tanh")), "gelu with approximate='tanh'"),
        (Ops(lambda x: x, channels=9), "cannot run on images of 3x8x8: Given groups=1"),
        (nn.Sequential(nn.Conv2d(3, 4, 3)), "gives a map of 4x6x6 for an image, not one number for each class"),
        (nn.Sequential(nn.Flatten(), nn.Linear(192, 4), nn.LogSoftmax(1)), "a network gives logits"),
        (nn.Identity(), "Identity: gives its input as it is; import a network"),
        (Branching(), "torch.export cannot trace it"),
        (nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4, track_running_stats=False)), "Sequential: 1:"),
    ],
)
def test_what_cannot_be_said_is_named(module: nn.Module, error: str) -> None:
    with pytest.raises(UserError) as caught:
        nas.from_module(module, (3, 8, 8))
    assert error in str(caught.value) and "\n" not in str(caught.value)


def test_a_weight_that_two_layers_share_is_refused() -> None:
    conv = nn.Conv2d(3, 3, 3, padding=1)
    with pytest.raises(UserError, match="runs more than once"):
        nas.from_module(nn.Sequential(conv, nn.ReLU(), conv, nn.Flatten(), nn.Linear(3 * 64, 2)), (3, 8, 8))
