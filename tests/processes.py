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
    """`nas` with these arguments. Whatever it starts inherits a mark in its environment, by which it is found."""

    def __init__(self, *arguments: str) -> None:
        self.mark = f"{MARK}={uuid.uuid4().hex}"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), MARK: self.mark.partition("=")[2]}
        code = "import sys; from nas.cli import main; sys.exit(main(sys.argv[1:]))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def left(self, patience: float = 15.0) -> list[str]:
        """Command lines of processes that are still there after so many seconds."""
        deadline = time.monotonic() + patience
        while (found := self._alive()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _alive(self) -> list[str]:
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (place / "environ").read_bytes().split(b"\0"):
                    found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200])
            except OSError:  # it has ended, or is another user's
                continue
        return found
