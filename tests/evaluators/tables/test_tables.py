"""Tables of every form: which reader takes a file, and what its rows say."""

import csv
import gzip
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nas.errors import UserError
from nas.evaluators.tables import Table, packaged, read_table
from nas.evaluators.tables.nasbench101 import SMALL, answers, canonical, key
from nas.evaluators.tables.nasbench201 import PATHS
from nas.evaluators.tables.nasbench301 import answers as darts_answers
from nas.evaluators.tables.table import NotInTable
from nas.space import Genome, load
from tests.space.documents import space_of

TABLES = Path(__file__).parents[3] / "../shared/data/benchmarks"
PUBLISHED = TABLES / "nasbench201.csv.gz"
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
    table, space = read_table(written(tmp_path / name, OWN), "any"), space_of(SPACE)
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


def test_networks_compare_after_the_longest_training_that_all_have(tmp_path: Path):
    head = "network.0,valid_accuracy@4,valid_accuracy@9,test_accuracy@4,test_accuracy@9\n"
    space = space_of("network: [{choice: [relu, tanh]}]")
    relu = space.genome({"network.0": "relu"})

    def table(name: str, rows: str) -> Table:
        return read_table(written(tmp_path / name, head + rows), "any")

    short = table("a.csv", "relu,0.1,0.2,0.3,0.4\ntanh,0.1,,0.3,\n")
    assert (short.score(relu), short.score(relu, 9)) == (0.3, 0.4)
    assert short.final(relu) == {"test_accuracy": 0.4}
    untested = table("b.csv", "relu,0.1,0.2,0.3,0.4\ntanh,0.1,0.5,,\n")
    assert untested.scored() == ("valid_accuracy", 9)
    with pytest.raises(UserError, match="no epochs at which all rows have an accuracy; name some with --epochs"):
        table("c.csv", "relu,0.1,,,\ntanh,,0.2,,\n").check(None)


def test_answers_of_every_kind(tmp_path: Path):
    file = written(tmp_path / "t.csv", 'a,b,c,d,valid_accuracy@1\ntrue,False,"[0, 2]",3,0.5\n')
    (key,) = read_table(file, "any").rows
    assert dict(key) == {"a": True, "b": False, "c": (0, 2), "d": 3}


def test_rows_of_another_data_set_are_left_out(tmp_path: Path):
    text = "dataset,network.0,valid_accuracy@1\na,relu,0.5\nb,relu,0.9\n"
    file, space = written(tmp_path / "t.csv", text), space_of("network: [{choice: [relu, tanh]}]")
    assert read_table(file, "b").score(space.genome({"network.0": "relu"})) == 0.9
    with pytest.raises(UserError, match="no row of the data set 'c'; name one with --dataset; it has: a, b"):
        read_table(file, "c")


def test_a_row_of_nasbench201(tmp_path: Path):
    table, space = read_table(written(tmp_path / "t.csv", ROW), "cifar10"), load("nasbench201")
    words = ("none", "skip_connect", "nor_conv_3x3", "nor_conv_1x1", "none", "avg_pool_3x3")
    genome = space.genome(dict(zip(PATHS, words, strict=True)))
    known = table.metrics(genome)
    assert known == pytest.approx({"valid_accuracy": 0.605, "test_accuracy": 0.61, "simulated_seconds": 12 * 20 / 2})
    assert table.score(genome) == pytest.approx(0.9025)
    with pytest.raises(UserError, match="no data set 'cifar11'; did you mean 'cifar10'"):
        read_table(table.file, "cifar11")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a table without rows"),
        ("a,b\n1,2\n", "it needs columns, between commas, of choices and of measurements"),
        ("network.0,valid_accuracy@x\nrelu,1\n", "column 'valid_accuracy@x'; name measurements METRIC@EPOCHS"),
        ("network.0,valid_accuracy@1\nrelu,high\n", "t.csv:2: valid_accuracy@1 is 'high'; give a number, or leave it"),
        ("network.0,valid_accuracy@1\nrelu,nan\n", "t.csv:2: valid_accuracy@1 is 'nan'; give a number, or leave it"),
        ("network.0,test_accuracy@1\nrelu,91.2\n", "t.csv:2: test_accuracy@1 is '91.2'; give a fraction"),
        ("network.0;valid_accuracy@1\nrelu;0.5\n", "it needs columns, between commas, of choices and of"),
        ("arch_str,ops\n|x|,013204\n", "not a table of the form that its columns name"),
        ("arch_str,ops\n|x|,0132\n", "not a table of the form that its columns name"),
    ],
)
def test_files_that_are_no_tables(text: str, message: str, tmp_path: Path):
    with pytest.raises(UserError) as error:
        read_table(written(tmp_path / "t.csv", text), "cifar10")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("network,network.1.@.kernel\nrelu,2\n", "network.0: no answer to this choice; did you mean 'network'"),
        ("network.0,index,network.1.@.kernel\nrelu,0,2\n", "index: no such choice"),
        ("network.0,network.1.@.kernel\nReLU,2\n", "network.0: 'ReLU' is not an answer here; known: relu, tanh"),
    ],
)
def test_tables_of_another_space(rows: str, problem: str, tmp_path: Path):
    head, row = rows.split("\n")[:2]
    table = read_table(written(tmp_path / "t.csv", f"{head},valid_accuracy@1\n{row},0.5\n"), "any")
    with pytest.raises(UserError) as error:
        table.fit(space_of(SPACE))
    assert f"no row is a genome of {space_of(SPACE).name}; the first: {problem}" in str(error.value)


