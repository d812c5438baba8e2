"""Architecture parameters: a vector for each open choice of a supernet, by the choice's path."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from nas.space.supernet import OpenChoice


class Alphas(nn.Module):
    """A number an answer of every choice between several.

    They are parameters, so that checkpoints hold them, but of a module of their own: neither the weights' optimizer nor
    its gradient clipping sees them.
    """

    def __init__(self, choices: Mapping[str, OpenChoice], scale: float, seed: int, edges: bool = False) -> None:
        """scale: the first values' deviation, drawn from `seed`; 0: all are 0. edges: sets of sources have some."""
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.paths = [path for path, choice in choices.items() if choice.is_open and (edges or not choice.sets)]
        sizes = [len(choices[path].answers) for path in self.paths]
        self.values = nn.ParameterList(scale * torch.randn(size, generator=generator) for size in sizes)

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """(path, alphas) of each choice."""
        return zip(self.paths, self.values, strict=True)

    def softmax(self) -> dict[str, Tensor]:
        """The answers' shares by path."""
        return {path: alpha.softmax(0) for path, alpha in self.items()}
