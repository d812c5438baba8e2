from pathlib import Path

import pytest

import nas
from nas.errors import UserError
from nas.training import Recipe
from nas.training.document import applied, lasting, opened

DOCUMENT = """
input: [1, 8, 8]
parameters: {lr: {choice: [0.01, 0.1, 2]}, word: {choice: [sgd, fast]}}
recipe:
  epochs: 2
  SETTING
network: [flatten, {linear: =classes}]
"""


def load(folder: Path, setting: str) -> None:
    path = folder / "rates.yaml"
    path.write_text(DOCUMENT.replace("SETTING", setting))
    nas.load(path)


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("learning_rat: =lr", "learning_rat: no such setting; did you mean 'learning_rate'?"),
        ("learning_rate: {choice: [0.1, fast]}", "learning_rate: is 'fast'; give a number"),
        ("batch_size: =lr", "batch_size: is 0.01; give a whole number"),
        ("label_smoothing: =lr", "label_smoothing: is 2.0; give 0 or more and less than 1"),
        ("optimizer: =word", "optimizer: unknown word 'fast'; known: adam, adamw, rmsprop, sgd"),
        ("flip: {choice: [true, 2]}", "flip: is 2; give true or false"),
        ("cutout: [1, =lr]", "cutout: is [1, 0.01]; give a whole number"),
    ],
)
def test_what_some_answer_makes_of_a_setting_is_an_error_at_its_line(tmp_path: Path, setting: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, setting)
    assert str(caught.value) == f"{tmp_path / 'rates.yaml'}:6: recipe.{what}"


def test_what_fits_loads(tmp_path: Path) -> None:
    load(tmp_path, "learning_rate: =lr * 2")
    load(tmp_path, "batch_size: null")
    load(tmp_path, "final_learning_rate: 1")


def test_settings_over_a_recipe() -> None:
    counted = Recipe(steps=100)
    assert applied(counted, {"learning_rate": 0.5}) == Recipe(steps=100, learning_rate=0.5)
    assert applied(counted, {"epochs": 3}) == Recipe(epochs=3)


def test_how_long_candidates_train_is_no_matter_of_the_winners() -> None:
    assert lasting({"epochs": 1, "steps": 5, "evaluate_every": 0, "learning_rate": 0.5}) == {"learning_rate": 0.5}


def test_what_is_searched_is_told_from_what_is_fixed() -> None:
    settings = {"epochs": 1, "learning_rate": "=lr", "optimizer": "sgd", "momentum": {"choice": [0.8, 0.9]}}
    fixed, searched = opened(settings)
    assert (list(fixed), list(searched)) == (["epochs", "optimizer"], ["learning_rate", "momentum"])