def test_tables_of_more_than_the_space_has(tmp_path: Path):
    read_table(written(tmp_path / "t.csv", "\ufeff" + OWN.replace("relu", "silu")), "any").fit(
        space_of(SPACE)
    )  # one row fits
    cells = read_table(written(tmp_path / "c.csv", ECNAS), "cifar10")
    cells.fit(load("nasbench101", **SMALL, vertices=3))
    with pytest.raises(UserError, match="a table of other cells than those of nasbench201"):
        cells.fit(load("nasbench201"))


def test_files_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read as a table: No such file"):
        read_table(str(tmp_path / "none.csv"), "cifar10")
    (tmp_path / "t.gz").write_bytes(b"not gzip")
    with pytest.raises(UserError, match="cannot be read as a table"):
        read_table(str(tmp_path / "t.gz"), "cifar10")


@pytest.mark.parametrize(
    ("dataset", "best"), [("cifar10", 94.3733), ("cifar100", 73.5133), ("ImageNet16-120", 47.3111)]
)
def test_the_published_table_has_every_cell(dataset: str, best: float):
    if not PUBLISHED.exists():
        pytest.skip("the table of NAS-Bench-201 is not beside the checkout")
    table = read_table(str(PUBLISHED), dataset)
    assert len(table.rows) == 15_625
    assert 100 * max(curve[200]["test_accuracy"] for curve in table.rows.values()) == pytest.approx(best, abs=1e-4)
    space = load("nasbench201", **table.given, **table.small)
    rng = random.Random(0)
    for _ in range(20):
        assert 0 < table.score(space.sample(rng)) < 1


ECNAS = """hash,vertices,epochs,rep,adj,ops,train_sec,valid_acc,test_acc
a,3,4,0,010001000,"input,conv3x3-bn-relu,output",10,0.5,0.4
a,3,4,1,010001000,"input,conv3x3-bn-relu,output",20,0.6,0.5
a,3,108,0,010001000,"input,conv3x3-bn-relu,output",300,0.9,0.8
b,4,4,0,0110000100010000,"input,conv1x1-bn-relu,maxpool3x3,output",12,0.55,0.45
"""


def cell101(matrix: list[list[int]], *operations: str) -> Genome:
    space = load("nasbench101", **SMALL)
    return space.genome(answers(matrix, ("input", *operations, "output")))


