"""How long each operation of a supernet takes by itself: the latencies of ProxylessNAS (arXiv:1812.00332, section 3.3).

They are measured as the evaluators' `latency_ms` of a network is, on the device that the supernet trains on.
"""

import torch

from nas.graph.operation import Operation, Shape
from nas.graph.operations.mixture import Held, Mixture, Slot
from nas.network.initialisation import initialise, undrawn
from nas.training.latency import latency_ms
from nas.training.recipe import Recipe

FREE = ("identity", "none")  # networks that run have neither


class Latencies:
    """Milliseconds of an operation on inputs of these shapes; equal ones are measured once."""

    def __init__(self, recipe: Recipe, device: torch.device, batch: int) -> None:
        """recipe: whose number and memory formats are taken. batch: images at a time."""
        self.recipe, self.device, self.batch = recipe, device, batch
        self.measured: dict[tuple[Operation, tuple[Shape, ...]], float] = {}

    def __call__(self, op: Operation, shapes: tuple[Shape, ...]) -> float:
        if isinstance(op, Mixture | Held | Slot) or op.inert or op.name in FREE or (op.merges and len(shapes) == 1):
            return 0.0
        alike = op.canonical(*shapes), shapes
        if alike not in self.measured:
            with undrawn():
                module = op.module(*shapes)
            initialise(module, 0)
            self.measured[alike] = latency_ms(module, shapes, self.recipe, self.device, self.batch)
        return self.measured[alike]
