import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nas.executors import reaper

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")

PARENT = """
import os, subprocess, sys
from nas.executors.reaper import stand_by
stand_by()
child = subprocess.Popen(["sleep", "60"], start_new_session=True)
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_has_started_ends_with_it() -> None:
    before = subprocess.Popen(["sleep", "60"])
    parent = subprocess.run([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, check=False)
    child = Path("/proc", parent.stdout.strip(), "cmdline")
    deadline = time.monotonic() + 30
    while child.exists() and child.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert parent.returncode == -9
    assert not child.exists() or child.read_bytes() == b""  # gone, or a zombie that nobody has waited for
    assert before.poll() is None
    before.kill()
    before.wait()


def test_what_has_lost_its_mark_is_known_by_its_parent_that_has_ended() -> None:
    script = "env -i sleep 60 & echo $!; exec sleep 60"
    marked = {**os.environ, reaper.MARK: "there"}
    parent = subprocess.Popen(["sh", "-c", script], env=marked, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = Path("/proc", parent.stdout.readline().strip())
    while (child / "environ").read_bytes():
        time.sleep(0.05)
    ours = reaper.Reaper("there")
    ours.look()
    parent.kill()
    parent.wait()
    ours.look()
    ours.kill()
    deadline = time.monotonic() + 10
    while child.exists() and (child / "cmdline").read_bytes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.exists() or (child / "cmdline").read_bytes() == b""


def test_only_what_has_the_mark_is_killed() -> None:
    marked = {**os.environ, reaper.MARK: "here"}
    ours, others = subprocess.Popen(["sleep", "60"], env=marked), subprocess.Popen(["sleep", "60"])
    time.sleep(0.2)  # until both have their environment
    known = reaper.Reaper("here")
    known.look()
    known.kill()
    assert ours.wait(timeout=10) == -9
    assert others.poll() is None
    others.kill()
    others.wait()
