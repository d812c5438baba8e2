"""`nas train`: by which recipe, what it leaves behind, and how it is gone on with."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import nas
from nas.cli import main
from nas.data.record import Record
from nas.training import Recipe, loop
from nas.training.recipe import recipes


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_THREADS", "1")


def train(*argv: str) -> Any:
    """result.json of a training of fixed.yaml in the working directory."""
    assert main(["train", "fixed.yaml", "--to", "out", *argv]) == 0
    return json.loads(Path("out/result.json").read_text())


def complaint(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(["train", "fixed.yaml", *argv]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_help_names_the_recipes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"{', '.join(recipes())} (default: finetune with --weights, else final)" in told


def test_the_result_tells_the_recipe_as_it_was_used(folder: Path) -> None:
    result = train(
        "--recipe", "resnet", "--recipe-set", "patience=1", "--recipe-set", "weight_decay=1e-5", "--epochs", "2"
    )
    assert result["recipe"]["name"] == "resnet"
    used = Recipe.from_json(result["recipe"]["settings"])
    wanted = Recipe.named("resnet").replace(patience=1, weight_decay=1e-5, epochs=2)
    assert used == wanted.replace(evaluate_every=0)
    assert result["final"]["epochs"] == 2
    assert result["final"]["steps"] == 2 * (1438 // 256)


def test_without_a_recipe_it_is_the_final_one(folder: Path) -> None:
    result = train("--epochs", "1")
    assert result["recipe"]["name"] == "final"
    assert Recipe.from_json(result["recipe"]["settings"]) == Recipe.named("final").replace(epochs=1, evaluate_every=0)


@pytest.mark.parametrize("epochs", [("--epochs", "1"), ("--recipe-set", "epochs=1")])
def test_epochs_decide_over_a_recipes_steps(folder: Path, epochs: tuple[str, str]) -> None:
    result = train("--recipe", "resnet_cifar", *epochs)
    assert result["final"]["steps"] == 1438 // 128
    assert result["recipe"]["settings"]["steps"] is None


def test_steps_may_be_set(folder: Path) -> None:
    assert train("--recipe", "resnet_cifar", "--recipe-set", "steps=13")["final"]["steps"] == 13


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (
            ("--recipe", "resnt"),
            "error: recipe 'resnt': no such recipe; did you mean 'resnet'?",
        ),
        (
            ("--recipe-set", "learning_rte=1"),
            "error: recipe.learning_rte: no such setting; did you mean 'learning_rate'?",
        ),
        (("--recipe-set", "schedule=fast"), "error: recipe.schedule: unknown word 'fast'"),
        (("--recipe-set", "epochs"), "error: --recipe-set: 'epochs' is not of the form name=value"),
        (
            ("--recipe", "darts"),
            "error: recipe.cutout: 16 pixels leave nothing of images of 8x8; give less than 8: cutout=4",
        ),
    ],
)
def test_mistakes(capsys: pytest.CaptureFixture[str], folder: Path, argv: tuple[str, str], line: str) -> None:
    assert complaint(capsys, *argv).startswith(line)
    assert not (folder / "runs").exists() or not list((folder / "runs").iterdir())


def test_a_mistake_leaves_no_new_folder(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "old").mkdir()
    for name in ("new", "old"):
        assert "leave nothing" in complaint(capsys, "--recipe", "darts", "--to", name)
    assert not (folder / "new").exists() and (folder / "old").exists()


def test_a_training_that_is_stopped_goes_on_by_the_same_command(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["--recipe", "alexnet", "--recipe-set", "batch_size=64", "--epochs", "3"]
    whole = train(*command)
    weights = Path("out/weights.safetensors").read_bytes()

    real = loop.save_checkpoint
    epochs: list[int] = []

    def stop(path: Path, *rest: Any) -> None:
        real(path, *rest)
        epochs.append(rest[-1]["done"] // 22)
        if len(epochs) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", stop)
    capsys.readouterr()
    assert main(["train", "fixed.yaml", "--to", "again", *command]) == 130
    assert "to go on from its last whole epoch: the same command with --to again" in capsys.readouterr().err
    assert main(["train", "fixed.yaml", "--to", "again", *command]) == 0
    assert epochs == [1, 2, 3]
    assert Path("again/weights.safetensors").read_bytes() == weights
    accuracy = json.loads(Path("again/result.json").read_text())["final"]["test_accuracy"]
    assert accuracy == whole["final"]["test_accuracy"]


def test_a_searchs_winner_is_trained_by_the_named_recipe(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    search = ["search", "tiny.yaml", "--trials", "1", "--epochs", "1", "--final-epochs", "1", "--name", "a"]
    assert main([*search, "--final-recipe", "resnt"]) == 2
    assert "error: recipe 'resnt': no such recipe; did you mean 'resnet'?" in capsys.readouterr().err
    assert not (folder / "runs").exists()
    assert main([*search, "--final-recipe", "resnet_cifar"]) == 0
    assert json.loads((folder / "runs/a/best/result.json").read_text())["final"]["steps"] == 1438 // 128


def test_whatever_torch_raises_is_one_line_and_leaves_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "small.yaml").write_text(
        "name: small\ninput: [1, 8, 8]\nclasses: 10\n"
        "network: [{conv_bn_relu: {channels: 4, kernel: 3, stride: 8}}, flatten, {linear: =classes}]\n"
    )
    arguments = ["--epochs", "1", "--recipe-set", "batch_size=1", "--to", str(tmp_path / "out")]
    assert main(["train", str(tmp_path / "small.yaml"), *arguments]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "the training failed: ValueError: Expected more than 1 value per channel" in said[-1]
    assert said[-1].endswith("give a larger batch_size")
    assert not (tmp_path / "out").exists()


def test_a_network_begins_with_the_weights_of_another_and_its_backbone_stays(folder: Path) -> None:
    train("--epochs", "1", "--seed", "1")
    begun = load_file("out/weights.safetensors")
    assert (
        main(["train", "fixed.yaml", "--to", "next", "--weights", "out", "--freeze", "backbone", "--epochs", "1"]) == 0
    )
    result, after = json.loads(Path("next/result.json").read_text()), load_file("next/weights.safetensors")
    assert (result["weights"], result["recipe"]["name"]) == ("out", "finetune")
    assert result["recipe"]["settings"]["freeze"] == "backbone"
    assert result["recipe"]["settings"]["part_rates"] == {"head": 0.1}
    changed = {name.rpartition(".")[0] for name in begun if not torch.equal(begun[name], after[name])}
    assert len(changed) == 1 and isinstance(nas.build("fixed.yaml").get_submodule(changed.pop()), torch.nn.Linear)
    theirs, ours = (Record.read(Path(name)).preprocessing for name in ("out", "next"))
    assert ours == theirs


def test_rates_of_the_whole_and_of_parts(folder: Path) -> None:
    result = train("--epochs", "1", "--lr", "0.02", "--lr", "head=0.2")
    assert result["recipe"]["name"] == "final"
    assert result["recipe"]["settings"]["learning_rate"] == 0.02
    assert result["recipe"]["settings"]["part_rates"] == {"head": 0.2}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--weights", "IMAGENET1K_V1"), "torchvision has no network of this name"),
        (("--weights", "."), "no trained network: it has no weights.safetensors"),
        (("--freeze", "stam"), "no place of this name"),
        (("--lr", "=0.1"), "'=0.1' names no part"),
        (("--lr", "head=fast"), "recipe.part_rates.head: is 'fast'"),
    ],
)
def test_mistakes_in_transfer(
    capsys: pytest.CaptureFixture[str], folder: Path, argv: tuple[str, str], said: str
) -> None:
    assert said in complaint(capsys, *argv, "--epochs", "1")
    assert not Path("runs").exists() or not list(Path("runs").glob("train-*"))
