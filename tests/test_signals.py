"""Signals the whole way: trained on, measured, predicted, exported, and read back."""

import json
from pathlib import Path

import numpy
import pytest
import torch

import nas
from nas.cli import main
from nas.data import load
from nas.training.trained import load_trained

NETWORK = """
name: short
input: [1, 128]
classes: 3
network:
  - conv_bn_relu: {channels: 8, kernel: 9}
  - conv_bn_relu: {channels: 8, kernel: 5}
  - global_avg_pool
  - linear: =classes
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network of signals that was trained a little, and files of signals."""
    folder = tmp_path_factory.mktemp("signals")
    (folder / "short.yaml").write_text(NETWORK)
    command = ["train", str(folder / "short.yaml"), "--dataset", "cylinder_bell_funnel", "--epochs", "3"]
    settings = ("jitter=0.05", "scaling=0.1", "time_masking=8", "crop=4", "mixup=0.1")
    options = [word for setting in settings for word in ("--recipe-set", setting)]
    assert main([*command, *options, "--to", str(folder / "out")]) == 0
    data = load("cylinder_bell_funnel")
    (folder / "files").mkdir()
    for number in (0, 350, 800):
        numpy.save(folder / "files" / f"{number:03}.npy", data.images["test"][number].numpy())
    return folder


def test_it_learns_and_is_measured_alike(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained = json.loads((place / "out" / "result.json").read_text())["final"]["test_accuracy"]
    assert trained > 0.5
    assert main(["evaluate", str(place / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == pytest.approx(trained)
    assert main(["evaluate", str(place / "out")]) == 0
    assert "of 900 test signals" in capsys.readouterr().out


def test_a_file_of_a_signal_gets_its_class(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(place / "out"), str(place / "files"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [Path(row["signal"]).name for row in said] == ["000.npy", "350.npy", "800.npy"]
    model, _ = load_trained(place / "out")
    signals = load("cylinder_bell_funnel").images["test"][[0, 350, 800]]
    with torch.no_grad():
        expected = model(model.preprocessing.normalise(signals)).softmax(1).max(1)
    assert [row["probability"] for row in said] == pytest.approx(expected.values.tolist(), rel=1e-4)
    assert [row["class"] for row in said] == [model.classes[i] for i in expected.indices]


def test_what_is_no_signal_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numpy.save(place / "long.npy", numpy.zeros(200))
    (place / "cat.png").write_bytes(b"")
    assert main(["predict", str(place / "out"), str(place / "long.npy"), str(place / "cat.png")]) == 2
    said = capsys.readouterr().err
    assert "has 200 steps, where 128 are expected; the network takes signals like" in said
    assert "cat.png: is no file of a signal; give one of .npy, .csv, .wav" in said
    assert main(["inspect", str(place / "out"), str(place / "cat.png"), "--to", str(place / "seen")]) == 2
    assert "the network takes no pictures; its input is [1, 128]" in capsys.readouterr().err


@pytest.mark.parametrize("raw", [False, True])
def test_exports_compute_the_same(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], raw: bool) -> None:
    formats = ("safetensors", "torch", "bundle", *(("onnx", "int8") if not raw else ()))
    words = [word for name in formats for word in ("--format", name)] + ["--with-preprocessing"] * raw
    assert main(["export", str(place / "out"), "--to", str(tmp_path / "to"), *words]) == 0
    assert "on 8 random and 5 real images" in capsys.readouterr().err
    card = (tmp_path / "to" / "README.md").read_text()
    assert "It classifies signals of 1x128 (channels, steps): 3 classes" in card
    config = json.loads((tmp_path / "to" / "config.json").read_text())
    assert config["verified"]["torch"]["images"] == (
        "float32 signals as they are" if raw else "float32, normalised: (signals - mean) / std"
    )


@pytest.mark.parametrize("way", ["crop", "pad", "stretch"])
def test_the_code_of_an_export_prepares_signals_alike(place: Path, tmp_path: Path, way: str) -> None:
    import runpy
    from dataclasses import replace

    model, genome = load_trained(place / "out")
    how = replace(model.preprocessing, resize=way)
    nas.export(model, tmp_path, ["python"], genome=genome, preprocessing=how)
    preprocess = runpy.run_path(str(tmp_path / "model.py"))["preprocess"]
    for steps in (128, 60, *(() if way == "pad" else (200, 301))):
        signal = torch.randn(1, steps, generator=torch.Generator().manual_seed(steps))
        assert torch.equal(preprocess(signal)[0], how(signal))
        assert torch.equal(preprocess(signal[0].numpy()), preprocess(signal[None].numpy()))
    with pytest.raises(ValueError, match="is expected"):
        preprocess(torch.zeros(2, 128))


def test_a_search_over_signals(tmp_path: Path) -> None:
    settings = {"overrides": {"channels": 4, "cells": 1}, "recipe_set": {"epochs": 1}, "runs": tmp_path}
    run = nas.search(
        "nasbench201", dataset="cylinder_bell_funnel", length=64, trials=2, final_epochs=1, progress=False, **settings
    )
    assert len(run.trials) == 2 and run.best is not None
    model, preprocessing = run.model()
    assert (model.graph.input, preprocessing.resize) == ((1, 64), "crop")


@pytest.mark.parametrize("searcher", ["darts", "spos"])
def test_a_supernet_of_signals(tmp_path: Path, searcher: str) -> None:
    settings = {"overrides": {"channels": 4, "cells": 1}, "recipe_set": {"epochs": 1}, "runs": tmp_path}
    options = {"searcher": searcher, "searcher_options": {"epochs": 1}, "trials": 1, "final_epochs": 0}
    run = nas.search("nasbench201", dataset="cylinder_bell_funnel", length=32, progress=False, **options, **settings)
    assert run.best is not None
