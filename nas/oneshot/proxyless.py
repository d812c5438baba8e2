"""ProxylessNAS: Cai, Zhu and Han 2019, arXiv:1812.00332. Sections 3.2 and 3.3.

    repeat:
        w <- w - lr * grad_w L_train        along one path, each answer of which is drawn with p = softmax(alpha)
        every alpha_every steps, after the warm-up:
            draw two answers of each choice with p, and one of these to be active: its gate g is 1, the other's 0
            dL/dalpha_i = sum_j dL/dg_j p_j (delta_ij - p_i)    over the two, p among the two   (equation 4)
            a step of Adam; then the two alphas are shifted alike, so that the others' probabilities are what they were

dL/dg_j is the product of what answer j gives and the gradient of the output. With a cost, L is the cross entropy plus
cost_weight * (E - target) / target, where E is the expected cost at p (equation 3): the form of the authors' code for
other hardware than phones, whose gradient moves all alphas. Their code leaves alpha as it is where the active answer
is the zero operation; the paper does not, and neither do we. Alphas follow the images for architectures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from nas.errors import UserError
from nas.oneshot.darts import Darts
from nas.oneshot.expected_cost import COSTS, ExpectedCost
from nas.oneshot.method import Batch, check_word

if TYPE_CHECKING:
    from nas.oneshot.training import Training


@dataclass
class Proxyless(Darts):
    """Binary gates: one path for w, two for alpha.

    alpha_every: the steps of w for one of alpha. frozen_share: the authors' 40 epochs of warm-up before 120.
    cost: "none", "mult_adds" or "parameters": what networks should cost little of. cost_weight: in the loss.
    cost_target: the cost at which it adds nothing; 0: that of the first alphas.
    """

    alpha_every: int = 5
    cost: str = "none"
    cost_weight: float = 0.1
    cost_target: float = 0.0
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
        check_word("cost", self.cost, ("none", *COSTS))
        if self.alpha_every < 1:
            raise UserError("searcher", f"alpha_every is {self.alpha_every}", "give at least 1")
        for name in ("cost_weight", "cost_target"):
            if getattr(self, name) < 0:
                raise UserError("searcher", f"{name} is {getattr(self, name)}", "give at least 0")

    def begin(self, training: "Training") -> None:
        super().begin(training)
        self.expected = None if self.cost == "none" else ExpectedCost(training.space, self.cost)
        if self.expected is not None:
            self.target = torch.tensor(self.cost_target or self.expected(self.shares()).item(), dtype=torch.float64)

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

    def update_alphas(self, train: Batch, valid: Batch) -> None:
        pairs = {path: two(share.detach()) for path, share in self.shares().items()}  # the active one first
        gates, both = dict[str, Tensor](), dict[str, Any]()
        for path, pair in pairs.items():
            choice = self.training.net.choices[path]
            both[path] = frozenset(choice.answers[position] for position in pair.tolist())
            gates[path] = torch.zeros(len(choice.answers), device=pair.device).index_fill(0, pair[0], 1.0)
            gates[path].requires_grad_()
        loss = self.training.loss(valid, gates, both)
        slopes = torch.autograd.grad(loss, list(gates.values()), allow_unused=True, materialize_grads=True)
        costs = [torch.zeros_like(alpha) for alpha in self.alphas.parameters()]
        if self.expected is not None:
            costs = self.gradients(self.cost_weight * (self.expected(self.shares()) - self.target) / self.target)
        before = [alpha.detach().clone() for alpha in self.alphas.parameters()]
        for alpha, pair, slope, cost in zip(self.alphas.parameters(), pairs.values(), slopes, costs, strict=True):
            p = alpha.detach()[pair].softmax(0)
            dg = slope[pair]
            alpha.grad = cost.index_add(0, pair, p * (dg - (dg * p).sum()))  # equation 4
        self.optimizers["alphas_adam"].step()
        with torch.no_grad():
            for alpha, old, pair in zip(self.alphas.parameters(), before, pairs.values(), strict=True):
                alpha[pair] -= alpha[pair].logsumexp(0) - old[pair].logsumexp(0)


def two(probabilities: Tensor) -> Tensor:
    """Positions of two answers, drawn without replacement, the active one first: drawn by its share of their mass."""
    probabilities = probabilities.clamp_min(1e-20)
    pair = probabilities.multinomial(2)
    return pair if int(probabilities[pair].multinomial(1)) == 0 else pair.flip(0)
