"""Operations of a user's own: a torch module, whose shapes and costs are what it does on meta tensors."""

import inspect
from collections.abc import Hashable
from dataclasses import MISSING, field, make_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import ShapeError, UserError, shortened
from nas.graph.operation import Drawn, Operation, Shape

if TYPE_CHECKING:
    from torch import nn

TOLD = ("in_channels", "shape")  # arguments that are of the input: its channels, and its whole shape without the batch
LEFT_OUT = ("device", "dtype")
BATCH = 2


class OwnOperation(Operation):
    """Of `given`, a class of torch modules: its constructor's arguments are those of the operation, but for TOLD."""

    drawn: ClassVar[Drawn] = "plain"
    given: ClassVar[type]
    told: ClassVar[tuple[str, ...]] = ()

    def shape(self, *inputs: Shape) -> Shape:
        return _measured(self, inputs[0])[0]

    def parameters(self, *inputs: Shape) -> int:
        return _measured(self, inputs[0])[1]

    def mult_adds(self, *inputs: Shape) -> int:
        return _measured(self, inputs[0])[2]

    def module(self, *inputs: Shape) -> "nn.Module":
        """New weights that the module draws itself are always the same; its convolutions are drawn as all others."""
        import torch

        with torch.random.fork_rng(devices=[]), torch._C.DisableTorchFunction():
            torch.default_generator.manual_seed(0)
            return self.made(inputs[0])

    def made(self, shape: Shape) -> "nn.Module":
        about = {"in_channels": shape[0], "shape": shape}
        module: nn.Module = self.given(**self.arguments, **{name: about[name] for name in self.told})
        return module


def own_operation(name: str, given: type) -> type[OwnOperation]:
    """The operation of this name for a class of torch modules. Raises UserError for what cannot be one."""
    from torch import nn

    origin = origin_of(given)
    if not (isinstance(given, type) and issubclass(given, nn.Module)):
        raise UserError(f"operation {name}", f"{origin} is no class of torch.nn.Module", "make it one")
    fields: list[Any] = []
    told: list[str] = []
    for argument, parameter in inspect.signature(given).parameters.items():
        if argument in TOLD:
            told.append(argument)
        elif parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) and argument not in LEFT_OUT:
            usual = parameter.default
            if not isinstance(usual, Hashable):
                what = f"argument {argument} of {origin} has the default {shortened(repr(usual))}"
                raise UserError(f"operation {name}", what, "give it a number, a word, a tuple or None")
            default = MISSING if usual is parameter.empty else usual
            fields.append((argument, Any, field(default=default, kw_only=True)))
    roles = {"name": name, "origin": origin, "given": given, "told": tuple(told), "__module__": __name__}
    roles["channels_of_input"] = any(argument == "channels" for argument, *_ in fields)
    return make_dataclass(given.__name__, fields, bases=(OwnOperation,), frozen=True, namespace=roles)


def origin_of(given: Any) -> str:
    """Where a class is imported from: `package.module:Class`."""
    return f"{getattr(given, '__module__', '?')}:{getattr(given, '__qualname__', shortened(repr(given)))}"


@lru_cache(maxsize=4096)
def _measured(op: OwnOperation, shape: Shape) -> tuple[Shape, int, int]:
    """Shape, parameters and mult-adds. Raises ShapeError with what the module says, whatever that is."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"), torch.no_grad():
            module = op.made(shape).eval()
            with FlopCounterMode(display=False) as counter:
                out: Any = module(torch.empty(BATCH, *shape))
    except Exception as error:  # a user's code may raise anything
        raise ShapeError(f"{op.origin} cannot run: {type(error).__name__}: {shortened(str(error))}") from error
    if not isinstance(out, torch.Tensor) or out.ndim < 2 or out.shape[0] != BATCH:
        gives = f"a tensor of {tuple(out.shape)}" if isinstance(out, torch.Tensor) else type(out).__name__
        raise ShapeError(f"{op.origin} gives {gives} for a batch of {BATCH}, expected ({BATCH}, channels, ...)")
    parameters = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
    return tuple(out.shape[1:]), parameters, counter.get_total_flops() // (2 * BATCH)
