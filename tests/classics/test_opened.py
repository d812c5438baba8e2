"""Search spaces made by opening choices of a classic: a few lines, and nothing of the parent said twice."""

import random
import shutil
from pathlib import Path

import pytest
import torch

import nas
from nas.space.files import FOLDER

OPENED = {"resnet_space": "resnet", "inception_space": "googlenet", "efficientnet_space": "efficientnet"}


def lines(path: Path) -> set[str]:
    return {line.strip() for line in path.read_text().splitlines() if line.strip().endswith("]") or "{" in line}


@pytest.mark.parametrize(("name", "parent"), OPENED.items())
def test_a_few_lines_and_none_of_the_parents(name: str, parent: str):
    child = FOLDER / "macro" / f"{name}.yaml"
    assert not lines(child) & lines(FOLDER / "classics" / f"{parent}.yaml")
    assert len(child.read_text().splitlines()) <= 30
    space = nas.load(name)
    assert not space.fixed and space.size() > 10**8


@pytest.mark.parametrize("name", OPENED)
def test_genomes_build_and_run(name: str):
    space, rng = nas.load(name, input=[1, 8, 8], classes=3), random.Random(0)
    genome = space.mutate(space.sample(rng), rng)
    model = nas.build(space, genome).eval()
    assert model(torch.randn(2, 1, 8, 8)).shape == (2, 3)


@pytest.mark.parametrize(
    ("name", "parent", "written", "instead"),
    [
        ("resnet_space", "resnet", "channels: =4 * width", "channels: =2 * width"),
        ("inception_space", "googlenet", "channels: 192, kernel: 3", "channels: 96, kernel: 3"),
        ("efficientnet_space", "efficientnet", "channels: =4 * in_channels", "channels: =2 * in_channels"),
    ],
)
def test_editing_the_parent_changes_the_child(name: str, parent: str, written: str, instead: str, tmp_path: Path):
    child = tmp_path / f"{name}.yaml"
    text = (FOLDER / "macro" / f"{name}.yaml").read_text()
    child.write_text(text.replace(f"extends: {parent}", f"extends: {parent}.yaml"))
    shutil.copy(FOLDER / "classics" / f"{parent}.yaml", tmp_path)
    rng = random.Random(2)
    before = nas.load(str(child))
    genomes = [before.sample(rng) for _ in range(4)]
    edited = (tmp_path / f"{parent}.yaml").read_text()
    assert written in edited
    (tmp_path / f"{parent}.yaml").write_text(edited.replace(written, instead))
    after = nas.load(str(child))
    counts = [(before.graph(g).parameters, after.graph(after.genome(g.answers)).parameters) for g in genomes]
    assert any(one != other for one, other in counts)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPENED)
def test_a_short_search_runs(name: str, tmp_path: Path):
    run = nas.search(name, trials=3, epochs=1, final_epochs=1, limits={"mult_adds": "45M"}, runs=tmp_path, name="a")
    assert [entry.result.failed for entry in run.trials] == [False] * 3
    assert run.final is not None and run.final["test_accuracy"] > 0
