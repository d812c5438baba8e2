"""beta-DARTS: Ye, Li, Li, Wang and Ouyang 2022, arXiv:2203.01665. Section 3.2 (Beta-Decay regularisation).

The authors published the code for NAS-Bench-201 alone; its weight rises from 0 to 50 over 100 epochs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from nas.oneshot.darts import Darts
from nas.oneshot.method import Batch


@dataclass
class BetaDarts(Darts):
    """DARTS whose softmax weights beta are kept from growing apart.

    beta_decay: the weight of the regularisation at the end; it rises linearly from 0, epoch by epoch.
    """

    beta_decay: float = 50.0

    recipe: ClassVar[Mapping[str, Any]] = {"epochs": 100}

    def validation_loss(self, valid: Batch) -> Tensor:
        weight = self.beta_decay * self.training.epoch / self.training.epochs
        return super().validation_loss(valid) + weight * self.regularisation()

    def regularisation(self) -> Tensor:
        """The mean over choices of log sum exp(alpha), the smooth maximum; its gradient is beta / choices."""
        return torch.stack([alpha.logsumexp(0) for _, alpha in self.alphas.items()]).mean()
