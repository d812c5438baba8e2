import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nas.errors import UserError
from nas.executors import create_executor
from nas.executors.serial import Serial
from nas.types import Result, Trial
from tests import cheap


def trial(number: int = 0) -> Trial:
    return Trial(number, cheap.genomes(1)[0], seed=0)


def run(evaluator: Any, deadline: float | None = None) -> Result:
    executor = Serial(deadline)
    assert executor.free() == 1
    executor.submit(evaluator, trial())
    assert executor.free() == 0
    result = executor.next()
    assert executor.free() == 1
    return result


def test_it_evaluates() -> None:
    result = run(cheap.Behave("nothing", 7))
    assert result.metrics is not None
    assert result.metrics["valid_accuracy"] == cheap.score(trial().genome)


@pytest.mark.parametrize("deadline", [None, 60])
@pytest.mark.parametrize("thread", [False, True])
def test_the_checkpoint_goes_along(tmp_path: Path, deadline: float | None, thread: bool) -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> Any:
        checkpoint.write_text("kept")
        return {"valid_accuracy": 0.5}

    executor = Serial(deadline)
    executor.submit(evaluator, trial(), tmp_path / "checkpoint")
    if thread:
        other = threading.Thread(target=executor.next)
        other.start()
        other.join()
    else:
        executor.next()
    assert (tmp_path / "checkpoint").read_text() == "kept"


@pytest.mark.parametrize("deadline", [None, 60])
def test_an_evaluator_that_exits_ends_its_evaluation_alone(deadline: float | None) -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> Any:
        sys.exit("no licence")

    assert run(evaluator, deadline).error == "SystemExit: no licence"


@pytest.mark.parametrize("how", ["memory", "cuda", "nan"])
def test_failures_have_their_reason(how: str) -> None:
    error = run(cheap.Behave(how, 0)).error
    assert error is not None
    assert error.startswith("FloatingPointError: the loss is nan" if how == "nan" else "out of memory")


def test_a_hang_ends_at_its_deadline_and_the_next_one_runs() -> None:
    executor = Serial(deadline=0.2)
    start = time.perf_counter()
    executor.submit(cheap.Behave("hang", 0), trial())
    assert executor.next().error == "overdue: still running after its deadline of 0.2 s"
    assert time.perf_counter() - start < 2
    executor.submit(cheap.Behave("hang", 0), trial(1))
    assert not executor.next().failed
    time.sleep(0.25)  # no alarm is left behind


def test_an_evaluator_cannot_swallow_its_deadline() -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        while True:
            try:
                time.sleep(10)
            except Exception:  # noqa: BLE001
                continue

    assert run(evaluator, deadline=0.1).failed


def test_outside_the_main_thread_a_report_notices_the_deadline() -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        for epoch in range(1000):
            time.sleep(0.02)
            report(epoch, {"valid_accuracy": 0.5})
        return {"valid_accuracy": 0.5}

    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.append(run(evaluator, deadline=0.1)))
    thread.start()
    thread.join(10)
    assert results[0].error == "overdue: still running after its deadline of 0.1 s"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "serail"}, "did you mean 'serial'"),
        ({"name": "serial", "workers": 2}, "it has one worker"),
        ({"name": "serial", "gpus_per_trial": 1}, "it has one worker"),
        ({"name": "ray", "workers": 0}, "workers is 0"),
        ({"name": "ray", "workers": "2"}, "workers is '2'"),
        ({"name": "ray", "gpus_per_trial": 1.5}, "gpus_per_trial is 1.5"),
        ({"name": "ray", "gpus_per_trial": -1}, "gpus_per_trial is -1"),
        ({"name": "serial", "deadline": 0}, "deadline is 0"),
        ({"name": "serial", "deadline": True}, "deadline is True"),
    ],
)
def test_requests_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        create_executor(**options)
