"""`nas search` and `nas resume`, killed for good fifty times: the journal of every searcher is as if nobody had."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from nas.evaluators.tables import packaged
from tests.run.test_faults import start, timeless
from tests.searchers.contract import SMALL
from tests.searchers.test_contract import every

TRIALS, KILLS, FEWER = 120, 50, 8
RECORDS = 2 * TRIALS
COMMAND = """
import sys, time
from nas.cli import main
from nas.evaluators import TableEvaluator
from nas.run import snapshot
look_up = TableEvaluator.__call__

def delayed(*arguments):
    time.sleep(0.03)
    return look_up(*arguments)

TableEvaluator.__call__ = delayed
snapshot.RESULTS_BETWEEN = 7
sys.exit(main(sys.argv[2:]))
"""


def lines(path: Path) -> int:
    """Whole lines of the journal, which may be under way."""
    journal = path / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def killed(process: "subprocess.Popen[str]", path: Path, rng: random.Random, most: int) -> bool:
    """Kill it while it starts, or after up to so many records, or a little later. False where it had ended."""
    known, more = lines(path), rng.randrange(most + 1)
    deadline = time.monotonic() + (rng.uniform(0, 0.6) if more == 0 else 60)
    while process.poll() is None and time.monotonic() < deadline and lines(path) < known + max(1, more):
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.03))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.slow
@every
def test_a_command_killed_fifty_times(name: str, tmp_path: Path) -> None:
    rng, path = random.Random(name), tmp_path / "killed"
    options = [f"--searcher-set={key}={value}" for key, value in SMALL.get(name, {}).items()]
    search = ["search", "nasbench_digits", "--evaluator", "table", "--table", str(packaged("nasbench_digits"))]
    search += ["--searcher", name, "--trials", str(TRIALS), "--runs", str(tmp_path), *options]
    process, kills = start(tmp_path, *search, "--name", "killed", code=COMMAND), 0
    while kills < KILLS:
        left = (RECORDS - lines(path)) // (KILLS - kills)  # so that the last kill comes before the last record
        assert killed(process, path, rng, max(0, min(FEWER, 2 * left - 3))), f"it ended after {kills} kills"
        kills += 1
        again = ["resume", str(path)] if (path / "run.yaml").exists() else [*search, "--name", "killed"]
        if again[0] == "search" and path.exists():
            path.rmdir()  # killed between making the folder and writing run.yaml
        process = start(tmp_path, *again, code=COMMAND)
    _, error = process.communicate(timeout=1800)  # Gaussian processes of Optuna take minutes
    assert process.returncode == 0, error
    whole = start(tmp_path, *search, "--name", "whole", code=COMMAND)
    assert whole.wait(timeout=1800) == 0
    records, expected = timeless(path), timeless(tmp_path / "whole")
    if name == "grid":  # made anew it passes over all that was refused before, which counts again
        for record in (*records, *expected):
            record.pop("duplicates", None)
    assert records == expected
    prints = [record["fingerprint"] for record in records if record["kind"] == "issued"]
    assert len(prints) == len(set(prints)) == TRIALS
