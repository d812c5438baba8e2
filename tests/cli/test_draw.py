import random
from pathlib import Path

import pytest

import nas
from nas.cli import main
from tests import cheap


def drawn(capsys: pytest.CaptureFixture[str], folder: Path, *argv: str) -> str:
    assert main(["draw", *argv, "--to", "out.svg"]) == 0
    assert capsys.readouterr().out == "out.svg\n"
    return (folder / "out.svg").read_text(encoding="utf-8")


def test_a_network_a_space_and_a_genome(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert "conv 3×3, 4" in drawn(capsys, folder, "fixed.yaml")
    assert "conv 3×3, 8" in drawn(capsys, folder, "fixed.yaml", "--set", "width=8")
    assert "conv {1×1, 3×3}, 4" in drawn(capsys, folder, "tiny.yaml")
    genome = nas.load("tiny.yaml").sample(random.Random(0))
    genome.save("genome.json")
    svg = drawn(capsys, folder, "genome.json")
    assert "{1×1, 3×3}" not in svg and svg == nas.draw(genome)


def test_of_a_run_its_best_network(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=3, runs=folder, progress=False)
    assert run.best is not None
    assert drawn(capsys, folder, str(run.path)) == nas.draw(run.best.trial.genome)
