"""Ends what Ray has started here once the process that started Ray has ended, however it did: some of Ray's helpers
would stay for another minute. Run as a program of its own, it waits for its standard input to end."""

import functools
import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

MARK = "NAS_RAY"  # in the environment of all that Ray starts here
PROCESSES = Path("/proc")
ROUNDS, PAUSE = 5, 1.0  # looks for what was just being started, and the seconds between them


@functools.cache
def stand_by() -> "subprocess.Popen[bytes] | None":
    """Starts the reaper of this process, once. Where there is no /proc to find orphans in, Ray's own care must do."""
    if not PROCESSES.is_dir():
        return None
    plain = dict(os.environ)
    os.environ[MARK] = uuid.uuid4().hex
    command = [sys.executable, "-I", "-S", __file__, os.environ[MARK]]
    return subprocess.Popen(command, stdin=subprocess.PIPE, env=plain, start_new_session=True)


def reap(mark: str) -> None:
    """Kills every process of this user whose environment has the mark, with all that these have started.

    That is more: a process that names itself (`ray::DashboardAgent`) may write over its environment.
    """
    marked, children = list[int](), dict[int, list[int]]()
    for place in PROCESSES.glob("[0-9]*"):
        with suppress(OSError, IndexError):  # it has ended, or is another user's
            parent = int((place / "stat").read_text().rpartition(") ")[2].split()[1])
            children.setdefault(parent, []).append(int(place.name))
            if f"{MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0"):
                marked.append(int(place.name))
    for process in marked:  # grows by what is found
        marked.extend(child for child in children.pop(process, []) if child not in marked)
    for process in marked:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    for _ in range(ROUNDS):
        reap(sys.argv[1])
        time.sleep(PAUSE)