def test_cells_of_nasbench101_are_found_in_any_order_and_form(tmp_path: Path):
    table = read_table(written(tmp_path / "t.csv", ECNAS), "cifar10")
    line = cell101([[0, 1, 0], [0, 0, 1], [0, 0, 0]], "conv3x3-bn-relu")
    assert table.metrics(line) == pytest.approx(
        {"valid_accuracy": 0.55, "test_accuracy": 0.45, "simulated_seconds": 15}
    )
    assert table.final(line) == {"test_accuracy": 0.8}
    assert table.score(line) == pytest.approx(0.45)  # after 4 epochs, as the other cell's: it has no more
    assert table.score(line, 108) == 0.8  # trials of 108 epochs find no other cell
    both = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    swapped = cell101(both, "maxpool3x3", "conv1x1-bn-relu")
    assert table.metrics(swapped)["valid_accuracy"] == 0.55
    full = load("nasbench101")  # at the size that is trained
    assert table.score(full.genome(dict(swapped.answers))) == 0.45
    assert table.has(line, 108) and not table.has(swapped, 108)
    assert not table.has(cell101(both, "maxpool3x3", "maxpool3x3"))
    assert not table.has(cell101([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "maxpool3x3"))  # no way from input to output
    assert not table.has(load("nasbench201").sample(random.Random(0)))
    table.check(108)
    assert table.most_epochs() == 108
    with pytest.raises(UserError, match="no valid_accuracy at 12 epochs; the table has it at: 4, 108"):
        table.check(12)
    with pytest.raises(UserError, match="no row of the data set 'cifar100'; name cifar10"):
        read_table(table.file, "cifar100")


def test_keys_of_cells_are_equal_where_their_networks_are():
    """Against the fingerprints of the small networks, which are exact for any graph."""
    rng, by_key, by_network = random.Random(0), {}, {}
    for vertices in (4, 7):
        space = load("nasbench101", **{**SMALL, "vertices": vertices})
        for _ in range(150):
            genome = space.sample(rng)
            name = key(genome.answers)
            if not name[1]:
                with pytest.raises(UserError, match="no edges lead"):
                    space.graph(genome).prune()
                continue
            network = space.graph(genome).prune().fingerprint()
            assert by_key.setdefault(name, network) == network
            assert by_network.setdefault(network, name) == name
    assert 60 < len(by_key) < 250


def test_no_order_of_the_vertices_changes_a_cells_key():
    rng = random.Random(0)
    for _ in range(200):
        operations = [rng.choice(["a", "b"]) for _ in range(5)]
        matrix = [[int(a < b and rng.random() < 0.5) for b in range(7)] for a in range(7)]
        order, moved = list(range(1, 6)), dict[int, int]()
        while not moved or any(matrix[a][b] and moved[a] > moved[b] for a in range(7) for b in range(7)):
            rng.shuffle(order)
            moved = dict(enumerate((0, *order, 6)))
        other = [[0] * 7 for _ in range(7)]
        for a in range(7):
            for b in range(7):
                other[moved[a]][moved[b]] = matrix[a][b]
        names = [operations[{at: vertex for vertex, at in moved.items()}[place] - 1] for place in range(1, 6)]
        same = canonical(tuple(map(tuple, other)), ("input", *names, "output"))
        assert same == canonical(tuple(map(tuple, matrix)), ("input", *operations, "output"))


def test_cells_of_the_suite_of_zero_cost_proxies(tmp_path: Path):
    numbers = [0] * 49
    numbers[1] = numbers[13] = 1
    text = f'arch,flops,params,val_accuracy\n"{(*numbers, 0, 4, 2, 2, 2, 2, 1)}",1,1,92.5\n'
    table = read_table(written(tmp_path / "t.csv", text), "cifar10")
    line = cell101([[0, 1, 0], [0, 0, 1], [0, 0, 0]], "conv3x3-bn-relu")
    assert table.metrics(line) == {"valid_accuracy": 0.925}
    bad = text.replace(", 0, 4, 2", ", 0, 9, 2")
    with pytest.raises(UserError, match="not a table of the form that its columns name"):
        read_table(written(tmp_path / "bad.csv", bad), "cifar10")


def test_cells_of_darts_space(tmp_path: Path):
    pairs = [(0, 0), (1, 5), (1, 1), (0, 1), (1, 3), (0, 3), (1, 3), (3, 2)]
    text = f'space,dataset,arch,val_accuracy\nnasbench301,cifar10,"{[pairs, pairs]}",93.25\n'
    table = read_table(written(tmp_path / "t.csv", text), "cifar10")
    space = load("darts", **table.small)
    found = space.genome(darts_answers(str([pairs, pairs])))
    assert found.answers["cells.normal.nodes.3.inputs"] == (1, 3)
    assert found.answers["cells.normal.nodes.3.1.operation"] == "sep_conv_3x3"
    assert table.metrics(found, 100) == {"valid_accuracy": 0.9325}
    assert not table.has(space.sample(random.Random(0)))
    with pytest.raises(UserError, match="no row of the data set 'cifar100'"):
        read_table(table.file, "cifar100")


def test_the_tables_cells_of_darts_space_have_its_parameters():
    """Trained at 32 channels and 8 layers, the batch norms of the operations without weights."""
    file = TABLES / "naslib_zc_nb301_725.csv.gz"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside the checkout")
    with gzip.open(file, "rt") as opened:
        rows = list(csv.DictReader(opened))[:10]
    space = load("darts", channels=32)
    for row in rows:
        graph = space.graph(space.genome(darts_answers(row["arch"]))).prune()
        affine = sum(
            node.parameters
            for node in graph.nodes
            if node.operation == "batch_norm"
            and {scope.template for scope in node.scopes} & {"separable", "skip_connect"}
        )
        assert graph.parameters - affine == round(1e6 * float(row["params"]))


@pytest.mark.parametrize(
    ("name", "rows", "best"),
    [("ecnas_4v5v", 2532, 0.96), ("naslib_zc_nb101_500", 292, 0.95), ("naslib_zc_nb301_725", 725, 0.95)],
)
def test_the_other_published_tables(name: str, rows: int, best: float):
    file = TABLES / f"{name}.csv.gz"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside the checkout")
    table = read_table(str(file), "cifar10")
    assert len(table.rows) == rows
    if name == "ecnas_4v5v":  # 91 cells of at most four vertices are the ones that were trained for longer
        assert sum(108 in curve for curve in table.rows.values()) == 91
        assert (table.scored(), table.scored(12)) == (("test_accuracy", 4), ("test_accuracy", 108))
    scores = [metrics["valid_accuracy"] for curve in table.rows.values() for metrics in curve.values()]
    assert 0.9 < max(scores) < best
    assert all(0 < score < 1 for score in scores)


class Api:
    """What `nats_bench.create` gives, as far as it is used: one architecture."""

    ARCH = "|none~0|+|skip_connect~0|nor_conv_3x3~1|+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|"

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, str]] = []

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        return iter([self.ARCH])

    def query_index_by_arch(self, arch: str) -> int:
        return 0 if arch == self.ARCH else -1

    def get_more_info(self, index: int, dataset: str, iepoch: int, hp: str, is_random: bool) -> dict[str, float]:
        assert not is_random
        self.asked.append((dataset, iepoch, hp))
        share = (iepoch + 1) / int(hp)
        found = {"train-all-time": 10.0 * (iepoch + 1), "test-accuracy": 90 * share}
        return found if dataset == "cifar10" else {**found, "valid-accuracy": 60 * share, "valid-per-time": 1.0}


