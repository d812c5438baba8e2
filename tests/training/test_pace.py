"""The number of threads that a training computes with."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from nas.training import evaluate, fit, pace
from nas.training.pace import Choice, Pace, fastest
from tests.training.small import FAST, small_data, small_network, timeless, weights

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def four_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    monkeypatch.setattr(Pace, "last", None)
    yield
    torch.set_num_threads(before)


class Clock:
    """Time that passes by as much as `seconds` says for the number of threads, at each operation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float]) -> None:
        self.now, self.seconds, self.seen = 0.0, seconds, []
        monkeypatch.setattr(pace.time, "perf_counter", lambda: self.now)

    def operation(self, *_: object) -> None:
        self.seen.append(torch.get_num_threads())
        self.now += self.seconds[torch.get_num_threads()]

    def network(self, operations: int = 10) -> nn.Module:
        layers = [nn.Linear(1, 1) for _ in range(operations)]
        for layer in layers:
            layer.register_forward_hook(self.operation)
        return nn.Sequential(*layers)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({1: 1.0, 2: 0.5, 4: 0.3}, 4),
        ({1: 1.0, 2: 0.5, 4: 0.48}, 2),
        ({1: 1.0, 2: 0.95}, 1),
        ({1: 1.0, 2: 17.0}, 1),
    ],
)
def test_the_fastest_is_taken(monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], expected: int) -> None:
    clock = Clock(monkeypatch, {threads: value / 1e3 for threads, value in seconds.items()})
    model = clock.network()
    assert fastest(model, lambda: model(torch.ones(1, 1)), 4) == expected


def test_what_is_slower_is_not_run_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, {1: 0.001, 2: 0.1})
    model = clock.network()
    assert fastest(model, lambda: model(torch.ones(1, 1)), 2) == 1
    assert clock.seen.count(2) == 1  # of ten operations, the first of which took ten times what all take on one thread
    assert not any(part._forward_hooks for part in model.modules() if isinstance(part, nn.Sequential))


def test_a_small_network_gets_one_thread_unmeasured() -> None:
    def measured() -> tuple[nn.Module, object]:
        raise AssertionError

    with Pace(measured, pace.ONE_THREAD_SIZE, CPU) as chosen:  # type: ignore[arg-type]
        chosen.step()
        assert torch.get_num_threads() == chosen.count == 1
    assert torch.get_num_threads() == 4


def test_an_explicit_number_is_obeyed_and_another_device_s_is_left() -> None:
    for device, fixed, expected in ((CPU, 3, 3), (torch.device("meta"), 3, 4), (torch.device("meta"), None, 4)):
        with Pace(lambda: (nn.ReLU(), int), 1e12, device, fixed) as chosen:
            chosen.step()
            assert torch.get_num_threads() == expected


def test_a_measurement_holds_for_a_while_and_for_similar_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = itertools.count(1)
    monkeypatch.setattr(pace, "fastest", lambda module, run, most: min(next(found), most))

    def steps(size: float, ahead: int = 100) -> int:
        with Pace(lambda: (nn.ReLU(), int), size, CPU) as chosen:
            chosen.step(ahead)
            chosen.step(ahead)
            return chosen.count

    assert steps(1e10, ahead=5) == 1  # too few to be worth it
    assert Pace.last is None
    assert [steps(1e10), steps(3e10), steps(0.3e10)] == [1, 1, 1]
    assert [steps(1e11), steps(1e11)] == [2, 2]
    assert Pace.last
    monkeypatch.setattr(Pace, "last", Pace.last._replace(when=Pace.last.when - pace.REMEASURE_SECONDS))
    assert steps(1e11) == 3


def test_steps_that_become_slow_are_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([2, 1])
    monkeypatch.setattr(pace, "fastest", lambda *_: next(answers))
    clock = Clock(monkeypatch, {2: 0.1, 1: 0.2})
    with Pace(lambda: (nn.ReLU(), int), 1e12, CPU) as chosen:
        for _ in range(10):
            chosen.step()
            clock.operation()
        assert chosen.count == 2
        clock.now += 100.0
        chosen.rest()  # an evaluation, not a step
        clock.seconds[2] = 1.0  # another process begins to compute
        for _ in range(5):
            chosen.step()
            clock.operation()
        assert chosen.count == 1


def test_measuring_changes_nothing_but_the_number_of_threads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pace, "ONE_THREAD_SIZE", 0)
    monkeypatch.setattr(pace, "STEPS_AHEAD", 1)
    results = []
    for threads in (1, None):
        measured: list[int] = []

        def timed(module: nn.Module, run: object, most: int, measured: list[int] = measured) -> int:
            run()  # type: ignore[operator]
            measured.append(most)
            return 1

        monkeypatch.setattr(pace, "fastest", timed)
        monkeypatch.setattr(Pace, "last", None)
        model = small_network(dropout=0.3)
        metrics = fit(model, small_data(), FAST, 5, threads=threads, checkpoint=tmp_path / str(threads))
        assert measured == ([] if threads else [4])
        results.append((timeless(metrics), {name: value.tolist() for name, value in weights(model).items()}))
        evaluate(model, small_data(), "test")
        assert torch.get_num_threads() == 4
    assert results[0] == results[1]


def test_a_training_goes_on_with_the_threads_it_had() -> None:
    with Pace(lambda: (nn.ReLU(), int), 1e12, CPU, first=2) as chosen:
        chosen.step()
        assert torch.get_num_threads() == chosen.count == 2
    with Pace(lambda: (nn.ReLU(), int), 1e12, CPU, first=64) as chosen:
        assert chosen.count == 4  # of what this machine has


def test_what_a_choice_was_made_for() -> None:
    assert Choice(1e9, 2, 1, float("-inf"), 1.0).fresh is False
