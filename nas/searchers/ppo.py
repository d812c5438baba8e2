"""Proximal policy optimization of the same controller, as NASNet was found: Zoph, Vasudevan, Shlens & Le 2018,
arXiv:1707.07012, appendix A, with the clipped objective of Schulman et al. 2017, arXiv:1707.06347, equation 7.

    repeat:
        a <- the controller, one choice a step; R <- its accuracy cubed                (ask)
        when m architectures have been told:                                           (tell)
            P_old(a) <- what the controller gives them now
            repeat `epochs` times:
                r = P(a) / P_old(a), A = R - b
                a step of Adam on the mean of min(r A, clip(r, 1 - epsilon, 1 + epsilon) A) + the entropy's weight * H

b is the moving average of the rewards before. P_old is of the controller at the batch's first step, not of the one that
proposed the architecture: that would not be known after a resume, and differs only by what came in between.
"""

from typing import TYPE_CHECKING

from nas.searchers.options import check_option
from nas.searchers.reinforce import Reinforce
from nas.space import Space

if TYPE_CHECKING:
    from torch import Tensor


class PPO(Reinforce):
    """batch: m. epochs: steps on each batch. clip: epsilon. The others are `Reinforce`'s.

    Learning rate, moving average, entropy and units are NASNet's; what its paper leaves out (batch, epochs, clip, range
    of first weights) is as usual, and the reward Zoph & Le's.

    Raises UserError for options out of range.
    """

    name = "ppo"

    def __init__(
        self,
        space: Space,
        learning_rate: float = 3.5e-4,
        decay: float = 0.95,
        entropy: float = 1e-5,
        batch: int = 20,
        epochs: int = 10,
        clip: float = 0.2,
        power: int = 3,
        hidden: int = 100,
        layers: int = 1,
        spread: float = 0.1,
        tanh_constant: float = 0,
        temperature: float = 1,
        seed: int = 0,
    ) -> None:
        network = (hidden, layers, spread, tanh_constant, temperature, seed)
        super().__init__(space, learning_rate, decay, entropy, batch, power, *network)
        check_option(self.name, "epochs", epochs, int, least=1)
        check_option(self.name, "clip", clip, float, least=0)
        self.epochs, self.clip = epochs, clip

    @staticmethod
    def for_budget(trials: int) -> dict[str, float]:
        """Small batches and a small controller, at a rate that falls to the paper's with more trials."""
        return {"learning_rate": min(0.01, max(3.5e-4, 1 / trials)), "batch": 5, "epochs": 4, "hidden": 35}

    def learn(self) -> None:
        """`epochs` steps on the batch."""
        import torch

        old: list[float] = []
        for _ in range(self.epochs):
            now = [self.controller.log_probability(genome) for genome, _ in self.told]
            old = old or [log_probability.item() for log_probability, _ in now]
            gains = [
                clipped(log_probability, before, advantage, self.clip) + self.entropy * entropy
                for (log_probability, entropy), before, (_, advantage) in zip(now, old, self.told, strict=True)
            ]
            self.controller.descend(-torch.stack(gains).mean())


def clipped(log_probability: "Tensor", old: float, advantage: float, epsilon: float) -> "Tensor":
    """min(r A, clip(r) A), the ratio r = exp(log_probability - old): no slope once r has gone far enough for A."""
    ratio = (log_probability - old).exp()
    return (ratio * advantage).minimum(ratio.clamp(1 - epsilon, 1 + epsilon) * advantage)
