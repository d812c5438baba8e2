import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from nas.training import use_threads
from nas.training.threads import cores, quota


def test_quota_of_both_versions(tmp_path: Path) -> None:
    assert quota(tmp_path) == math.inf
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert quota(tmp_path) == math.inf
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("250000\n")
    assert quota(tmp_path) == 2.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert quota(tmp_path) == math.inf
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert quota(tmp_path) == 1.5


def test_a_quota_below_one_core_still_leaves_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.training.threads.quota", lambda root: 0.5)
    assert cores() == 1
    monkeypatch.setattr("nas.training.threads.quota", lambda root: math.inf)
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("given", "own", "omp", "expected"),
    [
        (3, "2", "1", 3),
        (None, "2", "1", 2),
        (None, "", "1", 1),
        (None, "", "2,1", 2),
        (None, "x", "", 4),
        (None, "", "9", 4),
    ],
)
def test_what_decides(monkeypatch: pytest.MonkeyPatch, given: int | None, own: str, omp: str, expected: int) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("NAS_THREADS", own)
    monkeypatch.setenv("OMP_NUM_THREADS", omp)
    monkeypatch.setattr("nas.training.threads.cores", lambda: 4)
    try:
        assert use_threads(given) == expected
        assert torch.get_num_threads() == expected
    finally:
        torch.set_num_threads(before)


def test_importing_the_room_imports_no_torch() -> None:
    code = "import sys, nas.training, nas.data, nas.evaluators; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
