"""DARTS: Liu, Simonyan and Yang 2018, arXiv:1806.09055. Algorithm 1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nas.errors import UserError
from nas.oneshot.alphas import Alphas
from nas.oneshot.derive import strongest
from nas.oneshot.method import Batch, check_word
from nas.oneshot.perturbation import removed
from nas.oneshot.skips import check_skips, with_skips
from nas.oneshot.smooth import PERTURBATIONS, epsilon
from nas.oneshot.training import recipe_of
from nas.space import Genome
from nas.training.ranks import averaged
from nas.training.schedule import StepPlan

if TYPE_CHECKING:
    from nas.oneshot.training import Training

PAPER_IMAGES = 25_000  # half of CIFAR-10
FASTEST = 0.03  # alpha's learning rate in the shortest trainings


@dataclass
class Darts:
    """Every answer of every choice at once, weighted by a softmax over architecture parameters alpha.

    order: 1: the gradient of alpha at the weights w as they are (xi = 0); 2: at those after one more step of training.
    alpha_learning_rate: of alpha's Adam. 0: the paper's, `alpha_rate`; in a training of fewer steps than the paper's as
    many times larger, `FASTEST` at most, so that alpha can go as far.
    alpha_beta1, alpha_weight_decay: of alpha's Adam. alpha_scale: the deviation of its first values. epsilon: of the
    finite differences, divided by the gradient's norm. frozen_share: of the epochs, at the start, in which alpha stays
    as it is.

    Of other papers, for every method of the family:
    auxiliary_skip: mixtures have a skip connection besides, which fades (DARTS-, `nas.oneshot.skips`).
    perturb: "rs" or "adv": w is trained at shares that were moved at random, or to a higher loss (SmoothDARTS,
    `nas.oneshot.smooth`).
    derivation: "strongest": of the strongest answers; "perturbation": of those whose removal hurts most, at the end of
    the training (DARTS-PT, `nas.oneshot.perturbation`). tune_epochs: of the weights after each of its decisions.
    """

    order: int = 1
    alpha_learning_rate: float = 0.0
    alpha_beta1: float = 0.5
    alpha_weight_decay: float = 1e-3
    alpha_scale: float = 1e-3
    epsilon: float = 0.01
    frozen_share: float = 0.0
    auxiliary_skip: bool = False
    perturb: str = "none"
    derivation: str = "strongest"
    tune_epochs: int = 5
    modules: Mapping[str, nn.Module] = field(default_factory=dict, init=False)
    optimizers: Mapping[str, Optimizer] = field(default_factory=dict, init=False)

    relaxed: ClassVar[bool] = True
    alpha_rate: ClassVar[float] = 3e-4
    edges: ClassVar[bool] = False  # whether alphas weigh the edges of a set of sources, too
    recipe: ClassVar[Mapping[str, Any]] = {}

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise UserError("searcher", f"order is {self.order}", "give 1 or 2")
        check_word("perturb", self.perturb, ("none", *PERTURBATIONS))
        check_word("derivation", self.derivation, ("strongest", "perturbation"))

    def begin(self, training: "Training") -> None:
        training.net.check_mixed()
        if self.auxiliary_skip:
            check_skips(training.net.choices)
        self.training = training
        self.alphas = Alphas(training.net.choices, self.alpha_scale, training.seed, self.edges)
        self.alphas.to(training.device)
        betas, decay = (self.alpha_beta1, 0.999), self.alpha_weight_decay
        adam = torch.optim.Adam(self.alphas.parameters(), self.rate(training.steps), betas, weight_decay=decay)
        self.modules, self.optimizers = {"alphas": self.alphas}, {"alphas_adam": adam}

    def rate(self, steps: int) -> float:
        """Alpha's learning rate in a training of so many steps."""
        longer = StepPlan.of(recipe_of(self), PAPER_IMAGES).steps / steps
        return self.alpha_learning_rate or min(self.alpha_rate * max(1.0, longer), FASTEST)

    def weights(self) -> dict[str, Tensor] | None:
        return self.mixed(self.shares())

    def mixed(self, shares: dict[str, Tensor]) -> dict[str, Tensor]:
        """The weights in a pass: the shares, and what is there besides."""
        if not self.auxiliary_skip:
            return shares
        training = self.training
        return with_skips(shares, training.net.choices, 1 - training.epoch / training.epochs)

    def shares(self) -> dict[str, Tensor]:
        """Of the answers in a forward pass."""
        return self.alphas.softmax()

    def strengths(self) -> dict[str, Tensor]:
        """Of the answers, by which they are derived."""
        return self.shares()

    def step(self, train: Batch, valid: Batch) -> None:
        # 1. Update alpha by descending grad_alpha L_val(w - xi grad_w L_train(w, alpha), alpha)
        if self.training.epoch >= round(self.frozen_share * self.training.epochs):
            self.update_alphas(train, valid)
        # 2. Update w by descending grad_w L_train(w, alpha)
        self.training.descend(self.training_loss(train) if self.perturb == "none" else self.perturbed_loss(train))

    def training_loss(self, train: Batch) -> Tensor:
        return self.training.loss(train, self.weights())

    def perturbed_loss(self, train: Batch) -> Tensor:
        def loss(shares: dict[str, Tensor]) -> Tensor:
            return self.training.loss(train, self.mixed(shares))

        reach = epsilon(self.training.epoch, self.training.epochs)
        return loss(PERTURBATIONS[self.perturb](self.shares(), reach, loss))

    def validation_loss(self, valid: Batch) -> Tensor:
        return self.training.loss(valid, self.weights())

    def update_alphas(self, train: Batch, valid: Batch) -> None:
        gradients = self.unrolled(train, valid) if self.order == 2 else self.gradients(self.validation_loss(valid))
        for alpha, gradient in zip(self.alphas.parameters(), gradients, strict=True):
            alpha.grad = gradient
        self.optimizers["alphas_adam"].step()

    def gradients(self, loss: Tensor) -> list[Tensor]:
        """Of a loss by alpha alone."""
        alphas = list(self.alphas.parameters())
        return averaged(torch.autograd.grad(loss, alphas, allow_unused=True, materialize_grads=True))

    def unrolled(self, train: Batch, valid: Batch) -> list[Tensor]:
        """Equation 7: grad_alpha L_val(w', alpha) - xi (grad_alpha L_train(w+) - grad_alpha L_train(w-)) / 2 epsilon.

        w' is one step of SGD with momentum and weight decay ahead. By finite differences, equation 8.
        """
        training, (group,) = self.training, self.training.optimizer.param_groups
        weights, alphas = training.parameters, list(self.alphas.parameters())
        xi, momentum, decay = float(group["lr"]), group.get("momentum", 0.0), group["weight_decay"]

        loss = self.training_loss(train)
        ahead = averaged(torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True))
        before = [w.detach().clone() for w in weights]
        with torch.no_grad():
            for w, gradient in zip(weights, ahead, strict=True):
                buffer = training.optimizer.state[w].get("momentum_buffer")
                moved = gradient + decay * w
                w.sub_(xi * (moved if buffer is None else moved + momentum * buffer))
        loss = self.validation_loss(valid)
        both = averaged(torch.autograd.grad(loss, [*alphas, *weights], allow_unused=True, materialize_grads=True))
        of_alphas, of_weights = list(both[: len(alphas)]), both[len(alphas) :]
        epsilon = self.epsilon / float(torch.stack([g.norm() for g in of_weights]).norm())
        differences = []
        for sign in (1, -1):
            with torch.no_grad():
                for w, old, g in zip(weights, before, of_weights, strict=True):
                    w.copy_(old + sign * epsilon * g)
            differences.append(self.gradients(self.training_loss(train)))
        with torch.no_grad():
            for w, old in zip(weights, before, strict=True):
                w.copy_(old)
        return [g - xi * (plus - minus) / (2 * epsilon) for g, plus, minus in zip(of_alphas, *differences, strict=True)]

    def derive(self) -> Genome:
        training = self.training
        with torch.no_grad():
            strengths = self.strengths()
        if self.derivation == "perturbation" and training.ended:
            strengths = removed(training, strengths, self.tune_epochs)
        shares = {path: strength.tolist() for path, strength in strengths.items()}
        return strongest(training.space, training.net.choices, shares, training.allowed)
