"""The found cells' networks as plain torch code, written along the authors' code and without anything of `nas`.

Layers are made when a forward pass reaches them first and met again in that order, so that each network is its forward
pass alone. Cells are written as their authors write them: `operation source operation source`, node by node.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ByRun(nn.Module):
    """Gives logits; with the auxiliary head's in a list in training."""

    eps = 1e-5

    def __init__(self, size: int) -> None:
        super().__init__()
        self.layers, self.turn = nn.ModuleList(), 0
        self.head: Tensor | None = None
        self(torch.zeros(2, 3, size, size))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        self.turn, self.head = 0, None
        logits = self.network(x)
        return (logits, [self.head]) if self.head is not None and self.training else logits

    def network(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def layer(self, make: Callable[[], nn.Module]) -> nn.Module:
        if self.turn == len(self.layers):
            self.layers.append(make())
        self.turn += 1
        return self.layers[self.turn - 1]

    def conv(self, x: Tensor, channels: int, kernel: int = 1, stride: int = 1, **more: int) -> Tensor:
        make = lambda: nn.Conv2d(x.shape[1], channels, kernel, stride, bias=False, **more)  # noqa: E731
        return self.layer(make)(x)

    def norm(self, x: Tensor) -> Tensor:
        return self.layer(lambda: nn.BatchNorm2d(x.shape[1], eps=self.eps))(x)

    def linear(self, x: Tensor, features: int, bias: bool = True) -> Tensor:
        return self.layer(lambda: nn.Linear(x.shape[1], features, bias))(x)

    def fitted(self, x: Tensor, channels: int, stride: int = 1) -> Tensor:
        return self.norm(self.conv(F.relu(x), channels, 1, stride))


def cell_of(text: str) -> list[tuple[str, int]]:
    words = text.replace("|", " ").split()
    return list(zip(words[::2], map(int, words[1::2]), strict=True))


class Darts(ByRun):
    """Sources: 0 the cell before the last, 1 the last, 2 to 5 the nodes; all nodes are concatenated."""

    def __init__(self, normal: str, reduction: str, channels: int, layers: int, imagenet: bool, size: int) -> None:
        self.cells, self.channels, self.depth = (cell_of(normal), cell_of(reduction)), channels, layers
        self.imagenet = imagenet
        super().__init__(size)

    def network(self, x: Tensor) -> Tensor:
        channels, halved = self.channels, self.imagenet
        if self.imagenet:
            x = F.relu(self.norm(self.conv(x, channels // 2, 3, 2, padding=1)))
            before = self.norm(self.conv(x, channels, 3, 2, padding=1))
            last = self.norm(self.conv(F.relu(before), channels, 3, 2, padding=1))
        else:
            before = last = self.norm(self.conv(x, 3 * channels, 3, padding=1))
        for number in range(self.depth):
            halves = number in (self.depth // 3, 2 * self.depth // 3)
            channels *= 2 if halves else 1
            before, last, halved = last, self.cell(before, last, channels, halves, halved), halves
            if number == 2 * self.depth // 3:
                self.head = self.auxiliary(last)
        return self.linear(last.mean((2, 3)), 5)

    def cell(self, before: Tensor, last: Tensor, channels: int, halves: bool, halved: bool) -> Tensor:
        states = [self.reduced(before, channels) if halved else self.fitted(before, channels)]
        states.append(self.fitted(last, channels))
        edges = self.cells[halves]
        for first, second in zip(edges[::2], edges[1::2], strict=True):
            parts = [self.edge(op, states[i], channels, 2 if halves and i < 2 else 1) for op, i in (first, second)]
            states.append(parts[0] + parts[1])
        return torch.cat(states[2:], 1)

    def edge(self, operation: str, x: Tensor, channels: int, stride: int) -> Tensor:
        match operation:
            case "max":
                return F.max_pool2d(x, 3, stride, 1)
            case "avg":
                return F.avg_pool2d(x, 3, stride, 1, count_include_pad=False)
            case "skip":
                return x if stride == 1 else self.reduced(x, channels)
            case "dil3":
                x = self.conv(F.relu(x), channels, 3, stride, padding=2, dilation=2, groups=channels)
                return self.norm(self.conv(x, channels))
        assert operation == "s3"
        for step in (stride, 1):
            x = self.conv(F.relu(x), channels, 3, step, padding=1, groups=channels)
            x = self.norm(self.conv(x, channels))
        return x

    def reduced(self, x: Tensor, channels: int) -> Tensor:
        x = F.relu(x)
        halves = [self.conv(x, channels // 2, 1, 2), self.conv(x[:, :, 1:, 1:], channels // 2, 1, 2)]
        return self.norm(torch.cat(halves, 1))

    def auxiliary(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(F.relu(x), 5, 2 if self.imagenet else 3)
        x = self.conv(F.relu(self.norm(self.conv(x, 128))), 768, 2)
        x = F.relu(x if self.imagenet else self.norm(x))
        return self.linear(x.flatten(1), 5)


def same(x: Tensor, kernel: int | tuple[int, int], stride: int | tuple[int, int] = 1, value: float = 0) -> Tensor:
    """TensorFlow's SAME padding."""
    widths: list[int] = []
    for axis in (3, 2):
        k, s = (n if isinstance(n, int) else n[axis - 2] for n in (kernel, stride))
        total = max(0, (-(-x.shape[axis] // s) - 1) * s + k - x.shape[axis])
        widths += [total // 2, total - total // 2]
    return F.pad(x, widths, value=value)


class NasNet(ByRun):
    """NASNet-A, AmoebaNet-A and PNASNet-5. Sources: 0 the last cell, 1 the one before, 2 to 6 the nodes.

    `output` has the sources that a cell concatenates. Without a reduction cell the first normal cell of a stack halves.
    """

    def __init__(
        self,
        size: int,
        normal: tuple[str, list[int]],
        reduction: tuple[str, list[int]] | None,
        filters: int,
        cells: int,
        stem: int,
        imagenet: bool = False,
        skips: bool = False,
    ) -> None:
        self.normal, self.reduction = normal, reduction
        self.filters, self.count, self.stem, self.imagenet, self.skips = filters, cells, stem, imagenet, skips
        self.eps = 1e-3 if imagenet else 1e-5
        super().__init__(size)

    def network(self, x: Tensor) -> Tensor:
        outputs: list[Tensor | None] = [None]
        reduction = self.reduction or self.normal
        if self.imagenet:
            outputs.append(self.norm(self.conv(x, self.stem, 3, 2)))
            for divisor in (4, 2):
                outputs.append(self.cell(outputs[-1], outputs[-2], reduction, self.filters // divisor, 2))
        else:
            outputs.append(self.norm(self.conv(x, self.stem, 3, padding=1)))
        for stack in range(3):
            filters = self.filters * 2**stack
            for number in range(self.count):
                before, stride = outputs[-2], 1
                if stack and number == 0 and self.reduction:
                    outputs.append(self.cell(outputs[-1], before, reduction, filters, 2))
                    before = before if self.skips else outputs[-2]
                elif stack and number == 0:
                    stride = 2
                outputs.append(self.cell(outputs[-1], before, self.normal, filters, stride))
            if stack == 1:
                self.head = self.auxiliary(outputs[-1])
        return self.linear(F.relu(outputs[-1]).mean((2, 3)), 5)

    def cell(
        self, last: Tensor, before: Tensor | None, kind: tuple[str, list[int]], filters: int, stride: int
    ) -> Tensor:
        if before is None:
            before = last
        elif before.shape[2] != last.shape[2]:
            before = self.reduced(F.relu(before), filters)
        elif before.shape[1] != filters:
            before = self.fitted(before, filters)
        states = [self.fitted(last, filters), before]
        edges = cell_of(kind[0])
        for first, second in zip(edges[::2], edges[1::2], strict=True):
            parts = [self.edge(op, states[i], filters, stride if i < 2 else 1) for op, i in (first, second)]
            states.append(parts[0] + parts[1])
        chosen = [states[i] for i in kind[1]]
        return torch.cat([x if x.shape[1] == filters else self.norm(self.conv(x, filters)) for x in chosen], 1)

    def edge(self, operation: str, x: Tensor, filters: int, stride: int) -> Tensor:
        if operation in ("max", "avg"):
            return self.widened(pooled(operation, x, stride), filters)
        if operation == "id":
            return x if stride == 1 and x.shape[1] == filters else self.fitted(x, filters, stride)
        if operation == "1x7-7x1":
            x = F.relu(self.fitted(x, filters // 4))
            for kernel, step in (((1, 7), (1, stride)), ((7, 1), (stride, 1))):
                x = F.relu(self.norm(self.conv(same(x, kernel, step), filters // 4, kernel, step)))
            return self.norm(self.conv(x, filters))
        return self.separable(x, filters, int(operation[1]), stride)

    def separable(self, x: Tensor, filters: int, kernel: int, stride: int) -> Tensor:
        for step in (stride, 1):
            x = same(F.relu(x), kernel, step)
            x = self.norm(self.conv(self.conv(x, x.shape[1], kernel, step, groups=x.shape[1]), filters))
        return x

    def widened(self, x: Tensor, filters: int) -> Tensor:
        return x if x.shape[1] == filters else self.norm(self.conv(x, filters))

    def reduced(self, x: Tensor, filters: int) -> Tensor:
        even, odd = x[:, :, ::2, ::2], F.pad(x, (0, 1, 0, 1))[:, :, 1::2, 1::2]
        odd = odd[:, :, : even.shape[2], : even.shape[3]]
        return self.norm(torch.cat([self.conv(even, filters // 2), self.conv(odd, filters - filters // 2)], 1))

    def auxiliary(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.conv(F.avg_pool2d(F.relu(x), 5, 3), 128)))
        return self.linear(F.relu(self.norm(self.conv(x, 768, x.shape[2]))).flatten(1), 5)


def pooled(kind: str, x: Tensor, stride: int) -> Tensor:
    """3x3; an average is over what is inside the map."""
    if kind == "max":
        return F.max_pool2d(same(x, 3, stride, -float("inf")), 3, stride)
    inside = F.avg_pool2d(same(torch.ones_like(x), 3, stride), 3, stride)
    return F.avg_pool2d(same(x, 3, stride), 3, stride) / inside


class Enas(NasNet):
    """Sources: 0 the cell before the last, 1 the last, 2 to 6 the nodes; operations s3, s5, avg, max, id as 0 to 4."""

    def __init__(self, size: int, normal: str, reduction: str, filters: int, layers: int) -> None:
        self.arcs = [list(map(int, text.split())) for text in (normal, reduction)]
        self.total = layers + 2
        self.halving = (layers // 3, 2 * (layers // 3) + 1)
        super().__init__(size, ("", []), None, filters, 0, 3 * filters)

    def network(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x, self.stem, 3, padding=1))
        layers, filters = [x, x], self.filters
        for number in range(self.total):
            filters *= 2 if number in self.halving else 1
            x = self.enas_cell(layers, filters, number in self.halving)
            layers = [layers[1], x]
            if number == self.halving[1] + 1:
                self.head = self.auxiliary(x)
        return self.linear(F.relu(x).mean((2, 3)), 5, bias=False)

    def enas_cell(self, layers: list[Tensor], filters: int, halves: bool) -> Tensor:
        before, last = layers
        if before.shape[2] != last.shape[2]:
            before = self.reduced(F.relu(before), filters)
        elif before.shape[1] != filters:
            before = self.fitted(before, filters)
        if last.shape[1] != filters:
            last = self.fitted(last, filters)
        states, arc, used = [before, self.fitted(last, filters)], self.arcs[halves], set[int]()
        for node in range(5):
            parts = []
            for source, operation in (arc[4 * node : 4 * node + 2], arc[4 * node + 2 : 4 * node + 4]):
                used.add(source)
                stride = 2 if halves and source < 2 else 1
                parts.append(self.edge(("s3", "s5", "avg", "max", "id")[operation], states[source], filters, stride))
            states.append(parts[0] + parts[1])
        return torch.cat([state for number, state in enumerate(states) if number not in used], 1)

    def edge(self, operation: str, x: Tensor, filters: int, stride: int) -> Tensor:
        if operation == "id":
            return x if stride == 1 else self.reduced(x, filters)
        return super().edge(operation, x, filters, stride)

    def auxiliary(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.conv(F.avg_pool2d(F.relu(x), 5, 3), 128)))
        x = F.relu(self.norm(self.conv(same(x, 2), 768, 2)))
        return self.linear(x.mean((2, 3)), 5, bias=False)


class ZophLe(ByRun):
    """Rows: height, width, count, and the layers before it that it reads (0: the image)."""

    def __init__(self, size: int, rows: list[tuple[int, int, int, list[int]]]) -> None:
        self.rows = rows
        super().__init__(size)

    def network(self, x: Tensor) -> Tensor:
        states = [x]
        for height, width, count, sources in self.rows:
            x = same(torch.cat([states[i] for i in sources], 1), (height, width))
            states.append(F.relu(self.norm(self.conv(x, count, (height, width)))))
        return self.linear(states[-1].mean((2, 3)), 5)
