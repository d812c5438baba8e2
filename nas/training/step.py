"""One step of training on one batch: what `fit` calls. `Supervised` is the usual one; others are made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nas.network.depthwise import FastBackward
from nas.tasks.criterion import Criterion
from nas.training import ranks
from nas.training.frozen import scales
from nas.training.optimizer import make_optimizer
from nas.training.precision import autocast
from nas.training.recipe import Recipe

WARM_UP = 3  # steps before a capture: lazy initialisation may not happen within one
MAIN = "optimizer"  # the one whose learning rate the schedule sets


class Step(Protocol):
    """Trains by a batch at each call, and sums up loss and hits on the device without waiting for it.

    optimizers: by name, kept in checkpoints; the schedule is that of `MAIN`. loss: the sum of the batches' losses since
    `reset`, float32; correct: of the images that were classified rightly, int64; 0 where a task knows no such thing.
    """

    optimizers: Mapping[str, Optimizer]
    loss: Tensor
    correct: Tensor

    def reset(self) -> None: ...

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        """images: float32 (N, C, H, W), normalised; labels: targets of the task (`nas.tasks`), as int64 (N,) or, where
        images are mixed, probabilities (N, classes). Random numbers come from torch's generator."""


Run = Callable[[Tensor, Tensor], None]  # how a Step is called
# Of a model, a recipe, a device, and the loss.
MakeStep = Callable[[nn.Module, Recipe, torch.device, Criterion], Step]


class Supervised:
    """Descends the loss of the output and, with the recipe's weight, of those of side heads.

    share: of several processes, what this one's batch weighs in the mean of their gradients; of one, 1.
    """

    def __init__(
        self, model: nn.Module, recipe: Recipe, device: torch.device, criterion: Criterion | None = None
    ) -> None:
        self.model, self.recipe, self.device, self.criterion = model, recipe, device, criterion or Criterion()
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = make_optimizer(self.parameters, recipe, device, scales(model, recipe))
        self.optimizers: Mapping[str, Optimizer] = {MAIN: optimizer}
        self.share: Tensor | float = 1.0
        self.loss = torch.zeros((), device=device)
        self.correct = torch.zeros((), dtype=torch.long, device=device)

    def reset(self) -> None:
        self.loss.zero_()
        self.correct.zero_()

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        output, auxiliary = self.forward(images)
        self.descend(self.objective(output, auxiliary, labels))
        if (hits := self.criterion.task.hits(output.detach(), labels)) is not None:
            self.correct += hits

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(the output, those of the side heads)."""
        with autocast(self.recipe, self.device):
            output = self.model(images)
        return output if isinstance(output, tuple) else (output, [])

    def objective(self, output: Tensor, auxiliary: list[Tensor], labels: Tensor) -> Tensor:
        """The mean loss over the batch, that of side heads with the recipe's weight. labels: the targets."""
        smoothing = self.recipe.label_smoothing
        loss = self.criterion(output, labels, smoothing)
        for side in auxiliary:
            loss = loss + self.recipe.auxiliary * self.criterion(side, labels, smoothing)
        return loss

    def descend(self, loss: Tensor) -> None:
        """One step of the optimizer along the gradients of `loss`, clipped as the recipe says."""
        optimizer = self.optimizers[MAIN]
        optimizer.zero_grad(set_to_none=True)
        loss = loss if ranks.count() == 1 else loss * self.share
        loss.backward()
        ranks.average_gradients(self.parameters)
        if self.recipe.gradient_clip:
            nn.utils.clip_grad_norm_(self.parameters, self.recipe.gradient_clip)
        optimizer.step()
        self.loss += loss.detach()


class FastStep:
    """A Step on a CPU: the depthwise convolutions of `model` take faster gradients in it, and are as before outside."""

    def __init__(self, step: Step, model: nn.Module) -> None:
        self.step, self.fast = step, FastBackward(model)

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        with self.fast:
            self.step(images, labels)


class GraphedStep:
    """A Step replayed as a CUDA graph: one launch instead of thousands, for networks whose kernels are short.

    All batches must have one shape. The first calls are ordinary steps on a side stream, as a capture needs.
    """

    def __init__(self, step: Step, device: torch.device) -> None:
        self.step, self.device, self.calls = step, device, 0
        self.graph = torch.cuda.CUDAGraph()
        self.stream = torch.cuda.Stream(device)
        self.images: Tensor | None = None
        self.labels: Tensor | None = None

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        self.calls += 1
        if self.calls <= WARM_UP:
            self.stream.wait_stream(torch.cuda.current_stream(self.device))
            with torch.cuda.stream(self.stream):
                self.step(images, labels)
            torch.cuda.current_stream(self.device).wait_stream(self.stream)
            return
        if self.images is None or self.labels is None:
            self.images, self.labels = images.clone(memory_format=torch.preserve_format), labels.clone()
            for optimizer in self.step.optimizers.values():
                optimizer.zero_grad(set_to_none=True)  # so that gradients live in the graph's own memory
            with torch.cuda.graph(self.graph, stream=self.stream):  # records the step and does not run it
                self.step(self.images, self.labels)
        self.images.copy_(images)
        self.labels.copy_(labels)
        self.graph.replay()
