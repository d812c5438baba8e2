"""NATS-Bench's files, written and read by their authors' package: the folder that it reads bit by bit, and the one.

Of two cells, with the data sets and evaluations that the package expects. On CIFAR-100 the validation images alone were
looked at after the last epoch only.
"""

from pathlib import Path
from typing import Any

import pytest

from nas.benchmark.published import convert
from nas.benchmark.tabulate import SHOWN
from nas.errors import UserError
from nas.evaluators.tables import nats, read_table
from nas.evaluators.tables.nasbench201 import PATHS
from nas.space import Genome, load

nats_bench = pytest.importorskip("nats_bench", reason="pip install nats_bench")
WORDS = (
    ("none", "skip_connect", "nor_conv_3x3", "nor_conv_1x1", "none", "avg_pool_3x3"),
    ("nor_conv_3x3", "nor_conv_3x3", "none", "skip_connect", "nor_conv_1x1", "none"),
)
EVALUATED = {"cifar10-valid": ("x-valid", "ori-test"), "cifar10": ("ori-test",), "cifar100": ("ori-test",)}
LAST_ONLY = {"cifar100": ("x-valid", "x-test")}


def accuracy(index: int, seed: int, epoch: int) -> float:
    return 40 + 10 * index + epoch / 10 + (seed - 777) / 111


def trained(index: int, dataset: str, seed: int, epochs: int) -> Any:
    """One training: an epoch takes two seconds, a look at other images half a second."""
    curve = {epoch: accuracy(index, seed, epoch) for epoch in range(epochs)}
    config = {"arch_str": nats._arch(list(WORDS[index])), "channel": 16, "num_cells": 5, "class_num": 10}
    result = nats_bench.ResultsCount(dataset, None, curve, curve, 1.5, 200.0, config, seed, epochs, None)
    result.update_train_info(curve, curve, curve, dict.fromkeys(range(epochs), 2.0))
    for name in EVALUATED[dataset]:
        of_epoch = {f"{name}@{epoch}": value for epoch, value in curve.items()}
        result.update_eval(of_epoch, of_epoch, dict.fromkeys(of_epoch, 0.5))
    for name in LAST_ONLY.get(dataset, ()):
        last = {epochs - 1: curve[epochs - 1] + (name == "x-test")}
        result.update_OLD_eval(name, last, last)
        result.reset_pseudo_eval_times(name, 0.5)
    return result


def architecture(index: int) -> dict[str, Any]:
    found = {}
    for epochs in (12, 200):
        results = nats_bench.ArchResults(index, nats._arch(list(WORDS[index])))
        for dataset in EVALUATED:
            for seed in (777, 888):
                results.update(dataset, seed, trained(index, dataset, seed, epochs))
        found[str(epochs)] = results.state_dict()
    return found


@pytest.fixture(scope="module", params=["folder", "file"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    at = tmp_path_factory.mktemp("nats") / "NATS-tss-v1_0-3ffb9"
    archs = [nats._arch(list(words)) for words in WORDS]
    if request.param == "file":
        infos = {index: architecture(index) for index in range(2)}
        everything = {"meta_archs": archs, "arch2infos": infos, "evaluated_indexes": {0, 1}}
        nats_bench.pickle_save(everything, f"{at}.pickle")
        return f"{at}.pickle.pbz2"
    folder = at.with_name(f"{at.name}-simple")
    folder.mkdir()
    nats_bench.pickle_save({"meta_archs": archs}, folder / "meta.pickle")
    for index in range(2):
        nats_bench.pickle_save(architecture(index), folder / f"{index:06d}.pickle")
    return str(folder)


def genome(words: tuple[str, ...]) -> Genome:
    return load("nasbench201").genome(dict(zip(PATHS, words, strict=True)))


def test_cifar10_after_any_epochs(path: str):
    table, second = nats.table(path, "cifar10"), genome(WORDS[1])
    table.fit(load("nasbench201"))
    assert table.metrics(second) == pytest.approx(
        {"valid_accuracy": (50 + 1.1 + 0.5) / 100, "simulated_seconds": 12 * 2 + 0.5}
    )
    assert table.metrics(second, 3)["valid_accuracy"] == pytest.approx((50 + 0.2 + 0.5) / 100)
    assert table.metrics(second, 100)["simulated_seconds"] == pytest.approx(200.5)
    assert table.scored() == ("test_accuracy", 200)
    assert table.score(second) == pytest.approx((50 + 19.9 + 0.5) / 100)
    assert [dict(key) for key in table.rows] == [dict(zip(PATHS, words, strict=True)) for words in WORDS]
    assert not table.has(genome(("none",) * 6))


def test_cifar100_where_validation_images_were_looked_at(path: str):
    table, first = nats.table(path, "cifar100"), genome(WORDS[0])
    assert table.metrics(first)["valid_accuracy"] == pytest.approx((40 + 1.1 + 0.5) / 100)
    assert table.score(first) == pytest.approx((40 + 19.9 + 0.5 + 1) / 100)  # of the test images alone
    assert not table.has(first, 6)
    with pytest.raises(UserError, match="no valid_accuracy at 6 epochs; the table has it at: 12, 200"):
        table.check(6)
    assert table.most_epochs() == 200


def test_a_folder_that_was_unpacked_in_part(path: str):
    if Path(path).is_file():
        pytest.skip("one file is there or is not")
    (Path(path) / "000001.pickle.pbz2").rename(Path(path) / "elsewhere")
    try:
        with pytest.raises(UserError, match=r"invalid data path.*1\.pickle\.pbz2; unpack"):
            nats.table(path, "cifar10").metrics(genome(WORDS[1]))
    finally:
        (Path(path) / "elsewhere").rename(Path(path) / "000001.pickle.pbz2")


def test_a_csv_file_is_made_of_it(path: str, tmp_path: Path) -> None:
    to = tmp_path / "nasbench201.csv"
    assert convert(Path(path), load("nasbench201"), "cifar10", to) == len(WORDS)
    old, new = nats.table(path, "cifar10"), read_table(str(to), "cifar10")
    for words in WORDS:
        before, after = old.curve(genome(words)), new.curve(genome(words))
        assert [*after] == [*SHOWN]
        for epochs in SHOWN:
            assert after[epochs] == pytest.approx(before[epochs], abs=1e-6)
