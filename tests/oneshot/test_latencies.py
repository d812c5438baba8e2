"""What is measured, and how often; a training that goes on has the numbers that it began with."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from nas.data import load as load_data
from nas.oneshot import create_method, latencies
from nas.oneshot.expected_cost import ExpectedCost
from nas.oneshot.latencies import Latencies
from nas.oneshot.proxyless import Proxyless
from nas.oneshot.training import RECIPE, Training
from nas.space import load
from tests.space.documents import space_of

CPU = torch.device("cpu")
SPACE = """
input: [1, 8, 8]
classes: 10
network:
  - {conv: {channels: 4, kernel: 3}}
  - repeat: 3
    body:
      - choice: [identity, {conv: {channels: 4, kernel: 3}}, {conv: {channels: 4, kernel: 3, stride: 1}}, none]
      - {branches: [relu, {dropout: 0.5}], merge: add}
  - global_avg_pool
  - {linear: 10}
"""


def counting(numbers: Iterator[float], seen: list[str]) -> Callable[..., float]:
    """In place of the clock."""

    def latency_ms(model: nn.Module, shapes: Sequence[tuple[int, ...]], *_: Any) -> float:
        seen.append(f"{type(model).__name__} {' '.join(map(str, shapes))}")
        model.eval()(*[torch.zeros(2, *shape) for shape in shapes])
        return next(numbers)

    return latency_ms


def test_equal_operations_are_measured_once_and_what_does_nothing_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(latencies, "latency_ms", counting(iter([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]), seen))
    space = space_of(SPACE)
    expected = ExpectedCost(space, Latencies(RECIPE, CPU, 2))
    assert [text.split(maxsplit=1)[1] for text in seen] == [
        "(1, 8, 8)",
        "(4, 8, 8)",  # two ways to write one convolution
        "(4, 8, 8)",
        "(4, 8, 8) (4, 8, 8)",
        "(4, 8, 8)",
        "(4,)",
    ]
    first, conv, relu, add, pool, linear = 1.0, 2.0, 4.0, 8.0, 16.0, 32.0
    given = {f"network.1.{turn}.0": torch.tensor([0.1, 0.2, 0.3, 0.4]) for turn in range(3)}
    assert set(given) == set(expected.choices)
    by_hand = first + 3 * ((0.2 + 0.3) * conv + relu + add) + pool + linear
    assert expected(given).item() == pytest.approx(by_hand)


def test_it_is_measured_in_milliseconds() -> None:
    table = Latencies(RECIPE, CPU, 4)
    ExpectedCost(space_of(SPACE), table)
    assert len(table.measured) == 6
    assert all(1e-4 < milliseconds < 1000 for milliseconds in table.measured.values())


def test_a_training_that_goes_on_has_the_first_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def training(scale: float) -> Training:
        numbers = (scale * number for number in range(1, 1000))
        monkeypatch.setattr(latencies, "latency_ms", counting(numbers, []))
        options = {"cost": "latency", "cost_weight": 5.0, "alpha_every": 1, "frozen_share": 0.0}
        recipe = RECIPE.replace(epochs=2, batch_size=256)
        return Training(
            load("nasbench_digits"), load_data("digits"), create_method("proxyless", options), recipe, threads=1
        )

    whole, cut, again = training(1.0), training(1.0), training(3.0)
    genome = whole.run()
    cut.run(lambda epoch: False, checkpoint=tmp_path / "state")
    assert not torch.equal(cost_of(again).target, cost_of(whole).target)
    assert again.run(checkpoint=tmp_path / "state") == genome
    for one, other in zip(whole._models().values(), again._models().values(), strict=True):
        for key, tensor in one.state_dict().items():
            assert torch.equal(tensor, other.state_dict()[key]), key
    assert cost_of(again).expected.costs.sum() > 100


def cost_of(training: Training) -> Any:
    assert isinstance(training.method, Proxyless)
    return training.method.cost_loss
