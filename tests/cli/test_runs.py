"""`nas runs`: each search in a folder by its state."""

import json
from pathlib import Path

import pytest

from nas.cli import main
from nas.run.lock import Lock, in_use


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert main(["runs", *words, "--json"]) == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def test_states(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        search = ["search", "tiny.yaml", "--trials", "2", "--epochs", "1", "--final-epochs", "0", "--name", name]
        assert main(search) == 0
    (folder / "runs" / "no-run").mkdir()
    capsys.readouterr()
    last, first = listed(capsys)
    assert (first["run"], last["run"]) == ("runs/first", "runs/second")
    assert (first["state"], first["finished"], first["trials"]) == ("ended (all trials done)", 2, 2)
    assert (first["space"], first["searcher"], first["metric"]) == ("tiny", "regularized_evolution", "valid_accuracy")
    assert isinstance(first["best"], float)

    journal = folder / "runs" / "second" / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:-1]))  # the record of its end
    assert listed(capsys)[0]["state"] == "stopped"
    with Lock(folder / "runs" / "second" / "lock"):
        assert listed(capsys)[0]["state"] == "running"
    assert not in_use(folder / "runs" / "second" / "lock")
    journal.write_text("no journal\n" * 3)
    assert listed(capsys)[0]["state"] == "damaged: the line does not match its checksum"

    assert main(["runs"]) == 0
    shown = capsys.readouterr().out
    assert "runs/first" in shown and "2 of 2" in shown and " ago" in shown and "no-run" not in shown


def test_a_folder_that_is_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["runs", str(tmp_path / "x")]) == 2
    assert "no such folder; give the folder that nas search writes to" in capsys.readouterr().err
