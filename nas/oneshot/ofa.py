"""Training of once-for-all supernets: the sandwich rule with in-place distillation, and progressive shrinking.

BigNAS (Yu et al. 2020, arXiv:2003.11142, section 3.1), with the numbers of AttentiveNAS' code (Wang et al. 2021,
arXiv:2011.09118), which publishes BigNAS' recipe:

    repeat:
        y <- the largest network's logits; add the gradients of its cross entropy with the labels
        for the smallest network and random_paths random ones:
            add the gradients of its cross entropy with softmax(y), y held fixed
        one step of w by the sum of the gradients, each number of which is clipped

progressive: answers open up one kind of choice after the other, as in Once-for-All (Cai et al. 2020, arXiv:1908.09791,
section 3.4): the largest network alone; then kernels, and what else leaves depth and channels as they are; depths;
widths. `nas.oneshot.extremes` tells them apart by what they change. Each stage is an equal share of the steps; the
authors train for 180, 120, 145 and 145 epochs. What was not opened stays at the largest network's answer, and the
smallest is the smallest of what is open. Of theirs we leave out the teacher that is trained beforehand (the largest is
taught all the time), the matrices between kernel sizes (a smaller kernel is the middle of a larger) and the sorting of
channels (a narrower layer has the first ones).

The authors use dropout in the largest network only, and no decay of biases and batch norms; here these are the
document's and the recipe's, whatever the network.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from torch.nn import functional

from nas.errors import UserError
from nas.oneshot.extremes import between, extreme, kinds_of_change
from nas.oneshot.method import Batch
from nas.oneshot.paths import runnable
from nas.oneshot.spos import Spos
from nas.space import Genome
from nas.space.oracles import replayed, sampled

if TYPE_CHECKING:
    from nas.oneshot.training import Training


@dataclass
class Ofa(Spos):
    """The largest, the smallest and some random networks in each step.

    random_paths: how many. clip_value: the largest number of a gradient, 0 for none. progressive: by stages.
    candidates: as in `Spos`.
    """

    random_paths: int = 2
    clip_value: float = 1.0
    progressive: bool = False

    recipe: ClassVar[Mapping[str, Any]] = {
        "epochs": 360,
        "learning_rate": 0.1,
        "final_learning_rate": 0.0,
        "nesterov": True,
        "weight_decay": 1e-5,
        "label_smoothing": 0.1,
        "gradient_clip": 0.0,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("random_paths", "clip_value"):
            if getattr(self, name) < 0:
                raise UserError("searcher", f"{name} is {getattr(self, name)}", "give at least 0")

    def begin(self, training: "Training") -> None:
        super().begin(training)
        self.largest, self.smallest = (extreme(training.space, largest) for largest in (True, False))
        kinds = kinds_of_change(training.space, self.largest, self.smallest) if self.progressive else {}
        order = sorted(set(kinds.values()))
        self.opens = {path: order.index(kind) + 1 for path, kind in kinds.items()}  # in which stage, the first is 0
        self.stages = len(order) + 1

    def step(self, train: Batch, valid: Batch) -> None:
        training = self.training
        largest, *others = self.sandwich(training.rng)
        logits = training.logits(train.images, genome=largest)
        smoothing = training.recipe.label_smoothing
        training.backward(functional.cross_entropy(logits, train.labels, label_smoothing=smoothing))
        taught = logits.detach().softmax(1)
        for genome in others:
            training.backward(functional.cross_entropy(training.logits(train.images, genome=genome), taught))
        training.apply_gradients(self.clip_value)

    def largest_pass(self, rng: random.Random) -> tuple[Genome, bool]:
        """The largest network, without weights of its answers."""
        return self.largest, False

    def sandwich(self, rng: random.Random) -> Iterator[Genome]:
        """The networks of one step: the largest, the smallest and the random ones, of what is open."""
        space, held = self.training.space, self.held()
        yield self.largest
        if self.stages > 1 and len(held) == len(self.opens):
            return
        yield between(space, {**self.smallest.answers, **held}, largest=False) or self.smallest
        for _ in range(self.random_paths):
            yield runnable(self.training, lambda: space.answered(lambda: replayed(held, sampled(rng)), rng))

    def held(self) -> dict[str, Any]:
        """The answers of the choices that are not open yet."""
        stage = int(self.training.progress * self.stages)
        return {path: self.largest.answers[path] for path, opened in self.opens.items() if opened > stage}
