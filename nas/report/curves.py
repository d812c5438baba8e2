"""The curves of a benchmark of searchers: accuracy of the best found against trials, as pictures and as CSV."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write(directory: str | Path, rows: Sequence[Mapping[str, Any]], title: str, score: str) -> None:
    """`curves.svg`, `curves.png` and `results.csv` in `directory`.

    rows: standings in the order of trials for each searcher, with searcher, trials, mean and std in percent of what
    `score` says, which is hypervolumes where the rows have them. The band around a curve is its mean's standard error,
    within which the mean of many more repeats would probably lie.
    """
    from matplotlib.figure import Figure  # of no use to other commands, and slow to import

    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "results.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [name for name in rows[0] if name != "reference"], extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    mean, std = ("hypervolume", "hypervolume_std") if "hypervolume" in rows[0] else ("mean", "std")
    figure = Figure(figsize=(7, 4.4), layout="constrained")
    axes = figure.subplots()
    for searcher in dict.fromkeys(row["searcher"] for row in rows):
        own = [row for row in rows if row["searcher"] == searcher]
        trials, means = [row["trials"] for row in own], [row[mean] for row in own]
        errors = [row[std] / row["repeats"] ** 0.5 for row in own]
        (line,) = axes.plot(trials, means, label=searcher, linewidth=1.6, marker="o", markersize=3)
        low = [middle - error for middle, error in zip(means, errors, strict=True)]
        high = [middle + error for middle, error in zip(means, errors, strict=True)]
        axes.fill_between(trials, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    shown = [row[mean] for row in rows if row["trials"] >= min(10, max(row["trials"] for row in rows))]
    axes.set(title=title, xlabel="trials", ylabel=f"{score}, %", xscale="log")
    axes.set_ylim(min(shown) - 0.3, max(row[mean] for row in rows) + 0.15)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    for name in ("curves.svg", "curves.png"):
        figure.savefig(folder / name, dpi=150, metadata={"Date": None} if name.endswith("svg") else None)
