from typing import Any

import pytest

from nas.errors import UserError
from nas.training import Recipe


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="recipe 'serch': no such recipe; did you mean 'search'"):
        Recipe.named("serch")
    with pytest.raises(UserError, match=r"recipe.learning_rte: no such setting; did you mean 'learning_rate'"):
        Recipe().replace(learning_rte=0.1)
    with pytest.raises(UserError, match=r"recipe.schedule: unknown word 'cosin'; did you mean 'cosine'"):
        Recipe(schedule="cosin")


def test_numbers_may_be_text_as_yaml_reads_them() -> None:
    recipe = Recipe().replace(learning_rate="1e-3", momentum=0, crop=2)
    assert (recipe.learning_rate, recipe.momentum, recipe.crop) == (1e-3, 0.0, 2)
    assert isinstance(recipe.momentum, float)
    assert recipe == Recipe().replace(learning_rate=0.001, momentum=0.0, crop=2)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rate", "fast", "'fast'; give a number"),
        ("learning_rate", True, "True; give a number"),
        ("learning_rate", float("nan"), "is nan"),
        ("learning_rate", -0.1, "give 0 or more"),
        ("epochs", 2.5, "2.5; give a whole number"),
        ("epochs", 0, "give 1 or more"),
        ("epochs", None, "give a whole number"),
        ("steps", 0, "give 1 or more"),
        ("batch_size", "64", "give a whole number"),
        ("label_smoothing", 1.0, "less than 1"),
        ("nesterov", 1, "give true or false"),
        ("flip", "yes", "give true or false"),
        ("optimizer", "lamb", "unknown word 'lamb'"),
        ("cutout", -1, "give 0 or more"),
        ("color_pca", -0.1, "give 0 or more"),
        ("evaluate_every", -1, "give 0 or more"),
        ("eps", float("inf"), "give 0 or more"),
        ("alpha", 1.0, "less than 1"),
        ("decay", 0.0, "more than 0"),
        ("decay", 1.5, "at most 1"),
        ("decay_epochs", 0, "more than 0"),
        ("patience", 0, "give 1 or more"),
        ("schedule", "platau", "did you mean 'plateau'"),
    ],
)
def test_values_out_of_place(name: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=rf"^recipe\.{name}: .*{message}"):
        Recipe().replace(**{name: value})


def test_what_the_data_decides_may_be_left_open() -> None:
    recipe = Recipe().replace(flip=None, crop=None, steps=None)
    assert recipe == Recipe()


def test_epochs_decide_where_they_are_asked_for() -> None:
    assert Recipe(steps=9).for_epochs(2) == Recipe(epochs=2)
