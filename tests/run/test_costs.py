"""Costs of networks in a search: all of `nas.graph.costs.COSTS`, by name, wherever one is asked for."""

from pathlib import Path

import pytest

import nas
from nas.cli import main
from nas.graph.costs import COSTS
from nas.graph.graph import Graph
from nas.run import Run
from nas.run.journal import Journal, read_journal
from tests import cheap


def convolutions(graph: Graph) -> int:
    return sum(node.operation == "conv" for node in graph.nodes)


def test_a_new_cost_is_at_once_a_column_a_limit_and_an_objective(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(COSTS, "convolutions", convolutions)
    arguments = ["nasbench_digits", "--evaluator", "table", "--searcher", "random", "--trials", "12"]
    wanted = ["--objective", "valid_accuracy", "--objective", "convolutions:min", "--limit", "convolutions=13"]
    assert main(["search", *arguments, *wanted, "--runs", str(tmp_path), "--name", "a"]) == 0
    capsys.readouterr()
    run = Run.open(tmp_path / "a")
    rows = run.results()
    counts = [row["convolutions"] for row in rows]
    assert counts == [convolutions(run.space.graph(run.space.genome(row["genome"])).prune()) for row in rows]
    assert max(counts) <= 13 and len(set(counts)) > 1 and run.state.over_limit > 0
    assert all(entry.result.values[1] == -entry.costs["convolutions"] for entry in run.trials if entry.result)
    assert main(["results", str(run.path)]) == 0
    head, _, first, *_ = capsys.readouterr().out.splitlines()
    columns = ["parameters", "mult-adds", "depth", "activation memory", "convolutions", "seconds"]
    assert " ".join(head.split()).endswith(" ".join([*columns, "genome"]))
    assert str(counts[0]) in first.split()


def test_a_journal_of_an_older_version_has_two_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=3, runs=tmp_path, final_epochs=0)
    path = run.path / "journal.jsonl"
    records, _, _ = read_journal(path)
    path.unlink()
    older = Journal(path)
    for record in records:
        older.append({name: value for name, value in record.items() if name != "costs"})
    older.close()
    rows = Run.open(run.path).results()
    assert [(row["parameters"], row["depth"]) for row in rows] == [(row["parameters"], None) for row in run.results()]
    assert main(["results", str(run.path)]) == 0
    assert " parameters  mult-adds  seconds " in capsys.readouterr().out
    assert nas.resume(run.path, evaluator=cheap.score, trials=4).results()[0]["parameters"] == rows[0]["parameters"]
