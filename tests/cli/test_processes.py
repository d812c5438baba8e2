"""One training by two processes: what one gives, one line for what goes wrong, and on from where it was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NETWORK = """
input: [1, 8, 8]
classes: 10
network: [{conv_bn_relu: {channels: 4, kernel: 3, stride: 2}}, global_avg_pool, {linear: 10}]
"""


def command(folder: Path, *options: str) -> "subprocess.Popen[str]":
    (folder / "net.yaml").write_text(NETWORK)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "nas", "train", "net.yaml", "--recipe-set", "precision=fp32", *options]
    return subprocess.Popen(words, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def workers(parent: int) -> list[int]:
    """The processes that another one has spawned, by when they were."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
            if int(fields[1]) == parent and b"spawn_main" in (path.parent / "cmdline").read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return sorted(found)


def test_a_mistake_is_one_line(tmp_path: Path) -> None:
    process = command(tmp_path, "--processes", "2", "--set", "nothing=1")
    _, error = process.communicate(timeout=100)
    assert process.returncode == 2
    assert [line for line in error.splitlines() if "error" in line] == [error.splitlines()[-1]]
    assert not (tmp_path / "runs" / "train-net-1").exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the processes")
def test_a_killed_process_ends_all_with_one_line_and_another_number_goes_on(tmp_path: Path) -> None:
    long = ("--epochs", "200", "--to", "out")
    process = command(tmp_path, "--processes", "2", *long)
    checkpoint = tmp_path / "out" / "checkpoint.safetensors"
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.05)
    both = workers(process.pid)
    assert len(both) == 2
    os.kill(both[1], signal.SIGKILL)
    _, error = process.communicate(timeout=100)
    last = error.splitlines()[-1]
    assert process.returncode == 1
    assert last.startswith("error: net.yaml: process 1 of 2 was killed (signal 9), and the others were ended; to go on")
    assert sum("error" in line for line in error.splitlines()) == 1
    assert not any(Path(f"/proc/{worker}").exists() for worker in both)
    process = command(tmp_path, *long)
    _, error = process.communicate(timeout=200)
    assert process.returncode == 0 and "epoch 1 of" not in error.splitlines()[0], error
    assert json.loads((tmp_path / "out" / "result.json").read_text())["final"]["epochs"] == 200
    assert not checkpoint.exists()


@pytest.mark.slow
def test_torchrun_trains_the_same(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = command(tmp_path, "--epochs", "2", "--to", "one")
    assert process.wait(100) == 0
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "nas"]
    words += ["train", "net.yaml", "--recipe-set", "precision=fp32", "--epochs", "2"]
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, timeout=200, capture_output=True)
    one, two = (
        json.loads((tmp_path / folder / "result.json").read_text())["final"] for folder in ("one", "runs/train-net-1")
    )
    assert two["train_loss"] == pytest.approx(one["train_loss"], rel=1e-3)
    assert two["steps"] == one["steps"]
