"""Depthwise backward, torch's own over that of `nas.network.depthwise`, side by side: 1 or more for what is used.

`python tests/benchmarks/depthwise.py [--rounds N] [--every] [--contiguous] [--step]`

Prints the ratio of medians for each shape (float32, one thread, channels_last unless told otherwise) over rounds in
which the two take turns: the shapes for which a training uses ours, or with --every all. `--step`: instead, a whole
training step of networks drawn from DARTS' space.
"""

import argparse
import itertools
import random
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

import nas
from nas.network import depthwise
from nas.network.depthwise import Depthwise, FastBackward
from nas.training import Recipe
from nas.training.step import Supervised

SHAPES = [(64, 16, 32), (64, 32, 16), (64, 64, 8), (64, 64, 4), (64, 64, 2), (16, 16, 33)]  # N, C, H = W


def seconds(*runs: Callable[[], object], rounds: int) -> list[float]:
    """The median CPU time of each; they take turns."""
    for run in runs:
        run()
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, times in zip(runs, taken, strict=True):
            began = time.process_time()
            run()
            times.append(time.process_time() - began)
    return [statistics.median(times) for times in taken]


def backward(kernel: int, dilation: int, stride: int, shape: tuple[int, int, int], options: Any) -> tuple[bool, str]:
    """Whether ours is used, and a line of the times."""
    images, channels, side = shape
    padding = dilation * (kernel // 2)
    conv = nn.Conv2d(channels, channels, kernel, stride, padding, dilation, channels, bias=False)
    memory_format = torch.contiguous_format if options.contiguous else torch.channels_last
    x = torch.randn(images, channels, side, side).contiguous(memory_format=memory_format).requires_grad_()
    with FastBackward(conv):
        used = "Depthwise" in type(conv(x).grad_fn).__name__
    theirs, ours = conv(x), Depthwise.apply(x, conv.weight, stride, padding, dilation)
    g = torch.randn_like(ours)

    def run(output: torch.Tensor) -> object:
        return torch.autograd.grad(output, (x, conv.weight), g, True)

    before, after = seconds(lambda: run(theirs), lambda: run(ours), rounds=options.rounds)
    what = f"{kernel}x{kernel}, dilation {dilation}, stride {stride}, {images} x {channels} x {side} x {side}"
    state = "" if used else "  not used"
    return used, f"{what}: {before / after:4.1f}  ({1e3 * before:.2f} / {1e3 * after:.2f} ms){state}"


def step(seed: int, rounds: int, batch: int = 16) -> float:
    """A step's time, torch's own over ours, of a network drawn from the space of DARTS."""
    device, recipe = torch.device("cpu"), Recipe(precision="fp32")
    space = nas.load("darts", input=[3, 32, 32], layers=8, channels=16)
    model = nas.build(space, space.sample(random.Random(seed))).to(memory_format=torch.channels_last).train()
    train = Supervised(model, recipe, device)
    images = torch.randn(batch, *model.graph.input).to(memory_format=torch.channels_last)
    labels = torch.randint(10, (batch,))

    def run(fast: bool) -> None:
        with FastBackward(model) if fast else nullcontext():
            train(images, labels)

    before, after = seconds(lambda: run(False), lambda: run(True), rounds=rounds)
    return before / after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--contiguous", action="store_true")
    parser.add_argument("--step", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {depthwise.CPU}")
    if options.step:
        for seed in range(3):
            found = step(seed, options.rounds)
            print(f"training step of a DARTS network, 8 cells, seed {seed}, torch's / ours: {found:.2f}", flush=True)
        return
    for kernel, dilation, stride, shape in itertools.product((3, 5, 7), (1, 2), (1, 2), SHAPES):
        used, line = backward(kernel, dilation, stride, shape, options)
        if used or options.every:
            print(line, flush=True)


if __name__ == "__main__":
    main()
