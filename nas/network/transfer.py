"""Copying weights from another implementation of the same architecture, whatever its modules are called."""

import math
from collections import Counter
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nas.errors import UserError, shortened
from nas.network.in_place import AddInto
from nas.network.module import Network
from nas.network.stand_in import Layer, filled, hollow, own, seen, signature, sizes, watched

TOLERANCE = 1e-6  # of one scale; both networks compute in float64, where equal ones agree to about 1e-12
ATTEMPTS = 1000  # wrong turns while look-alike layers are told apart

Used = set[tuple[str, str]]  # the reference's layers and which of their tensors


class Fit(NamedTuple):
    """A layer of the reference that one of ours may stand for, and which of its tensors each of ours is."""

    layer: Layer
    keys: dict[str, str]


class MatchState(NamedTuple):
    """The run of our network before a step whose layer takes `fit`."""

    step: int
    values: list[Any]
    pairs: dict[str, Fit]
    fit: Fit | None


class _Misfit(Exception):
    """The two networks differ, given the choices so far."""


def transfer_weights(reference: nn.Module, model: Network) -> None:
    """Copy the parameters and buffers of another implementation of a network, whatever its modules are called.

    Auxiliary heads are copied where both have them: a head that only `model` has keeps its weights. See `counterparts`.

    Args:
        reference: the network to copy from, in evaluation or training mode; it stays as it is.
        model: the network to copy into, in place.

    Raises:
        UserError: the two do not compute the same; the layers are named.
    """
    mine, other = model.state_dict(), reference.state_dict()
    with torch.no_grad():
        for name, theirs in counterparts(reference, model).items():
            mine[name].copy_(other[theirs].reshape(mine[name].shape))


