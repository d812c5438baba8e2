"""The official NATS-Bench files (Dong et al. 2021, arXiv:2009.00437), topology space, read by their own package.

`pip install nats_bench`, and give the file `NATS-tss-...pickle.pbz2` or the unpacked folder `NATS-tss-...-simple`. They
are Python pickles, which can run any code when they are read: take them from their authors alone. Nothing else makes
this project read a pickle.

Up to 12 epochs are those of the authors' training of 12, more those of the one of 200. On CIFAR-100 and ImageNet16-120
the validation images alone were looked at after the last epoch only: there is nothing between that a search may see.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nas.errors import UserError, did_you_mean, stops_pass
from nas.evaluators.tables.nasbench201 import DATASETS, PATHS
from nas.evaluators.tables.table import Curve, Table
from nas.types import Metrics

SUFFIX = ".pickle.pbz2"
SHORT, LONG = 12, 200  # epochs of the two trainings of each architecture
SEARCHED = {"cifar10": "cifar10-valid"}  # trained on one half, and measured on the other


def is_nats(path: str) -> bool:
    """Whether a path is one of the files that this reads."""
    return path.endswith(SUFFIX) or Path(path).is_dir()


def table(path: str, dataset: str) -> Table:
    """The table in a file or folder. Raises UserError where it, or the package, is none."""
    if dataset not in DATASETS:
        raise UserError(path, f"NATS-Bench has no data set '{dataset}'", did_you_mean(dataset, DATASETS))
    if "sss" in Path(path).name:
        raise UserError(path, "the size search space, of which there is no document", "give a file NATS-tss-...")
    if not Path(path).exists():
        raise UserError(path, "cannot be read as a table: No such file or directory")
    try:
        from nats_bench import create
    except ImportError:
        raise UserError(path, "needs the package nats_bench", "pip install nats_bench, or give a CSV file") from None
    try:
        with stops_pass():
            api = create(path, "tss", fast_mode=Path(path).is_dir(), verbose=False)
    except Exception as error:  # noqa: BLE001 - whatever a pickle of another kind leads to
        raise UserError(path, f"not a file of NATS-Bench: {error}", "see docs/benchmarks.md") from None
    given = DATASETS[dataset][2]
    curves = Architectures(api, dataset)
    return Table(path, curves, small={"cells": 1}, given=given, epochs=SHORT, alike=True, dataset=dataset)


@dataclass
class Architectures(Mapping[Hashable, Curve]):
    """Curves by answers of the document `nasbench201`, each read when it is asked for."""

    api: Any
    dataset: str
    cached: dict[Hashable, Curve] = field(default_factory=dict)

    def __getitem__(self, key: Hashable) -> Curve:
        if key not in self.cached:
            answers = dict(key) if isinstance(key, frozenset) else {}
            index = self.api.query_index_by_arch(_arch([str(answers[path]) for path in PATHS]))
            if index < 0:
                raise KeyError(key)
            self.cached[key] = Training(self.api, index, self.dataset)
        return self.cached[key]

    def __iter__(self) -> Iterator[Hashable]:
        for arch in self.api:
            edges = [edge.split("~")[0] for node in arch.split("+") for edge in node.strip("|").split("|")]
            yield frozenset(zip(PATHS, edges, strict=True))

    def __len__(self) -> int:
        return len(self.api)


@dataclass
class Training(Mapping[int, Metrics]):
    """An architecture's metrics after those of 1 to 200 epochs that were validated, means over the authors' seeds."""

    api: Any
    index: int
    dataset: str
    cached: dict[int, Metrics] = field(default_factory=dict)

    def __getitem__(self, epochs: int) -> Metrics:
        if epochs not in self.cached:
            if not 1 <= epochs <= LONG:
                raise KeyError(epochs)
            searched = self._info(SEARCHED.get(self.dataset, self.dataset), epochs)
            metrics = {"valid_accuracy": searched["valid-accuracy"] / 100}  # KeyError where there is none
            metrics["simulated_seconds"] = searched["train-all-time"] + searched["valid-per-time"]
            if epochs == LONG:
                metrics["test_accuracy"] = self._info(self.dataset, epochs)["test-accuracy"] / 100
            self.cached[epochs] = metrics
        return self.cached[epochs]

    def _info(self, dataset: str, epochs: int) -> Mapping[str, float]:
        training = str(SHORT if epochs <= SHORT else LONG)
        try:
            info: Mapping[str, float] = self.api.get_more_info(
                self.index, dataset, iepoch=epochs - 1, hp=training, is_random=False
            )
        except (AssertionError, ValueError) as error:  # a folder without this architecture's file
            raise UserError("NATS-Bench", str(error), "unpack the archive again") from None
        return info

    def __iter__(self) -> Iterator[int]:
        return (epochs for epochs in range(1, LONG + 1) if epochs in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _arch(operations: list[str]) -> str:
    """The package's text of a cell, from the operations of edges 0>1, 0>2, 1>2, 0>3, 1>3, 2>3."""
    edges = iter(operations)
    nodes = ("|".join(f"{next(edges)}~{source}" for source in range(count)) for count in (1, 2, 3))
    return "+".join(f"|{node}|" for node in nodes)
