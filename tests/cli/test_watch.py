"""`nas watch`, as a process that Ctrl-C ends."""

import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import nas
from tests import cheap


def test_it_serves_until_it_is_stopped(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=2, runs=tmp_path, progress=False)
    command = [sys.executable, "-m", "nas", "watch", str(run.path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith(f"{run.path} is shown at http://127.0.0.1:")
        with urlopen(line.split()[-4]) as page:
            assert b"2 of 2" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""
