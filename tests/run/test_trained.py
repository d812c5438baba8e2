"""How candidates are trained: by which recipe, where, and with which settings searched beside the architecture."""

import json
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.cli import main
from nas.errors import UserError
from nas.run import Run
from nas.run import config as configuration
from nas.run.interrupt import Interrupted
from nas.space import Genome
from nas.training import Recipe, loop
from tests import cheap
from tests.run.test_faults import start, timeless

DOCUMENT = """
name: rates
input: [1, 8, 8]
classes: 10
parameters: {lr: {choice: [0.01, 0.02, 0.05, 0.1]}}
recipe: {learning_rate: =lr, batch_size: 256, epochs: 2}
network:
  - {conv: {channels: 4, kernel: {choice: [1, 3]}}}
  - global_avg_pool
  - {linear: =classes}
"""
PLAIN = "name: plain\ninput: [1, 8, 8]\nclasses: 10\nparameters: {lr: 0.1}\nnetwork: [flatten, {linear: =classes}]\n"
SEARCHERS = ["regularized_evolution", "random", "bananas", "reinforce"]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_THREADS", "1")


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Recipe, str]]:
    """The recipe of each training, which takes no time, and the set that it is measured on."""
    found: list[tuple[Recipe, str]] = []

    def fit(model: Any, data: Any, recipe: Recipe, seed: int, evaluate_on: str = "valid", **rest: Any) -> Any:
        found.append((recipe, evaluate_on))
        weights = sum(parameter.numel() for parameter in model.parameters())
        return {f"{evaluate_on}_accuracy": random.Random(f"{recipe.learning_rate} {weights}").random()}

    monkeypatch.setattr(loop, "fit", fit)
    return found


def write(folder: Path, text: str = DOCUMENT) -> str:
    (folder / "rates.yaml").write_text(text)
    return str(folder / "rates.yaml")


def search(tmp_path: Path, text: str = DOCUMENT, **settings: Any) -> Run:
    return nas.search(write(tmp_path, text), runs=tmp_path / "runs", **{"trials": 8, "final_epochs": 0, **settings})


@pytest.mark.parametrize("searcher", SEARCHERS)
def test_a_rate_and_a_kernel_are_searched_together(tmp_path: Path, fitted: Any, searcher: str) -> None:
    run = search(tmp_path, searcher=searcher)
    tried = {(entry.trial.genome.answers["parameters.lr"], entry.costs["parameters"]) for entry in run.trials}
    assert len(tried) == 8
    assert len({entry.fingerprint for entry in run.trials}) == 2
    told = [(recipe.learning_rate, recipe.batch_size, recipe.epochs) for recipe, _ in fitted]
    assert told == [(entry.trial.genome.answers["parameters.lr"], 256, 2) for entry in run.trials]


@pytest.mark.parametrize("searcher", SEARCHERS)
def test_stopped_and_resumed_it_ends_as_if_it_had_not(
    tmp_path: Path, fitted: Any, monkeypatch: pytest.MonkeyPatch, searcher: str
) -> None:
    whole = search(tmp_path, name="whole", searcher=searcher, final_epochs=1)
    undisturbed, calls = loop.fit, iter(range(100))

    def stopping(*arguments: Any, **settings: Any) -> Any:
        if next(calls) in (2, 3, 6, 9):
            raise KeyboardInterrupt
        return undisturbed(*arguments, **settings)

    monkeypatch.setattr(loop, "fit", stopping)
    with pytest.raises(Interrupted):
        search(tmp_path, name="stopped", searcher=searcher, final_epochs=1)
    for _ in range(4):
        try:
            nas.resume(tmp_path / "runs" / "stopped")
        except Interrupted:
            continue
    assert timeless(tmp_path / "runs" / "stopped") == timeless(whole.path)
    assert len(timeless(whole.path)) == 18


def test_what_the_budget_and_the_final_training_make_of_the_document(tmp_path: Path, fitted: Any) -> None:
    """Epochs that are asked for win; the winner's training takes its settings, but for how long candidates train."""
    run = search(tmp_path, epochs=3, final_epochs=None)
    assert {recipe.epochs for recipe, _ in fitted[:-1]} == {3}
    assert run.best is not None
    rate = run.best.trial.genome.answers["parameters.lr"]
    wanted = Recipe.named("final").replace(learning_rate=rate, batch_size=256, evaluate_every=0)
    assert fitted[-1] == (wanted, "test")


