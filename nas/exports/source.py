"""What is exported: a network ready for it, and all that is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nas.data.record import Record

if TYPE_CHECKING:
    from nas.data.preprocessing import Preprocessing
    from nas.graph.graph import Graph
    from nas.space import Genome


@dataclass(frozen=True)
class Source:
    """model: on the CPU, fp32, in evaluation mode. raw: the files of the formats that can shall take raw pixels.

    facts: what else is known of it, for people: how it was found, what it reached. data: of what it was trained on,
    arguments of `nas.data.load`. measured: what formats found out about their files, which they put there.
    formats: all that are written together.
    """

    model: nn.Module
    record: Record
    genome: "Genome | None" = None
    raw: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] | None = None
    measured: dict[str, dict[str, Any]] = field(default_factory=dict)
    formats: tuple[str, ...] = ()

    @property
    def whole(self) -> nn.Module:
        """The network, with the normalisation before it where pixels go in raw."""
        return (
            Raw(self.model, self.record.preprocessing).eval() if self.raw and self.record.preprocessing else self.model
        )

    @property
    def graph(self) -> "Graph":
        """Of a network that `nas.build` made."""
        graph: Graph = self.model.graph  # type: ignore[assignment]
        return graph

    @property
    def example(self) -> Tensor:
        return torch.zeros(2, *self.record.input)  # two: an exporter may take a size of one for a constant

    def metadata(self) -> dict[str, str]:
        """The record as texts, and what a file takes that may take either: see `Raw`."""
        return {**self.record.metadata(), "images": self.takes(self.raw)}

    def takes(self, raw: bool) -> str:
        """What goes in, in words."""
        signals = self.record.preprocessing is not None and self.record.preprocessing.noun == "signal"
        return (RAW_SIGNALS if raw else NORMALISED_SIGNALS) if signals else RAW if raw else NORMALISED


RAW, RAW_SIGNALS = "float32 pixels from 0 to 255", "float32 signals as they are"
NORMALISED = "float32, normalised: (pixels / 255 - mean) / std"
NORMALISED_SIGNALS = "float32, normalised: (signals - mean) / std"


class Raw(nn.Module):
    """A network that takes float32 pixels from 0 to 255, or signals as they are, of the right size and channels."""

    mean: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, preprocessing: "Preprocessing") -> None:
        super().__init__()
        self.network = network
        for name, numbers in (("mean", preprocessing.mean), ("std", preprocessing.std)):
            axes = (1,) * len(preprocessing.size)
            values = torch.tensor([preprocessing.unit * value for value in numbers]).view(-1, *axes)
            self.register_buffer("mean" if name == "mean" else "scale", values if name == "mean" else 1 / values)

    def forward(self, pixels: Tensor) -> Tensor:
        output: Tensor = self.network((pixels - self.mean) * self.scale)
        return output
