"""The proxies of NAS-Bench-201's cells on CIFAR-10 against published values and against trained accuracies.

`pytest -m slow -s` prints the table. It needs, beside the repository, shared/data/benchmarks with nasbench201.csv.gz
(arXiv:2001.00326) and nb201_zc.csv.gz (arXiv:2210.03230), and CIFAR-10 in the folder $NAS_DATA.
"""

import csv
import gzip
import os
import random
from pathlib import Path

import pytest
from scipy.stats import spearmanr

import nas
from nas.evaluators import Proxy, Train
from nas.evaluators.proxies import PROXIES
from nas.types import Trial

TABLES = Path(__file__).parents[4] / "shared" / "data" / "benchmarks"
PUBLISHED = dict(zip(PROXIES, PROXIES, strict=True)) | {"naswot": "nwot", "parameters": "params", "mult_adds": "flops"}
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
ALIKE = ("synflow", "snip", "fisher", "naswot", "grad_norm", "zen", "parameters", "mult_adds")  # in rank, to 0.95
CELLS = 100


def table(name: str) -> list[dict[str, str]]:
    if not (TABLES / name).exists():
        pytest.skip(f"no {TABLES / name}")
    with gzip.open(TABLES / name, "rt") as file:
        return list(csv.DictReader(file))


def correlation(one: list[float], other: list[float]) -> float:
    return float(spearmanr(one, other)[0])


@pytest.mark.slow
def test_ranks_of_published_values_and_of_accuracies() -> None:
    cells, values = table("nasbench201.csv.gz"), table("nb201_zc.csv.gz")
    if not (Path(os.environ.get("NAS_DATA", "")) / "cifar-10-batches-bin").is_dir():
        pytest.skip("no CIFAR-10 in $NAS_DATA")
    known = [number for number, row in enumerate(values) if row["c10_synflow"]]
    chosen = random.Random(0).sample(known, CELLS)
    space, evaluator = nas.load("nasbench201"), Proxy(PROXIES, Train("cifar10", os.environ["NAS_DATA"]))
    paths = list(space.sample(random.Random(0)).answers)
    ours: list[dict[str, float]] = []
    for number in chosen:
        words = [OPERATIONS[int(digit)] for digit in cells[number]["ops"]]
        genome = space.genome(dict(zip(paths, words, strict=True)))
        ours.append(evaluator(Trial(0, genome, seed=number), lambda epoch, metrics: True))
    accuracy = [float(cells[number]["c10_test_200"]) for number in chosen]
    print(f"\n{'proxy':<12}{'rank correlation with: published':>34}{'accuracy':>10}{'(published)':>12}")
    found = {}
    for name in PROXIES:
        mine = [each[name] for each in ours]
        theirs = [float(values[number]["c10_" + PUBLISHED[name]]) for number in chosen]
        found[name] = correlation(mine, theirs), correlation(mine, accuracy), correlation(theirs, accuracy)
        print("{:<12}{:>34.3f}{:>10.3f}{:>12.3f}".format(name, *found[name]), flush=True)
    for name, (alike, right, published) in found.items():
        assert alike >= 0.95 if name in ALIKE else abs(right - published) <= 0.05, (name, alike, right, published)
