"""ProxylessNAS: Cai, Zhu and Han 2019, arXiv:1812.00332. Sections 3.2 and 3.3.

    repeat:
        w <- w - lr * grad_w L_train        along one path, each answer of which is drawn with p = softmax(alpha)
        every alpha_every steps, after the warm-up:
            draw two answers of each choice with p, and one of these to be active: its gate g is 1, the other's 0
            dL/dalpha_i = sum_j dL/dg_j p_j (delta_ij - p_i)    over the two, p among the two   (equation 4)
            a step of Adam; then the two alphas are shifted alike, so that the others' probabilities are what they were

dL/dg_j is the product of what answer j gives and the gradient of the output. Where networks should cost little, L has
the expected cost at p in it (equation 3), by one of the two forms of the authors' code (`nas.oneshot.cost_loss`); that
part of its gradient moves all alphas. Their code leaves alpha as it is where the active answer is the zero operation;
the paper does not, and neither do we. Alphas follow the images for architectures.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from nas.errors import UserError
from nas.oneshot.cost_loss import FORMS, CostLoss, Form
from nas.oneshot.darts import Darts
from nas.oneshot.expected_cost import PRICES, ExpectedCost
from nas.oneshot.latencies import Latencies
from nas.oneshot.method import Batch, check_word
from nas.training.ranks import averaged

if TYPE_CHECKING:
    from nas.oneshot.training import Training

LATENCY = "latency"


@dataclass
class Proxyless(Darts):
    """Binary gates: one path for w, two for alpha.

    alpha_every: the steps of w for one of alpha. frozen_share: the authors' 40 epochs of warm-up before 120.
    cost: "none", "mult_adds", "parameters" or "latency": what networks should cost little of. A latency is in
    milliseconds, the sum of those of the operations, each measured by itself (`nas.oneshot.latencies`).
    cost_form: "add" or "multiply" (`nas.oneshot.cost_loss`); the latter is for costs above 1. cost_weight: of the one,
    cost_exponent: of the other. cost_target: the cost at which it changes nothing; 0: that of the first alphas.
    latency_batch: images in the batch whose time is measured.
    """

    alpha_every: int = 5
    cost: str = "none"
    cost_form: str = "add"
    cost_weight: float = 0.1
    cost_exponent: float = 0.3
    cost_target: float = 0.0
    latency_batch: int = 1
    alpha_beta1: float = 0.0
    alpha_weight_decay: float = 0.0
    frozen_share: float = 0.25
    order: int = field(default=1, init=False)  # what is of mixtures, a path has not
    auxiliary_skip: bool = field(default=False, init=False)
    perturb: str = field(default="none", init=False)

    alpha_rate: ClassVar[float] = 1e-3
    recipe: ClassVar[Mapping[str, Any]] = {
        "epochs": 160,
        "batch_size": 256,
        "learning_rate": 0.05,
        "final_learning_rate": 0.0,
        "nesterov": True,
        "weight_decay": 4e-5,
        "label_smoothing": 0.1,
        "gradient_clip": 0.0,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        check_word("cost", self.cost, ("none", *PRICES, LATENCY))
        check_word("cost_form", self.cost_form, FORMS)
        least = {"alpha_every": 1, "latency_batch": 1, "cost_weight": 0, "cost_exponent": 0, "cost_target": 0}
        for name, number in least.items():
            if getattr(self, name) < number:
                raise UserError("searcher", f"{name} is {getattr(self, name)}", f"give at least {number}")

    def begin(self, training: "Training") -> None:
        super().begin(training)
        self.cost_loss = None if self.cost == "none" else self.with_cost()
        if self.cost_loss is not None:
            self.modules = {**self.modules, "cost": self.cost_loss}

    def with_cost(self) -> CostLoss:
        training = self.training
        latencies = Latencies(training.recipe, training.device, self.latency_batch)
        expected = ExpectedCost(training.space, latencies if self.cost == LATENCY else PRICES[self.cost])
        (costs,) = averaged(
            [expected.costs.to(training.device)]
        )  # each rank measures latencies, and all go by the mean
        expected.costs.copy_(costs)
        target = torch.tensor(self.cost_target, dtype=torch.float64) if self.cost_target else expected(self.shares())
        return CostLoss(expected, Form(self.cost_form, self.cost_weight, self.cost_exponent), target)

    def weights(self) -> None:
        """None: its supernet is a set of paths, not a mixture."""

    def step(self, train: Batch, valid: Batch) -> None:
        training = self.training
        training.descend(training.loss(train, genome=self.path()))
        warm = training.epoch >= round(self.frozen_share * training.epochs)
        if warm and (training.done + 1) % self.alpha_every == 0:
            self.update_alphas(train, valid)

    @torch.no_grad()
    def path(self) -> dict[str, Any]:
        """Answers drawn with p. Sets of sources stay whole."""
        drawn = {path: int(share.multinomial(1)) for path, share in self.shares().items()}
        return {path: self.training.net.choices[path].answers[position] for path, position in drawn.items()}

    def largest_pass(self, rng: random.Random) -> tuple[dict[str, Any], bool]:
        """One of alpha: two answers of each choice, with gates."""
        choices = self.training.net.choices
        return {path: frozenset(rng.sample(choices[path].answers, 2)) for path in self.alphas.paths}, True

    def update_alphas(self, train: Batch, valid: Batch) -> None:
        pairs = {path: two(share.detach()) for path, share in self.shares().items()}  # the active one first
        gates, both = dict[str, Tensor](), dict[str, Any]()
        for path, pair in pairs.items():
            choice = self.training.net.choices[path]
            both[path] = frozenset(choice.answers[position] for position in pair.tolist())
            gates[path] = torch.zeros(len(choice.answers), device=pair.device).index_fill(0, pair[0], 1.0)
            gates[path].requires_grad_()
        loss = self.training.loss(valid, gates, both)
        if self.cost_loss is not None:
            loss = self.cost_loss(loss, self.shares())
        alphas = list(self.alphas.parameters())
        learnt = [*gates.values(), *alphas]
        slopes = averaged(torch.autograd.grad(loss, learnt, allow_unused=True, materialize_grads=True))
        before = [alpha.detach().clone() for alpha in alphas]
        of_gates, of_costs = slopes[: len(gates)], slopes[len(gates) :]
        for alpha, pair, slope, cost in zip(alphas, pairs.values(), of_gates, of_costs, strict=True):
            p = alpha.detach()[pair].softmax(0)
            dg = slope[pair]
            alpha.grad = cost.index_add(0, pair, p * (dg - (dg * p).sum()))  # equation 4
        self.optimizers["alphas_adam"].step()
        with torch.no_grad():
            for alpha, old, pair in zip(alphas, before, pairs.values(), strict=True):
                alpha[pair] -= alpha[pair].logsumexp(0) - old[pair].logsumexp(0)


def two(probabilities: Tensor) -> Tensor:
    """Positions of two answers, drawn without replacement, the active one first: drawn by its share of their mass."""
    probabilities = probabilities.clamp_min(1e-20)
    pair = probabilities.multinomial(2)
    return pair if int(probabilities[pair].multinomial(1)) == 0 else pair.flip(0)
