"""The median of the times after warming up; several inputs."""

import time

import pytest
import torch
from torch import Tensor, nn

from nas.training import Recipe, latency
from nas.training.latency import latency_ms


class Sleeper(nn.Module):
    """Takes `milliseconds`, the first runs ten times that."""

    def __init__(self, milliseconds: float) -> None:
        super().__init__()
        self.seconds, self.shapes = milliseconds / 1000, list[tuple[int, ...]]()

    def forward(self, x: Tensor) -> Tensor:
        self.shapes.append(tuple(x.shape))
        assert not self.training
        time.sleep(self.seconds * (10 if len(self.shapes) <= latency.WARM else 1))
        return x


def test_the_median_after_warming_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SECONDS", 0.1)
    sleeper = Sleeper(4)
    found = latency_ms(sleeper, [(3, 8, 8)], Recipe(), torch.device("cpu"), batch=2)
    assert 4 <= found < 30
    assert set(sleeper.shapes) == {(2, 3, 8, 8)}
    assert latency.WARM + latency.LEAST <= len(sleeper.shapes) <= latency.WARM + 26
    assert sleeper.training


def test_inputs_of_several_ranks() -> None:
    class Both(nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            assert x.shape == (2, 3, 8, 8) and x.is_contiguous(memory_format=torch.channels_last)
            assert y.shape == (2, 5)
            return x

    assert latency_ms(Both(), [(3, 8, 8), (5,)], Recipe(channels_last=True), torch.device("cpu"), batch=2) > 0
