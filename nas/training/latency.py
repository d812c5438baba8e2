"""How long a network, or one operation, takes for a batch, measured on the device that runs it."""

import statistics
import time
from collections.abc import Sequence

import torch
from torch import nn

from nas.training.precision import autocast, place_model
from nas.training.recipe import Recipe

WARM, REPEATS, SECONDS = 5, 50, 2.0  # untimed runs; timed runs, and about how long these may take in all
LEAST = 5


def latency_ms(
    model: nn.Module, shapes: Sequence[tuple[int, ...]], recipe: Recipe, device: torch.device, batch: int = 1
) -> float:
    """The median, in milliseconds, of runs on `batch` images, after some that are not counted.

    shapes: of an image at each input: a network has one, a sum several.

    As in evaluation: no gradients, batch norms by their running statistics, the number and memory formats of `recipe`
    and the threads that this process uses. What else runs on the machine slows it: compare what was measured alike.
    """
    was = model.training
    place_model(model.eval(), recipe, device)
    inputs = [torch.zeros(batch, *shape, device=device) for shape in shapes]
    if recipe.channels_last:
        inputs = [x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x for x in inputs]
    times: list[float] = []
    with torch.inference_mode(), autocast(recipe, device):
        for _ in range(WARM):
            _timed(model, inputs)
        while len(times) < LEAST or (len(times) < REPEATS and sum(times) < SECONDS):
            times.append(_timed(model, inputs))
    model.train(was)
    return 1000 * statistics.median(times)


def _timed(model: nn.Module, inputs: Sequence[torch.Tensor]) -> float:
    """Seconds of one run, whose work is done when it returns: a GPU only queues it."""
    start = time.perf_counter()
    model(*inputs)
    if inputs[0].is_cuda:
        torch.cuda.synchronize(inputs[0].device)
    return time.perf_counter() - start
