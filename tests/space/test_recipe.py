"""Settings of the training in a document: what they are, and that their choices are walked like any other."""

import random
from pathlib import Path
from typing import Any

import pytest

from nas.errors import UserError
from nas.space import Genome, Space, load
from nas.space.explore import every_choice

DOCUMENT = """
name: rates
input: [1, 8, 8]
classes: 10
parameters:
  lr: {choice: [0.01, 0.1]}
  width: {choice: [4, 8]}
recipe:
  learning_rate: =lr
  batch_size: =8 * width
  optimizer: {choice: [sgd, adam, adamw]}
final: {lr: 0.05}
network:
  - {conv: {channels: =width, kernel: {choice: [1, 3]}}}
  - global_avg_pool
  - {linear: =classes}
"""
PATHS = {"parameters.lr", "parameters.width", "recipe.optimizer", "network.0.@.kernel"}


def space(folder: Path, text: str = DOCUMENT, name: str = "rates.yaml") -> Space:
    (folder / name).write_text(text)
    return load(str(folder / name))


def test_a_genome_answers_them_and_its_graph_has_their_values(tmp_path: Path) -> None:
    rates = space(tmp_path)
    genome = rates.genome(
        {"parameters.lr": 0.1, "parameters.width": 4, "recipe.optimizer": "adam", "network.0.@.kernel": 3}
    )
    graph = rates.graph(genome)
    assert dict(graph.recipe) == {"learning_rate": 0.1, "batch_size": 32, "optimizer": "adam"}
    assert graph.prune().recipe == graph.recipe
    again = Genome.from_json(genome.to_json())
    assert Space(again.document).graph(again).recipe == graph.recipe


def test_every_way_of_walking_meets_them(tmp_path: Path) -> None:
    rates, rng = space(tmp_path), random.Random(0)
    genomes = list(rates.enumerate())
    assert rates.size() == len(genomes) == len(set(genomes)) == 24
    assert {choice.path for choice in every_choice(rates.document)} == PATHS
    assert {rates.sample(rng) for _ in range(300)} == set(genomes)
    assert {tuple(genome.answers) for genome in rates.neighbours(genomes[0])} == {tuple(genomes[0].answers)}
    assert len(list(rates.neighbours(genomes[0]))) == 1 + 1 + 2 + 1
    assert {path for _ in range(200) for path in changed(genomes[0], rates.mutate(genomes[0], rng))} == PATHS
    assert rates.crossover(genomes[0], genomes[-1], rng) in genomes


def changed(one: Genome, other: Genome) -> set[str]:
    return {path for path in one.answers if one.answers[path] != other.answers[path]}


def test_what_they_change_is_a_training_not_a_function(tmp_path: Path) -> None:
    rates = space(tmp_path)
    graphs = [rates.graph(genome) for genome in rates.enumerate()]
    assert len({graph.fingerprint() for graph in graphs}) == 4 == len(list(rates.networks()))
    assert len({graph.fingerprint(training=True) for graph in graphs}) == 24


def test_a_choice_may_be_written_where_it_is_read(tmp_path: Path) -> None:
    text = DOCUMENT.replace("=8 * width", '"={choice}"').replace('"={choice}"', "{choice: [16, =4 * width]}")
    assert space(tmp_path, text).size() == 48


def test_settings_that_share_a_parameter_count_once(tmp_path: Path) -> None:
    assert space(tmp_path, DOCUMENT.replace("=8 * width", "=8 if lr > 0.05 else 16")).size() == 24


def test_extends_merges_them(tmp_path: Path) -> None:
    space(tmp_path)
    child = "extends: rates.yaml\nname: child\nrecipe: {optimizer: sgd, momentum: =lr * 2}\n"
    found = space(tmp_path, child, "child.yaml")
    assert found.document.recipe == {
        "learning_rate": "=lr",
        "batch_size": "=8 * width",
        "optimizer": "sgd",
        "momentum": "=lr * 2",
    }
    assert found.size() == 8


def test_a_winner_without_the_answers_that_final_replaces(tmp_path: Path) -> None:
    rates = space(tmp_path)
    genome = next(rates.enumerate())
    last = rates.finalised(genome)
    assert set(last.answers) == PATHS - {"parameters.lr"}
    assert dict(Space(last.document).graph(last).recipe)["learning_rate"] == 0.05
    assert set(rates.finalised(genome, {"width": 6}).answers) == PATHS - {"parameters.lr", "parameters.width"}


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("learning_rate: =nope", "recipe.learning_rate: unknown name 'nope' in '=nope'"),
        ("learning_rate: =in_channels", "recipe.learning_rate: a setting of the recipe may not depend on shapes"),
        ("learning_rate: {conv: 3}", "recipe.learning_rate: expected a value, not an operation"),
        ("learning_rate: {choice: [0.1, 0.1]}", "recipe.learning_rate: the alternatives of a choice must differ"),
    ],
)
def test_mistakes_have_their_line(tmp_path: Path, setting: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        space(tmp_path, DOCUMENT.replace("learning_rate: =lr", setting))
    assert str(caught.value).startswith(f"{tmp_path / 'rates.yaml'}:9: {what}")


@pytest.mark.parametrize("written", ["[learning_rate]", "fast", "3"])
def test_it_is_a_mapping(tmp_path: Path, written: str) -> None:
    text = f"recipe: {written}\nnetwork: [relu]\n"
    with pytest.raises(UserError, match=r"rates.yaml:1: recipe: expected a mapping of names, not"):
        space(tmp_path, text)


def test_each_value_is_told_under_every_answer(tmp_path: Path) -> None:
    told: list[Any] = []
    space(tmp_path).settings(lambda name, value: told.append((name, value)))
    expected = {("learning_rate", rate) for rate in (0.01, 0.1)} | {("batch_size", size) for size in (32, 64)}
    assert set(told) == expected | {("optimizer", word) for word in ("sgd", "adam", "adamw")}
