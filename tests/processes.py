"""Commands started in processes of their own, and whether anything of them is left."""

import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARK = "NAS_TEST_PROCESS"


class Command:
    """`nas` with these arguments. Whatever it starts inherits a mark in its environment, by which it is found.

    A process that names itself may lose the mark: `send` remembers those too.
    """

    def __init__(self, *arguments: str) -> None:
        mark = uuid.uuid4().hex
        self.mark, self.seen = f"{MARK}={mark}".encode(), dict[tuple[int, str], str]()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), MARK: mark}
        code = "import sys; from nas.cli import main; sys.exit(main(sys.argv[1:]))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def send(self, number: int) -> None:
        """A signal to the command, not to what it has started."""
        self.seen = self._marked()
        self.process.send_signal(number)

    def left(self, patience: float = 15.0) -> list[str]:
        """Command lines of processes that are still there after so many seconds."""
        deadline = time.monotonic() + patience
        while (found := self.alive()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def alive(self) -> list[str]:
        """Their command lines."""
        return [words for process, words in self._marked().items() if words]  # a zombie has none

    def _marked(self) -> dict[tuple[int, str], str]:
        """Command lines, by number and moment of start, of what has the mark, was started by that or was seen so."""
        every, parents = dict[tuple[int, str], str](), dict[int, int]()
        marked = set[int]()
        for place in Path("/proc").glob("[0-9]*"):
            try:
                fields, number = (place / "stat").read_text().rpartition(") ")[2].split(), int(place.name)
                words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
                every[number, fields[19]], parents[number] = words.strip(), int(fields[1])
                if (number, fields[19]) in self.seen or self.mark in (place / "environ").read_bytes().split(b"\0"):
                    marked.add(number)
            except OSError:  # it has ended, or is another user's
                continue
        while more := {number for number, parent in parents.items() if parent in marked} - marked:
            marked |= more
        return {process: words for process, words in every.items() if process[0] in marked}
