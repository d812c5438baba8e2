"""SPOS: Guo et al. 2019, Single Path One-Shot Neural Architecture Search, arXiv:1904.00420. Section 3.2.

    repeat:
        a ~ U(A)                            a path, each of its answers drawn uniformly
        w <- w - lr * grad_w L_train(N(a, w))

Weights outside the path have no gradient in a step, so that neither momentum nor decay moves them; the authors' code
takes care of that too. The paper draws channels and blocks uniformly; the authors' code draws paths again until their
mult-adds fall into a bin: here `allowed` is asked of the candidates alone, so that a supernet serves other limits too.

The paper then searches by evolution over accuracies on the shared weights: that is any ask/tell searcher with the
evaluator `supernet`. What is derived here is the best of some random paths, section 3.3's baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn
from torch.optim import Optimizer

from nas.errors import UserError
from nas.oneshot.method import Batch
from nas.oneshot.paths import candidates, most_accurate, uniform
from nas.space import Genome

if TYPE_CHECKING:
    from nas.oneshot.training import Training


@dataclass
class Spos:
    """One uniform path a step.

    candidates: the random paths of which `derive` takes the most accurate.
    """

    candidates: int = 50
    modules: Mapping[str, nn.Module] = field(default_factory=dict, init=False)
    optimizers: Mapping[str, Optimizer] = field(default_factory=dict, init=False)

    relaxed: ClassVar[bool] = False
    recipe: ClassVar[Mapping[str, Any]] = {"weight_decay": 4e-5, "label_smoothing": 0.1, "final_learning_rate": 0.0}

    def __post_init__(self) -> None:
        if self.candidates < 1:
            raise UserError("searcher", f"candidates is {self.candidates}", "give at least 1")

    def begin(self, training: "Training") -> None:
        self.training = training

    def weights(self) -> dict[str, Tensor] | None:
        return None

    def step(self, train: Batch, valid: Batch) -> None:
        training = self.training
        training.descend(training.loss(train, genome=uniform(training, training.rng)))

    def derive(self) -> Genome:
        training = self.training
        return most_accurate(training, candidates(training, self.candidates, training.space.sample))
