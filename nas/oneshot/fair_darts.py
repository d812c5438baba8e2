"""Fair DARTS: Chu, Zhou, Zhang and Li 2020, arXiv:1911.12126. Sections 4.1 (sigmoids) and 4.2 (the zero-one loss).

The authors drop an edge whose best operation is below a threshold, which may leave a node without any. Here that is so
where the space lets an edge be missing (its operations have a `none`); elsewhere the strongest answers are taken.
`none` gets no part of the zero-one loss, as their operations lack it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from nas.oneshot.darts import Darts
from nas.oneshot.method import Batch


@dataclass
class FairDarts(Darts):
    """Each answer has a sigmoid of its own, so that none wins at another's cost; a loss pushes them to 0 or 1.

    zero_one_weight: of that loss. threshold: the sigmoid from which an edge is kept.
    """

    alpha_beta1: float = 0.9
    alpha_scale: float = 0.0
    zero_one_weight: float = 10.0
    threshold: float = 0.85
    perturb: str = field(default="none", init=False)  # sigmoids are on no simplex

    alpha_rate: ClassVar[float] = 3e-3
    recipe: ClassVar[Mapping[str, Any]] = {"learning_rate": 0.005, "batch_size": 128}

    def shares(self) -> dict[str, Tensor]:
        return {path: alpha.sigmoid() for path, alpha in self.alphas.items()}

    def validation_loss(self, valid: Batch) -> Tensor:
        return super().validation_loss(valid) + self.zero_one_weight * self.zero_one_loss()

    def zero_one_loss(self) -> Tensor:
        """Equation 7: - mean of (sigmoid(alpha) - 1/2)^2."""
        return -((self.real_shares() - 0.5) ** 2).mean()

    def real_shares(self) -> Tensor:
        """The sigmoids of all answers but `none`."""
        choices = self.training.net.choices
        real = [share[[answer != "none" for answer in choices[path].answers]] for path, share in self.shares().items()]
        return torch.cat(real)

    @torch.no_grad()
    def distributions(self) -> list[list[float]]:
        """Of what is decided: each answer is there or not, by itself."""
        return [[share, 1 - share] for share in self.real_shares().tolist()]

    def strengths(self) -> dict[str, Tensor]:
        strengths, choices = self.shares(), self.training.net.choices
        for path, strength in strengths.items():
            if "none" in choices[path].answers:  # it is the strongest where nothing else reaches the threshold
                strength[choices[path].answers.index("none")] = self.threshold
        return strengths
