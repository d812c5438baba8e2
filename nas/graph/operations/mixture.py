"""The operations of a supernet alone: several answers of a choice at once, and what is there to some degree only.

Their weights come from outside, by the choice's path: a number for each of its answers. None has any of its own, and no
document can name them.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from nas.graph.operation import Operation

Use = tuple[tuple[str, Any], ...]  # choices by their paths, with an answer to each, that all have to be given


@dataclass(frozen=True)
class Mixture(Operation):
    """The sum of a choice's alternatives, one input each, every one times its answer's weight."""

    name: ClassVar[str] = "mixture"
    by_channel: ClassVar[bool] = True
    merges: ClassVar[bool] = True

    choice: str
    answers: tuple[Any, ...]


@dataclass(frozen=True)
class Held(Operation):
    """The input times the degree to which one of `uses` is given or, with `absent`, to which none is."""

    name: ClassVar[str] = "held"
    by_channel: ClassVar[bool] = True

    uses: tuple[Use, ...]
    absent: bool = False


@dataclass(frozen=True)
class Slot(Operation):
    """The input as part `number` of a concat that may lack parts: what reads the concat keeps a place for each."""

    name: ClassVar[str] = "slot"

    number: int
