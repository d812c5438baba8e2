"""`nas tabulate`, and what it makes, searched by `nas benchmark`."""

import json
from pathlib import Path

import pytest

from nas.cli import main


def test_a_table_is_made_and_searched(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = ["tabulate", "tiny.yaml", "--epochs", "1", "--seeds", "1", "--set", "width=1", "--to", "t.csv"]
    assert main(made) == 0
    told = capsys.readouterr()
    assert told.err.startswith("1 of 6, seed 0: 0.") and not told.out
    assert len(Path("t.csv").read_text().splitlines()) == 1 + 6
    searched = ["benchmark", "tiny.yaml", "--table", "t.csv", "--searcher", "random", "--repeats", "1"]
    assert main([*searched, "--trials", "6", "--processes", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[-1]["trials"] == 6
