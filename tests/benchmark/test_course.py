"""Searches over a table: each repeat is the search of its seed, by hand and in whatever process."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

import nas
from nas.benchmark.course import Benchmark, course, courses
from nas.errors import UserError
from nas.evaluators.tables import read_table
from nas.objectives import parse_objectives
from nas.space import load

SPACE = """
input: [3, 8, 8]
network:
  - {conv: {channels: {choice: [1, 2, 3, 4]}, kernel: {choice: [1, 3, 5]}}}
  - {choice: [relu, tanh, silu]}
  - global_avg_pool
"""
PATHS = ("network.0.@.channels", "network.0.@.kernel", "network.1")


@pytest.fixture
def benchmark_files(tmp_path: Path) -> tuple[str, str]:
    """A space of 36 networks and its table: valid accuracy is the channels' with noise, test accuracy without."""
    rng = random.Random(0)
    lines = [",".join((*PATHS, "valid_accuracy@2", "test_accuracy@9", "seconds@2"))]
    for channels in (1, 2, 3, 4):
        for kernel in (1, 3, 5):
            for act in ("relu", "tanh", "silu"):
                test = (channels * 3 + kernel) / 20
                lines.append(f"{channels},{kernel},{act},{test + rng.gauss(0, 0.05):.4f},{test:.4f},{channels * 10}")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "s.yaml").write_text(SPACE)
    return str(tmp_path / "s.yaml"), str(tmp_path / "t.csv")


def test_a_repeat_is_the_search_of_its_seed(benchmark_files: tuple[str, str], tmp_path: Path):
    space, file = benchmark_files
    table = read_table(file, "cifar10")
    for repeat in (0, 3):
        run = nas.search(
            space,
            evaluator=lambda genome: table.metrics(genome),
            trials=20,
            seed=repeat,
            final_epochs=0,
            runs=tmp_path,
            name=str(repeat),
        )
        found = course(Benchmark(space, file, trials=20), "regularized_evolution", {}, repeat)
        seconds, scores, best = 0.0, [], (-1.0, 0.0)
        for entry in run.trials:
            metrics = table.metrics(entry.trial.genome)
            seconds += metrics["simulated_seconds"]
            best = max(best, (metrics["valid_accuracy"], table.score(entry.trial.genome)), key=lambda pair: pair[0])
            scores.append(best[1])
        assert found.scores == tuple(scores)
        assert found.seconds[-1] == pytest.approx(seconds)


def test_processes_change_nothing(benchmark_files: tuple[str, str]):
    space, file = benchmark_files
    benchmark = Benchmark(space, file, trials=8)
    assert courses(benchmark, "random", {}, 4, processes=2) == courses(benchmark, "random", {}, 4, processes=1)


def test_networks_are_tried_once_unless_asked_otherwise(benchmark_files: tuple[str, str]):
    space, file = benchmark_files
    size = load(space).size()
    assert size == 36
    assert len(course(Benchmark(space, file, trials=100), "random", {}, 0).scores) == size
    assert len(course(Benchmark(space, file, trials=100, again=True), "random", {}, 0).scores) == 100


def test_networks_that_the_table_lacks_are_refused(benchmark_files: tuple[str, str]):
    space, file = benchmark_files
    lines = Path(file).read_text().splitlines(keepends=True)
    Path(file + ".part.csv").write_text("".join(lines[:11]))
    part = Benchmark(space, file + ".part.csv", trials=100)
    assert len(course(part, "random", {}, 0).scores) == 10
    assert max(course(part, "regularized_evolution", {}, 0).scores) == max(
        read_table(part.table, "cifar10").score(genome)
        for genome in load(space).enumerate()
        if read_table(part.table, "cifar10").has(genome)
    )


def test_a_search_ends_with_its_seconds(benchmark_files: tuple[str, str]):
    space, file = benchmark_files
    found = course(Benchmark(space, file, trials=100, seconds=200), "random", {}, 0)
    assert 160 <= found.seconds[-1] <= 200


def test_several_workers_are_told_as_trials_end(benchmark_files: tuple[str, str]):
    """Four workers; a trial takes ten seconds a channel. By hand: what ends first, and what is asked for then."""
    space, file = benchmark_files
    alone = course(Benchmark(space, file, trials=12), "random", {}, 1)
    found = course(Benchmark(space, file, trials=12, workers=4), "random", {}, 1)
    took = [after - before for before, after in pairwise((0.0, *alone.seconds))]
    free, ends = [0.0] * 4, []
    for seconds in took:
        start = min(free)
        free[free.index(start)] = start + seconds
        ends.append(start + seconds)
    assert found.seconds == pytest.approx(sorted(ends))
    assert sorted(found.told) == sorted(alone.told)
    assert found.told != alone.told
    assert course(Benchmark(space, file, trials=12, workers=40), "random", {}, 1).seconds[-1] == max(took)


