import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.run.lock import Lock

HOLDER = """
import sys, time
from pathlib import Path
from nas.run.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_owner_is_refused_and_told_the_first_ones_pid(tmp_path: Path) -> None:
    with (
        Lock(tmp_path / "lock"),
        pytest.raises(UserError, match=f"in use by process {os.getpid()}"),
        Lock(tmp_path / "lock"),
    ):
        pass
    with Lock(tmp_path / "lock"):
        pass


def test_a_killed_owner_lets_go(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(UserError, match=f"process {holder.pid};"), Lock(tmp_path / "lock"):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with Lock(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
