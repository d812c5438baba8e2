"""Clips the whole way: trained on, measured, predicted, exported, and read back."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

import nas
from nas.cli import main
from nas.data import load
from nas.training.trained import load_trained

NETWORK = """
name: small
input: [1, 8, 16, 16]
classes: 4
network:
  - conv_bn_relu: {channels: 12, kernel: 3, stride: [1, 2, 2]}
  - conv_bn_relu: {channels: 24, kernel: 3, stride: 2}
  - global_avg_pool
  - linear: =classes
"""


def write_frames(folder: Path, clip: torch.Tensor) -> None:
    folder.mkdir(parents=True)
    for number, frame in enumerate(clip[0]):
        Image.fromarray(frame.numpy()).save(folder / f"{number}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network of clips that was trained a little, and clips as folders of frames."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "small.yaml").write_text(NETWORK)
    command = ["train", str(folder / "small.yaml"), "--dataset", "moving_digits", "--epochs", "6"]
    assert main([*command, "--to", str(folder / "out")]) == 0
    data = load("moving_digits")
    for number in range(8):
        write_frames(folder / "clips" / data.classes[number % 4] / f"{number}", data.images["test"][number])
    return folder


def accuracy(folder: Path) -> float:
    return float(json.loads((folder / "out" / "result.json").read_text())["final"]["test_accuracy"])


def test_motion_is_learned_and_measured_alike(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert accuracy(place) > 0.8
    assert main(["evaluate", str(place / "out")]) == 0
    assert "of 359 test clips" in capsys.readouterr().out


def test_one_frame_says_nothing_of_the_motion(place: Path, tmp_path: Path) -> None:
    command = ["train", str(place / "small.yaml"), "--dataset", "moving_digits", "--frames", "1", "--epochs", "6"]
    assert main([*command, "--to", str(tmp_path / "out")]) == 0
    low, high = 0.25 - 0.08, 0.25 + 0.08  # three and a half deviations of chance over 359 clips
    assert low < accuracy(tmp_path) < high


def test_folders_of_frames_get_their_classes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(place / "out"), str(place / "clips"), "--json"]) == 0
    said = {Path(row["clip"]).name: row for row in json.loads(capsys.readouterr().out)}
    assert main(["predict", str(place / "out"), str(place / "clips" / "left" / "0"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [said["0"]]
    model, _ = load_trained(place / "out")
    clips = load("moving_digits").images["test"][:8]
    with torch.no_grad():
        expected = model(model.preprocessing.normalise(clips)).softmax(1).max(1)
    assert [said[str(i)]["probability"] for i in range(8)] == pytest.approx(expected.values.tolist(), rel=1e-4)
    assert [said[str(i)]["class"] for i in range(8)] == [model.classes[i] for i in expected.indices]


def test_a_folder_of_clips_is_measured(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = load("moving_digits")
    for split in ("train", "test"):
        for number, (clip, label) in enumerate(zip(data.images[split][:80], data.labels[split], strict=False)):
            write_frames(tmp_path / split / data.classes[label] / str(number), clip)
    assert main(["evaluate", str(place / "out"), "--dataset", str(tmp_path), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    model, _ = load_trained(place / "out")
    with torch.no_grad():
        right = model(model.preprocessing.normalise(data.images["test"][:80])).argmax(1) == data.labels["test"][:80]
    assert (measured["images"], measured["accuracy"]) == (80, pytest.approx(right.double().mean().item()))


def test_exports_compute_the_same(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for name in ("torch", "onnx", "bundle") for word in ("--format", name)]
    assert main(["export", str(place / "out"), "--to", str(tmp_path), *words]) == 0
    assert "on 8 random and 5 real images" in capsys.readouterr().err
    card = (tmp_path / "README.md").read_text()
    assert "It classifies clips of 1x8x16x16 (channels, frames, height, width): 4 classes" in card
    assert "pipeline_tag: video-classification" in card


def test_the_code_of_an_export_prepares_clips_alike(place: Path, tmp_path: Path) -> None:
    import runpy

    model, genome = load_trained(place / "out")
    nas.export(model, tmp_path, ["python"], genome=genome)
    preprocess = runpy.run_path(str(tmp_path / "model.py"))["preprocess"]
    folder = place / "clips" / "left" / "0"
    pictures = [Image.open(folder / f"{number}.png") for number in range(8)]
    expected = model.preprocessing(folder)[None]
    assert torch.equal(preprocess(pictures), expected)
    assert torch.equal(preprocess(load("moving_digits").images["test"][:1]), expected)
    with pytest.raises(ValueError, match="is expected"):
        preprocess(pictures[:3])


def test_a_search_over_clips(tmp_path: Path) -> None:
    settings = {"overrides": {"width": 8}, "recipe_set": {"epochs": 1}, "runs": tmp_path, "progress": False}
    run = nas.search("video_space", dataset="moving_digits", frames=4, trials=2, final_epochs=0, **settings)
    assert len(run.trials) == 2 and run.best is not None
    model, preprocessing = run.model()
    assert (model.graph.input, preprocessing.size) == ((1, 4, 16, 16), (4, 16, 16))
