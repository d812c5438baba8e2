"""FairNAS: Chu et al. 2019, arXiv:1907.01845. Algorithm 1, strict fairness.

    repeat:
        for each choice: a permutation of its m answers
        for k = 1 .. m:
            the model of the k-th answer of each permutation; add the gradients of its loss
        one step of w by the sum of the gradients

The authors published no code for the training. What the paper leaves open, for its choices are all met by every model
and have equally many answers:

- m is the largest number of answers. A choice with fewer is dealt its answers again when they are used up, so that in a
  step no answer is taken twice more often than another is.
- A choice that is met under another's answer alone is dealt its answers among the models of the step that meet it, each
  once before any twice. That is fair on average over steps, not within one.
- Sets of sources are dealt alike; they do not count for m, as there can be hundreds.
- Where a `where` rules out what is dealt, a model is dealt anew from what is left, and is a random one if that does not
  help: then alone an answer may be taken twice in a step.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nas.oneshot.method import Batch
from nas.oneshot.paths import runnable
from nas.oneshot.spos import Spos
from nas.space import Choice, Genome
from nas.space.oracles import Oracle

if TYPE_CHECKING:
    from nas.oneshot.training import Training

DEALS = 20  # of a model, before it is a random one


@dataclass
class Fairnas(Spos):
    """Each answer once a step; candidates: as in `Spos`. A step costs m of those."""

    def begin(self, training: "Training") -> None:
        super().begin(training)
        sizes = [len(choice.answers) for choice in training.net.choices.values() if not choice.sets]
        self.models = max(sizes, default=1)

    def step(self, train: Batch, valid: Batch) -> None:
        training = self.training
        for genome in self.deal(training.rng):
            training.backward(training.loss(train, genome=genome))
        training.apply_gradients()

    def deal(self, rng: random.Random) -> Iterator[Genome]:
        """The models of one step."""
        left: dict[str, list[Any]] = {}  # of each choice, what was not dealt since all were
        for _ in range(self.models):
            genome = runnable(
                self.training, lambda: self.training.space.answered(lambda: _dealt(left, rng), rng, DEALS)
            )
            for path, answer in genome.answers.items():
                if answer in left.get(path, ()):
                    left[path].remove(answer)
            yield genome


def _dealt(left: dict[str, list[Any]], rng: random.Random) -> Oracle:
    """Answers with one of those that are left; they stay until it is known that a genome comes of it."""

    def answer(choice: Choice) -> Any:
        if not (due := [answer for answer in left.get(choice.path, ()) if answer in choice.answers]):
            due = left[choice.path] = list(choice.answers)
        return rng.choice(due)

    return answer
