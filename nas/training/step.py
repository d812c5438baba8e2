"""One optimizer step on one batch, eagerly or as a CUDA graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.training.optimizer import make_optimizer
from nas.training.precision import autocast
from nas.training.recipe import Recipe

WARM_UP = 3  # steps before a capture: lazy initialisation may not happen within one


class Step:
    """Trains `model` by a batch at each call, and sums up loss and hits on the device without waiting for it.

    weights: of the classes in the loss, float32 (classes,) on the device; None: all the same.
    """

    def __init__(self, model: nn.Module, recipe: Recipe, device: torch.device, weights: Tensor | None = None) -> None:
        self.model, self.recipe, self.device, self.weights = model, recipe, device, weights
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimizer = make_optimizer(self.parameters, recipe, device)
        self.loss = torch.zeros((), device=device)  # sums since `reset`
        self.correct = torch.zeros((), dtype=torch.long, device=device)

    def reset(self) -> None:
        self.loss.zero_()
        self.correct.zero_()

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        """images: float32 (N, C, H, W); labels: int64 (N,). With side heads a model gives (logits, [logits, ...])."""
        with autocast(self.recipe, self.device):
            output = self.model(images)
        logits, auxiliary = output if isinstance(output, tuple) else (output, [])
        loss = self._loss(logits, labels)
        for side in auxiliary:
            loss = loss + self.recipe.auxiliary * self._loss(side, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.recipe.gradient_clip:
            nn.utils.clip_grad_norm_(self.parameters, self.recipe.gradient_clip)
        self.optimizer.step()
        self.loss += loss.detach()
        self.correct += (logits.detach().argmax(1) == labels).sum()

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        smoothing = self.recipe.label_smoothing
        return functional.cross_entropy(logits.float(), labels, weight=self.weights, label_smoothing=smoothing)


class GraphedStep:
    """A Step replayed as a CUDA graph: one launch instead of thousands, for networks whose kernels are short.

    All batches must have one shape. The first calls are ordinary steps on a side stream, as a capture needs.
    """

    def __init__(self, step: Step) -> None:
        self.step, self.calls = step, 0
        self.graph = torch.cuda.CUDAGraph()
        self.stream = torch.cuda.Stream(step.device)
        self.images: Tensor | None = None
        self.labels: Tensor | None = None

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        self.calls += 1
        if self.calls <= WARM_UP:
            self.stream.wait_stream(torch.cuda.current_stream(self.step.device))
            with torch.cuda.stream(self.stream):
                self.step(images, labels)
            torch.cuda.current_stream(self.step.device).wait_stream(self.stream)
            return
        if self.images is None or self.labels is None:
            self.images, self.labels = images.clone(memory_format=torch.preserve_format), labels.clone()
            self.step.optimizer.zero_grad(set_to_none=True)  # so that gradients live in the graph's own memory
            with torch.cuda.graph(self.graph, stream=self.stream):  # records the step and does not run it
                self.step(self.images, self.labels)
        self.images.copy_(images)
        self.labels.copy_(labels)
        self.graph.replay()
