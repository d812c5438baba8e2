"""DrNAS: Chen, Wang, Cheng, Tang and Hsieh 2021, arXiv:2006.10355. Section 3, in the bilevel loop of DARTS.

The paper adds the KL divergence from Dirichlet(1) to the loss of alpha (equation 6); its results come from the authors'
code, whose default is Adam's weight decay on alpha instead. We take the code's, as it is what was measured.
The network on the full channels is searched as on NAS-Bench-201, without the progressive growth of section 4. There the
authors move alpha from the first step; on DARTS' space they leave it for 10 of 25 epochs of a phase. We always do so:
while the weights are new, answers without weights are the better ones, and a short search would end with these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor
from torch.distributions import Dirichlet
from torch.nn.functional import elu

from nas.oneshot.darts import Darts


@dataclass
class Drnas(Darts):
    """The answers' weights are drawn anew in every forward pass, from a Dirichlet distribution on their simplex.

    Its concentration is beta = elu(alpha) + 1. The gradient flows through the draw (implicit reparameterisation), so
    that alpha learns where the loss is low on average, not at one point.
    """

    frozen_share: float = 0.4

    recipe: ClassVar[Mapping[str, Any]] = {"epochs": 100}

    def shares(self) -> dict[str, Tensor]:
        return {path: Dirichlet(elu(alpha) + 1, validate_args=False).rsample() for path, alpha in self.alphas.items()}

    def mean_weights(self) -> dict[str, Tensor]:
        """Of the distribution, for what is measured at one point."""
        betas = {path: elu(alpha) + 1 for path, alpha in self.alphas.items()}
        return self.mixed({path: beta / beta.sum() for path, beta in betas.items()})

    def strengths(self) -> dict[str, Tensor]:
        return self.alphas.softmax()  # in the order of the Dirichlet's means, beta / sum of beta
