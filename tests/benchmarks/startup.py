"""How long `nas --help` takes, against a Python that does nothing: nothing heavy may be imported before it is needed.

Run: python tests/benchmarks/startup.py
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 0.3  # seconds


def seconds(command: list[str], repeats: int = 9) -> float:
    """Median wall time of a command; the first, with cold files, is not counted."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, check=True
        )
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> int:
    empty = seconds([sys.executable, "-c", "pass"])
    slowest = 0.0
    for arguments in (["--help"], ["search", "--help"]):
        taken = seconds([sys.executable, "-m", "nas", *arguments])
        slowest = max(slowest, taken)
        ratio = f"{taken / empty:.1f} times a Python that does nothing ({empty:.3f} s)"
        print(f"nas {' '.join(arguments)}: {taken:.3f} s, {ratio}")
    return 0 if slowest <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
