"""8-bit networks: calibrated on the data that the network was trained on, measured, and read by onnxruntime alone."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import nas
from nas.cli import main
from nas.data import load
from nas.errors import UserError
from nas.training.trained import load_trained

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> nas.Run:
    settings = {"trials": 1, "epochs": 1, "final_epochs": 6, "overrides": {"channels": 8, "cells": 1}}
    return nas.search("nasbench201", runs=tmp_path_factory.mktemp("runs"), progress=False, **settings)


@pytest.fixture(scope="module")
def folder(run: nas.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out")
    assert path / "model.int8.onnx" in nas.export(run, path, ["bundle", "int8"])
    return path


def answers(file: Path, images: torch.Tensor) -> torch.Tensor:
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(["logits"], {"images": images.numpy()})[0])


def test_its_layers_compute_in_int8(folder: Path) -> None:
    graph = onnx.load(folder / "model.int8.onnx").graph
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    made = {name: node for node in graph.node for name in node.output}
    layers = [node for node in graph.node if node.op_type in ("Conv", "Gemm")]
    assert len(layers) > 5
    for layer in layers:
        values, weights = (made[name] for name in layer.input[:2])
        assert values.op_type == weights.op_type == "DequantizeLinear"
        assert kinds[weights.input[0]] == onnx.TensorProto.INT8


def test_its_accuracy_is_in_the_record_and_on_the_card(run: nas.Run, folder: Path) -> None:
    found = json.loads((folder / "config.json").read_text())["verified"]["int8"]["accuracy"]
    data = load("digits")
    model, _ = load_trained(run.weights())
    assert model.preprocessing is not None
    images, labels = model.preprocessing.normalise(data.images["test"]), data.labels["test"]
    said = answers(folder / "model.int8.onnx", images).argmax(1)
    assert found["split"] == "test" and found["images"] == len(labels)
    assert found["accuracy"] == pytest.approx((said == labels).double().mean().item(), abs=0.01)
    assert run.final is not None
    assert found["network"] == pytest.approx(run.final["test_accuracy"], abs=1e-6)
    assert found["agree"] > 0.9
    card = (folder / "README.md").read_text()
    assert f"of {len(labels)} test images; the 95 % interval is" in card
    assert 'InferenceSession("model.int8.onnx")' in card


def test_batches_of_any_size(folder: Path) -> None:
    images = torch.randn(7, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    whole = answers(folder / "model.int8.onnx", images)
    parts = [answers(folder / "model.int8.onnx", part) for part in images.split([1, 2, 4])]
    assert torch.allclose(whole, torch.cat(parts), atol=1e-5)


def test_pixels_may_go_in(run: nas.Run, folder: Path, tmp_path: Path) -> None:
    nas.export(run, tmp_path, ["int8"], with_preprocessing=True)
    model, _ = load_trained(run.weights())
    pixels = load("digits").images["test"][:64]
    assert model.preprocessing is not None
    normalised = answers(folder / "model.int8.onnx", model.preprocessing.normalise(pixels))
    raw = answers(tmp_path / "model.int8.onnx", pixels.float())
    assert (raw.argmax(1) == normalised.argmax(1)).double().mean() > 0.9


def test_a_folder_of_a_training_has_data_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", "input=[1,8,8]", "--set", "depth=1", "--epochs", "1"]
    assert main(["train", "resnet20", "--dataset", "digits", *settings, "--to", str(tmp_path / "trained")]) == 0
    assert main(["export", str(tmp_path / "trained"), "--to", str(tmp_path / "out"), "--format", "int8"]) == 0
    assert "format int8: right about " in capsys.readouterr().err


@pytest.mark.parametrize("known", [{}, {"data": {"name": "digits"}}])
def test_without_data_it_says_what_to_do(tmp_path: Path, known: dict[str, Any]) -> None:
    from nas.exports.write import write

    model = nas.build("lenet5")
    (error,) = write(model, tmp_path / "out", "int8", **known).failures.values()
    assert isinstance(error, UserError)
    assert str(error).startswith("format int8: nobody noted on which images the network was trained")
    assert str(error).endswith("; export a search, or a folder of nas train: nas export runs/NAME")
    assert not (tmp_path / "out").exists()
