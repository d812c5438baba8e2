"""A search on two machines, of which one is lost ten times and comes back: Ray's own stand-ins for machines, here."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.run.journal import read_journal
from nas.types import Trial
from tests import cheap

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster  # noqa: E402

ROOT = Path(__file__).parents[2]
LOSSES, TRIALS = 10, 500
STORE = {"object_store_memory": 100 * 2**20}

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": 1, "include_dashboard": False, **STORE}
    # so that a lost one is known as such within 3 s; 15 s are Ray's own
    soon = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 500, "health_check_failure_threshold": 3}
    made = Cluster(initialize_head=True, head_node_args={**head, "_system_config": soon})
    yield made
    ray.shutdown()
    made.shutdown()


def paced(trial: Trial, report: Any, checkpoint: Path | None = None) -> dict[str, float]:
    """A score that depends on the genome alone, after four epochs that each leave a checkpoint."""
    made = int(checkpoint.read_text()) if checkpoint and checkpoint.exists() else 0
    for epoch in range(4):
        report(epoch + 1, {"valid_accuracy": 0.25})
        if epoch >= made:
            time.sleep(0.1)
            if checkpoint:
                checkpoint.write_text(str(epoch + 1))
    return {"valid_accuracy": cheap.score(trial.genome)}


SEARCH = """
import sys
import nas
from tests import cheap
from tests.executors.test_two_machines import paced
address, runs, trials = sys.argv[1:]
nas.search(cheap.space(), executor="ray", ray_address=address, runs=runs, name="lost", searcher="random", seed=3,
           trials=int(trials), evaluator=paced)
"""


def begun(cluster: Cluster, tmp_path: Path) -> "subprocess.Popen[str]":
    """The search, in a process of its own: machines are added by the main thread alone."""
    command = [sys.executable, "-c", SEARCH, cluster.address, str(tmp_path), str(TRIALS)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def test_a_machine_lost_ten_times_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    """It joins after the search has begun. What is found is what one process finds, which nobody disturbs."""
    search, lost = begun(cluster, tmp_path), 0
    while lost < LOSSES and search.poll() is None:
        second = cluster.add_node(num_cpus=1, **STORE)
        time.sleep(4 + lost % 3)
        cluster.remove_node(second, allow_graceful=False)
        lost += 1
        time.sleep(lost % 4)  # before Ray notices, or after
    assert search.poll() is None, "it ended before the machine was lost for the last time"
    cluster.add_node(num_cpus=1, **STORE)
    _, error = search.communicate(timeout=600)
    assert search.returncode == 0, error
    run = nas.load_run(tmp_path / "lost")
    options: dict[str, Any] = {"searcher": "random", "seed": 3, "trials": TRIALS, "progress": False}
    whole = nas.search(cheap.space(), evaluator=cheap.score, runs=tmp_path, name="whole", **options)
    assert [entry.trial.number for entry in run.trials] == list(range(TRIALS))
    assert run.state.failed == 0 and not run.state.pending
    assert [(e.trial.genome.answers, e.score) for e in run.trials] == [
        (e.trial.genome.answers, e.score) for e in whole.trials
    ]
    assert run.best and whole.best and run.best.trial.number == whole.best.trial.number
    done = [record for record in read_journal(run.path / "journal.jsonl")[0] if record["kind"] == "done"]
    assert sorted(record["number"] for record in done) == list(range(TRIALS))
    assert sum(record["attempt"] for record in done) >= LOSSES / 2
    elsewhere = [record["number"] for record in done if record["worker"] == 1]
    assert elsewhere[0] < 50 and elsewhere[-1] > TRIALS - 50  # it was used whenever it was there
