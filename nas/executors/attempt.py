"""One evaluation in this process: what the evaluator returns or raises, as a result. Every executor ends up here."""

import math
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nas.errors import stops_pass
from nas.types import Evaluate, Metrics, Result, Trial

HINTS = {"more than 1 value per channel": "a batch norm needs several values of each: give a larger batch_size"}


def attempt(
    evaluator: Evaluate,
    trial: Trial,
    checkpoint: Path | None = None,
    told: Callable[[Trial, int], None] | None = None,
) -> Result:
    """Evaluate the trial. An exception becomes the result's one-line reason; KeyboardInterrupt and SystemExit pass.

    A checkpoint in a folder that this machine does not have is left out: the evaluation begins at its beginning.
    told: is called after each epoch.
    """
    curve: list[Metrics] = []

    def report(epoch: int, metrics: Metrics) -> bool:
        curve.append({"epoch": epoch, **_numbers(metrics)})
        if told is not None:
            told(trial, epoch)
        return True

    metrics, error, start = None, None, time.perf_counter()
    try:
        kept = checkpoint is not None and checkpoint.parent.is_dir()
        with stops_pass():
            metrics = checked(evaluator(trial, report, checkpoint) if kept else evaluator(trial, report))
    except Exception as exception:  # noqa: BLE001 - whatever a candidate raises is its result
        error = reason(exception)
        _release_gpu()
    return Result(trial, metrics, error, time.perf_counter() - start, tuple(curve))


def checked(metrics: Any) -> Metrics:
    """What an evaluator returned as plain floats. Raises TypeError or ValueError for what cannot drive a search."""
    if not isinstance(metrics, Mapping):
        raise TypeError(f"the evaluator returned {type(metrics).__name__}, not a mapping of metrics")
    plain = _numbers(metrics)
    if not plain:
        raise ValueError("the evaluator returned no metric")
    for name, value in plain.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}")
    return plain


def reason(exception: Exception) -> str:
    """One line on what went wrong and where, `out of memory` for every allocator's way of saying so."""
    text = " ".join(str(exception).split())
    name = type(exception).__name__
    memory = isinstance(exception, MemoryError) or any(
        sign in text.lower() for sign in ("out of memory", "can't allocate memory")
    )
    frames = traceback.extract_tb(exception.__traceback__)
    place = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames and name != "Diverged" else ""
    hint = next((f"; {hint}" for sign, hint in HINTS.items() if sign in text), "")
    return (f"out of memory: {text or name}" if memory else f"{name}: {text}" if text else name)[:300] + place + hint


def _numbers(metrics: Mapping[str, Any]) -> Metrics:
    return {str(name): float(value) for name, value in metrics.items()}


def _release_gpu() -> None:
    """What a failed network held goes back to the GPU, which other workers may share."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
