"""Search by reinforcement learning: Zoph & Le 2016, arXiv:1611.01578, with REINFORCE (Williams 1992), equation 2.

    repeat:
        a_1 .. a_T <- the controller, one choice a step                                (ask)
        R  <- the accuracy of this architecture, to the third power
        theta <- theta + lr * sum_t grad log P(a_t | a_1 .. a_t-1; theta) (R - b)      (tell)
        b  <- an exponential moving average of the R so far

with Adam for the step, averaged over a batch of m architectures, and the controller's entropy added with a small weight
(ENAS, Pham et al. 2018, arXiv:1802.03268). The gradient is taken when a result is told, of the policy as it is then:
the paper's replicas are as late. A failed evaluation has no R, and the worst would be a guess about a network that
perhaps only met a full disk: it teaches nothing.

The paper trains 12,800 networks with a learning rate of 6e-4, one of a hundred would never leave chance: see
`for_budget`. A controller that is sure of itself proposes what was tried already: each time that the loop refuses one
and asks again for the same trial, the policy is sampled a little flatter.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from nas.searchers.options import check_option
from nas.space import Genome, Space
from nas.types import Refused, Result, Trial

HALVED = 10  # refusals after which the logits are halved


class Reinforce:
    """learning_rate: Adam's. decay: of b. entropy: its weight. batch: m. power: of the accuracy in R.

    hidden, layers, spread: the LSTM's units, its layers (0: each choice has logits of its own), range of first weights.
    tanh_constant (0: none), temperature: of the logits. seed: of the first weights, the search's own
    where it is left out. Raises UserError for options out of range.
    """

    name = "reinforce"

    def __init__(
        self,
        space: Space,
        learning_rate: float = 6e-4,
        decay: float = 0.95,
        entropy: float = 1e-4,
        batch: int = 8,
        power: int = 3,
        hidden: int = 35,
        layers: int = 2,
        spread: float = 0.08,
        tanh_constant: float = 0,
        temperature: float = 1,
        seed: int = 0,
    ) -> None:
        self.decay, self.entropy, self.batch, self.power = decay, entropy, batch, power
        whole = {"batch": batch, "power": power, "hidden": hidden}
        for option, number in whole.items():
            check_option(self.name, option, number, int, least=1)
        check_option(self.name, "layers", layers, int, least=0)
        least = {"learning_rate": learning_rate, "entropy": entropy, "spread": spread, "tanh_constant": tanh_constant}
        for option, value in least.items():
            check_option(self.name, option, value, float, least=0)
        check_option(self.name, "decay", decay, float, least=0, below=1)
        check_option(self.name, "temperature", temperature, float, least=1e-6)
        check_option(self.name, "seed", seed, int)
        from nas.searchers.controller import Controller

        self.controller = Controller(space, hidden, layers, spread, learning_rate, tanh_constant, temperature, seed)
        self.b: float | None = None
        self.told: list[tuple[Genome, float]] = []  # (architecture, R - b) since the last step

    @staticmethod
    def for_budget(trials: int) -> dict[str, float]:
        """A step a result, at a rate that falls to the paper's with more trials; above 0.02 it settles early."""
        return {"learning_rate": min(0.02, max(6e-4, 2 / trials)), "batch": 1}

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        return self.controller.sample(rng, flatter=2 ** (len(refused) / HALVED))

    def tell(self, result: Result) -> None:
        if result.failed:
            return
        # An accuracy, or what another tool's study is of: an even power must not turn its sign.
        reward = math.copysign(abs(result.score) ** self.power, result.score)
        b = reward if self.b is None else self.b
        self.b = self.decay * b + (1 - self.decay) * reward
        self.told.append((result.trial.genome, reward - b))
        if len(self.told) == self.batch:
            self.learn()
            self.told.clear()

    def state(self) -> dict[str, Any]:
        """The moving average, the batch so far, and the controller's; see `types.Searcher`."""
        told = [[dict(genome.answers), advantage] for genome, advantage in self.told]
        return {"b": self.b, "told": told, **self.controller.state()}

    def load(self, state: Mapping[str, Any]) -> None:
        self.b = state["b"]
        self.told = [(self.controller.space.genome(answers), advantage) for answers, advantage in state["told"]]
        self.controller.load(state)

    def learn(self) -> None:
        """One step on the batch."""
        import torch

        gains = []
        for genome, advantage in self.told:
            log_probability, entropy = self.controller.log_probability(genome)
            gains.append(advantage * log_probability + self.entropy * entropy)
        self.controller.descend(-torch.stack(gains).mean())
