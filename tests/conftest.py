"""Two processes run the tests (`-n 2` in pyproject.toml; `-n 0` for one). Each takes one thread: more would fight."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")
