"""What a search is asked for, and which of it is kept."""

import inspect
import re
from dataclasses import fields
from typing import Any

import pytest

import nas
from nas import executors
from nas.evaluators import Settings
from nas.run.config import Config
from nas.run.settings import Plan, Request, names_of


def test_the_docstring_tells_of_each_setting() -> None:
    lines = (nas.search.__doc__ or "").splitlines()
    told = [line.strip().split(":")[0] for line in lines if re.match(" {4}[a-z]", line)]
    assert told[: len(fields(Request))] == list(inspect.signature(nas.search).parameters)
    assert max(map(len, lines)) <= 120


def test_the_signature_shows_plain_defaults() -> None:
    parameters = inspect.signature(nas.search).parameters
    assert next(iter(parameters)) == "space"
    assert {name: item.default for name, item in parameters.items() if name in ("trials", "limits", "max_time")} == {
        "trials": 30,
        "limits": None,
        "max_time": None,
    }
    assert "factory" not in str(inspect.signature(nas.search))


def test_an_unknown_setting() -> None:
    with pytest.raises(
        TypeError, match=r"search\(\) got an unexpected keyword argument 'trails'; did you mean 'trials'"
    ):
        nas.search(trails=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["limits", "overrides", "objectives", "proxies", "recipe_set"])
def test_none_is_what_is_left_out(name: str) -> None:
    given: dict[str, Any] = {name: None}
    assert Request(**given) == Request()


def test_whose_each_setting_is() -> None:
    """By the names that these have for their arguments."""
    taken = {"space", "images", "augmentation", "run"} | {
        *names_of("evaluator")
    }  # supernet:RUN is the evaluator's name
    assert taken == {item.name for item in fields(Settings)}
    assert list(names_of("executor")) == ["name", "workers", "gpus_per_trial", "address", "deadline"]
    assert set(names_of("executor")) == set(inspect.signature(executors.create_executor).parameters)
    asked = Request(executor="ray", ray_address="auto", flip=False, skip_unreadable=False)
    executor = {"name": "ray", "workers": None, "gpus_per_trial": 0.0, "address": "auto", "deadline": None}
    assert asked.part("executor") == executor
    assert (asked.part("images", given=True), asked.part("augmentation", given=True)) == ({}, {"flip": False})


def test_what_is_kept_as_it_is_given_stands_in_the_plan_alone() -> None:
    resolved = {*Config.__annotations__}
    assert {"trials", "searcher", "schedule", "final_set", "seed"} <= {item.name for item in fields(Plan)} - resolved
    assert {item.name for item in fields(Config)} - {item.name for item in fields(Request)} == set()
