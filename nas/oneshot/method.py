"""What a one-shot method is: one paper, one file. `nas.oneshot.training` runs it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nas.errors import UserError, did_you_mean
from nas.space import Genome

if TYPE_CHECKING:
    from nas.oneshot.training import Training


class Batch(NamedTuple):
    """images: float32 (N, C, H, W), normalised; labels: int64 (N,)."""

    images: Tensor
    labels: Tensor


class Method(Protocol):
    """Searches by training a supernet. Its attributes are the paper's settings, with the paper's values as defaults.

    relaxed: whether the document is read as a supernet; methods of single paths take the networks as they will be.
    recipe: the settings of the weights' training that the paper has otherwise than `nas.oneshot.training.RECIPE`.
    modules, optimizers: what it learns besides the weights, by name, for the checkpoint; empty before `begin`.

    One without `weights` whose passes are not all of random paths may have `largest_pass(rng)`: (answers, whether they
    have weights) of one that keeps most, for `nas.oneshot.preflight`.
    """

    relaxed: ClassVar[bool]
    recipe: ClassVar[Mapping[str, Any]]
    modules: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]

    def begin(self, training: "Training") -> None:
        """Makes what it learns for the supernet of `training`. Raises UserError where the space is not for it."""

    def step(self, train: Batch, valid: Batch) -> None:
        """One turn of the algorithm's loop. Random numbers come from `training.rng` and torch's generator."""

    def derive(self) -> Genome:
        """The architecture by the paper's rule, after the last update."""

    def weights(self) -> dict[str, Tensor] | None:
        """The answers' weights by the choices' paths, as an evaluation takes them; None: it has none."""


def strengths(method: Method) -> dict[str, list[float]]:
    """The answers' strengths by the choices' paths, where a method has a `strengths` by which it derives."""
    own = getattr(method, "strengths", None)
    if own is None:
        return {}
    with torch.no_grad():
        return {path: strength.tolist() for path, strength in own().items()}


def distributions(method: Method, shares: Iterable[Sequence[float]]) -> list[list[float]]:
    """How decided a method is: its own `distributions`, else the shares of each choice's answers, brought to sum 1."""
    own = getattr(method, "distributions", None)
    if own is not None:
        found: list[list[float]] = own()
        return found
    totals = [(share, sum(share)) for share in shares if len(share) > 1 and sum(share) > 0]
    return [[each / total for each in share] for share, total in totals]


def check_word(option: str, value: str, words: Sequence[str]) -> None:
    """Raises UserError for a setting of a method that is none of `words`."""
    if value not in words:
        raise UserError("searcher", f"{option} is '{value}'", did_you_mean(value, words))
