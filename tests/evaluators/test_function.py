import pickle
from typing import Any

import pytest

from nas.errors import UserError
from nas.evaluators import FunctionEvaluator
from nas.types import Trial


class Answers:
    def __init__(self) -> None:
        self.answers = {"a": 3}


def score(genome: Any) -> float:
    return genome.answers["a"] / 4


def evaluate(function: Any) -> dict[str, float]:
    return FunctionEvaluator(function)(Trial(0, Answers(), 0), lambda epoch, metrics: True)  # type: ignore[arg-type]


def test_a_number_is_the_valid_accuracy() -> None:
    assert evaluate(score) == {"valid_accuracy": 0.75}
    assert evaluate(lambda genome: 2) == {"valid_accuracy": 2.0}


def test_numbers_of_other_libraries_become_floats() -> None:
    numpy = pytest.importorskip("numpy")
    found = evaluate(lambda genome: {"valid_accuracy": numpy.float32(0.5), "latency": numpy.int64(3)})
    assert found == {"valid_accuracy": 0.5, "latency": 3.0}
    assert {type(value) for value in found.values()} == {float}


def test_it_is_picklable_and_a_value() -> None:
    assert pickle.loads(pickle.dumps(FunctionEvaluator(score))) == FunctionEvaluator(score)


def test_what_is_no_number_says_which_function() -> None:
    with pytest.raises(UserError, match="evaluator score_badly: valid_accuracy is None; return a number"):
        evaluate(score_badly)
    with pytest.raises(UserError, match="loss is 'low'"):
        evaluate(lambda genome: {"valid_accuracy": 1.0, "loss": "low"})
    with pytest.raises(ValueError, match="valid_accuracy is nan"):
        evaluate(lambda genome: float("nan"))


def score_badly(genome: Any) -> None:
    return None


def test_what_the_function_raises_goes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        evaluate(lambda genome: 1 / 0)
