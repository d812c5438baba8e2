"""A search from the command line to the exported network, on real data."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nas.cli import main
from nas.errors import UserError
from nas.run import Run, search
from tests.data.images import write_images

ROOT = Path(__file__).parents[2]
SMALL = ("--trials", "4", "--epochs", "1", "--final-epochs", "1", "--searcher", "random", "--name", "a")


def test_search_results_report_export(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["search", "tiny.yaml", *SMALL, "--limit", "parameters=10k"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    told = captured.err.splitlines()
    assert [line.split(":")[0] for line in told if line.startswith("trial ")] == [f"trial {i}" for i in range(4)]
    assert any(line.startswith("best: trial ") for line in told)
    assert any("test accuracy" in line for line in told)
    assert "next: nas results runs/a" in told

    assert main(["results", "runs/a", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    scores = [row["metrics"]["valid_accuracy"] for row in rows]
    assert len(rows) == 4
    assert scores == sorted(scores, reverse=True)
    assert set(rows[0]) >= {"number", "state", "genome", "fingerprint", "parameters", "mult_adds", "seconds", "error"}
    assert main(["results", "runs/a", "--top", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4  # two lines of head

    assert main(["report", "runs/a"]) == 0
    assert capsys.readouterr().out == "runs/a/report.html\n"
    assert "<svg" in (folder / "runs/a/report.html").read_text()

    assert main(["show", "runs/a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == rows[0]["parameters"]

    assert main(["export", "runs/a", "--to", "out", "--format", "safetensors", "--format", "torch"]) == 0
    written = ("genome.json", "weights.safetensors", "model.pt2", "config.json")
    assert capsys.readouterr().out.split() == [f"out/{name}" for name in written]
    assert (folder / "out/weights.safetensors").read_bytes() == (
        folder / "runs/a/best/weights.safetensors"
    ).read_bytes()

    assert main(["resume", "runs/a"]) == 0  # there is nothing left to do


def test_how_images_are_read_and_changed_holds_to_the_end(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    for name, size in (("left", (9, 12)), ("right", (12, 9))):
        write_images(folder / "data" / name, 12, size=size, mode="L")
    (folder / "data" / "left" / "torn.png").write_bytes(b"")
    told = ("--image-size", "8", "--resize", "pad", "--skip-unreadable", "--no-flip", "--crop", "2")
    assert main(["search", "tiny.yaml", "--dataset", "data", *SMALL, "--trials", "2", *told]) == 0
    assert "skipped 1 that cannot be read: left/torn.png" in capsys.readouterr().err
    evaluator = Run.open("runs/a").config.evaluator
    assert (evaluator["image_size"], evaluator["resize"], evaluator["skip_unreadable"]) == ([8, 8], "pad", True)
    assert (evaluator["recipe"]["flip"], evaluator["recipe"]["crop"]) == (False, 2)
    assert main(["train", "runs/a", "--epochs", "1", "--to", "out"]) == 0
    settings = json.loads((folder / "out/result.json").read_text())["recipe"]["settings"]
    assert (settings["flip"], settings["crop"]) == (False, 2)
    capsys.readouterr()
    assert main(["evaluate", "out", "--dataset", "data", "--json"]) == 2
    assert "--skip-unreadable" in capsys.readouterr().err
    assert main(["evaluate", "out", "--dataset", "data", "--skip-unreadable", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 2
    assert main(["evaluate", "runs/a", "--json"]) == 0  # reads the data as the run did
    assert json.loads(capsys.readouterr().out)["images"] == 2
    assert main(["search", "tiny.yaml", "--dataset", "data", *SMALL, "--skip-unreadable", "--name", "b"]) == 2
    assert "--image-size N or HxW" in capsys.readouterr().err


def test_how_images_are_read_is_for_our_own_evaluators_alone(folder: Path) -> None:
    for given in ({"flip": False}, {"image_size": 8}, {"skip_unreadable": True}):
        with pytest.raises(UserError, match=r"it is another, and takes no " + next(iter(given))):
            search("tiny.yaml", evaluator=len, **given)


def test_a_search_by_halving(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    halving = ("--schedule", "asha", "--schedule-set", "eta=2", "--schedule-set", "min_epochs=1", "--epochs", "2")
    assert main(["search", "tiny.yaml", *halving, "--trials", "4", "--final-epochs", "0", "--name", "a"]) == 0
    told = capsys.readouterr().err
    assert "after 1 of 2 epochs" in told
    assert "after 2 of 2 epochs" in told
    assert main(["results", "runs/a", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 4
    assert rows[0]["epochs"] == rows[0]["metrics"]["epochs"] == 2
    assert rows[-1]["epochs"] == 1
    assert main(["results", "runs/a"]) == 0
    head, _, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["trial", "epochs"]
    assert first.split()[1] == "2"
    assert main(["search", "tiny.yaml", "--schedule", "ashaa", "--epochs", "2"]) == 2
    assert "error: schedule: unknown schedule 'ashaa'; did you mean 'asha'?" in capsys.readouterr().err


def test_train_and_export_a_document(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["train", "fixed.yaml", "--epochs", "2", "--to", "trained"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "test accuracy" in captured.err
    assert {path.name for path in (folder / "trained").iterdir()} >= {
        "genome.json",
        "weights.safetensors",
        "result.json",
    }
    assert main(["export", "trained", "--to", "out"]) == 0
    assert main(["export", "fixed.yaml", "--to", "fresh"]) == 2
    assert "it has no trained weights" in capsys.readouterr().err
    assert not (folder / "fresh").exists()
    assert main(["export", "fixed.yaml", "--to", "fresh", "--untrained"]) == 0
    weights = [(folder / name / "weights.safetensors").read_bytes() for name in ("trained", "out", "fresh")]
    assert weights[0] == weights[1] != weights[2]


def test_a_space_smaller_than_the_trials_ends_with_the_reason(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert (
        main(["search", "tiny.yaml", "--trials", "50", "--epochs", "1", "--final-epochs", "0", "--searcher", "random"])
        == 0
    )
    assert "ended: exhausted: " in capsys.readouterr().err


def test_a_limit_that_nothing_meets_is_a_search_that_could_not_finish(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["search", "tiny.yaml", *SMALL, "--limit", "parameters=1"]) == 1
    told = capsys.readouterr().err
    assert "1000 over a limit" in told
    assert told.splitlines()[-1].startswith("error: runs/a: no trial succeeded (exhausted")


def test_a_user_who_stops_a_search_is_told_how_to_go_on(folder: Path) -> None:
    argv = [sys.executable, "-m", "nas", "search", "tiny.yaml", "--trials", "6", "--epochs", "60", "--name", "a"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        while not (folder / "runs/a/trials/0001").exists():  # a second trial is under way
            assert running.poll() is None, running.stderr.read()
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        told = running.stderr.read()
        assert running.wait(60) == 130
    assert "nas resume runs/a" in told
    assert "Traceback" not in told


def test_a_search_by_balanced_accuracy(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    asked = ("--objective", "balanced_accuracy", "--objective", "macro_f1", "--class-weights", "balanced")
    short = ("--trials", "2", "--epochs", "1", "--final-epochs", "1", "--name", "a")
    assert main(["search", "tiny.yaml", *asked, *short]) == 0
    capsys.readouterr()
    found = Run.open("runs/a")
    assert found.config.objectives == ["valid_balanced_accuracy", "valid_macro_f1"]
    assert found.config.evaluator["recipe"]["class_weights"] == "balanced"
    rows = [entry.result.metrics for entry in found.trials if entry.result and entry.result.metrics]
    assert found.best is not None and found.best.score == max(row["valid_balanced_accuracy"] for row in rows)
    assert found.final is not None and {"test_balanced_accuracy", "test_macro_f1"} <= set(found.final)
    assert main(["results", "runs/a"]) == 0
    assert "valid_balanced_accuracy" in capsys.readouterr().out
    assert main(["report", "runs/a"]) == 0
    page = (folder / "runs/a/report.html").read_text()
    assert "best validation balanced accuracy" in page and "test balanced accuracy, trained in the end" in page


def test_class_weights_where_nothing_is_trained(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    table = ("--evaluator", "table", "--class-weights", "balanced")
    assert main(["search", "nasbench_digits", *table]) == 2
    assert "error: class_weights: only the evaluators 'train' and 'proxy' train by a recipe" in capsys.readouterr().err
    assert not (folder / "runs").exists()
