"""Which operation of a network it is that a format gets wrong or cannot express."""

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from nas.data.record import Record
from nas.errors import UserError, stops_pass
from nas.exports import reader
from nas.exports.compare import TOLERANCE, difference
from nas.exports.formats import FORMATS
from nas.exports.source import Source
from nas.graph.operation import Operation, Shape

SECONDS = 60.0  # after which none is named


class Alone(nn.Module):
    """One operation of a network; its inputs are the parts of one vector."""

    def __init__(self, module: nn.Module, shapes: Sequence[Shape]) -> None:
        super().__init__()
        self.module, self.shapes = module, tuple(shapes)

    def forward(self, x: Tensor) -> Tensor:
        parts = x.clone().split([math.prod(shape) for shape in self.shapes], 1)
        output: Tensor = self.module(
            *(part.unflatten(1, shape) for part, shape in zip(parts, self.shapes, strict=True))
        )
        return output


def culprit(source: Source, name: str) -> str:
    """` at PATH (operation argument=value)` for the first operation that fails alone in a format, or nothing."""
    from nas.network import Network

    model = source.model
    if not isinstance(model, Network):
        return ""
    graph, began = model.graph, time.monotonic()
    tried: set[tuple[Operation, tuple[Shape, ...]]] = set()
    for step in model._inference[0]:
        node = graph.nodes[step.node]
        shapes = tuple(graph.nodes[i].shape for i in node.inputs)
        if (node.op, shapes) in tried or time.monotonic() > began + SECONDS:
            continue
        tried.add((node.op, shapes))
        alone = Alone(step.parent[step.name], shapes).eval()
        size = sum(map(math.prod, shapes))
        if _fails(replace(source, model=alone, record=Record((size,)), genome=None, raw=False), name):
            told = " ".join([node.operation, *(f"{key}={value}" for key, value in node.arguments.items())])
            return f" at {node.path} ({told})"
    return ""


def _fails(source: Source, name: str) -> bool:
    x = torch.randn(3, *source.record.input, generator=torch.Generator().manual_seed(0))
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        try:
            with stops_pass():
                file = FORMATS[name](source, Path(folder))
                run = reader.runner(name, file, None)
                (theirs,) = reader.leaves(run(x.numpy() if name == "onnx" else x))
        except UserError:
            return False
        except Exception:  # noqa: BLE001 - whatever an exporter cannot express
            return True
    (ours,) = reader.leaves(source.model(x))
    return ours.shape != theirs.shape or not difference(ours, torch.as_tensor(theirs)) <= TOLERANCE
