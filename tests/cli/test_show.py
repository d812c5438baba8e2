"""`nas show`: the whole document. The rest is in test_main.py."""

import random
from pathlib import Path

import pytest

import nas
from nas.cli import main


@pytest.mark.parametrize("name", ["resnet50", "nasbench201", "efficientnet_b3", "darts"])
def test_a_whole_document_is_the_same_document(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", name, "--yaml"]) == 0
    path = tmp_path / "own.yaml"
    path.write_text(capsys.readouterr().out)
    assert nas.load(str(path)).document == nas.load(name).document


def test_the_answers_of_a_genome_are_comments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    genome = nas.load("nasbench201").sample(random.Random(0))
    genome.save(tmp_path / "genome.json")
    assert main(["show", str(tmp_path / "genome.json"), "--yaml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [f"# {path}: {answer}" for path, answer in genome.answers.items()]


def test_a_folder_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}: a folder without a network: it has neither run.yaml")
