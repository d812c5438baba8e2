"""DARTS' search network in plain torch, written from the paper (Liu, Simonyan, Yang 2018, arXiv:1806.09055).

What `nas.supernet("darts")` is compared with. It does nothing to be fast: every candidate of every edge by itself.
With `partial` it is the search network of PC-DARTS (Xu et al. 2020, arXiv:1907.05737, section 3.2).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

NODES = 4
EDGES = NODES * (NODES + 3) // 2  # of two inputs and all earlier nodes into each node
POOLS = ("max_pool_3x3", "avg_pool_3x3")
KERNELS = {"sep_conv_3x3": (3, 1), "sep_conv_5x5": (5, 1), "dil_conv_3x3": (3, 2), "dil_conv_5x5": (5, 2)}
OPERATIONS = (*POOLS, "skip_connect", *KERNELS, "none")


class Zero(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return 0.0 * x[..., :: self.stride, :: self.stride]


class Halved(nn.Module):
    """Half the size: two 1x1 convolutions of stride 2, the second one a pixel further."""

    def __init__(self, before: int, channels: int) -> None:
        super().__init__()
        self.even = nn.Conv2d(before, channels // 2, 1, 2, bias=False)
        self.odd = nn.Conv2d(before, channels // 2, 1, 2, bias=False)
        self.norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x.relu()
        out: Tensor = self.norm(torch.cat([self.even(x), self.odd(x[..., 1:, 1:])], 1))
        return out


def fitted(before: int, channels: int) -> nn.Module:
    return nn.Sequential(nn.ReLU(), nn.Conv2d(before, channels, 1, bias=False), nn.BatchNorm2d(channels, affine=False))


def separable(channels: int, kernel: int, stride: int, dilation: int) -> nn.Module:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel, stride, padding, dilation, channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels, affine=False),
    )


def candidate(operation: str, channels: int, stride: int) -> nn.Module:
    if operation == "none":
        return Zero(stride)
    if operation == "skip_connect":
        return nn.Identity() if stride == 1 else Halved(channels, channels)
    if operation in POOLS:
        average = nn.AvgPool2d(3, stride, 1, count_include_pad=False)
        pool = average if operation == "avg_pool_3x3" else nn.MaxPool2d(3, stride, 1)
        return nn.Sequential(pool, nn.BatchNorm2d(channels, affine=False))
    kernel, dilation = KERNELS[operation]
    first = separable(channels, kernel, stride, dilation)
    return first if dilation > 1 else nn.Sequential(first, separable(channels, kernel, 1, 1))


class Edge(nn.Module):
    """The candidates on one of `partial` parts of the channels; the other parts pass by, and all are shuffled."""

    def __init__(self, channels: int, stride: int, partial: int) -> None:
        super().__init__()
        self.partial, self.stride = partial, stride
        self.candidates = nn.ModuleList(candidate(name, channels // partial, stride) for name in OPERATIONS)

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        searched, others = x.tensor_split([x.shape[1] // self.partial], 1)
        pairs = zip(weights, self.candidates, strict=True)
        out = torch.stack([weight * operation(searched) for weight, operation in pairs]).sum(0)
        if self.partial == 1:
            return out
        if self.stride > 1:
            others = nn.functional.max_pool2d(others, 2)
        out = torch.cat([out, others], 1)
        return out.unflatten(1, (self.partial, -1)).transpose(1, 2).flatten(1, 2)


class Cell(nn.Module):
    def __init__(self, before: int, last: int, channels: int, shrinks: bool, shrank: bool, partial: int) -> None:
        super().__init__()
        self.shrinks = shrinks
        self.inputs = nn.ModuleList([(Halved if shrank else fitted)(before, channels), fitted(last, channels)])
        self.edges = nn.ModuleList(
            Edge(channels, 2 if shrinks and source < 2 else 1, partial)
            for node in range(NODES)
            for source in range(2 + node)
        )

    def forward(self, before: Tensor, last: Tensor, weights: Tensor, shares: Tensor) -> Tensor:
        states = [self.inputs[0](before), self.inputs[1](last)]
        edge = 0
        for _ in range(NODES):
            total = torch.zeros(())
            for state in list(states):
                total = total + shares[edge] * self.edges[edge](state, weights[edge])
                edge += 1
            states.append(total)
        return torch.cat(states[2:], 1)


class SearchNetwork(nn.Module):
    """`forward(images, normal, reduction, shares)`: logits, by the weights (EDGES, len(OPERATIONS)) of both cells.

    shares: (2, EDGES), the weights of the edges themselves in both cells; 1 where there are none.
    """

    def __init__(self, channels: int, layers: int, classes: int, partial: int = 1) -> None:
        super().__init__()
        before = last = 3 * channels
        self.stem = nn.Sequential(nn.Conv2d(3, last, 3, padding=1, bias=False), nn.BatchNorm2d(last))
        self.cells = nn.ModuleList()
        shrank = False
        for layer in range(layers):
            shrinks = layer in (layers // 3, 2 * layers // 3)
            channels *= 2 if shrinks else 1
            self.cells.append(Cell(before, last, channels, shrinks, shrank, partial))
            before, last, shrank = last, NODES * channels, shrinks
        self.classifier = nn.Linear(last, classes)

    def forward(self, images: Tensor, normal: Tensor, reduction: Tensor, shares: Tensor | None = None) -> Tensor:
        of_normal, of_reduction = images.new_ones(2, EDGES) if shares is None else shares
        before = last = self.stem(images)
        for cell in self.cells:
            own = (reduction, of_reduction) if cell.shrinks else (normal, of_normal)
            before, last = last, cell(before, last, *own)
        logits: Tensor = self.classifier(last.mean((2, 3)))
        return logits


def by_path(normal: Tensor, reduction: Tensor, answers: Sequence[str] = OPERATIONS) -> dict[str, Tensor]:
    """The weights of both cells as `nas.supernet("darts")` takes them, whose choices have `answers` in this order."""
    order = [OPERATIONS.index(answer) for answer in answers]
    edges = [(node, source) for node in range(NODES) for source in range(2 + node)]
    return {
        f"cells.{cell}.nodes.{node}.{source}.operation": row[order]
        for cell, weights in (("normal", normal), ("reduction", reduction))
        for (node, source), row in zip(edges, weights, strict=True)
    }


def copy_weights(source: nn.Module, to: nn.Module) -> None:
    """Weights of one such network to another: both have them in the order in which they are used."""
    with torch.no_grad():
        for own, other in zip(to.parameters(), source.parameters(), strict=True):
            assert own.shape == other.shape
            own.copy_(other)
