"""Evaluators by their names, and as run.yaml remembers them."""

import json
from pathlib import Path
from typing import Any

import pytest

from nas.errors import UserError
from nas.evaluators import (
    FunctionEvaluator,
    Proxy,
    Settings,
    TableEvaluator,
    Train,
    TrialEvaluator,
    chosen,
    describe,
    revive,
)
from nas.training.recipe import Recipe
from tests import cheap


def test_the_built_in_one_comes_back_from_plain_values() -> None:
    evaluator = Train(
        dataset="cifar10", data="/d", recipe=Recipe.named("search").replace(learning_rate=0.05), train_images=500
    )
    assert revive(describe(evaluator)) == evaluator
    assert chosen("train", Settings()) == Train(dataset="digits")
    last = chosen("train", Settings(dataset="digits", final_recipe="resnet"))
    assert last == Train(dataset="digits", final_recipe=Recipe.named("resnet"))
    assert revive(json.loads(json.dumps(describe(last)))) == last
    older = {name: value for name, value in describe(Train()).items() if name != "final_recipe"}
    assert revive(older) == Train()
    with pytest.raises(UserError, match="no such recipe"):
        chosen("train", Settings(final_recipe="resnt"))


def test_proxies_come_back_too() -> None:
    asked = chosen("proxy", Settings("", "cifar10", "/d", None, ("synflow", "zen"), "resnet"))
    train = Train("cifar10", "/d", final_recipe=Recipe.named("resnet"))
    assert asked == Proxy(("synflow", "zen"), train)
    assert revive(json.loads(json.dumps(describe(asked)))) == asked
    assert chosen("proxy", Settings()) == Proxy(("synflow",))
    with pytest.raises(UserError, match="use the evaluator 'proxy'"):
        chosen("train", Settings(proxies=("synflow",)))
    good = describe(asked)
    for wrong in ({"names": "synflow"}, {"train": 3}, {"other": 1}, {"train": {**good["train"], "name": "proxy"}}):
        with pytest.raises(UserError, match=r"not an evaluator"):
            revive({**good, **wrong})
    with pytest.raises(UserError, match="unknown proxy 'x'"):
        revive({**good, "names": ["x"]})


def test_folders_are_remembered_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flowers").mkdir()
    evaluator = chosen("train", Settings(dataset="flowers", data="somewhere"))
    assert isinstance(evaluator, Train)
    assert (evaluator.dataset, evaluator.data) == (str(tmp_path / "flowers"), str(tmp_path / "somewhere"))


def test_functions_of_a_genome_and_evaluators_are_told_apart() -> None:
    def with_default(genome: Any, scale: float = 2.0) -> float:
        return scale

    behave = cheap.Behave("nan", 0)
    assert chosen(behave, Settings()) == TrialEvaluator(behave)
    for function in (cheap.score, with_default, lambda genome: 1.0, max):
        assert chosen(function, Settings()) == FunctionEvaluator(function)


@pytest.mark.parametrize(
    ("given", "message"), [("trian", "did you mean 'train'"), (3, "cannot be called"), (None, "cannot be called")]
)
def test_what_is_no_evaluator(given: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        chosen(given, Settings())


def test_a_users_function_must_be_given_again_and_is_never_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    description = describe(FunctionEvaluator(cheap.score))
    assert description == {"function": "tests.cheap:score"}
    imported: list[str] = []
    monkeypatch.setattr("importlib.import_module", lambda name, *rest: imported.append(name))
    with pytest.raises(UserError, match=r"its evaluator was the function os:system; give it again: nas\.resume"):
        revive({"function": "os:system"})
    assert not imported
    assert revive(description, cheap.score) == FunctionEvaluator(cheap.score)


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"name": "other"},
        {"name": "train"},
        {"name": "train", "recipe": {}, "x": 1},
        {"name": "train", "recipe": 3},
        {"name": "train", "recipe": {}, "final_recipe": 3},
    ],
)
def test_descriptions_that_fit_nothing(description: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="not an evaluator"):
        revive(description)


def test_the_built_in_one_is_not_replaced_by_a_function() -> None:
    with pytest.raises(UserError, match="leave evaluator out"):
        revive(describe(Train()), cheap.score)


def test_what_goes_with_an_evaluator() -> None:
    own = FunctionEvaluator(cheap.score)
    assert [one.deduplicate for one in (Train(), Proxy(), TableEvaluator("x"), own)] == [
        *("network", "network", "function", "genome")
    ]
