import csv
from pathlib import Path

import pytest

import nas
from nas.errors import UserError
from tests import cheap
from tests.integrations.logs.searched import FINAL, Trains, curves, search


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_tables_read_back(tmp_path: Path) -> None:
    run = search(tmp_path, "csv")
    rows, epochs = (read(run.path / "logs" / "csv" / name) for name in ("trials.csv", "epochs.csv"))
    made: dict[int, list[float]] = {}
    for row in epochs:
        if row["training"] == "trial":
            made.setdefault(int(row["trial"]), []).append(float(row["valid_accuracy"]))
            assert int(row["epoch"]) == len(made[int(row["trial"])])
    assert made == curves(run)
    assert {len(curve) for curve in made.values()} == {1, 3}
    assert run.best is not None
    last = [row for row in epochs if row["training"] == "final"]
    assert [(int(row["trial"]), int(row["epoch"])) for row in last[-FINAL:]] == [
        (run.best.trial.number, epoch) for epoch in range(1, FINAL + 1)
    ]
    for entry in run.trials:
        for budget, result in entry.results.items():
            (row,) = (
                r
                for r in rows
                if r["trial"] == str(entry.trial.number) and r["budget"] == str(budget) and r["state"] == "done"
            )
            assert result.metrics is not None
            assert float(row["valid_accuracy"]) == result.metrics["valid_accuracy"]
            assert row["fingerprint"] == entry.fingerprint and int(row["parameters"]) == entry.costs["parameters"]
            assert {path: row[path] for path in entry.trial.genome.answers} == {
                path: str(answer) for path, answer in entry.trial.genome.answers.items()
            }
    (failed,) = (row for row in rows if row["state"] == "failed")
    assert (failed["trial"], failed["attempt"]) == ("1", "0") and "no such luck" in failed["error"]
    (final,) = (row for row in rows if row["budget"] == "final" and row["trial"] == str(run.best.trial.number))
    assert final["test_accuracy"] == "0.5"


def test_what_was_journaled_and_not_logged_is_made_up_for(tmp_path: Path) -> None:
    run = search(tmp_path, "csv")
    folder = run.path / "logs" / "csv"
    before = {name: read(folder / name) for name in ("trials.csv", "epochs.csv")}
    notes = (folder / "written.jsonl").read_text().splitlines(keepends=True)
    (folder / "written.jsonl").write_text("".join(notes[:3]) + notes[3][:5])  # killed while it wrote of the fourth
    for name in before:
        text = (folder / name).read_text()
        (folder / name).write_text(text[: len(text) * 2 // 3])
    nas.resume(run.path, evaluator=Trains(), trials=8, progress=False)
    after = read(folder / "epochs.csv")
    known = {(row["training"], row["trial"], row["epoch"], row["valid_accuracy"]) for row in after}
    assert len(known) == len(after)
    assert known >= {
        tuple(row[name] for name in ("training", "trial", "epoch", "valid_accuracy"))
        for row in before["epochs.csv"]
        if row["training"] == "trial"
    }


def test_links_are_not_followed(tmp_path: Path) -> None:
    settings = {"evaluator": cheap.score, "trials": 1, "runs": tmp_path, "name": "r", "log": "csv", "progress": False}
    run = nas.search(cheap.space(), **settings)  # type: ignore[arg-type]
    (tmp_path / "mine").write_text("mine")
    for name in ("trials.csv", "written.jsonl"):
        path = run.path / "logs" / "csv" / name
        path.unlink()
        path.symlink_to(tmp_path / "mine")
        with pytest.raises(UserError, match="a link; a run directory holds its own files"):
            nas.resume(run.path, evaluator=cheap.score, trials=2, progress=False)
        path.unlink()
    assert (tmp_path / "mine").read_text() == "mine"