@pytest.fixture
def nats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Api, str]:
    api, path = Api(), tmp_path / "NATS-tss-v1_0-simple"
    path.mkdir()

    def create(file: str, space: str, fast_mode: bool, verbose: bool) -> Api:
        assert (file, space, fast_mode, verbose) == (str(path), "tss", True, False)
        return api

    monkeypatch.setitem(sys.modules, "nats_bench", SimpleNamespace(create=create))
    return api, str(path)


def test_files_of_nats_bench_are_read_by_their_package(nats: tuple[Api, str]):
    api, path = nats
    table, space = read_table(path, "cifar10"), load("nasbench201")
    words = ("none", "skip_connect", "nor_conv_3x3", "nor_conv_1x1", "none", "avg_pool_3x3")
    genome = space.genome(dict(zip(PATHS, words, strict=True)))
    assert table.metrics(genome) == {"valid_accuracy": 0.6, "simulated_seconds": 121.0}
    assert api.asked == [("cifar10-valid", 11, "12")]
    assert table.metrics(genome, 6)["valid_accuracy"] == 0.3
    assert table.metrics(genome, 100) == {"valid_accuracy": 0.3, "simulated_seconds": 1001.0}
    assert table.score(genome) == 0.9
    assert api.asked[-1] == ("cifar10", 199, "200")
    assert [dict(key) for key in table.rows] == [dict(genome.answers)]
    table.check(150)
    with pytest.raises(UserError, match="no valid_accuracy at 201 epochs"):
        table.check(201)
    assert not table.has(space.genome(dict.fromkeys(PATHS, "none")))
    assert read_table(path, "cifar100").given == {"classes": 100}
    with pytest.raises(UserError, match="NATS-Bench has no data set 'digits'"):
        read_table(path, "digits")


def test_files_of_nats_bench_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "NATS-tss.pickle.pbz2").write_bytes(b"no pickle")
    monkeypatch.setitem(sys.modules, "nats_bench", None)
    with pytest.raises(UserError, match="needs the package nats_bench; pip install nats_bench"):
        read_table(str(tmp_path / "NATS-tss.pickle.pbz2"), "cifar10")
    with pytest.raises(UserError, match="No such file"):
        read_table(str(tmp_path / "other.pickle.pbz2"), "cifar10")
    with pytest.raises(UserError, match="the size search space"):
        read_table(str(tmp_path / "NATS-sss-v1_0.pickle.pbz2"), "cifar10")

    def create(*args: object, **settings: object) -> None:
        raise OSError("Invalid data stream")

    monkeypatch.setitem(sys.modules, "nats_bench", SimpleNamespace(create=create))
    with pytest.raises(UserError, match="not a file of NATS-Bench: Invalid data stream"):
        read_table(str(tmp_path / "NATS-tss.pickle.pbz2"), "cifar10")


def test_the_table_that_comes_with_the_project():
    file = packaged("nasbench_digits")
    assert file is not None and packaged("nasbench201") is None and packaged("../tables") is None
    table, space = read_table(file, "digits"), load("nasbench_digits")
    assert len(table.rows) == space.size() == 729
    genome = space.sample(random.Random(0))
    assert set(table.curve(genome)) == {1, 2, 3, 6, 12}
    empty = space.genome(dict.fromkeys(genome.answers, "none"))
    assert table.score(empty) < 0.15 < 0.9 < max(curve[12]["test_accuracy"] for curve in table.rows.values())
