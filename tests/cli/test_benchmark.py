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
    assert [row["trials"] for row in rows] == [1, 2, 5, 10, 12] and all(type(row["trials"]) is int for row in rows)
    assert {row["repeats"] for row in rows} == {3} and 90 < rows[-1]["mean"] <= 100


def test_settings_are_for_the_searchers_that_have_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    both = [*FEW, "--searcher", "regularized_evolution", "--searcher", "random", "--json"]
    assert main(both) == 0
    plain = json.loads(capsys.readouterr().out)
    assert main([*both, "--searcher-set", "population=4", "--searcher-set", "sample=4"]) == 0
    given = json.loads(capsys.readouterr().out)
    assert given[5:] == plain[5:] and given[:5] != plain[:5] and len(given) == 10

    assert main([*both, "--searcher-set", "popl=4", "--to", str(tmp_path / "out")]) == 2
    assert "error: searcher regularized_evolution: unknown option 'popl'" in capsys.readouterr().err
    assert main([*both, "--searcher-set", "population=0"]) == 2
    assert capsys.readouterr().err.startswith("error: searcher regularized_evolution: population is 0")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_searched(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert main([*FEW, "--to", str(tmp_path / "file" / "out")]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("error: ")


def test_pictures_name_only_a_data_set_that_the_table_names(tmp_path: Path) -> None:
    assert main([*FEW, "--searcher", "random", "--to", str(tmp_path)]) == 0
    svg = (tmp_path / "curves.svg").read_text()
    assert "nasbench_digits: means of 3 searches" in svg and "cifar10" not in svg
    assert "<!-- simulated seconds -->" in svg and "<!-- trials -->" in svg


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
