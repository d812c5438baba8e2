"""How many threads one process may use: two processes that each take every core run at a quarter of one's speed."""

from __future__ import annotations

import math
import os
from pathlib import Path


def use_threads(count: int | None = None) -> int:
    """Has torch compute with `count` threads in this process, and returns their number.

    Default: $NAS_THREADS, which an executor sets for its workers; else the cores that this process may run on, or
    $OMP_NUM_THREADS where that is less.
    """
    import torch

    threads = count or _setting("NAS_THREADS") or min(cores(), _setting("OMP_NUM_THREADS") or cores())
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    return threads


def cores() -> int:
    """The cores that this process may run on: its affinity, and the CPU quota of its control group."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(quota(Path("/sys/fs/cgroup")), allowed)))


def quota(root: Path) -> float:
    """Cores' worth of time that the control group at `root` allows (version 2, else 1); infinity if unlimited."""
    try:
        limit, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            limit = (root / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return math.inf
    return int(limit) / int(period) if limit.isdigit() and int(period) else math.inf


def _setting(name: str) -> int | None:
    """The count that the environment gives, or None: OMP_NUM_THREADS may be a list (`4,2`), the first counts."""
    first = os.environ.get(name, "").split(",")[0].strip()
    return int(first) if first.isdigit() and int(first) else None