def test_a_final_recipe_that_is_named_is_as_it_is(tmp_path: Path, fitted: Any) -> None:
    search(tmp_path, final_epochs=1, final_recipe="resnet_cifar")
    assert fitted[-1][0] == Recipe.named("resnet_cifar").for_epochs(1).replace(evaluate_every=0)


def test_a_final_parameter_replaces_the_one_searched(tmp_path: Path, fitted: Any) -> None:
    run = search(tmp_path, final_epochs=1, final_set={"lr": 0.03})
    assert fitted[-1][0].learning_rate == 0.03
    best = Genome.load(run.path / "best" / "genome.json")
    assert set(best.answers) == {"network.0.@.kernel"}


def test_a_recipe_by_name_with_settings(tmp_path: Path, fitted: Any) -> None:
    write(tmp_path, PLAIN)
    arguments = ["--recipe", "resnet_cifar", "--recipe-set", "learning_rate=0.05", "--trials", "1"]
    runs = ["--runs", str(tmp_path / "runs"), "--name", "r", "--device", "cpu", "--final-epochs", "0"]
    assert main(["search", str(tmp_path / "rates.yaml"), *arguments, *runs]) == 0
    wanted = Recipe.named("resnet_cifar").replace(learning_rate=0.05)
    assert fitted == [(wanted, "valid")]
    known = configuration.read_config(tmp_path / "runs" / "r" / "run.yaml").evaluator
    assert (Recipe.from_json(known["recipe"]), known["device"]) == (wanted, "cpu")


@pytest.mark.parametrize(
    "recipe", [Recipe(learning_rate=0.05), {"learning_rate": 0.05}, Recipe(learning_rate=1.0)], ids=str
)
def test_a_recipe_in_python(tmp_path: Path, fitted: Any, recipe: Any) -> None:
    search(tmp_path, PLAIN, trials=1, recipe=recipe, recipe_set={"learning_rate": 0.05, "momentum": 0.8})
    base = Recipe() if isinstance(recipe, Recipe) else Recipe.named("search")
    assert fitted == [(base.replace(learning_rate=0.05, momentum=0.8), "valid")]


def test_settings_that_are_searched_become_the_documents(tmp_path: Path, fitted: Any) -> None:
    write(tmp_path, PLAIN)
    arguments = ["--recipe-set", "learning_rate==2 * lr", "--recipe-set", "momentum={choice: [0.5, 0.9]}"]
    arguments += ["--set", "lr={choice: [0.01, 0.02]}", "--trials", "4", "--runs", str(tmp_path), "--name", "r"]
    assert main(["search", str(tmp_path / "rates.yaml"), *arguments, "--final-epochs", "0"]) == 0
    assert sorted((recipe.learning_rate, recipe.momentum) for recipe, _ in fitted) == [
        *((0.02, 0.5), (0.02, 0.9), (0.04, 0.5), (0.04, 0.9))
    ]
    genome = Genome.load(tmp_path / "r" / "best" / "genome.json")
    assert genome.document.recipe == {"learning_rate": "=2 * lr", "momentum": {"choice": [0.5, 0.9]}}


def test_a_fixed_setting_wins_over_the_documents(tmp_path: Path, fitted: Any) -> None:
    run = search(tmp_path, trials=2, recipe_set={"learning_rate": 0.5})
    assert {recipe.learning_rate for recipe, _ in fitted} == {0.5}
    assert run.space.document.recipe == {"batch_size": 256, "epochs": 2}


