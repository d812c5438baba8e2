"""Evaluations in this process, one at a time."""

import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Never

from nas.executors.attempt import attempt
from nas.types import Evaluate, Metrics, Report, Result, Trial


class Overdue(BaseException):
    """Raised inside an evaluation whose deadline has passed; no `except Exception` in it may swallow this."""


class Serial:
    """One slot. `next` runs the evaluation that was submitted.

    deadline: seconds after which an evaluation is stopped and has failed. In the main thread a timer signal stops it
    between two steps of the interpreter, so not inside one long call into C; in any other thread it stops at its next
    `report`.
    """

    def __init__(self, deadline: float | None = None) -> None:
        self.deadline = deadline
        self.told: Callable[[Trial, int], None] | None = None
        self.waiting: deque[tuple[Evaluate, Trial, Path | None]] = deque()

    def submit(self, evaluator: Evaluate, trial: Trial, checkpoint: Path | None = None) -> None:
        self.waiting.append((evaluator, trial, checkpoint))

    def free(self) -> int:
        return 1 - len(self.waiting)

    def close(self) -> None:
        self.waiting.clear()

    def next(self) -> Result:
        evaluator, trial, checkpoint = self.waiting.popleft()
        start = time.perf_counter()
        try:
            if self.deadline is None:
                return attempt(evaluator, trial, checkpoint, self.told)
            if threading.current_thread() is threading.main_thread():
                return self._timed(evaluator, trial, checkpoint, self.deadline)
            return attempt(_Watched(evaluator, start + self.deadline), trial, checkpoint, self.told)
        except Overdue:
            error = f"overdue: still running after its deadline of {self.deadline:g} s"
        except SystemExit as exit:  # its sys.exit() ends an evaluation, not the search in whose process it runs
            error = f"SystemExit: {exit}"
        return Result(trial, None, error, time.perf_counter() - start)

    def _timed(self, evaluator: Evaluate, trial: Trial, checkpoint: Path | None, deadline: float) -> Result:
        before = signal.signal(signal.SIGALRM, _overdue)
        signal.setitimer(signal.ITIMER_REAL, deadline)
        try:
            return attempt(evaluator, trial, checkpoint, self.told)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


class _Watched:
    """An evaluator that looks at the clock whenever it reports."""

    def __init__(self, evaluator: Evaluate, end: float) -> None:
        self.evaluator, self.end = evaluator, end

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        def watched(epoch: int, metrics: Metrics) -> bool:
            if time.perf_counter() > self.end:
                raise Overdue
            return report(epoch, metrics)

        return self.evaluator(trial, watched) if checkpoint is None else self.evaluator(trial, watched, checkpoint)


def _overdue(number: int, frame: FrameType | None) -> Never:
    raise Overdue
