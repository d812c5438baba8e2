"""Searches over a benchmark table: what they show, what they leave out, and how they go on."""

import pickle
from pathlib import Path

import pytest

import nas
from nas.cli import main
from nas.errors import UserError
from nas.evaluators import TableEvaluator
from nas.evaluators.tables import read_table
from nas.space import load
from nas.types import Trial

SPACE = """
input: [3, 8, 8]
classes: 10
network: [{conv: {channels: {choice: [1, 2, 3, 4]}, kernel: {choice: [1, 3, 5]}}}, global_avg_pool, {linear: =classes}]
final: {classes: 7}
"""
PATHS = ("network.0.@.channels", "network.0.@.kernel")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A space of twelve networks and a table of ten of them: those of three channels with larger kernels are absent."""
    lines = [",".join((*PATHS, "valid_accuracy@2", "valid_accuracy@4", "test_accuracy@9", "seconds@2", "seconds@4"))]
    for channels in (1, 2, 3, 4):
        for kernel in (1, 3, 5):
            if channels != 3 or kernel == 1:
                score = (channels * 3 + kernel) / 20
                lines.append(
                    f"{channels},{kernel},{score},{score + 0.01},{score - 0.1},{channels * 10},{channels * 20}"
                )
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "s.yaml").write_text(SPACE)
    return str(tmp_path / "s.yaml"), str(tmp_path / "t.csv")


def test_what_a_searcher_is_shown(files: tuple[str, str], tmp_path: Path):
    space, evaluator = load(files[0]), pickle.loads(pickle.dumps(TableEvaluator(files[1])))
    genome = space.genome(dict(zip(PATHS, (2, 3), strict=True)))
    shown = evaluator(Trial(0, genome, 0), lambda epoch, metrics: True)
    assert shown == pytest.approx({"valid_accuracy": 0.45, "simulated_seconds": 20})
    assert evaluator(Trial(0, genome, 0, 4), lambda epoch, metrics: True)["simulated_seconds"] == 40
    assert evaluator.final(genome, 0, None, {}, tmp_path, lambda epoch, metrics: True) == {"test_accuracy": 0.35}
    absent = space.genome(dict(zip(PATHS, (3, 3), strict=True)))
    assert evaluator.has(genome, 4) and not evaluator.has(absent, None)
    with pytest.raises(UserError, match="table is 3; give text"):
        TableEvaluator(3)  # type: ignore[arg-type]


def test_a_search_finds_the_best_row_and_asks_for_no_other(files: tuple[str, str], tmp_path: Path):
    run = nas.search(
        files[0], evaluator="table", table=files[1], searcher="random", trials=100, runs=tmp_path, name="a"
    )
    assert len(run.trials) == 10
    assert run.reason is not None and "without a row in the table" in run.reason
    assert run.best is not None and tuple(run.best.trial.genome.answers.values()) == (4, 5)
    assert run.final == pytest.approx({"test_accuracy": 0.75})
    assert all("test_accuracy" not in row["metrics"] for row in run.results())
    assert run.config.evaluator == {"name": "table", "table": files[1], "dataset": "cifar10"}


def test_a_run_goes_on_with_its_table_wherever_that_is(files: tuple[str, str], tmp_path: Path):
    settings = {"evaluator": "table", "table": files[1], "trials": 6, "runs": tmp_path}
    whole = nas.search(files[0], name="whole", **settings)
    nas.search(files[0], name="part", **settings)
    journal = tmp_path / "part" / "journal.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:5]))
    moved = tmp_path / "moved.csv"
    Path(files[1]).rename(moved)
    read_table.cache_clear()
    with pytest.raises(UserError, match="cannot be read as a table"):
        nas.resume(tmp_path / "part")
    again = nas.resume(tmp_path / "part", table=moved)
    assert [entry.trial.genome for entry in again.trials] == [entry.trial.genome for entry in whole.trials]
    assert again.final == whole.final


def test_a_schedule_looks_up_more_and_more_epochs(files: tuple[str, str], tmp_path: Path):
    run = nas.search(
        files[0], evaluator="table", table=files[1], trials=8, runs=tmp_path, name="asha",
        schedule="asha", schedule_options={"min_epochs": 2, "eta": 2},
    )  # fmt: skip
    assert run.best is not None and run.best.result is not None and run.best.result.metrics is not None
    assert run.best.result.metrics["simulated_seconds"] == 20 * run.best.trial.genome.answers[PATHS[0]]


def test_a_pickle_that_a_run_names_is_not_read(files: tuple[str, str], tmp_path: Path):
    run = nas.search(files[0], evaluator="table", table=files[1], trials=2, runs=tmp_path, name="a")
    config = run.path / "run.yaml"
    config.write_text(config.read_text().replace("t.csv", "NATS-tss.pickle.pbz2"))
    with pytest.raises(UserError, match="which is a pickle or a folder of them; give it again"):
        nas.resume(run.path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"evaluator": "table"}, "the evaluator 'table' reads one, and no other does"),
        ({"table": "t.csv"}, "the evaluator 'table' reads one, and no other does"),
        ({"evaluator": "table", "table": "none.csv"}, "none.csv: cannot be read as a table: No such file"),
    ],
)
def test_tables_that_are_not_given(settings: dict[str, str], message: str, files: tuple[str, str], tmp_path: Path):
    with pytest.raises(UserError, match=message):
        nas.search(files[0], runs=tmp_path / "runs", **settings)
    assert not (tmp_path / "runs").exists()


def test_a_table_that_comes_with_its_space_need_not_be_named(tmp_path: Path):
    run = nas.search("nasbench_digits", evaluator="table", trials=5, runs=tmp_path, name="a")
    assert len(run.trials) == 5 and run.final is not None and run.final["test_accuracy"] > 0.9
    assert len(nas.resume(run.path).trials) == 5
    assert run.config.evaluator["dataset"] == "digits"  # on which `nas train` trains the winner


def test_epochs_that_the_table_lacks(files: tuple[str, str], tmp_path: Path):
    with pytest.raises(UserError, match="no valid_accuracy at 3 epochs; the table has it at: 2, 4"):
        nas.search(files[0], evaluator="table", table=files[1], epochs=3, runs=tmp_path / "runs")


def test_at_the_command_line(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["search", files[0], "--evaluator", "table", "--table", files[1], "--trials", "4", "--epochs", "4"]
    assert main([*arguments, "--runs", str(tmp_path), "--name", "a"]) == 0
    assert "test accuracy" in capsys.readouterr().err
    assert main(["resume", str(tmp_path / "a"), "--table", files[1]]) == 0


def test_the_data_set_sizes_the_networks(tmp_path: Path):
    rows = "arch_str,ops,c100_valid_12,c100_test_12,c100_test_200,c10_sec_per_epoch\n|x|,000000,60,61,70,20\n"
    (tmp_path / "t.csv").write_text(rows)
    settings = {"evaluator": "table", "table": tmp_path / "t.csv", "dataset": "cifar100", "runs": tmp_path}
    run = nas.search("nasbench201", searcher="grid", trials=1, overrides={"cells": 1}, **settings)
    assert run.space.classes == 100
    assert run.final == {"test_accuracy": 0.7}