def test_a_network_trains_by_its_document_and_explicit_settings_win(tmp_path: Path, fitted: Any) -> None:
    run = search(tmp_path)
    assert run.best is not None
    genome = str(run.path / "best" / "genome.json")
    rate = run.best.trial.genome.answers["parameters.lr"]
    for number, (more, learning_rate) in enumerate([([], rate), (["--recipe-set", "learning_rate=0.3"], 0.3)]):
        folder = tmp_path / f"out{number}"
        assert main(["train", genome, "--to", str(folder), "--recipe", "darts", "--epochs", "1", *more]) == 0
        wanted = Recipe.named("darts").replace(learning_rate=learning_rate, batch_size=256, epochs=1, evaluate_every=0)
        assert fitted[-1] == (wanted, "test")
        assert Recipe.from_json(json.loads((folder / "result.json").read_text())["recipe"]["settings"]) == wanted


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recipe": "final2"}, "recipe 'final2': no such recipe; did you mean 'final'?"),
        ({"recipe": 3}, "recipe: is 3; give the name of one, a nas.training.Recipe, or its settings"),
        ({"recipe_set": ["lr"]}, "recipe_set is .'lr'.; give names with values"),
        ({"recipe_set": {"learning_rat": 1}}, "recipe.learning_rat: no such setting; did you mean 'learning_rate'?"),
        ({"recipe_set": {"learning_rate": "fast"}}, "recipe.learning_rate: is 'fast'; give a number"),
        ({"recipe_set": {"learning_rate": "=rl"}}, "recipe.learning_rate: unknown name 'rl' in '=rl'"),
        (
            {"recipe_set": {"momentum": {"choice": [0.5, 2]}}},
            "^rates: recipe.momentum: is 2.0; give 0 or more and less than 1",
        ),
        (
            {"recipe_set": {"epochs": {"choice": [1, 3]}}, "epochs": 2},
            "^rates: recipe.epochs: is chosen, and each trial trains for 2 epochs by --epochs or the schedule; leave",
        ),
        ({"recipe_set": {"steps": {"choice": [5, 9]}}, "schedule": "asha"}, "recipe.steps: is chosen, and each trial"),
        ({"device": "gpu"}, "device: unknown device 'gpu'; give cpu, cuda, cuda:1 .the second. or mps"),
        ({"device": "cuda:x"}, "device: unknown device 'cuda:x'"),
        ({"device": "cpu:1"}, "device: no 'cpu:1' here; cpu works"),
        ({"device": "mps"}, "device: no MPS device here; cpu works"),
        ({"evaluator": cheap.score, "device": "cpu"}, "device: the evaluator trains no networks; leave it out"),
        ({"evaluator": cheap.score, "recipe": "search"}, "recipe: the evaluator trains no networks; leave it out"),
        ({"evaluator": "proxy", "recipe_set": {"cutouts": 2}}, "recipe.cutouts: no such setting"),
    ],
)
def test_mistakes_leave_no_run_behind(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        search(tmp_path, **settings)
    assert not (tmp_path / "runs").exists()


def test_no_gpu_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    write(tmp_path)
    for command in (["search", "--runs", str(tmp_path / "runs")], ["train"]):
        document = "resnet20" if command == ["train"] else str(tmp_path / "rates.yaml")
        assert main([command[0], document, *command[1:], "--device", "cuda"]) == 2
        assert capsys.readouterr().err.splitlines()[-1] == "error: device: no CUDA device here; cpu works"
    assert not (tmp_path / "runs").exists()


def test_a_tables_networks_are_trained_already(tmp_path: Path) -> None:
    text = "extends: nasbench_digits\nname: mine\nrecipe: {learning_rate: 0.5}\n"
    with pytest.raises(UserError, match=r"rates.yaml:4: recipe: the networks of a table are trained already"):
        from nas.evaluators.tables import packaged

        search(tmp_path, "\n" + text, evaluator="table", table=packaged("nasbench_digits"))
    with pytest.raises(UserError, match="recipe: the evaluator trains no networks"):
        nas.search("nasbench_digits", evaluator="table", recipe_set={"learning_rate": {"choice": [0.1, 0.2]}})


COMMAND = "import sys\nfrom nas.cli import main\nsys.exit(main(sys.argv[2:]))"


@pytest.mark.slow
@pytest.mark.parametrize("searcher", SEARCHERS[:3])
def test_killed_while_it_trains(tmp_path: Path, searcher: str) -> None:
    asked = ["search", write(tmp_path), "--searcher", searcher, "--trials", "8", "--epochs", "1", "--final-epochs", "0"]
    asked += ["--runs", str(tmp_path), "--device", "cpu", "--name"]
    journal = tmp_path / "killed" / "journal.jsonl"
    process = start(tmp_path, *asked, "killed", code=COMMAND)
    for records in (3, 7, 12):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and (not journal.exists() or journal.read_bytes().count(b"\n") < records):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        process = start(tmp_path, "resume", str(journal.parent), code=COMMAND)
    assert process.communicate(timeout=120)[1] is not None
    assert process.returncode == 0
    assert start(tmp_path, *asked, "whole", code=COMMAND).wait(timeout=120) == 0
    assert untimed(journal.parent) == untimed(tmp_path / "whole")


def untimed(path: Path) -> list[dict[str, Any]]:
    """The records without what is measured of time."""
    records = timeless(path)
    for record in records:
        for name in ("train_seconds", "images_per_second"):
            record.get("metrics", {}).pop(name, None)
    return records