def test_settings_are_for_as_many_trials_as_the_seconds_allow(
    benchmark_files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    space, file = benchmark_files
    asked: list[int] = []
    monkeypatch.setattr("nas.searchers.for_budget", lambda name, trials: asked.append(trials) or {})
    for seconds, workers in ((None, 1), (250.0, 1), (250.0, 4), (9e9, 1)):
        course(Benchmark(space, file, trials=20, seconds=seconds, workers=workers), "random", {}, 0)
    assert asked[0] == asked[3] == asked[2] == 20
    assert 8 <= asked[1] <= 12  # 25 seconds a trial on average


def test_mistakes_are_found_before_anything_runs(benchmark_files: tuple[str, str]):
    space, file = benchmark_files
    with pytest.raises(UserError, match="unknown searcher 'randm'"):
        courses(Benchmark(space, file), "randm", {}, 2)
    with pytest.raises(UserError, match="unknown option 'populaton'"):
        courses(Benchmark(space, file), "regularized_evolution", {"populaton": 3}, 2)
    with pytest.raises(UserError, match="no valid_accuracy at 3 epochs; the table has it at: 2"):
        courses(Benchmark(space, file, epochs=3), "random", {}, 1, processes=1)
    with pytest.raises(UserError, match="no row is a genome of nasbench201"):
        courses(Benchmark("nasbench201", file), "random", {}, 1, processes=1)
    rows = 'vertices,adj,ops,epochs,valid_acc,test_acc,train_sec\n2,0100,"input,output",4,0.5,0.5,9\n'
    Path(file + ".cells.csv").write_text(rows)
    with pytest.raises(UserError, match="a table of another space than nasbench201"):
        courses(Benchmark("nasbench201", file + ".cells.csv"), "random", {}, 1, processes=1)


ACCURATE_AND_SMALL = parse_objectives(["valid_accuracy", "parameters:min"])


def test_with_several_objectives_it_is_the_search_for_them(benchmark_files: tuple[str, str], tmp_path: Path):
    space, file = benchmark_files
    table = read_table(file, "cifar10")
    run = nas.search(
        space,
        searcher="nsga2",
        evaluator=lambda genome: table.metrics(genome),
        objectives=["valid_accuracy", "parameters:min"],
        trials=20,
        seed=3,
        final_epochs=0,
        runs=tmp_path,
    )
    found = course(Benchmark(space, file, trials=20, objectives=ACCURATE_AND_SMALL), "nsga2", {}, 3)
    assert found.told == tuple(entry.result.values for entry in run.trials if entry.result is not None)
    assert found.worth == tuple((table.score(entry.trial.genome), -entry.costs["parameters"]) for entry in run.trials)


def test_the_costs_are_those_of_the_networks_that_were_trained(tmp_path: Path):
    columns = "arch_str,ops,c10_valid_12,c10_test_12,c10_test_200,c10_sec_per_epoch"
    (tmp_path / "t.csv").write_text(f"{columns}\n-,333133,80,81,94,20\n")
    one, several = (
        Benchmark("nasbench201", str(tmp_path / "t.csv"), objectives=objectives).load()
        for objectives in (parse_objectives(()), ACCURATE_AND_SMALL)
    )
    genome = several.sample(random.Random(0))
    assert several.graph(genome).parameters == load("nasbench201").graph(genome).parameters
    assert several.graph(genome).parameters > one.graph(genome).parameters


@pytest.mark.parametrize("objectives", [["parameters:min"], ["valid_accuracy", "parameters"], ["valid_accuracy:min"]])
def test_objectives_that_a_benchmark_does_not_have(objectives: list[str]):
    with pytest.raises(UserError, match="a benchmark has valid_accuracy first, then what is to be made small"):
        Benchmark("s", "t", objectives=parse_objectives(objectives))


def test_an_objective_that_nobody_measured(benchmark_files: tuple[str, str]):
    space, file = benchmark_files
    several = Benchmark(space, file, objectives=parse_objectives(["valid_accuracy", "latency_ms:min"]))
    with pytest.raises(UserError, match=r"objective latency_ms: neither a cost nor in .*t\.csv"):
        course(several, "random", {}, 0)