def counterparts(reference: nn.Module, model: Network) -> dict[str, str]:
    """For each entry of the state dict of `model` the one of `reference` that it stands for.

    Two layers correspond where type, sizes, stride, groups and dilation agree and both read the same values: `model`
    runs on an image that the reference has seen, and each of its layers takes its weights, as it is reached, from the
    earliest unused layer of the reference that fits. Where several fit and the wrong one was taken, a later layer finds
    none, and the choice is made again. A linear layer may stand for a 1x1 convolution, channels may be the second axis
    or the last, and a border may be padded or cut inside one network's layer and before the other's. Parameters that
    modules of other classes than torch's own (ConvNeXt's layer scale) correspond by size and order alone.

    All that happens on hollow copies in float64, whose layers draw weights while they run, so that no two tensors are
    alike by accident; both networks must then give the same outputs. Auxiliary heads are left out where `reference` has
    none. Both networks stay in their mode, and the global generator is left
    alone. Raises UserError, naming the layers, where the two are not the same network.
    """
    image = torch.randn(1, *model.graph.input, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    heads = bool(model.graph.auxiliary)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        theirs = hollow(reference, heads)
        try:
            with watched(theirs) as layers:
                expected = _outputs(theirs(image))
        except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            shape = "x".join(map(str, model.graph.input))
            what = f"the reference cannot run on an image of {shape}: {shortened(str(error))}"
            raise UserError("transfer_weights", what) from error
        pairs = _Search(layers, hollow(model, heads), expected).run(image)
    return {
        f"{name}.{key}": f"{layer.name}.{theirs}" if layer.name else theirs
        for name, (layer, keys) in pairs.items()
        for key, theirs in keys.items()
    }


class _Search:
    """Depth-first over the choices among look-alike layers. A wrong turn is resumed where it was taken."""

    def __init__(self, layers: list[Layer], ours: nn.Module, expected: list[Tensor]) -> None:
        assert isinstance(ours, Network)
        self.layers, self.expected = layers, expected
        self.steps, self.ends, self.slots = ours._training if len(expected) > 1 else ours._inference
        self.names = {id(module): name for name, module in ours.named_modules()}
        self.alike: dict[Any, list[Layer]] = {}
        for layer in layers:
            self.alike.setdefault(signature(layer.module), []).append(layer)
        self.untried: list[MatchState] = []

    def run(self, image: Tensor) -> dict[str, Fit]:
        """For each of our layers the one it stands for; raises UserError with the misfit that came last."""
        self.untried = [MatchState(0, [image] + [None] * (self.slots - 1), {}, None)]
        deepest: tuple[int, str] = (-1, "")
        for _ in range(ATTEMPTS):
            if not self.untried:
                break
            state = self.untried.pop()
            try:
                self._follow(state)
                return state.pairs
            except _Misfit as misfit:
                deepest = max(deepest, (len(state.pairs), str(misfit)), key=lambda attempt: attempt[0])
        raise UserError("transfer_weights", deepest[1])

    def _follow(self, state: MatchState) -> None:
        """Runs our network to its end; what else could have been taken on the way is left in `untried`."""
        values, pairs, forced = state.values, state.pairs, state.fit
        used = _used(pairs)
        for number in range(state.step, len(self.steps)):
            step = self.steps[number]
            module, inputs = step.parent[step.name], [values[i] for i in step.reads]
            if isinstance(module, AddInto) or getattr(module, "inplace", False):
                inputs = [x.clone() for x in inputs]  # other turns need them
            if own(module):
                name = self.names[id(module)]
                again = [pairs[name]] if name in pairs else []  # of a layer that runs several times
                fits = [forced] if forced else again or self._fits(name, module, inputs[0], used)
                forced = None
                self.untried += [MatchState(number, values[:], dict(pairs), other) for other in reversed(fits[1:])]
                pairs[name] = fits[0]
                used |= _used({name: fits[0]})
                drawn = fits[0].layer.drawn()
                weights = {k: drawn[v].reshape(own(module)[k].shape) for k, v in fits[0].keys.items()}
                with filled(module, weights):
                    values[step.write] = module(*inputs)
            else:
                values[step.write] = module(*inputs)
            for slot in step.frees:
                values[slot] = None
        self._judge(pairs, [values[end] for end in self.ends])

    def _fits(self, name: str, module: nn.Module, x: Tensor, used: Used) -> list[Fit]:
        """What a layer of ours may stand for: a layer that reads the same, or the same but for its border; else
        free parameters of its sizes."""
        read, tensors = seen(module, x), own(module)
        total = float(read.sum())
        every = self.alike.get(signature(module), []) if signature(module) else []
        alike = [layer for layer in every if not any((layer.name, key) in used for key in tensors)]
        fits = [layer for layer in alike if _same(layer, read, total)]
        fits = fits or [layer for layer in alike if _within(layer, read)]
        if fits:
            return [Fit(layer, {key: key for key in own(layer.module) if key in tensors}) for layer in fits]
        free = [
            Fit(layer, dict(zip(tensors, keys, strict=True)))
            for layer in self.alike.get(None, [])
            for keys in _windows(list(own(layer.module)), len(tensors))
            if not any((layer.name, key) in used for key in keys)
            and all(sizes(own(layer.module)[key]) == sizes(t) for key, t in zip(keys, tensors.values(), strict=True))
        ]
        if not free:
            runs = Counter(layer.name for layer in self.layers)
            again = [layer.name for layer in every if runs[layer.name] > 1 and _same(layer, read, total)]
            if again:
                what = f"layer '{name}' {module} of the network would share the weights of another"
                raise _Misfit(f"{what}: in the reference, '{again[0]}' runs more than once")
            raise _Misfit(self._lacking(name, module, alike, used))
        return sorted(free, key=lambda fit: not _same(fit.layer, read, total))

    def _judge(self, pairs: dict[str, Fit], outputs: list[Tensor]) -> None:
        """Nothing of the reference is left over, and both networks say the same."""
        used = _used(pairs)
        for number, layer in enumerate(self.layers):
            if not all((layer.name, key) in used for key in own(layer.module)):
                ours = {fit.layer.name: name for name, fit in pairs.items()}
                before = [ours[earlier.name] for earlier in self.layers[:number] if earlier.name in ours]
                place = f" (it was expected after '{before[-1]}')" if before else ""
                raise _Misfit(f"layer {layer} of the reference has no counterpart in the network{place}")
        error = max([_error(outputs[0], self.expected[:1]), *(_error(x, self.expected[1:]) for x in outputs[1:])])
        if not error <= TOLERANCE:
            what = f"all layers correspond, but the outputs differ by {error:.1g} of the largest"
            raise _Misfit(f"{what}; the networks differ in operations without weights")

    def _lacking(self, name: str, module: nn.Module, alike: list[Layer], used: Used) -> str:
        """Why a layer of ours has no counterpart."""
        what = f"layer '{name}' {module} of the network has no counterpart in the reference; "
        left = [layer for layer in self.layers if not all((layer.name, key) in used for key in own(layer.module))]
        if not left:
            return what + "all of its layers are used"
        if alike and alike[0].name == left[0].name:
            return what + f"the next unused one, {left[0]}, reads other values: what runs before it differs"
        other = f" ('{alike[0].name}' is alike but reads other values)" if alike else ""
        return what + f"the next unused one is {left[0]}{other}"


def _windows(keys: list[str], length: int) -> list[list[str]]:
    return [keys[start : start + length] for start in range(len(keys) - length + 1)]


def _used(pairs: dict[str, Fit]) -> Used:
    return {(fit.layer.name, key) for fit in pairs.values() for key in fit.keys.values()}


def _same(theirs: Layer, read: Tensor, total: float) -> bool:
    """Whether a layer of theirs read these values, whose sum is `total`."""
    if theirs.seen is None or theirs.seen.shape != read.shape:
        return False
    if abs(theirs.total - total) > TOLERANCE * theirs.scale * len(read):  # soon said of most of a thousand layers
        return False
    return bool((theirs.seen - read).abs().max() <= TOLERANCE * theirs.scale)


def _within(theirs: Layer, read: Tensor) -> bool:
    """Whether a layer of theirs read these values but for a border: all positions of one are found in the other.

    Not where the other has three times as many or more, as a map has of those that a stride of 2 leaves.
    """
    if theirs.seen is None:
        return False
    limit = TOLERANCE * theirs.scale
    small, large = sorted((x[x.abs() > limit] for x in (theirs.seen, read)), key=len)  # without zeros
    if 3 * len(small) <= len(large):
        return False
    large = large.sort().values
    after = torch.searchsorted(large, small).clamp(max=len(large) - 1)
    nearest = torch.minimum((large[after] - small).abs(), (large[(after - 1).clamp(min=0)] - small).abs())
    return bool(nearest.max() <= limit)


def _error(got: Tensor, expected: list[Tensor]) -> float:
    """Largest error over largest value, against the nearest of what is expected (heads come in either order)."""
    fits = [wanted.reshape(got.shape) for wanted in expected if sizes(wanted) == sizes(got)]
    return min((float((got - wanted).abs().max() / wanted.abs().max()) for wanted in fits), default=math.inf)


def _outputs(result: Any) -> list[Tensor]:
    """The output, then those of auxiliary heads; torchvision returns named tuples, with None for absent heads."""
    if isinstance(result, Tensor):
        return [result]
    return [item for part in result if part is not None for item in (part if isinstance(part, list) else [part])]
