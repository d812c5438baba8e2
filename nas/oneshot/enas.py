"""ENAS: Pham et al. 2018, arXiv:1802.03268. Section 2.2, with the settings of the authors' code for CIFAR-10's cells.

    repeat, each epoch:
        for each minibatch of training images:
            m ~ pi(theta)                   a path that the controller draws
            w <- w - lr * grad_w L_train(N(m, w))
        controller_steps times:
            for controller_batch paths m ~ pi(theta):
                R <- the accuracy of N(m, w) on one validation minibatch + entropy * H(m)
                b <- decay * b + (1 - decay) * R
            theta <- Adam along the mean of grad_theta log pi(m; theta) (R - b)

The controller is that of `nas.searchers.controller`. Its phase is done within the last step of an epoch, so that a
training that is cut off goes on at one phase or the other and never in the midst of it. It draws minibatches of its
own, with the batch norms by the batch, as the authors do for cells. b begins at 0 and moves before it is used, and H
earns a reward but is not differentiated, as in their code; AutoDL-Projects differentiates H. The authors add a bias
for convolutions to the first cell's logits and restart the cosine of the learning rate: both are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nas.errors import UserError
from nas.oneshot.method import Batch
from nas.oneshot.paths import candidates, most_accurate, runnable
from nas.searchers.controller import HALVED, Controller
from nas.space import Genome

if TYPE_CHECKING:
    from nas.oneshot.training import Training


@dataclass
class Enas:
    """Paths drawn by a controller, which learns by REINFORCE from their accuracies on the shared weights.

    controller_learning_rate, hidden, spread, tanh_constant, temperature: of the controller and its Adam.
    controller_steps: of it after each epoch. controller_batch: the paths in each. entropy: its weight in the reward.
    decay: of the moving average of the rewards. candidates: the paths of which `derive` takes the most accurate.
    """

    controller_learning_rate: float = 3.5e-3
    controller_steps: int = 30
    controller_batch: int = 10
    entropy: float = 1e-4
    decay: float = 0.99
    hidden: int = 64
    spread: float = 0.1
    tanh_constant: float = 1.1
    temperature: float = 1.0
    candidates: int = 10
    modules: Mapping[str, nn.Module] = field(default_factory=dict, init=False)
    optimizers: Mapping[str, Optimizer] = field(default_factory=dict, init=False)

    relaxed: ClassVar[bool] = False
    recipe: ClassVar[Mapping[str, Any]] = {
        "epochs": 150,
        "batch_size": 160,
        "learning_rate": 0.05,
        "final_learning_rate": 0.0005,
        "nesterov": True,
        "weight_decay": 1e-4,
    }

    def __post_init__(self) -> None:
        for name in ("controller_steps", "controller_batch", "hidden", "candidates"):
            if getattr(self, name) < 1:
                raise UserError("searcher", f"{name} is {getattr(self, name)}", "give at least 1")
        if not 0 <= self.decay < 1:
            raise UserError("searcher", f"decay is {self.decay}", "give at least 0 and less than 1")
        if self.temperature <= 0:
            raise UserError("searcher", f"temperature is {self.temperature}", "give more than 0")

    def begin(self, training: "Training") -> None:
        self.training = training
        rates = (self.controller_learning_rate, self.tanh_constant, self.temperature)
        self.controller = Controller(training.space, self.hidden, 1, self.spread, *rates, seed=training.seed)
        self.policy = Policy(self.controller)
        self.modules = {"policy": self.policy}

    def weights(self) -> dict[str, Tensor] | None:
        return None

    def step(self, train: Batch, valid: Batch) -> None:
        training = self.training
        training.descend(training.loss(train, genome=self.draw()))
        done = training.done + 1
        if done % training.plan.per_epoch == 0 or done == training.steps:
            for _ in range(self.controller_steps):
                self.teach()

    def draw(self) -> Genome:
        training = self.training
        return runnable(training, lambda: self.controller.sample(training.rng))

    def teach(self) -> None:
        """One step of the controller."""
        losses, b = [], self.policy.baseline
        for _ in range(self.controller_batch):
            genome = self.draw()
            log_probability, entropy = self.controller.log_probability(genome)
            reward = self.reward(genome) + self.entropy * entropy.item()
            b += (1 - self.decay) * (reward - b)
            losses.append(-log_probability * (reward - b.item()))
        self.controller.descend(torch.stack(losses).mean())

    @torch.no_grad()
    def reward(self, genome: Genome) -> float:
        """The accuracy on one minibatch."""
        images = self.training.images
        batch = images.draw(1, images.size)
        right = self.training.logits(batch.images, genome=genome).argmax(1) == batch.labels
        return float(right.float().mean())

    def derive(self) -> Genome:
        """The most accurate of some of the controller's paths. It grows bolder where it repeats itself."""
        drawn = count(-self.candidates)
        flat = (2 ** (max(0, number) / HALVED) for number in drawn)
        paths = candidates(self.training, self.candidates, lambda rng: self.controller.sample(rng, next(flat)))
        return most_accurate(self.training, paths)


class Policy(nn.Module):
    """What the controller learnt, for the checkpoint: its weights, their Adam and the rewards' moving average.

    The weights that it has not yet moved are not among them: they are made when they are needed, and always the same.
    """

    baseline: Tensor

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.controller = controller
        self.register_buffer("baseline", torch.zeros((), dtype=torch.float64))

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination.update({prefix + name: tensor for name, tensor in self.controller.state().items()})

    def _load_from_state_dict(self, state: Mapping[str, Any], prefix: str, *about: Any) -> None:
        own = {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
        try:
            self.baseline.copy_(own["baseline"])
            self.controller.load(own)
        except KeyError as error:
            raise RuntimeError(f"the controller's {error} is not there") from error
