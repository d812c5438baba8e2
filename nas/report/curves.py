"""The curves of a benchmark of searchers: accuracy of the best found against trials and seconds, drawn and as CSV."""

import csv
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PANELS = {"trials": "trials", "simulated_seconds": "simulated seconds"}
BAND = "means of {} searches, and their standard errors"


def write(directory: str | Path, rows: Sequence[Mapping[str, Any]], title: str, score: str) -> None:
    """`curves.svg`, `curves.png` and `results.csv` in `directory`.

    rows: standings in the order of trials for each searcher, with searcher, trials, mean and std in percent of what
    `score` says, which is hypervolumes where the rows have them. One panel has the trials, another the simulated
    seconds where all rows have some. The band around a curve is its mean's standard error, within which the mean of
    many more repeats would probably lie.
    """
    from matplotlib.figure import Figure  # of no use to other commands, and slow to import
    from matplotlib.ticker import LogLocator, NullFormatter

    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "results.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [name for name in rows[0] if name != "reference"], extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    mean, std = ("hypervolume", "hypervolume_std") if "hypervolume" in rows[0] else ("mean", "std")
    panels = [name for name in PANELS if all(row[name] > 0 for row in rows)]
    figure = Figure(figsize=(4.2 * len(panels) + 1.6, 4.4), layout="constrained")
    figure.suptitle(f"{title}: {BAND.format(rows[0]['repeats'])}", fontsize="medium")
    for panel, axes in zip(panels, figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], strict=True):
        for searcher in dict.fromkeys(row["searcher"] for row in rows):
            own = [row for row in rows if row["searcher"] == searcher]
            where, means = [row[panel] for row in own], [row[mean] for row in own]
            (line,) = axes.plot(where, means, label=searcher, linewidth=1.6, marker="o", markersize=3)
            low, high = ([row[mean] + sign * _error(row, std) for row in own] for sign in (-1, 1))
            axes.fill_between(where, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
        axes.set(xlabel=PANELS[panel], xscale="log")
        far = max(row[panel] for row in rows) > 200 * min(row[panel] for row in rows)
        axes.xaxis.set_major_locator(LogLocator(subs=(1,) if far else (1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        if panel == "trials":
            axes.set_ylabel(textwrap.fill(f"{score}, %", 50))
            axes.legend(frameon=False, loc="lower right")
        axes.grid(alpha=0.3)
    shown = [row for row in rows if 10 * row["trials"] >= max(row["trials"] for row in rows)]  # the first are far below
    low, high = (
        combine(row[mean] + sign * _error(row, std) for row in shown) for sign, combine in ((-1, min), (1, max))
    )
    margin = 0.05 * (high - low) or 0.1
    axes.set_ylim(low - margin, high + margin)
    for name in ("curves.svg", "curves.png"):
        figure.savefig(folder / name, dpi=150, metadata={"Date": None} if name.endswith("svg") else None)


def _error(row: Mapping[str, Any], std: str) -> float:
    error: float = row[std] / row["repeats"] ** 0.5
    return error
