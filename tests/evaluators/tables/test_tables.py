"""Tables of every form: which reader takes a file, and what its rows say."""

import gzip
import random
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.evaluators.tables import read
from nas.evaluators.tables.nasbench201 import PATHS
from nas.evaluators.tables.table import NotInTable
from nas.space import load
from tests.space.documents import space_of

PUBLISHED = Path(__file__).parents[3] / "../shared/data/benchmarks/nasbench201.csv.gz"
SPACE = "network: [{choice: [relu, tanh]}, {max_pool: {choice: [2, 3]}}]"
OWN = """network.0,network.1.@.kernel,seed,valid_accuracy@4,test_accuracy@12,seconds@4
relu,2,0,0.5,0.8,10
relu,2,1,0.7,0.9,20
tanh,3,0,0.25,0.5,8
"""
ROW = "arch_str,ops,c10_valid_12,c10_test_12,c10_test_200,c10_sec_per_epoch\n|x|,013204,60.5,61,90.25,20\n"


def written(path: Path, text: str) -> str:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz"])
def test_our_own_form_averages_over_seeds(name: str, tmp_path: Path):
    table, space = read(written(tmp_path / name, OWN), "any"), space_of(SPACE)
    paths = [choice.path for choice in space.choices(space.sample(random.Random(0)))]
    assert paths == ["network.0", "network.1.@.kernel"]
    genome = space.genome(dict(zip(paths, ["relu", 2], strict=True)))
    assert table.metrics(genome) == pytest.approx({"valid_accuracy": 0.6, "simulated_seconds": 15})
    assert table.metrics(genome, 4) == table.metrics(genome)
    assert table.score(genome) == pytest.approx(0.85)
    with pytest.raises(NotInTable, match="no row for this genome"):
        table.metrics(space.genome(dict(zip(paths, ["relu", 3], strict=True))))
    with pytest.raises(UserError, match="no valid_accuracy at 12 epochs; the table has it at: 4"):
        table.metrics(genome, 12)


def test_rows_of_another_data_set_are_left_out(tmp_path: Path):
    text = "dataset,network.0,valid_accuracy@1\na,relu,0.5\nb,relu,0.9\n"
    file, space = written(tmp_path / "t.csv", text), space_of("network: [{choice: [relu, tanh]}]")
    assert read(file, "b").score(space.genome({"network.0": "relu"})) == 0.9
    with pytest.raises(UserError, match="no row of the data set 'c'"):
        read(file, "c")


def test_a_row_of_nasbench201(tmp_path: Path):
    table, space = read(written(tmp_path / "t.csv", ROW), "cifar10"), load("nasbench201")
    words = ("none", "skip_connect", "nor_conv_3x3", "nor_conv_1x1", "none", "avg_pool_3x3")
    genome = space.genome(dict(zip(PATHS, words, strict=True)))
    known = table.metrics(genome)
    assert known == pytest.approx({"valid_accuracy": 0.605, "test_accuracy": 0.61, "simulated_seconds": 12 * 20 / 2})
    assert table.score(genome) == pytest.approx(0.9025)
    with pytest.raises(UserError, match="no data set 'cifar11'; did you mean 'cifar10'"):
        read(table.file, "cifar11")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a table without rows"),
        ("a,b\n1,2\n", "needs columns of choices and of measurements"),
        ("network.0,valid_accuracy@x\nrelu,1\n", "column 'valid_accuracy@x'; name measurements METRIC@EPOCHS"),
        ("network.0,valid_accuracy@1\nrelu,high\n", "t.csv:2: valid_accuracy@1 is 'high'"),
        ("arch_str,ops\n|x|,013204\n", "not a table of the form that its columns name"),
        ("arch_str,ops\n|x|,0132\n", "not a table of the form that its columns name"),
    ],
)
def test_files_that_are_no_tables(text: str, message: str, tmp_path: Path):
    with pytest.raises(UserError) as error:
        read(written(tmp_path / "t.csv", text), "cifar10")
    assert message in str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read as a table: No such file"):
        read(str(tmp_path / "none.csv"), "cifar10")
    (tmp_path / "t.gz").write_bytes(b"not gzip")
    with pytest.raises(UserError, match="cannot be read as a table"):
        read(str(tmp_path / "t.gz"), "cifar10")


@pytest.mark.parametrize(
    ("dataset", "best"), [("cifar10", 94.3733), ("cifar100", 73.5133), ("ImageNet16-120", 47.3111)]
)
def test_the_published_table_has_every_cell(dataset: str, best: float):
    if not PUBLISHED.exists():
        pytest.skip("the table of NAS-Bench-201 is not beside the checkout")
    table = read(str(PUBLISHED), dataset)
    assert len(table.rows) == 15_625
    assert 100 * max(curve[200]["test_accuracy"] for curve in table.rows.values()) == pytest.approx(best, abs=1e-4)
    space = load("nasbench201", **table.given, **table.small)
    rng = random.Random(0)
    for _ in range(20):
        assert 0 < table.score(space.sample(rng)) < 1
