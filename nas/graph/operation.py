"""What a primitive operation is: its shape rule, its costs and its torch module, side by side in one class.

Adding a primitive is one frozen dataclass in `nas/graph/operations/`; its fields are its arguments. A shape has no
batch axis: `(channels, *spatial)` for a feature map, `(features,)` for a vector.
"""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]


class Operation:
    """One operation with its arguments. Subclasses are frozen dataclasses, hence hashable and comparable."""

    name: ClassVar[str]
    commutative: ClassVar[bool] = False  # the order of its inputs does not matter
    merges: ClassVar[bool] = False  # takes any number of inputs; all others take exactly one
    training_only: ClassVar[frozenset[str]] = frozenset()  # arguments that do not change the function at inference
    inert: ClassVar[bool] = False  # passes its input on unchanged at inference

    def shape(self, *inputs: Shape) -> Shape:
        """Output shape; raises ShapeError where the inputs do not fit."""
        return inputs[0]

    def parameters(self, *inputs: Shape) -> int:
        """Number of trainable weights."""
        return 0

    def mult_adds(self, *inputs: Shape) -> int:
        """Multiply-adds of one image: convolutions and linear layers only, biases not counted."""
        return 0

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(extent, stride) of each spatial axis: how many positions an output spans (dilated), how far apart."""
        spatial = len(inputs[0]) - 1
        return (1,) * spatial, (1,) * spatial

    def module(self, *inputs: Shape) -> "nn.Module":
        """The torch module: takes batched inputs in order, `(N, *shape)` each."""
        raise TypeError(f"{self.name} has no module")

    def canonical(self, *inputs: Shape) -> "Operation":
        """The same function on these inputs with its defaults spelled out, so that two ways of writing it are equal."""
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments by name, as written in documents."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
