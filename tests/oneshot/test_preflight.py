"""The numbers that a step keeps, by hand; the error where they do not fit."""

import pytest

from nas.errors import UserError
from nas.oneshot import preflight
from nas.oneshot.preflight import BACKWARD, check_memory, step_bytes
from nas.oneshot.training import Training
from tests.oneshot.test_spos import spos_training

TWO = """
input: [1, 8, 8]
classes: 10
network:
  - {conv: {channels: 4, kernel: 1}}
  - choice: [{conv: {channels: 4, kernel: 3}}, {conv: {channels: 4, kernel: 1}}]
  - global_avg_pool
  - {linear: 10}
"""
MAP = 4 * 8 * 8
REST = 4 + 10
WIDTHS = """
input: [1, 8, 8]
classes: 10
network: [{conv: {channels: {choice: [1, 2, 3, 4, 5, 6, 7, 8, 9, 20]}, kernel: 1}}, global_avg_pool, {linear: 10}]
"""


def numbers(training: Training) -> int:
    """Of one image."""
    weights = sum(parameter.numel() for parameter in training.parameters)
    return round((step_bytes(training) - 4 * 4 * weights) / (BACKWARD * 4 * training.plan.batch))


@pytest.mark.parametrize(
    ("method", "maps"),
    [
        ("spos", 1 + 1),
        ("gdas", 1 + 1),
        ("proxyless", 1 + 2 + 1),  # two answers, and their sum
        ("darts", 1 + 2 + 1),
    ],
)
def test_what_a_method_runs_at_once_counts(method: str, maps: int) -> None:
    assert numbers(spos_training(TWO, method)) == maps * MAP + REST


def test_of_what_may_be_drawn_the_largest_counts() -> None:
    assert numbers(spos_training(WIDTHS, "ofa")) == 20 * 64 + 20 + 10
    assert 5 * 65 + 10 < numbers(spos_training(WIDTHS)) <= 20 * 65 + 10


def test_a_step_that_does_not_fit_is_an_error_with_the_batch_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    training = spos_training(TWO, "proxyless")
    check_memory(training)
    monkeypatch.setattr(preflight, "free_bytes", lambda device: step_bytes(training) / 2)
    with pytest.raises(
        UserError, match=r"searcher on cpu: a step .* lower batch_size \(now 256, 128 fits\) or channels"
    ):
        check_memory(training)
