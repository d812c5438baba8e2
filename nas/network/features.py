"""What a network computes at a place within it: feature maps, as a module."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor, nn

from nas.errors import UserError, did_you_mean
from nas.network.calls import called, in_order

if TYPE_CHECKING:
    from nas.network.module import Network


class Features(nn.Module):
    """The part of a network that leads to one of its nodes: images (N, *input) to that node's output, (N, *shape)."""

    def __init__(self, network: "Network", node: int) -> None:
        super().__init__()
        self.network, self.shape = network, network.graph.nodes[node].shape
        self._calls = in_order(network.graph, network._homes, (node,))

    def forward(self, x: Tensor) -> Tensor:
        (output,) = called(*self._calls, x)
        return output


def nodes_at(model: "Network", path: str, others: Sequence[str] = ()) -> list[int]:
    """The nodes at a place in the document, or below it. Raises UserError where there is none.

    others: words that may stand in place of a path, for the error.
    """
    wanted = path.removeprefix("network.").replace("[", ".").replace("]", "")
    found = [n for n, name in enumerate(model.names) if wanted and (name == wanted or name.startswith(f"{wanted}."))]
    if not found:
        places = {".".join(name.split(".")[: wanted.count(".") + 1]): None for name in model.names[1:]}
        what = f"{model.graph.name} has no place of this name"
        raise UserError(f"part '{path}'", what, did_you_mean(path, [*places, *others]))
    return found


def leaving(model: "Network", path: str) -> int:
    """The node whose output leaves a place. Raises UserError where there is no such place, or not one output."""
    graph, at = model.graph, set(nodes_at(model, path))
    read = {i for n, node in enumerate(graph.nodes) if n not in at for i in node.inputs} | {graph.output}
    ends = sorted((at & read) - graph.training_nodes)
    if len(ends) != 1:
        what = f"{len(ends)} nodes of it are read elsewhere: {', '.join(model.names[n] for n in ends[:5]) or 'none'}"
        raise UserError(f"part '{path}'", what, "name one of them")
    return ends[0]
