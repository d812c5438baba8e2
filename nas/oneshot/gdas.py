"""GDAS: Dong and Yang 2019, arXiv:1910.04465. Section 3.2, with NAS-Bench-201's settings of the authors' code.

One path in each forward pass. The paper's straight-through estimator is the default: the output of the answer that is
taken is multiplied by its weight. The authors' code for NAS-Bench-201 adds the weights of the other answers, which are
0, to the feature map as bare numbers, so that the "gradient" of an answer that was not run is the sum of the map's
gradient, whatever its operation would have given; `gradient="legacy"` is that. For DARTS' space their code takes the
two best pairs of operation and edge into a node, maybe of one edge; we take the two best edges, as DARTS does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from nas.oneshot.darts import Darts
from nas.oneshot.method import Batch, check_word

if TYPE_CHECKING:
    from nas.oneshot.training import Training

TRIES = 20  # of a draw that is not finite


@dataclass
class Gdas(Darts):
    """A path is drawn by Gumbel's trick, with other draws for w than for alpha, and one for all cells.

    tau_start, tau_end: the temperature of the softmax in the first and the last epoch, linear between them.
    gradient: "straight_through", or "legacy".
    """

    tau_start: float = 10.0
    tau_end: float = 0.1
    gradient: str = "straight_through"
    order: int = field(default=1, init=False)  # what is of mixtures, a path has not
    auxiliary_skip: bool = field(default=False, init=False)
    perturb: str = field(default="none", init=False)

    recipe: ClassVar[Mapping[str, Any]] = {"epochs": 250, "nesterov": True, "weight_decay": 5e-4}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_word("gradient", self.gradient, ("straight_through", "legacy"))

    def begin(self, training: "Training") -> None:
        super().begin(training)
        training.net.adds_others = self.gradient == "legacy"

    def weights(self) -> None:
        """None: its supernet is a set of paths, not a mixture."""

    def training_loss(self, train: Batch) -> Tensor:
        return self.training.loss(train, *self.path())

    def validation_loss(self, valid: Batch) -> Tensor:
        return self.training.loss(valid, *self.path())

    def path(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Weights that are 1 for the answers of a path, and these answers. Sets of sources stay whole."""
        drawn = {path: hard_gumbel(alpha, self.tau()) for path, alpha in self.alphas.items()}
        choices = self.training.net.choices
        return drawn, {path: choices[path].answers[int(weights.argmax())] for path, weights in drawn.items()}

    def tau(self) -> float:
        share = self.training.epoch / max(1, self.training.epochs - 1)
        return self.tau_start + (self.tau_end - self.tau_start) * share


def hard_gumbel(alpha: Tensor, tau: float) -> Tensor:
    """One-hot draws along the last axis, whose gradient is that of softmax((log softmax(alpha) + g) / tau).

    g is Gumbel's noise (equations 4 to 6). Where it is infinite or gives NaN, it is drawn again.
    """
    for _ in range(TRIES):
        noise = -torch.empty_like(alpha).exponential_().log()
        soft = ((alpha.log_softmax(-1) + noise) / tau).softmax(-1)
        if bool(torch.isfinite(noise).all()) and bool(torch.isfinite(soft).all()):
            break
    hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
    return hard - soft.detach() + soft
