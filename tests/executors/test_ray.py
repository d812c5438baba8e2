"""Against a real Ray of two cores and four make-believe GPUs on this machine."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.errors import UserError
from nas.graph.operations import OPERATIONS
from nas.space import own
from nas.space.own import register_operation
from nas.types import Result, Trial
from tests import cheap
from tests.space.documents import space_of
from tests.space.own_operations import ShiftConv

ray = pytest.importorskip("ray")
from nas.executors.ray import Ray  # noqa: E402

GENOMES = cheap.genomes(40)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    settings: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    ray.init("local", num_cpus=2, num_gpus=4, object_store_memory=100 * 2**20, **settings)
    yield
    ray.shutdown()


def next_of(executor: Ray) -> Result:
    """No machine joins."""
    result = executor.next()
    assert result is not None
    return result


def run(executor: Ray, evaluator: Any, count: int) -> list[Result]:
    """All results, in the order in which they came; as many trials at once as the executor takes."""
    waiting, results = [Trial(number, GENOMES[number], number) for number in range(count)], []
    try:
        while len(results) < count:
            while waiting and executor.free():
                executor.submit(evaluator, waiting.pop(0))
            results.append(next_of(executor))
    finally:
        executor.close()
    return results


def test_results_come_back_once_each_with_their_trials_and_curves() -> None:
    evaluator = cheap.Behave("nothing", -1)
    results = run(Ray(workers=2), evaluator, 20)
    assert sorted(result.trial.number for result in results) == list(range(20))
    for result in results:
        assert result.trial == Trial(result.trial.number, GENOMES[result.trial.number], result.trial.number)
        assert result.metrics is not None
        assert result.metrics["valid_accuracy"] == cheap.score(result.trial.genome)
        assert result.curve == ({"epoch": 1, "valid_accuracy": 0.25},)
    processes = {result.metrics["pid"] for result in results if result.metrics}
    assert os.getpid() not in processes
    assert len(processes) <= 2  # warm; on a busy machine one may have done it all before the other began
    pairs = {(result.worker, result.metrics["pid"]) for result in results if result.metrics}
    assert {worker for worker, _ in pairs} <= {0, 1} and len(pairs) == len(processes)


@pytest.mark.parametrize(
    ("how", "reason"), [("memory", "out of memory"), ("nan", "FloatingPointError: the loss is nan")]
)
def test_failures_have_their_reason_and_are_not_tried_again(how: str, reason: str) -> None:
    results = run(Ray(workers=1), cheap.Behave(how, 1), 3)
    assert [result.failed for result in results] == [False, True, False]
    assert (results[1].error or "").startswith(reason)
    assert results[1].trial.attempt == 0


def test_a_killed_worker_is_replaced_and_its_trial_tried_again() -> None:
    results = run(Ray(workers=1), cheap.Behave("kill once", 1), 3)
    assert [(result.trial.number, result.failed, result.trial.attempt) for result in results] == [
        (0, False, 0),
        (1, False, 1),
        (2, False, 0),
    ]


def test_a_trial_that_always_kills_its_worker_fails_in_the_end() -> None:
    results = run(Ray(workers=2, retries=1), cheap.Behave("kill", 1), 4)
    errors = {result.trial.number: result.error for result in results if result.failed}
    assert list(errors) == [1]
    assert (errors[1] or "").startswith("worker died 2 times: killed")


def slow_epochs(trial: Trial, report: Any, checkpoint: Any = None) -> dict[str, float]:
    for epoch in range(4):
        time.sleep(0.3)
        report(epoch + 1, {"valid_accuracy": 0.25})
    return {"valid_accuracy": 0.5}


def test_who_watches_is_told_of_epochs_and_a_lost_board_loses_no_result() -> None:
    told: list[tuple[int, int]] = []
    executor = Ray(workers=2)

    def tell(trial: Trial, epoch: int) -> None:
        told.append((trial.number, epoch))
        if len(told) == 2 and executor.board is not None:
            ray.kill(executor.board.actor)

    executor.told = tell
    results = run(executor, slow_epochs, 3)
    assert sorted(result.trial.number for result in results) == [0, 1, 2]
    assert not any(result.failed for result in results)
    for number in {number for number, _ in told}:
        epochs = [epoch for of, epoch in told if of == number]
        assert epochs == sorted(set(epochs))
        assert max(epochs) <= 4
    assert 2 <= len(told) <= 4


def test_a_hang_ends_at_its_deadline_and_the_others_go_on() -> None:
    results = run(Ray(workers=2, deadline=1.0), cheap.Behave("hang", 0), 6)
    errors = {result.trial.number: result.error for result in results if result.failed}
    assert errors == {0: "overdue: still running after its deadline of 1 s"}
    assert results[-1].trial.number == 0


def test_one_slow_candidate_holds_nobody_up() -> None:
    """Beside one of 3 s the other worker finishes most of what it could alone; behind a barrier it would finish one."""
    executor, evaluator = Ray(workers=2), cheap.Behave("slow", 0, seconds=0.05)
    number, pids = 1, set()
    while len(pids) < 2:  # until both workers have started
        while executor.free():
            executor.submit(evaluator, Trial(number, GENOMES[number % 40], number))
            number += 1
        pids.add((next_of(executor).metrics or {})["pid"])
    executor.submit(evaluator, Trial(0, GENOMES[0], 0))
    start, finished = time.monotonic(), 0
    while next_of(executor).trial.number != 0:
        finished += 1
        executor.submit(evaluator, Trial(number, GENOMES[number % 40], number))
        number += 1
    possible = (time.monotonic() - start) / 0.05
    executor.close()
    assert finished >= 0.5 * possible, (finished, possible)


def test_workers_share_the_cores_as_threads_and_the_gpus_as_devices() -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        time.sleep(0.2)
        words = ("NAS_THREADS", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
        return {"valid_accuracy": 0.0, **{word: float(os.environ[word]) for word in words}}

    executor, devices, number = Ray(workers=2, gpus_per_trial=1), set[float](), 0
    while len(devices) < 2 and number < 200:  # until both workers have started, which takes its time on a busy machine
        while executor.free():
            executor.submit(evaluator, Trial(number, GENOMES[number % 40], number))
            number += 1
        metrics = next_of(executor).metrics or {}
        assert metrics["NAS_THREADS"] == 1.0
        devices.add(metrics["CUDA_VISIBLE_DEVICES"])
    executor.close()
    assert len(devices) == 2
    results = run(Ray(workers=1, gpus_per_trial=0.5), evaluator, 1)
    assert (results[0].metrics or {})["OMP_NUM_THREADS"] == 2.0


def test_a_request_that_can_never_be_met_is_an_error_at_once() -> None:
    with pytest.raises(UserError, match=r"do not fit 2 cores and 4 GPUs on 1 machine.*; ask for at most 2"):
        Ray(workers=3)
    with pytest.raises(UserError, match="do not fit"):
        Ray(workers=1, gpus_per_trial=5)
    assert Ray(gpus_per_trial=0.25).workers == 2


def test_a_worker_that_cannot_start_is_loud() -> None:
    class Unloadable(cheap.Behave):
        def __reduce__(self) -> Any:
            return os.kill, (0, "no signal")

    executor = Ray(workers=1)
    executor.submit(Unloadable("nothing", 0), Trial(0, GENOMES[0], 0))
    with pytest.raises(UserError, match="its workers die as they start: TypeError: 'str' object cannot be interpreted"):
        executor.next()
    with pytest.raises(UserError, match="cannot be sent to a worker"):
        executor.submit(threading.Lock(), Trial(0, GENOMES[0], 0))  # type: ignore[arg-type]
    executor.close()


@pytest.mark.slow
def test_fifty_workers_killed_at_random_lose_nothing_and_count_nothing_twice() -> None:
    rng, executor, evaluator = random.Random(0), Ray(workers=2, retries=50), cheap.Behave("nothing", -1, seconds=0.05)
    results: list[Result] = []
    killed: set[int] = set()
    timers: list[threading.Timer] = []
    number = 0

    def kill(pid: int) -> None:
        if b"ray::Worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)

    while len(killed) < 50 or len(results) < number:
        while len(killed) < 50 and executor.free():
            executor.submit(evaluator, Trial(number, GENOMES[number % 40], number))
            number += 1
        results.append(next_of(executor))
        pid = int((results[-1].metrics or {})["pid"])
        if pid not in killed and rng.random() < 0.3:
            killed.add(pid)
            timers.append(threading.Timer(rng.uniform(0.0, 0.05), kill, [pid]))  # idle, or in the middle of a trial
            timers[-1].start()
    for timer in timers:
        timer.join()
    executor.close()
    assert sorted(result.trial.number for result in results) == list(range(number))
    assert not [result.error for result in results if result.failed]
    assert sum(result.trial.attempt for result in results) >= 25


def built(trial: Trial, report: Any, checkpoint: Path | None = None) -> dict[str, float]:
    return {"valid_accuracy": float(nas.Space(trial.genome.document).graph(trial.genome).parameters)}


def test_workers_know_the_users_own_operations_and_import_none_that_a_genome_names() -> None:
    text = '{{operations: {{ray_mine: "{}"}}, input: [3, 8, 8], network: [{{ray_mine: 4}}]}}'
    register_operation(ShiftConv, "ray_mine")
    try:
        known, other = (
            space_of(text.format("tests.space.own_operations:ShiftConv")),
            space_of(text.format("os:PathLike")),
        )
        trials = [Trial(number, nas.Genome(space.document, {}), 0) for number, space in enumerate((known, other))]
        executor = Ray(workers=1)
        for trial in trials:
            executor.submit(built, trial)
        results = {result.trial.number: result for result in (next_of(executor), next_of(executor))}
        executor.close()
    finally:
        del OPERATIONS["ray_mine"], own._registered["ray_mine"]
    assert results[0].metrics == {"valid_accuracy": 3 * 4 * 9 + 4 + 1}
    assert results[1].metrics is None and "os:PathLike is code" in (results[1].error or "")
