"""Ends what Ray has started here once the process that started Ray has ended, however it did: some of Ray's helpers
would stay for another minute. Run as a program of its own, it looks around until its standard input ends.

What is Ray's has a mark in its environment, or was started by what is. Both have to be seen while it starts: a process
that names itself (`ray::DashboardAgent`) may write over its environment, and its parent may be the first to end.
"""

import functools
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

MARK = "NAS_RAY"  # in the environment of all that Ray starts here
PROCESSES = Path("/proc")
PAUSE = 0.5  # seconds between two looks
SETTLED = 5.0  # seconds after which a process has become what it will be, so that it need not be looked at again
ROUNDS = 10  # looks, in the end, for what was just being started


@functools.cache
def stand_by() -> "subprocess.Popen[bytes] | None":
    """Starts the reaper of this process, once. Where there is no /proc to find orphans in, Ray's own care must do."""
    if not PROCESSES.is_dir():
        return None
    plain = dict(os.environ)
    os.environ[MARK] = uuid.uuid4().hex
    command = [sys.executable, "-I", "-S", __file__, os.environ[MARK]]
    return subprocess.Popen(command, stdin=subprocess.PIPE, env=plain, start_new_session=True)


class Reaper:
    """Knows this user's processes with `mark` in their environment, and all that these have started."""

    def __init__(self, mark: str) -> None:
        self.mark = f"{MARK}={mark}".encode()
        self.ours: dict[int, str] = {}  # by number: a process's moment of start, since numbers are used again
        self.others: dict[tuple[str, int], float] = {}  # when each was first seen

    def look(self) -> None:
        """Finds new ones."""
        now, parents, starts = time.monotonic(), dict[int, int](), dict[int, str]()
        before, self.others = self.others, {}
        for entry in os.scandir(PROCESSES):
            if not entry.name.isdigit():
                continue
            key = (entry.name, entry.inode())
            self.others[key] = before.get(key, now)
            if now - self.others[key] < SETTLED:
                with suppress(OSError):  # it has ended, or is another user's
                    number, (parent, start) = int(entry.name), _stat(entry.name)
                    parents[number], starts[number] = parent, start
                    if self.mark in (PROCESSES / entry.name / "environ").read_bytes().split(b"\0"):
                        self.ours[number] = start
        while more := [number for number, parent in parents.items() if parent in self.ours and number not in self.ours]:
            self.ours |= {number: starts[number] for number in more}

    def kill(self) -> None:
        """Ends those that are known."""
        for number, start in self.ours.items():
            with suppress(OSError):
                if _stat(str(number))[1] == start:
                    os.kill(number, signal.SIGKILL)


def _stat(number: str) -> tuple[int, str]:
    """(the parent's number, the moment of start) of a process. Raises OSError where it has ended."""
    fields = (PROCESSES / number / "stat").read_text().rpartition(") ")[2].split()
    return int(fields[1]), fields[19]


if __name__ == "__main__":
    reaper = Reaper(sys.argv[1])
    while not (select.select([sys.stdin], [], [], PAUSE)[0] and not os.read(sys.stdin.fileno(), 1)):
        reaper.look()
    for _ in range(ROUNDS):
        reaper.look()
        reaper.kill()
        time.sleep(PAUSE)
