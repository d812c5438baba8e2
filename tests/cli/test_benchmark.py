"""`nas benchmark` from the command line, on the table that comes with the project."""

import json
from pathlib import Path

import pytest

from nas.cli import main

FEW = ("benchmark", "nasbench_digits", "--trials", "12", "--repeats", "3", "--processes", "1", "--epochs", "3")


def test_a_table_curves_and_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([*FEW, "--to", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0].split()[:2] == ["searcher", "trials"]
    assert "random: 3 searches" in told.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"curves.svg", "curves.png", "results.csv"}

    assert main([*FEW, "--searcher", "random", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert set(rows[0]) == {"searcher", "trials", "simulated_seconds", "mean", "std", "repeats"}
    assert [row["trials"] for row in rows] == [1, 2, 5, 10, 12]
    assert {row["repeats"] for row in rows} == {3} and 90 < rows[-1]["mean"] <= 100


def test_several_objectives(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    several = [*FEW, "--objective", "valid_accuracy", "--objective", "parameters:min", "--searcher", "nsga2"]
    assert main([*several, "--reference", "parameters=1e5", "--to", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:5] == ["searcher", "trials", "simulated", "seconds", "hypervolume"]
    assert lines[-1] == "hypervolume above valid_accuracy=0, parameters=100000, in percent of the whole box"
    assert "hypervolume_std" in (tmp_path / "out" / "results.csv").read_text().splitlines()[0]
    assert main([*several, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"searcher", "trials", "simulated_seconds", "mean", "std", "repeats", "hypervolume"} < set(rows[0])
    assert all(0 <= row["hypervolume"] <= 100 for row in rows)
    assert rows[0]["reference"]["valid_accuracy"] == 0 and rows[0]["reference"]["parameters"] > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["benchmark", "nasbench201"], "error: --table: no table comes with nasbench201"),
        (["benchmark", "nasbench201", "--table", "none.csv"], "error: none.csv: cannot be read as a table"),
        ([*FEW, "--searcher", "randm"], "error: searcher: unknown searcher 'randm'; did you mean 'random'?"),
        ([*FEW, "--reference", "parameters=9"], "error: reference: one objective has no hypervolume"),
        ([*FEW, "--objective", "parameters:min"], "error: objective: a benchmark has valid_accuracy first"),
        ([*FEW[:-1], "5"], "no valid_accuracy at 5 epochs; the table has it at: 1, 2, 3, 6, 12"),
    ],
)
def test_mistakes_are_one_line(given: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and message in told[0]
