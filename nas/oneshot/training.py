"""The one loop that trains supernets, whatever the method: it owns weights, batches, schedule and checkpoint."""

import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.data import Dataset
from nas.network.depthwise import FastBackward
from nas.network.supernet import Answers, Supernet, Weights
from nas.oneshot.epoch import Epoch, of_json
from nas.oneshot.images import Images, drawn
from nas.oneshot.method import Batch, Method, strengths
from nas.oneshot.ranks import own_part
from nas.oneshot.statistics import keep_statistics
from nas.oneshot.threads import step_size, trial_step
from nas.space import Genome, Space
from nas.training import ranks
from nas.training.checkpoint import load_checkpoint, save_checkpoint
from nas.training.loop import Diverged
from nas.training.memory import keep_freed_memory
from nas.training.optimizer import begin_momentum, make_optimizer, set_learning_rate
from nas.training.pace import Pace
from nas.training.precision import autocast, default_device, place_model, uses_bf16
from nas.training.recipe import Recipe
from nas.training.schedule import StepPlan
from nas.training.step import MAIN

EPOCH_BATCHES = 8  # by which accuracies are measured after each epoch
RECIPE = Recipe(  # DARTS, arXiv:1806.09055, appendix A.1.1
    epochs=50,
    batch_size=64,
    learning_rate=0.025,
    final_learning_rate=0.001,
    nesterov=False,
    weight_decay=3e-4,
    gradient_clip=5.0,
)


Told = Callable[[Epoch], bool]  # go on?


def recipe_of(method: Method) -> Recipe:
    """Of the weights' training, as the method's paper has it."""
    return RECIPE.replace(**method.recipe)


