"""The torch modules that torch.nn lacks. Imported only where a module is built, so that graphs never need torch."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class GlobalAvgPool(nn.Module):
    """(N, C, ...) to (N, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(tuple(range(2, x.ndim)))


class ChannelLayerNorm(nn.LayerNorm):
    """Layer norm over axis 1 (the weights keep nn.LayerNorm's names)."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.movedim(1, -1)
        x = functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)


class ChannelPool(nn.Module):
    """(N, C, ...) to (N, C / size, ...): the maximum or mean of neighbouring channels."""

    def __init__(self, size: int, mode: str) -> None:
        super().__init__()
        self.size = size
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(1, (x.shape[1] // self.size, self.size))
        return x.amax(2) if self.mode == "max" else x.mean(2)

    def extra_repr(self) -> str:
        return f"size={self.size}, mode={self.mode}"


class GroupSoftmax(nn.Module):
    """Across equal groups of channels, for each channel of a group."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.groups, x.shape[1] // self.groups)).softmax(1).flatten(1, 2)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class DropPath(nn.Module):
    """Stochastic depth for each sample (or `batch`), as torchvision.ops.StochasticDepth draws it.

    `p`, the rate, may change between steps; `scheduled`: the training loop changes it.
    """

    def __init__(self, p: float = 0.0, scheduled: bool = False, batch: bool = False) -> None:
        super().__init__()
        self.p = p
        self.scheduled = scheduled
        self.batch = batch

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        keep = 1.0 - self.p
        shape = (1 if self.batch else x.shape[0],) + (1,) * (x.ndim - 1)
        if torch.compiler.is_compiling():  # where bernoulli_ would compile anew for each rate
            return x * ((torch.rand(shape, device=x.device) < keep).to(x.dtype) / keep)
        return x * torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(keep).div_(keep)

    def extra_repr(self) -> str:
        return f"p={self.p}, scheduled={self.scheduled}" + ", batch=True" * self.batch


class Zeros(nn.Module):
    """(N, ...) to zeros of (N, *shape)."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Tensor) -> Tensor:
        return x.new_zeros((x.shape[0], *self.shape))

    def extra_repr(self) -> str:
        return f"shape={self.shape}"


class Pad(nn.Module):
    """Pads (or cuts) all axes but the first; `pads` is (before, after) of each, in order."""

    def __init__(self, pads: Sequence[tuple[int, int]], value: float = 0.0) -> None:
        super().__init__()
        self.pads = tuple(pads)
        self.value = value
        # torch counts axes from the last:
        self.flat = [width for pair in reversed(self.pads) for width in pair]

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x, self.flat, value=self.value)

    def extra_repr(self) -> str:
        return f"pads={self.pads}, value={self.value}"


class Slice(nn.Module):
    """x[:, start:stop:step], or with `rank` > 0 the same of that many spatial axes."""

    def __init__(self, start: int, stop: int | None, step: int = 1, rank: int = 0) -> None:
        super().__init__()
        cut = slice(start, stop, step)
        whole = slice(None)
        self.index = (whole, cut) if rank == 0 else (whole, whole, *(cut for _ in range(rank)))

    def forward(self, x: Tensor) -> Tensor:
        return x[self.index]

    def extra_repr(self) -> str:
        return f"index={self.index}"


class Reshape(nn.Module):
    """(N, ...) to (N, *sizes)."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = tuple(sizes)

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.sizes)

    def extra_repr(self) -> str:
        return f"sizes={self.sizes}"


class Select(nn.Module):
    """x[:, indices]."""

    index: Tensor

    def __init__(self, indices: Sequence[int]) -> None:
        super().__init__()
        self.indices = tuple(indices)
        self.register_buffer("index", torch.tensor(self.indices), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x.index_select(1, self.index)

    def extra_repr(self) -> str:
        return f"indices={self.indices}"


class RadialBasis(nn.Module):
    """(N, features) to minus the squared distances to `units` points of -1 and 1, by `seed`."""

    points: Tensor

    def __init__(self, features: int, units: int, seed: int = 0) -> None:
        super().__init__()
        self.features, self.units, self.seed = features, units, seed
        generator = torch.Generator().manual_seed(seed)
        signs = torch.randint(0, 2, (units, features), generator=generator)
        self.register_buffer("points", 2.0 * signs - 1.0, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return 2 * functional.linear(x, self.points) - (x * x).sum(1, keepdim=True) - self.features

    def extra_repr(self) -> str:
        return f"features={self.features}, units={self.units}, seed={self.seed}"


class ChannelShuffle(nn.Module):
    """Interleaves groups of channels."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(1, (self.groups, x.shape[1] // self.groups))
        return x.transpose(1, 2).flatten(1, 2)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class Scale(nn.Module):
    """x * weight + bias for each channel: parameters, or constants, not in the state dict.

    Constants are exact in float64: one number is Python's own, a list is a buffer of float64.
    """

    weight: Tensor | float
    bias: Tensor | float | None

    def __init__(
        self,
        shape: Sequence[int],
        value: float | Sequence[float],
        shift: float | Sequence[float] | None,
        learned: bool,
    ) -> None:
        super().__init__()
        for name, numbers in (("weight", value), ("bias", shift)):
            if numbers is None or (not learned and isinstance(numbers, int | float)):
                setattr(self, name, numbers)
                continue
            tensor = torch.tensor(numbers, dtype=torch.float32 if learned else torch.float64)
            tensor = tensor.expand(shape[0]).clone().view(shape[0], *(1 for _ in shape[1:]))
            if learned:
                self.register_parameter(name, nn.Parameter(tensor))
            else:
                self.register_buffer(name, tensor, persistent=False)
        self.learned = learned

    def forward(self, x: Tensor) -> Tensor:
        y = x * self._in(x, self.weight)
        if self.bias is not None:
            y = y + self._in(x, self.bias)
        return y.to(x.dtype)  # under autocast the weights are wider than x

    def _in(self, x: Tensor, numbers: Tensor | float) -> Tensor | float:
        return numbers.to(x.dtype) if isinstance(numbers, Tensor) and not self.learned else numbers


class Add(nn.Module):
    """Sum of the inputs."""

    def forward(self, *inputs: Tensor) -> Tensor:
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


class Multiply(nn.Module):
    """Product of the inputs."""

    def forward(self, *inputs: Tensor) -> Tensor:
        product = inputs[0]
        for x in inputs[1:]:
            product = product * x
        return product


class Mean(nn.Module):
    """Mean of the inputs; in training of a random part of them, drawn for each batch."""

    def __init__(self, drop: float = 0.0) -> None:
        super().__init__()
        self.drop = drop

    def forward(self, *inputs: Tensor) -> Tensor:
        if not self.training or self.drop == 0.0:
            total = inputs[0]
            for x in inputs[1:]:
                total = total + x
            return total / len(inputs)
        noise = torch.rand(len(inputs), device=inputs[0].device)
        kept = (noise >= self.drop) | (noise == noise.max())  # the largest always stays
        weights = kept.to(torch.float32) / kept.sum()
        total = inputs[0] * weights[0]
        for position in range(1, len(inputs)):
            total = total + inputs[position] * weights[position]
        return total

    def extra_repr(self) -> str:
        return f"drop={self.drop}"


class Concat(nn.Module):
    """Joins channels."""

    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, 1)


class Gate(nn.Module):
    """h * t + x * (1 - t)."""

    def forward(self, h: Tensor, t: Tensor, x: Tensor) -> Tensor:
        return h * t + x * (1 - t)
