"""resnet20 trains as a plain PyTorch one does: from the same weights on the same batches, loss by loss.

In fp32 the losses are the same bit for bit where both average the last map alike (a mean, as adaptive_avg_pool2d is).
avg_pool2d over the whole map sums in another order; at this learning rate its rounding grows to 0.4 in 50 steps of fp32
and stays below the limit in float64: it is rounding and nothing else.
"""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import nas
from nas.network import transfer_weights

LARGEST_DIFFERENCE = 1e-4


class Block(nn.Module):
    """Two 3x3 convolutions with option A's shortcut (He et al. 2015)."""

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.grown = channels != inputs
        self.zeros = (channels - inputs) // 2

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.grown:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.zeros, self.zeros))
        out += x
        return functional.relu(out)


class ResNet20(nn.Module):
    def __init__(self, pool: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        sizes = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
        self.blocks = nn.Sequential(*(Block(*size) for size in sizes))
        self.linear = nn.Linear(64, 10)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        out = self.blocks(functional.relu(self.bn1(self.conv1(x))))
        logits: Tensor = self.linear(self.pool(out).flatten(1))
        return logits


def adaptive(x: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(x, 1)


def mean(x: Tensor) -> Tensor:
    return x.mean((2, 3))


def window(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, x.shape[3])


def batches(steps: int, size: int, dtype: torch.dtype) -> Iterator[tuple[Tensor, Tensor]]:
    """Each class is a random pattern under noise."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(10, 3, 32, 32, generator=generator)
    for _ in range(steps):
        labels = torch.randint(10, (size,), generator=generator)
        noise = torch.randn(size, 3, 32, 32, generator=generator)
        yield (patterns[labels] / 2 + noise).to(dtype), labels


def losses(model: nn.Module, steps: int, size: int, dtype: torch.dtype) -> list[float]:
    model.to(dtype).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    found = []
    for images, labels in batches(steps, size, dtype):
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize(
    ("pool", "dtype", "steps", "size"),
    [
        (adaptive, torch.float32, 20, 8),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                (adaptive, torch.float32, 50, 128),
                (mean, torch.float32, 50, 128),
                (window, torch.float64, 50, 16),
            )
        ),
    ],
)
def test_the_first_losses_are_those_of_plain_pytorch(
    pool: Callable[[Tensor], Tensor], dtype: torch.dtype, steps: int, size: int
):
    torch.manual_seed(3)
    reference = ResNet20(pool)
    model = nas.build("resnet20")
    transfer_weights(reference, model)
    theirs = losses(reference, steps, size, dtype)
    ours = losses(model, steps, size, dtype)
    assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) <= LARGEST_DIFFERENCE
    if size == 128:
        assert ours[-1] < ours[0] / 4
