"""The supernet of NAS-Bench-201 against its search network in plain torch (Dong & Yang 2020, arXiv:2001.00326, 2.2)."""

from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.network.supernet import Supernet
from nas.space import load

NODES = 4
EDGES = sorted(((end, start) for start, end in combinations(range(NODES), 2)))  # (node, source)


def convolved(before: int, channels: int, kernel: int, stride: int = 1, affine: bool = False) -> nn.Sequential:
    convolution = nn.Conv2d(before, channels, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(channels, affine=affine))


class Cell(nn.Module):
    """Operations in the order of the benchmark: none, skip, 1x1, 3x3, average; only the convolutions have a norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.small = nn.ModuleList(convolved(channels, channels, 1) for _ in EDGES)
        self.large = nn.ModuleList(convolved(channels, channels, 3) for _ in EDGES)

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        states = [x, *[torch.zeros_like(x)] * (NODES - 1)]
        for (node, source), w, small, large in zip(EDGES, weights, self.small, self.large, strict=True):
            state = states[source]
            pooled = functional.avg_pool2d(state, 3, 1, 1, count_include_pad=False)
            states[node] = states[node] + w[1] * state + w[2] * small(state) + w[3] * large(state) + w[4] * pooled
        return states[-1]


class Reduction(nn.Module):
    def __init__(self, before: int) -> None:
        super().__init__()
        self.first = convolved(before, 2 * before, 3, 2, affine=True)
        self.second = convolved(2 * before, 2 * before, 3, affine=True)
        self.project = nn.Conv2d(before, 2 * before, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(self.first(x)) + self.project(functional.avg_pool2d(x, 2))
        return out


class SearchNetwork(nn.Module):
    def __init__(self, channels: int, cells: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.body = nn.ModuleList()
        for stage in range(3):
            self.body.extend([Reduction(channels << stage - 1)] if stage else [])
            self.body.extend(Cell(channels << stage) for _ in range(cells))
        self.norm, self.classifier = nn.BatchNorm2d(4 * channels), nn.Linear(4 * channels, 10)

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        x = self.stem(x)
        for part in self.body:
            x = part(x, weights) if isinstance(part, Cell) else part(x)
        logits: Tensor = self.classifier(self.norm(x).relu().mean((2, 3)))
        return logits

    def in_order(self) -> list[Tensor]:
        """The weights in the order of a supernet's: both convolutions of an edge, edge by edge."""
        weights = list(self.stem.parameters())
        for part in self.body:
            if isinstance(part, Cell):
                weights += [both[1].weight for edge in zip(part.small, part.large, strict=True) for both in edge]
            else:
                weights += list(part.parameters())
        return [*weights, *self.norm.parameters(), *self.classifier.parameters()]


def test_the_supernet_is_the_search_network_of_the_benchmark() -> None:
    torch.manual_seed(0)
    net = Supernet(load("nasbench201", channels=4, cells=2, input=[3, 8, 8])).double()
    plain = SearchNetwork(4, 2).double()
    with torch.no_grad():
        for own, other in zip(net.parameters(), plain.in_order(), strict=True):
            other.copy_(own)
    alphas = torch.randn(len(EDGES), 5, dtype=torch.double, requires_grad=True)
    (answers,) = {choice.answers for choice in net.choices.values()}
    assert answers == ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    paths = [f"cells.cell.nodes.{node - 1}.{source}.operation" for node, source in EDGES]

    images = 1 + 2 * torch.randn(4, 3, 8, 8, dtype=torch.double)
    outcomes = []
    for ours in (True, False):
        shares = alphas.softmax(1)
        logits = net(images, dict(zip(paths, shares, strict=True))) if ours else plain(images, shares)
        loss = functional.cross_entropy(logits, torch.arange(4))
        weights = list(net.parameters()) if ours else plain.in_order()
        outcomes.append([logits, *torch.autograd.grad(loss, [alphas, *weights])])
    for own, other in zip(*outcomes, strict=True):
        assert (own - other).abs().max() < 1e-9 * other.abs().max()
