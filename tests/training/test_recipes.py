"""The recipes of the papers: their numbers, and the page that tells them."""

import json
import pickle
import re
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.space.reader import read_yaml
from nas.training import Recipe
from nas.training import recipe as module
from nas.training.recipe import recipes

NAMES = (
    "search",
    "final",
    "finetune",
    "alexnet",
    "vgg",
    "resnet",
    "resnet_cifar",
    "inception",
    "nasnet",
    "darts",
    "nasbench201",
)
PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
PLAIN = {"optimizer": "sgd", "momentum": 0.9, "nesterov": False, "decay": 0.1, "steps": None}
PUBLISHED = {
    "alexnet": {**PLAIN, "epochs": 90, "batch_size": 128, "learning_rate": 0.01, "weight_decay": 5e-4}
    | {"schedule": "plateau", "color_pca": 0.1},
    "vgg": {**PLAIN, "epochs": 74, "batch_size": 256, "learning_rate": 0.01, "weight_decay": 5e-4}
    | {"schedule": "plateau", "color_pca": 0.1},
    "resnet": {**PLAIN, "batch_size": 256, "learning_rate": 0.1, "weight_decay": 1e-4}
    | {"schedule": "plateau", "color_pca": 0.1},
    "resnet_cifar": {**PLAIN, "steps": 64_000, "batch_size": 128, "learning_rate": 0.1, "weight_decay": 1e-4}
    | {"schedule": "step", "color_pca": 0.0},
    "inception": {"optimizer": "rmsprop", "alpha": 0.9, "eps": 1.0, "learning_rate": 0.045, "schedule": "exponential"}
    | {"decay": 0.94, "decay_epochs": 2.0, "label_smoothing": 0.1, "gradient_clip": 2.0, "batch_size": 32},
    "nasnet": {**PLAIN, "epochs": 600, "batch_size": 32, "learning_rate": 0.025, "schedule": "cosine"}
    | {"weight_decay": 5e-4, "auxiliary": 0.4, "gradient_clip": 5.0, "drop_path": 0.4},
    "darts": {**PLAIN, "epochs": 600, "batch_size": 96, "learning_rate": 0.025, "schedule": "cosine"}
    | {"weight_decay": 3e-4, "auxiliary": 0.4, "gradient_clip": 5.0, "drop_path": 0.2, "cutout": 16},
    "nasbench201": {"epochs": 200, "batch_size": 256, "learning_rate": 0.1, "weight_decay": 5e-4, "nesterov": True},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_is_the_papers(name: str) -> None:
    settings = recipes()[name].recipe.to_json()
    assert {key: settings[key] for key in PUBLISHED[name]} == PUBLISHED[name]


def test_each_has_a_source_and_leaves_crops_and_mirroring_to_the_data_set() -> None:
    assert tuple(recipes()) == NAMES
    for name, entry in recipes().items():
        own = name in ("search", "final", "finetune")
        assert re.search(r"this project's own" if own else r"\b(19|20)\d\d\b", entry.source), name
        assert (entry.recipe.crop, entry.recipe.flip) == (None, None)


@pytest.mark.parametrize("name", NAMES)
def test_recipes_are_json_and_picklable(name: str) -> None:
    recipe = Recipe.named(name)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_the_lectures_weight_decay_is_told() -> None:
    assert "1e-5" in recipes()["resnet"].notes


def test_a_mistake_in_the_file_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recipes.yaml"
    path.write_text("mine: {source: me, learning_rte: 0.1}\n")
    monkeypatch.setattr(module, "FILE", path)
    with pytest.raises(UserError, match=r"^recipes.yaml: mine: recipe.learning_rte: no such setting; did you mean"):
        recipes.__wrapped__()


def test_the_page_tells_each_recipe_as_it_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
    file = read_yaml(module.FILE.read_text(encoding="utf-8"))
    assert [name for name, _, _ in rows] == list(file)
    for name, told, source in rows:
        entry = {key: value for key, value in file[name].items() if key != "source"}
        notes = f"**{name}**: {entry.pop('notes')}"
        assert told == ", ".join(f"{key} {value}" for key, value in entry.items()), name
        assert source == file[name]["source"], name
        assert notes in " ".join(PAGE.split()), name
