"""Nodes that write their result over an input that nobody else needs: a tenth of a residual network's time on a CPU."""

from torch import Tensor, nn

from nas.graph.graph import Graph


class AddInto(nn.Module):
    """Sum of the inputs, written over the one at `into`: the first or second, whose order does not change the sum."""

    def __init__(self, into: int) -> None:
        super().__init__()
        self.into = into

    def forward(self, *inputs: Tensor) -> Tensor:
        total = inputs[self.into]
        for x in (inputs[1 - self.into], *inputs[2:]):
            total = total.add_(x) if total.dtype == x.dtype else total + x  # autocast mixes types
        return total

    def extra_repr(self) -> str:
        return f"into={self.into}"


def overwrites(graph: Graph) -> dict[int, int]:
    """Nodes that may write over an input, and which of their inputs that is."""
    readers = [0] * len(graph.nodes)
    for source in (i for node in graph.nodes for i in node.inputs):
        readers[source] += 1
    for end in (graph.output, *graph.auxiliary):
        readers[end] += 1
    into: dict[int, int] = {}
    for number, node in enumerate(graph.nodes):
        if node.op.overwrites and (len(node.inputs) > 1 or not node.op.merges):
            for position, source in reversed(list(enumerate(node.inputs[:2]))):
                if (
                    readers[source] == 1
                    and graph.nodes[source].op.overwritable
                    and graph.nodes[source].shape == node.shape
                ):
                    into[number] = position
    return into


def overwriting(module: nn.Module, position: int) -> nn.Module:
    """`module` so that it writes over its input at `position`."""
    if hasattr(module, "inplace"):
        module.inplace = True  # type: ignore[assignment]
        return module
    return AddInto(position)
