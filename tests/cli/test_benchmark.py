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


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["benchmark", "nasbench201"], "error: --table: no table comes with nasbench201"),
        (["benchmark", "nasbench201", "--table", "none.csv"], "error: none.csv: cannot be read as a table"),
        ([*FEW, "--searcher", "randm"], "error: searcher: unknown searcher 'randm'; did you mean 'random'?"),
        ([*FEW[:-1], "5"], "no valid_accuracy at 5 epochs; the table has it at: 1, 2, 3, 6, 12"),
    ],
)
def test_mistakes_are_one_line(given: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and message in told[0]
