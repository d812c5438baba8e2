"""Genomes: equal by what they say, and complete in themselves."""
# ruff: noqa: E501 - documents stand on the lines on which a user would write them

import copy
import json
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.space import Genome, Space, files, load
from tests.space.documents import space_of

CHOICES = "network: [{choice: [relu, tanh, [{conv: {kernel: {choice: [1, 3]}}}]]}, {branches: [relu, []], merge: {choice: [add, mean]}}]"


def test_the_same_answers_to_the_same_document_are_the_same_genome():
    first, second = (space_of(CHOICES).sample(random.Random(1)) for _ in range(2))
    assert first == second and hash(first) == hash(second) and len({first, second}) == 1
    other = space_of(CHOICES.replace("3]", "5]")).genome(first.answers)
    assert other.answers == first.answers and other != first
    assert space_of(CHOICES).genome({"network.0": "tanh", "network.1.merge": "add"}) != first


def test_an_answer_true_is_no_answer_1():
    space = space_of("network: [{choice: [relu, tanh]}]")
    assert Genome(space.document, {"a": True}) != Genome(space.document, {"a": 1})


def test_genomes_are_frozen():
    genome = space_of(CHOICES).sample(random.Random(0))
    with pytest.raises(TypeError):
        genome.answers["network.0"] = "relu"  # type: ignore[index]


@pytest.mark.parametrize("name", ["nasbench201", "nasnet", "plain"])
def test_json_and_pickle_and_copies(name: str, tmp_path: Path):
    space = load(name)
    genome = space.sample(random.Random(3))
    text = json.dumps(genome.to_json())
    genome.save(tmp_path / "genome.json")
    for again in (
        Genome.from_json(json.loads(text)),
        Genome.load(tmp_path / "genome.json"),
        pickle.loads(pickle.dumps(genome)),
        copy.deepcopy(genome),
    ):
        assert again == genome and hash(again) == hash(genome)
        rebuilt = Space(again.document).graph(again)
        assert rebuilt == space.graph(genome)
        assert rebuilt.fingerprint() == space.graph(genome).fingerprint()


def test_sets_of_sources_survive_json():
    text = "cells: {c: {nodes: [{repeat: 3, add: {choose: 1, of: =earlier, operation: relu}}]}}\nnetwork: [c]"
    genome = space_of(text).sample(random.Random(0))
    assert Genome.from_json(json.loads(json.dumps(genome.to_json()))) == genome


def test_a_genome_stands_without_the_library_and_its_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "parent.yaml").write_text(
        "parameters: {ops: [sep_conv_3x3, nor_conv_1x1]}\nnetwork: [{choice: =ops}, skip_connect]"
    )
    (folder / "child.yaml").write_text("extends: parent.yaml\nparameters: {ops: [sep_conv_5x5, squeeze_excite]}")
    space = load(str(folder / "child.yaml"))
    genome = space.genome({"network.0": "sep_conv_5x5"})
    before = space.graph(genome)
    genome.save(tmp_path / "genome.json")
    for file in folder.iterdir():
        file.unlink()
    monkeypatch.setattr(files, "FOLDER", tmp_path / "nothing")
    for module in ("interpreter", "library", "merge"):
        monkeypatch.setattr(f"nas.space.{module}.library", dict)
    again = Genome.load(tmp_path / "genome.json")
    assert Space(again.document).graph(again) == before
    assert "extends" not in again.document.data


def test_another_process_rebuilds_the_same_network(tmp_path: Path):
    space = load("nasnet")
    genome = space.sample(random.Random(5))
    genome.save(tmp_path / "genome.json")
    code = "import sys; from nas.space import Genome, Space; g = Genome.load(sys.argv[1]); print(Space(g.document).graph(g).fingerprint(), g.document.digest)"
    command = [sys.executable, "-c", code, str(tmp_path / "genome.json")]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert found.stdout.split() == [space.graph(genome).fingerprint(), genome.document.digest]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "genome: network.0: no answer to this choice"),
        (
            {"network.0": "rlu", "network.1.merge": "add"},
            "genome: network.0: 'rlu' is not an answer here; known: relu, tanh, 2",
        ),
        ({"network.0": 2, "network.1.merge": "add"}, "genome: network.0.2.0.@.kernel: no answer"),
        ({"network.0": True, "network.1.merge": "add"}, "genome: network.0: True is not an answer here"),
        ({"network.0": "relu", "network.1.merge": "add", "x": 1}, "genome: x: no such choice under the other answers"),
        ({"network.0": {"a": 1}, "network.1.merge": "add"}, "genome: network.0: {'a': 1} is not an answer here"),
    ],
)
def test_answers_are_checked(answers: dict[str, object], message: str):
    with pytest.raises(UserError) as error:
        space_of(CHOICES).genome(answers)
    assert str(error.value).startswith(message)
