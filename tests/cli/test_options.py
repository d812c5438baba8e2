"""The options of nas search and the keywords of nas.search are those of one list."""

import inspect
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any

import pytest

import nas
from nas.cli import main, search
from nas.cli.options import given
from nas.cli.parser import Parser
from nas.errors import UserError
from nas.run.keywords import taking
from nas.run.settings import SETTINGS, Request, evaluation

RENAMED = {"searcher_options": "--searcher-set", "schedule_options": "--schedule-set", "limits": "--limit"}
RENAMED |= {"objectives": "--objective", "proxies": "--proxy", "overrides": "--set", "flip": "--no-flip"}
IN_PYTHON_ALONE = {"train", "valid", "test", "classes", "loss", "metrics", "progress", "callbacks"}


def parser() -> Parser:
    made = Parser(prog="nas search")
    search.arguments(made)
    return made


def read(text: str) -> dict[str, Any]:
    args = parser().parse(text.split())
    return given(args, vars(args))


def test_each_keyword_is_an_option_of_its_name() -> None:
    keywords = set(inspect.signature(nas.search).parameters) - IN_PYTHON_ALONE
    options = {action.dest: action.option_strings for action in parser()._actions if action.dest != "help"}
    wanted = {name: [RENAMED.get(name, f"--{name.replace('_', '-')}")] for name in keywords - {"space"}}
    assert options == wanted | {"space": []}


def test_what_is_left_out_is_as_in_python() -> None:
    assert Request(**read("")) == Request()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("darts", {"space": "darts"}),
        ("--trials 5 --seed -3", {"trials": 5, "seed": -3}),
        ("--searcher-set population=5 --searcher-set sample=2", {"searcher_options": {"population": 5, "sample": 2}}),
        ("--limit parameters=3.5M --limit depth=9", {"limits": {"parameters": "3.5M", "depth": 9}}),
        ("--objective accuracy --objective depth:min", {"objectives": ["accuracy", "depth:min"]}),
        ("--start-from a --start-from b", {"start_from": ["a", "b"]}),
        ("--no-flip --skip-unreadable", {"flip": False, "skip_unreadable": True}),
        ("--set classes=3 --recipe-set epochs=[1,2]", {"overrides": {"classes": 3}, "recipe_set": {"epochs": [1, 2]}}),
        ("--gpus-per-trial 0.5 --deadline 9", {"gpus_per_trial": 0.5, "deadline": 9.0}),
    ],
)
def test_texts_are_what_python_would_be_given(text: str, meant: dict[str, Any]) -> None:
    asked = Request(**read(text))
    assert {name: getattr(asked, name) for name in meant} == meant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--seed x", "--seed: 'x' does not fit; give a whole number$"),
        ("--epochs 0", "--epochs: '0' does not fit; give a whole number of at least 1"),
        ("--class-weights balance", "--class-weights: unknown value 'balance'; did you mean 'balanced'"),
        ("--final-set channels", "--final-set: 'channels' is not of the form name=value"),
    ],
)
def test_an_error_names_the_option(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(text)


@dataclass(frozen=True)
class Patient(Request):
    _: KW_ONLY
    patience: int | None = evaluation(None, "epochs without a gain before a candidate ends", "None: all.", least=1)


def test_a_field_more_is_a_flag_a_keyword_and_their_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @taking(Patient)
    def find(asked: Patient) -> int | None:
        """Find it.

        {settings}
        """
        return asked.patience

    assert inspect.signature(find).parameters["patience"].default is None
    assert "\npatience: epochs without a gain before a candidate ends. None: all.\n" in f"{find.__doc__}\n"
    assert (find(), find(patience="4")) == (None, 4)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="patience is 0; give a whole number of at least 1"):
        find(patience=0)
    monkeypatch.setitem(SETTINGS, "patience", fields(Patient)[-1])
    assert main(["search", "--help"]) == 0
    assert "--patience N" in (told := capsys.readouterr().out) and "epochs without a gain before" in told
    assert find(**read("--patience 2")) == 2
