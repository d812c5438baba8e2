"""The loss of networks that should cost little, in the two forms of ProxylessNAS' authors' code.

CE is the cross entropy, E the expected cost at the answers' probabilities:

    add         CE + weight * (E - target) / target                     for other hardware than phones
    multiply    0.2 * CE * (log E / log target) ^ exponent              for phones, theirs by default
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from nas.errors import UserError
from nas.oneshot.expected_cost import ExpectedCost

FACTOR = 0.2
FORMS = ("add", "multiply")


@dataclass(frozen=True)
class Form:
    """One of FORMS, with the weight of `add` and the exponent of `multiply`."""

    name: str
    weight: float
    exponent: float


class CostLoss(nn.Module):
    """A function of the cross entropy and the probabilities.

    target: a buffer, as what a cost that was measured begins with is known once.
    """

    target: Tensor

    def __init__(self, expected: ExpectedCost, form: Form, target: Tensor) -> None:
        """Raises UserError where the target, or about the cheapest network, has no logarithm above 0 and needs one."""
        super().__init__()
        self.expected, self.form = expected, form
        self.register_buffer("target", target.detach().cpu().double())
        if form.name == "multiply":
            for what, cost in (("cost_target", self.target), ("the cheapest network's", self._least())):
                if cost <= 1:
                    problem = f"cost_form is 'multiply', whose costs have to be above 1, and {what} is {cost:.3g}"
                    raise UserError("searcher", problem, "give cost_form=add")

    def forward(self, loss: Tensor, probabilities: Mapping[str, Tensor]) -> Tensor:
        cost = self.expected(probabilities)
        if self.form.name == "add":
            return loss + self.form.weight * (cost - self.target) / self.target
        return FACTOR * loss * (cost.log() / self.target.log()) ** self.form.exponent

    def _least(self) -> Tensor:
        """About the cost of the cheapest network: of the answers that are cheapest among equally probable others."""
        sizes = {path: len(choice.answers) for path, choice in self.expected.choices.items() if not choice.sets}
        equal = {path: torch.full((size,), 1 / size, requires_grad=True) for path, size in sizes.items()}
        total = self.expected(equal) + sum(share.sum() for share in equal.values()) - len(equal)  # so that all are in
        slopes = torch.autograd.grad(total, list(equal.values()))
        best = {path: one_hot(g.argmin(), len(g)) for path, g in zip(equal, slopes, strict=True)}
        return self.expected(best)
