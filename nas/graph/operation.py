"""What a primitive operation is: its shape rule, its costs and its torch module, side by side in one class.

Adding a primitive is one frozen dataclass in `nas/graph/operations/`; its fields are its arguments. A shape has no
batch axis: `(channels, *spatial)` for a feature map, `(features,)` for a vector.
"""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]
# A box of this style or a plain one; or a word in the box of the layer beside it, the one that follows it rather than
# the one before it ("before"), or no word there ("unsaid").
Drawn = Literal["conv", "linear", "pool", "merge", "choice", "plain", "beside", "unsaid", "before"]


class Operation:
    """One operation with its arguments. Subclasses are frozen dataclasses, hence hashable and comparable.

    Its class attributes are its roles: what others ask instead of its name.
    """

    name: ClassVar[str]
    origin: ClassVar[str] = ""  # where its class is imported from, of one that a user has registered
    label: ClassVar[str] = ""  # how people write the name, where not simply with spaces
    drawn: ClassVar[Drawn] = "beside"  # how a drawing shows it
    commutative: ClassVar[bool] = False  # the order of its inputs does not matter
    merges: ClassVar[bool] = False  # takes several inputs; all others take exactly one
    training_only: ClassVar[frozenset[str]] = frozenset()  # arguments that do not change the function at inference
    added: ClassVar[frozenset[str]] = frozenset()  # arguments that fingerprints name only where they are not as usual
    draws: ClassVar[bool] = False  # random in training: two of the same input differ
    inert: ClassVar[bool] = False  # passes its input on unchanged at inference
    neutral_alone: ClassVar[bool] = False  # of a single input it is that input
    activation: ClassVar[bool] = False  # bends each number by itself
    gate: ClassVar[bool] = False  # an activation that gives factors from 0 to 1
    norm: ClassVar[bool] = False  # normalises
    covers_map: ClassVar[bool] = False  # its windows are the whole map, however large that is
    view: ClassVar[bool] = False  # its output shares memory with its input
    overwrites: ClassVar[bool] = False  # may write over its input: its gradient needs no more than its output
    overwritable: ClassVar[bool] = False  # its output is new, and its gradient does not need it
    by_channel: ClassVar[bool] = False  # each channel of its output comes from that channel of its inputs alone
    channels_of_input: ClassVar[bool] = False  # its argument `channels`, left out, is the input's number

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
