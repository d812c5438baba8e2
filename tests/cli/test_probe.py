"""`nas probe`: which weights, which places, and what it prints."""

import json
from pathlib import Path

import pytest

from nas.cli import main


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_THREADS", "1")


def test_places_of_a_trained_network(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "fixed.yaml", "--epochs", "1", "--to", "out"]) == 0
    capsys.readouterr()
    assert main(["probe", "out", "--dataset", "digits", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert main(["probe", "fixed.yaml", "--weights", "out", "--dataset", "digits", "--at", found["place"]]) == 0
    head, _, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["place", "features", "C", "validation", "test"]
    assert line.split()[0] == found["place"] and line.endswith(f"{found['test_accuracy']:.2%}".replace("%", " %"))
    assert found["test_accuracy"] > 0.3


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["fixed.yaml"], "give --dataset"),
        (["fixed.yaml", "--dataset", "digits"], "a document has no weights"),
        (["nasbench201", "--dataset", "digits", "--weights", "x"], "an open search space is not one network"),
    ],
)
def test_mistakes(folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str], said: str) -> None:
    assert main(["probe", *argv]) == 2
    assert said in capsys.readouterr().err