class Training:
    """A supernet under way.

    Under an initialised process group of torch.distributed it is data parallel (`nas.oneshot.ranks`): every process
    makes the same Training, on a device of its own, and the first writes the checkpoint.

    Attributes:
        net: the supernet. Its batch norms go by each batch's statistics and keep none.
        space, recipe, seed, device: what it was made with.
        done: steps so far; `steps` in all.
        epoch: the one under way, counted from 0.
        ended: whether the last step is done, so that the method derives for good.
        rng: Python's generator of the step under way; torch's own is seeded with it.
    """

    def __init__(
        self,
        space: Space,
        data: Dataset,
        method: Method,
        recipe: Recipe | None = None,
        seed: int = 0,
        *,
        share: float = 0.5,
        device: torch.device | str | None = None,
        threads: int | None = None,
        allowed: Callable[[Genome], bool] = lambda genome: True,
    ) -> None:
        """Args:
        space: what is searched.
        data: images of its input; the training set is cut in two, and the others are not looked at.
        method: the algorithm.
        recipe: of the weights' training; None: the method's.
        seed: of weights, order and draws.
        share: of the training images, for the weights; the rest chooses architectures.
        device: None: a GPU where there is one.
        threads: on a CPU; None: as many as are measured to be fastest.
        allowed: whether a genome may be derived, as limits say.

        Raises:
            UserError: the method cannot search this space.
        """
        recipe = recipe_of(method) if recipe is None else recipe
        self.device = torch.device(device) if device is not None else default_device()
        if self.device.type == "cpu":
            keep_freed_memory()
            recipe = recipe.replace(precision="fp32") if recipe.precision == "auto" else recipe
        self.recipe = recipe.replace(precision="bf16" if uses_bf16(recipe, self.device) else "fp32")
        if ranks.count() > 1 and threads is None:
            threads = 1  # measured, it might differ between the ranks, and their sums with it
        self.space, self.seed, self.threads, self.allowed = space, seed, threads, allowed
        self.images = Images(data, self.recipe, share, seed, self.device)
        self.plan = StepPlan.of(self.recipe, len(self.images.parts[0]))
        self.steps, self.done = self.plan.steps, 0
        self.net = Supernet(space, method.relaxed, seed)
        place_model(self.net, self.recipe, self.device)
        keep_statistics(self.net, False)
        self.parameters = list(self.net.parameters())
        self.optimizer = make_optimizer(self.parameters, self.recipe, self.device)
        begin_momentum(self.optimizer)
        self.pace: Pace | None = None
        self.pace_before: int | None = None  # threads of the training that this one goes on with
        self.ended = False
        self.rng = random.Random()
        self.curve: list[Epoch] = []
        self.loss_sum, self.losses = torch.zeros((), device=self.device), 0  # of the epoch's steps so far
        self.method = method
        method.begin(self)

    @property
    def epoch(self) -> int:
        return self.done // self.plan.per_epoch

    @property
    def epochs(self) -> int:
        return -(-self.steps // self.plan.per_epoch)

    @property
    def progress(self) -> float:
        """The share of the steps that are done."""
        return self.done / self.steps

    def logits(self, images: Tensor, weights: Weights | None = None, genome: Answers | None = None) -> Tensor:
        """float32 (N, classes)."""
        with autocast(self.recipe, self.device):
            out: Tensor = self.net(images, weights, genome)
        return out.float()

    def loss(self, batch: Batch, weights: Weights | None = None, genome: Answers | None = None) -> Tensor:
        """The mean cross entropy over a batch."""
        logits = self.logits(batch.images, weights, genome)
        return functional.cross_entropy(logits, batch.labels, label_smoothing=self.recipe.label_smoothing)

    def descend(self, *losses: Tensor) -> None:
        """One step of the weights along the gradients of the sum of `losses`; what took no part in it stays."""
        self.optimizer.zero_grad(set_to_none=True)
        for loss in losses:
            self.backward(loss)
        self.apply_gradients()

    def backward(self, loss: Tensor) -> None:
        """Adds the gradients of a loss to those that the weights have: of several, one graph is in memory at a time."""
        loss.backward()
        self.loss_sum += loss.detach()
        self.losses += 1

    def apply_gradients(self, clip_value: float = 0.0) -> None:
        """One step of the weights along the mean of the ranks' gradients, clipped as the recipe says.

        clip_value: what no number of it exceeds before that; 0: any.
        """
        ranks.average_gradients(self.parameters)
        if clip_value:
            nn.utils.clip_grad_value_(self.parameters, clip_value)
        if self.recipe.gradient_clip:
            nn.utils.clip_grad_norm_(self.parameters, self.recipe.gradient_clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    @torch.no_grad()
    def accuracy(
        self, weights: Weights | None = None, genome: Answers | None = None, batches: int | None = None
    ) -> float:
        """On the images for architectures, not augmented, batch norms by each batch's statistics.

        batches: only so many, of the same images each time; None: all.
        """
        chosen = [part for part in self.images.order.split(max(self.plan.batch, 128)) if len(part) > 1][:batches]
        right = total = 0
        for positions in chosen:
            images, labels = self.images.batch(1, positions, augmented=False)
            right += int((self.logits(images, weights, genome).argmax(1) == labels).sum())
            total += len(labels)
        return right / total

    def run(
        self,
        told: Told | None = None,
        checkpoint: Path | None = None,
        save_every: float = 60.0,
        over: Callable[[list[Epoch]], bool] | None = None,
    ) -> Genome:
        """Trains to the end and derives the genome.

        Args:
            told: called after each epoch; a False ends the training there.
            checkpoint: the file that holds its state: after each epoch, and every `save_every` seconds; a training
                whose file is there goes on from it, to the same end as an uninterrupted one.
            save_every: seconds.
            over: whether a curve is one after which it ends; also asked of that of the checkpoint.

        Raises:
            Diverged: the loss, or what was learned, became NaN or infinite.
            UserError: the checkpoint is of another training.
        """
        if checkpoint is not None and checkpoint.exists():
            self.load(checkpoint)
        self.ended, saved = False, time.monotonic()
        going = over is None or not over(self.curve)
        self.pace = pace = Pace(lambda: trial_step(self), step_size(self), self.device, self.threads, self.pace_before)
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []), pace:
            while self.done < self.steps and going:
                for chosen in self._batches():
                    pace.step(self.steps - self.done)
                    self._step(chosen)
                    ends = self.done % self.plan.per_epoch == 0 or self.done == self.steps  # saved once it is measured
                    if checkpoint is not None and not ends and time.monotonic() >= saved + save_every:
                        self.save(checkpoint)
                        saved = time.monotonic()
                pace.rest()
                going = self._ended(told) and (over is None or not over(self.curve))
                if checkpoint is not None:
                    self.save(checkpoint)
                    saved = time.monotonic()
            self.ended = True
            return self.method.derive()

    def _batches(self) -> list[Tensor]:
        """Positions of the images of each step that is left of the epoch under way."""
        generator = torch.Generator(self.device).manual_seed(drawn(f"{self.seed}/order/{self.epoch}"))
        first = self.epoch * self.plan.per_epoch
        return self.plan.batches(first, generator)[self.done - first :]

    def _step(self, chosen: Tensor) -> None:
        seed = drawn(f"{self.seed}/{self.done}")  # a step's own, so that the training goes on there
        self.rng.seed(seed)
        self.images.generator.manual_seed(seed)
        torch.manual_seed(seed)
        set_learning_rate(self.optimizer, self.plan.learning_rate(self.done))
        self.net.train()
        with FastBackward(self.net):
            train, valid = self.images.batch(0, chosen), self.images.batch(1, self.images.next_valid(self.done))
            self.method.step(own_part(train), own_part(valid))
        self.done += 1

    def _ended(self, told: Told | None) -> bool:
        """Measures at the end of an epoch; whether to go on."""
        epoch = -(-self.done // self.plan.per_epoch)
        loss = float(*ranks.averaged([self.loss_sum])) / max(1, self.losses)
        ranks.check_alike(self._models().values(), self.device)
        learned = (parameter for model in self._models().values() for parameter in model.parameters())
        if not math.isfinite(loss) or not all(bool(parameter.isfinite().all()) for parameter in learned):
            what = "weights are not finite" if math.isfinite(loss) else f"the loss is {loss}"
            raise Diverged(f"diverged in epoch {epoch}: {what}")
        metrics = {"train_loss": loss, "learning_rate": self.plan.learning_rate(self.done - 1)}
        self.loss_sum.zero_()
        self.losses = 0
        if (weights := self.method.weights()) is not None:
            metrics["supernet_accuracy"] = self.accuracy(weights, batches=EPOCH_BATCHES)
        genome = self.method.derive()
        metrics["valid_accuracy"] = self.accuracy(genome=genome, batches=EPOCH_BATCHES)
        shares = {path: [round(each, 4) for each in own] for path, own in strengths(self.method).items()}
        self.curve.append(Epoch(epoch, metrics, genome, shares))
        return told is None or told(self.curve[-1])

    def _identity(self) -> dict[str, Any]:
        method = {name: value for name, value in vars(self.method).items() if isinstance(value, int | float | str)}
        return {
            "recipe": self.recipe.to_json(),
            "seed": self.seed,
            "method": {"name": type(self.method).__name__, **method},
            "images": [len(part) for part in self.images.parts],
        }

    def _models(self) -> dict[str, nn.Module]:
        return {"net": self.net, **self.method.modules}

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {MAIN: self.optimizer, **self.method.optimizers}

    def save(self, path: Path) -> None:
        """Writes its state, for `load`."""
        if ranks.rank():
            return
        state = {**self._identity(), "done": self.done, "curve": [epoch.to_json() for epoch in self.curve]}
        threads = self.pace_before if self.pace is None else self.pace.count
        state |= {"loss": float(self.loss_sum), "losses": self.losses, "threads": threads}
        save_checkpoint(path, self._models(), self._optimizers(), state)

    def load(self, path: Path) -> None:
        """Takes up a state. Raises UserError where it is of another training."""
        state = load_checkpoint(path, self._models(), self._optimizers(), self._identity())
        self.done, self.losses, self.pace_before = state["done"], state["losses"], state["threads"]
        self.loss_sum.fill_(state["loss"])
        self.pace = None
        self.curve[:] = [of_json(self.space, point) for point in state["curve"]]
