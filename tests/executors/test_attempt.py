import math
from pathlib import Path
from typing import Any

import pytest

from nas.evaluators import FunctionEvaluator
from nas.executors.attempt import attempt, checked, reason
from nas.types import Trial
from tests import cheap

TRIAL = Trial(0, cheap.genomes(1)[0], seed=1)


def failing(error: BaseException) -> Any:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> Any:
        raise error

    return evaluator


def test_metrics_and_the_curve() -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        assert report(1, {"valid_accuracy": 0.25})
        assert report(2, {"valid_accuracy": 1})
        return {"valid_accuracy": 0.5, "epochs": 2}

    result = attempt(evaluator, TRIAL)
    assert (result.metrics, result.error, result.failed) == ({"valid_accuracy": 0.5, "epochs": 2.0}, None, False)
    assert result.curve == ({"epoch": 1, "valid_accuracy": 0.25}, {"epoch": 2, "valid_accuracy": 1.0})
    assert result.seconds >= 0


def test_a_checkpoint_goes_along_where_its_folder_exists(tmp_path: Path) -> None:
    given: list[Any] = []

    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        given.append(checkpoint)
        return {"valid_accuracy": 0.5}

    for checkpoint in (tmp_path / "checkpoint", tmp_path / "elsewhere" / "checkpoint", None):
        attempt(evaluator, TRIAL, checkpoint)
    assert given == [tmp_path / "checkpoint", None, None]
    attempt(lambda trial, report: given.append(trial.number) or {"valid_accuracy": 0.5}, TRIAL)  # takes none
    assert given[-1] == 0


class Diverged(ArithmeticError):
    pass


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "out of memory: MemoryError (test_attempt.py:"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory: CUDA out of memory. Tried"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "out of memory: [enforce fail]"),
        (Diverged("loss is nan after step 3"), "Diverged: loss is nan after step 3"),
        (ValueError("two\n  lines"), "ValueError: two lines (test_attempt.py:"),
        (KeyError(), "KeyError (test_attempt.py:"),
        (ValueError("x" * 5000), "ValueError: " + "x" * 280),
    ],
)
def test_what_is_raised_becomes_one_line(error: Exception, line: str) -> None:
    result = attempt(failing(error), TRIAL)
    assert result.metrics is None
    assert result.error is not None
    assert result.error.startswith(line)
    assert "\n" not in result.error
    assert len(result.error) < 400


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_what_stops_a_process_passes(error: BaseException) -> None:
    with pytest.raises(type(error)):
        attempt(failing(error), TRIAL)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_fail(value: float) -> None:
    result = attempt(lambda trial, report: {"valid_accuracy": 0.5, "train_loss": value}, TRIAL)  # type: ignore[arg-type]
    assert result.error == f"ValueError: train_loss is {value} (attempt.py:{result.error.rsplit(':', 1)[1]}"  # type: ignore[union-attr]
    assert attempt(FunctionEvaluator(lambda genome: value), TRIAL).failed


@pytest.mark.parametrize("value", [None, 3, {}, {"valid_accuracy": "high"}, {"valid_accuracy": None}])
def test_what_is_no_measurement_fails(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        checked(value)


def test_reason_without_a_traceback() -> None:
    assert reason(ValueError("x")) == "ValueError: x"


def test_a_batch_norm_of_one_value_says_what_to_change() -> None:
    error = ValueError("Expected more than 1 value per channel when training, got input size torch.Size([1, 8, 1, 1])")
    assert reason(error).endswith("; a batch norm needs several values of each: give a larger batch_size")
