"""Arguments between torch's calls and operations."""

from typing import Any

from torch import Tensor

from nas.graph.operation import Operation
from nas.graph.operations import OPERATIONS
from nas.graph.operations.arguments import Axes
from nas.imports.trace import Weight
from nas.imports.translate import Unknown


def make(name: str, **arguments: Any) -> Operation:
    """An operation with arguments."""
    return OPERATIONS[name](**arguments)


def own(weight: Weight | None, what: str = "weights") -> bool:
    """Whether there is one; raises Unknown for one that is made of others."""
    if weight is not None and weight.computed:
        raise Unknown(f"with {what} that are computed from others (as weight standardization does) has no operation")
    return weight is not None


def axes(values: Any) -> Axes:
    """A number for all axes where they agree."""
    values = tuple(values) if isinstance(values, list | tuple) else (values,)
    return int(values[0]) if len(set(values)) == 1 else values


def short(value: float) -> float:
    """A number in as few digits as float32 tells from others."""
    single = Tensor([value]).item()
    nearest = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return next((near for near in nearest if Tensor([near]).item() == single), value)
