"""Whether a supernet's step fits in memory, before its first epoch."""

import math
import random
from collections.abc import Iterator

import torch

from nas.errors import UserError
from nas.network.plan import Plan
from nas.oneshot.paths import uniform
from nas.oneshot.training import Training

BACKWARD = 1.3  # of the activations: gradients that live at once, and what allocators leave between
DRAWS = 8  # passes of which the largest counts


def check_memory(training: Training) -> None:
    """Raises UserError where a step would not fit in the memory that is free now."""
    needed, free = step_bytes(training), free_bytes(training.device)
    if free is not None and needed > free:
        batch = training.plan.batch
        fits = max(1, int(batch * free / needed))
        what = f"a step of the supernet takes about {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free"
        raise UserError(
            f"searcher on {training.device}", what, f"lower batch_size (now {batch}, {fits} fits) or channels"
        )


def step_bytes(training: Training) -> float:
    """What a step keeps: each operation's output for the batch, and four copies of the weights."""
    numbers = max(
        sum(math.prod(step.node.shape) for step in plan.steps if step.node.operation != "slot")
        for plan in _plans(training)
    )
    size = 2 if training.recipe.precision == "bf16" else 4
    parameters = sum(parameter.numel() for parameter in training.parameters)
    return BACKWARD * size * numbers * training.plan.batch + 4 * 4 * parameters


def _plans(training: Training) -> Iterator[Plan]:
    """Of what a step runs at once: everything, or some of what it may draw."""
    method, net, rng = training.method, training.net, random.Random(training.seed)
    if method.weights() is not None:
        yield net.plan()
        return
    largest = getattr(method, "largest_pass", None)
    for _ in range(DRAWS):
        yield net.plan(uniform(training, rng)) if largest is None else net.plan(*largest(rng))


def free_bytes(device: torch.device) -> float | None:
    """Of the device's memory; None where nobody knows."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return 1024.0 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return None
