"""NAS-Bench-201 (Dong & Yang 2020, arXiv:2001.00326) as one row an architecture.

Columns: `ops`, six digits for the edges 0>1, 0>2, 1>2, 0>3, 1>3, 2>3, each an operation's position in the paper's list;
percentages `c10_valid_12`, `c10_test_12`, `c10_test_200` and so for c100 and in16; `c10_sec_per_epoch`, the seconds of
an epoch over 50,000 images of CIFAR-10.
"""

from collections.abc import Hashable, Mapping
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.evaluators.tables.table import Curve, Row, Table, answers_key

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
PATHS = tuple(f"cells.cell.nodes.{edge}.operation" for edge in ("0.0", "1.0", "1.1", "2.0", "2.1", "2.2"))
# Column prefix, and training images over 50,000 times pixels over 32 x 32: how long an epoch is beside CIFAR-10's.
# Searches on CIFAR-10 train on one half; ImageNet16-120 has 151,700 images of 16 x 16.
DATASETS: dict[str, tuple[str, float, Mapping[str, Any]]] = {
    "cifar10": ("c10", 0.5, {}),
    "cifar100": ("c100", 1.0, {"classes": 100}),
    "ImageNet16-120": ("in16", 151_700 / 50_000 / 4, {"classes": 120, "input": [3, 16, 16]}),
}


def table(rows: list[Row], file: str, dataset: str) -> Table:
    """The table for one of the three data sets. Raises UserError for another."""
    if dataset not in DATASETS:
        raise UserError(file, f"NAS-Bench-201 has no data set '{dataset}'", did_you_mean(dataset, DATASETS))
    prefix, share, given = DATASETS[dataset]
    curves: dict[Hashable, Curve] = {_key(row["ops"]): _curve(row, prefix, share) for row in rows}
    return Table(file, curves, small={"cells": 1}, given=given, alike=True, dataset=dataset)


def _key(digits: str) -> Hashable:
    return answers_key({path: OPERATIONS[int(digit)] for path, digit in zip(PATHS, digits, strict=True)})


def _curve(row: Row, prefix: str, share: float) -> Curve:
    second = float(row["c10_sec_per_epoch"]) * share
    return {
        12: {
            "valid_accuracy": float(row[f"{prefix}_valid_12"]) / 100,
            "test_accuracy": float(row[f"{prefix}_test_12"]) / 100,
            "simulated_seconds": 12 * second,
        },
        200: {"test_accuracy": float(row[f"{prefix}_test_200"]) / 100, "simulated_seconds": 200 * second},
    }
