"""The command that repeats a search, parsed by the command line's own parser, gives the same search."""

import ast
import random
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.cli.command import parser_of
from nas.cli.options import given
from nas.evaluators import Proxy, Train
from nas.run import Run, start
from nas.run.command import command
from nas.run.config import Config, read_config
from tests import cheap
from tests.data.images import write_images

LINES = [
    "nas search nasbench201",
    "nas search darts --searcher drnas --trials 3 --baseline random --limit parameters=3.5M --set channels=4",
    "nas search nasbench201 --searcher-set population=5 --trials 12 --seed=-4 --epochs 2 --final-epochs 0",
    "nas search nasbench201 --searcher nsga2 --objective valid_accuracy --objective latency_ms:min",
    "nas search nasbench201 --limit latency_ms=2.5 --limit mult_adds=600M --schedule asha --schedule-set eta=2",
    "nas search nasbench201 --evaluator proxy --proxy synflow+naswot --trials 9 --final-recipe darts",
    "nas search nasbench_digits --evaluator table --deduplicate genome --trials 6",
    "nas search nasbench201 --recipe darts --recipe-set learning_rate=0.05 --no-flip --crop 2 --final-recipe alexnet",
    "nas search nasbench201 --recipe-set 'learning_rate={\"choice\": [0.1, 0.01]}' --device cpu --max-time 3600.0",
    "nas search nasbench201 --class-weights balanced --log csv --image-size 16x8 --resize pad",
    "nas search nasbench201 --executor ray --max-time 60.5 --workers 2 --gpus-per-trial 0.5 --deadline 9.5",
    "nas search nasbench201 --warm-start synflow:20 --final-set channels=32",
]


def keywords(line: str) -> dict[str, Any]:
    words = shlex.split(line)
    assert words[:2] == ["nas", "search"]
    args = parser_of("search").parse(words[2:])
    return given(args, vars(args))


class Closed:
    def close(self) -> None:
        pass


@pytest.fixture
def config_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a search writes to run.yaml before it begins."""
    monkeypatch.setattr(start, "_go_on", lambda *_: None)
    monkeypatch.setattr(start.executors, "create_executor", lambda **_: Closed())
    monkeypatch.setattr(start, "check_evaluator", lambda *_: None)

    def written(**settings: Any) -> tuple[Path, Config]:
        folder = tmp_path / f"run{len(list(tmp_path.iterdir()))}"
        nas.search(**{**settings, "runs": folder, "name": "run"})
        return folder / "run", read_config(folder / "run" / "run.yaml")

    return written


def said(path: Path) -> str:
    (path / "journal.jsonl").touch()
    return command(Run.open(path))


@pytest.mark.parametrize("line", LINES)
def test_the_command_comes_back(line: str, config_of: Any) -> None:
    path, config = config_of(**keywords(line))
    again = said(path)
    assert sorted(shlex.split(again)) == sorted(shlex.split(line))
    assert config_of(**keywords(again))[1] == config


def test_folders_and_files_have_no_place(tmp_path: Path, config_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        write_images(tmp_path / "flowers" / name, 20, (9, 9))
    document = tmp_path / "mine.yaml"
    document.write_text(
        "{name: my own, input: [3, 1, 1], classes: 3, network: [{choice: [relu, tanh]}, flatten, {linear: =classes}]}"
    )
    path, config = config_of(space=document, dataset=tmp_path / "flowers", trials=2)
    line = said(path)
    assert line == "nas search my_own.yaml --trials 2 --dataset ./flowers"
    monkeypatch.chdir(tmp_path)
    document.rename("my_own.yaml")
    assert config_of(**keywords(line))[1] == config


def test_what_a_command_line_cannot_say_is_a_call(config_of: Any) -> None:
    path, _ = config_of(space="nasbench201", evaluator=cheap.score, trials=2)
    assert said(path) == "nas.search('nasbench201', evaluator=score, trials=2)"
    genome = nas.load("nasbench201").sample(random.Random(0))
    path, config = config_of(space="nasbench201", start_from=genome, overrides={"channels": 8})
    call = ast.parse(said(path), mode="eval").body
    assert isinstance(call, ast.Call) and ast.unparse(call.func) == "nas.search"
    settings = {item.arg: ast.literal_eval(item.value) for item in call.keywords if item.arg}
    assert config_of(space=ast.literal_eval(call.args[0]), **settings)[1] == config
    trained = Proxy(("snip",), Train(train_images=100, recipe=replace(Train().recipe, epochs=3)), images=8)
    path, _ = config_of(space="nasbench201", evaluator=trained)
    recipe = "Recipe.named('search').replace(epochs=3)"
    own = f"Proxy(names=('snip',), train=Train(recipe={recipe}, train_images=100), images=8)"
    assert said(path) == f"nas.search('nasbench201', evaluator={own})"


def test_a_run_of_an_older_library_keeps_its_name() -> None:
    line = command(Run.open(Path("runs/sample-cifar10")))
    assert line.startswith("nas search nasbench201 ") and "--set channels=8 --set cells=1" in line
    assert "--searcher-set sample=5" in line and "population" not in line  # which is a quarter of the trials
    assert "/" not in line


def test_words_from_anyone_are_quoted(config_of: Any) -> None:
    path, _ = config_of(space="nasbench201", trials=2)
    text = (path / "run.yaml").read_text()
    evil = "x; rm -rf $HOME `id` 'a"
    (path / "run.yaml").write_text(
        text.replace('"nasbench201"', f'"{evil}"').replace('"dataset": "digits"', f'"dataset": "{evil}"')
    )
    words = shlex.split(said(path))
    assert words[:3] == ["nas", "search", "x_rm_rf_HOME_id_a.yaml"] and f"./{evil}" in words
    path, _ = config_of(space="nasbench201", evaluator=cheap.score)
    text = (path / "run.yaml").read_text()
    (path / "run.yaml").write_text(text.replace("tests.cheap:score", "a:__import__('os').system('id')"))
    assert said(path) == "nas.search('nasbench201', evaluator=...)"
