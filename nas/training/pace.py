"""How many threads a training on the CPU computes with: one, unless more were measured to be faster.

Beside another busy process each operation of two threads waits for the one that is not running: seen to take 2 to 20
times as long as one thread. What is measured is the step itself, but of a copy of the network: then the number of
threads is all that a result depends on, and it is the same as where that number was set.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nas.network.module import Network
from nas.training.step import FastStep

ONE_THREAD_SIZE = 2e8  # mult-adds of a batch up to which more threads gain next to nothing, so that nothing is measured
GAIN = 0.9  # of the time: more threads than that cannot be told from noise, and are the first to suffer
RUNS = 3  # steps that are timed, after one that warms up
LONG_STEP_SECONDS = 1.0  # of that, above which only one more is timed
STEPS_AHEAD = 20  # steps that are still to come, below which nothing is measured
REMEASURE_SECONDS = 120.0  # seconds after which it is measured again, and 20 times as long as it took
SLOWDOWN, SLOWDOWN_SECONDS = 2.0, 1.0  # again at once, where steps take so many times the fastest for so many seconds
SIZE_RATIO = 4.0  # what was measured for one network holds for another whose batch costs so many times as much, or less

Begin = Callable[[], tuple[nn.Module, Callable[[], object]]]  # the module that is run, and one run


class Choice(NamedTuple):
    size: float
    most: int
    threads: int
    when: float
    took: float  # seconds that the measuring took

    @property
    def fresh(self) -> bool:
        return time.monotonic() - self.when < max(REMEASURE_SECONDS, 20 * self.took)


class Pace:
    """A context in which torch computes with `count` CPU threads, of as many as it had before.

    `size`: mult-adds of one run; `begin` makes what is run to measure, at each measurement anew. `fixed`: this many,
    whatever is faster; `first`: begin with these, as the interrupted training had them. Where the work is on
    another `device`, the threads are left as they are.
    """

    last: Choice | None = None  # of this process

    def __init__(
        self, begin: Begin, size: float, device: torch.device, fixed: int | None = None, first: int | None = None
    ) -> None:
        self.before = torch.get_num_threads()
        self.begin, self.size = begin, size
        if device.type != "cpu":
            fixed = self.before
        self.fixed = fixed or (1 if size <= ONE_THREAD_SIZE or self.before == 1 else None)
        self.count = self.fixed or min(first or 1, self.before)
        self.choice = Choice(size, self.before, self.count, time.monotonic(), 0.0) if first else None
        self.began = self.fastest = math.inf
        self.slow = 0.0

    def __enter__(self) -> Pace:
        torch.set_num_threads(self.count)
        return self

    def __exit__(self, *error: object) -> None:
        torch.set_num_threads(self.before)

    def step(self, ahead: float = math.inf) -> None:
        """To be called before each run of `ahead` more: chooses anew where that is due."""
        if self.fixed:
            return
        now = time.perf_counter()
        if (took := now - self.began) > 0:  # not after a rest
            self.slow = self.slow + took if took > SLOWDOWN * self.fastest else 0.0
            self.fastest = min(self.fastest, took)
        if self.choice is None:
            self._follow(Pace.last)
        if ahead >= STEPS_AHEAD and self._due():
            self._measure()
        self.began = time.perf_counter()

    def rest(self) -> None:
        """To be called where something else than a run follows, so that its time is not taken for a run's."""
        self.began = math.inf

    def _due(self) -> bool:
        if self.choice is None:
            return True
        slowed = self.count > 1 and self.slow > max(SLOWDOWN_SECONDS, 3 * SLOWDOWN * self.fastest)
        return slowed or not self.choice.fresh

    def _follow(self, other: Choice | None) -> None:
        """Takes what was measured for another network, if that still holds and holds for this one."""
        alike = other and other.most == self.before and 1 / SIZE_RATIO <= self.size / other.size <= SIZE_RATIO
        if other and other.fresh and alike:
            self._take(other)

    def _measure(self) -> None:
        began = time.monotonic()
        with torch.random.fork_rng([]):
            count = fastest(*self.begin(), self.before)
        now = time.monotonic()
        Pace.last = Choice(self.size, self.before, count, now, now - began)
        self._take(Pace.last)

    def _take(self, choice: Choice) -> None:
        self.choice, self.count = choice, choice.threads
        self.fastest, self.slow = math.inf, 0.0
        torch.set_num_threads(self.count)


def training_pace(
    model: nn.Module,
    make: Callable[[nn.Module], FastStep],
    batch: Callable[[], tuple[Tensor, Tensor]],
    size: float,
    device: torch.device,
    fixed: int | None = None,
    first: int | None = None,
) -> Pace:
    """Of the steps that `make` gives for a model, on such batches: images (float32, N x C x H x W) and labels."""

    def begin() -> tuple[nn.Module, Callable[[], object]]:
        copied = copy.deepcopy(model)
        step, (images, labels) = make(copied), batch()
        return copied, lambda: step(images, labels)

    return Pace(begin, size, device, fixed, first)


def mult_adds(model: nn.Module, images: int, shape: Sequence[int]) -> float:
    """Of a batch of images of such a shape (C, H, W); for a module without a graph as if each weight met each pixel."""
    if isinstance(model, Network):
        return float(images * model.graph.mult_adds)
    return float(images * math.prod(shape[1:]) * sum(parameter.numel() for parameter in model.parameters()))


def fastest(module: nn.Module, run: Callable[[], object], most: int) -> int:
    """The number of threads, doubled up to `most` as long as that gains, with which `run` takes least.

    One thread is measured first, and each further number only until it has taken longer: beside a busy process a run
    may take twenty times as long. Leaves torch's number of threads as it was measured last.
    """
    count, first, seconds = 1, *_seconds(module, run, 1, math.inf, math.inf)
    while count < most:
        more = min(2 * count, most)
        try:
            first, taken = _seconds(module, run, more, 2 * first, GAIN * seconds)
        except _TooLong:
            break
        count, seconds = more, taken
    return count


class _TooLong(Exception):
    pass


def _seconds(
    module: nn.Module, run: Callable[[], object], threads: int, limit_first: float, limit: float
) -> tuple[float, float]:
    """Of a first run, which sets up what later ones use, and of a later one. Raises _TooLong past their limits."""
    torch.set_num_threads(threads)
    first = _timed(module, run, limit_first)
    runs = 1 if first > LONG_STEP_SECONDS else RUNS
    return first, sum(_timed(module, run, limit) for _ in range(runs)) / runs


def _timed(module: nn.Module, run: Callable[[], object], limit: float) -> float:
    """Seconds of one run. Raises _TooLong at the first operation, forward or backward, that begins past the limit."""
    began = time.perf_counter()

    def look(*_: object) -> None:
        if time.perf_counter() - began > limit:
            raise _TooLong

    def watch(_: nn.Module, __: object, output: object) -> None:
        look()
        if isinstance(output, Tensor) and output.requires_grad:
            output.register_hook(look)

    leaves = [part for part in module.modules() if not any(part.children())]
    hooks = [part.register_forward_hook(watch) for part in leaves]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    look()
    return time.perf_counter() - began
