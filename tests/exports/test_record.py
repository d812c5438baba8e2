"""One trained network on pictures in a folder: every form of it says the same, and knows its classes."""

import json
import os
import runpy
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

import nas
from nas.cli import main
from nas.data.record import Record
from nas.training.trained import load_trained

CLASSES = ("__import__('os').abort()", 'a"""b', "naïve ☃ '")
DOCUMENT = """
name: small
input: [3, 8, 8]
classes: 3
network: [{conv_bn_relu: {channels: 6, kernel: 3}}, {avg_pool: {kernel: 3, stride: 2, padding: same}}, flatten,
  {linear: =classes}]
"""


def picture(label: int, number: int) -> Image.Image:
    rng = numpy.random.default_rng(100 * label + number)
    pixels = rng.integers(0, 100, (8, 8, 3)).astype(numpy.uint8)
    pixels[:, :, label] += 120
    return Image.fromarray(pixels)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pictures/, and trained/ and out/ of a network that was trained on them; the working directory meanwhile."""
    folder = tmp_path_factory.mktemp("record")
    for split, count in (("train", 12), ("test", 4)):
        for label, name in enumerate(CLASSES):
            (folder / "pictures" / split / name).mkdir(parents=True)
            for number in range(count):
                image = picture(label, number + (50 if split == "test" else 0))
                image.save(folder / "pictures" / split / name / f"{number}.png")
    (folder / "small.yaml").write_text(DOCUMENT)
    before = Path.cwd()
    os.chdir(folder)
    try:
        training = ["--dataset", "pictures", "--epochs", "12", "--recipe-set", "batch_size=6"]
        assert main(["train", "small.yaml", *training, "--to", "trained"]) == 0
        formats = ("python", "torch", "onnx", "safetensors")
        assert main(["export", "trained", "--to", "out", *(x for name in formats for x in ("--format", name))]) == 0
        raw = ["--format", "torch", "--format", "onnx", "--with-preprocessing"]
        assert main(["export", "trained", "--to", "raw", *raw]) == 0
    finally:
        os.chdir(before)
    return folder


def files(place: Path) -> list[tuple[Path, str]]:
    return [(path, path.parent.name) for path in sorted((place / "pictures/test").rglob("*.png"))]


def test_every_form_says_the_same_as_evaluate(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import onnxruntime

    assert main(["evaluate", str(place / "out"), "--dataset", str(place / "pictures"), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert (measured["split"], measured["images"]) == ("test", 12)
    assert measured["accuracy"] > 0.6
    assert main(["predict", str(place / "out"), str(place / "pictures/test"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    said = [row["class"] for row in rows]
    assert [row["image"] for row in rows] == [str(path) for path, _ in files(place)]
    right = [a == b for a, (_, b) in zip(said, files(place), strict=True)]
    assert sum(right) / 12 == pytest.approx(measured["accuracy"])

    names = runpy.run_path(str(place / "out/model.py"))
    assert names["CLASSES"] == list(CLASSES)
    model = names[names["__all__"][0]]()
    from safetensors.torch import load_file

    model.load_state_dict(load_file(place / "out/model.safetensors"))
    model.eval()
    images = [Image.open(path) for path, _ in files(place)]
    ready = torch.cat([names["preprocess"](image) for image in images])
    pixels = numpy.stack([numpy.asarray(image) for image in images])
    assert torch.equal(names["preprocess"](pixels.transpose(0, 3, 1, 2)), ready)
    assert torch.equal(names["preprocess"](pixels[0]), ready[:1])
    assert torch.equal(names["preprocess"](torch.from_numpy(pixels[0].copy())), ready[:1])
    raw = pixels.transpose(0, 3, 1, 2).astype(numpy.float32)

    def session(file: str) -> Any:
        return onnxruntime.InferenceSession(str(place / file), providers=["CPUExecutionProvider"])

    def program(file: str) -> Any:
        return torch.export.load(place / file).module()

    plain = session("out/model.onnx")
    answers = {
        "model.py": model(ready),
        "onnx": torch.from_numpy(plain.run(None, {"images": ready.numpy()})[0]),
        "onnx, raw": torch.from_numpy(session("raw/model.onnx").run(None, {"images": raw})[0]),
        "pt2": program("out/model.pt2")(ready),
        "pt2, raw": program("raw/model.pt2")(torch.from_numpy(raw)),
    }
    for form, logits in answers.items():
        assert [CLASSES[i] for i in logits.argmax(1).tolist()] == said, form
    metadata = plain.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["classes"]) == list(CLASSES)
    assert json.loads(metadata["preprocessing"])["size"] == [8, 8]
    assert session("raw/model.onnx").get_modelmeta().custom_metadata_map["images"].startswith("float32 pixels")
    extra = {"config.json": ""}
    torch.export.load(place / "out/model.pt2", extra_files=extra)
    assert json.loads(extra["config.json"])["classes"] == list(CLASSES)


def test_the_record_and_the_comparison_are_kept(place: Path) -> None:
    for folder in ("trained", "out", "raw"):
        record = Record.read(place / folder)
        assert record is not None and record.classes == CLASSES
        assert record.preprocessing is not None and record.preprocessing.channels == 3
        assert all(0 < mean < 1 for mean in record.preprocessing.mean)
    config = json.loads((place / "out/config.json").read_text())
    assert set(config["verified"]) == {"python", "torch", "onnx", "safetensors"}
    assert all(each["difference"] < 1e-4 for each in config["verified"].values())
    assert config["verified"]["onnx"]["compared"] == {"random": 8, "real": 5}
    (place / "out/config.json").rename(place / "config.json")
    try:
        model, _ = load_trained(place / "out")  # by the metadata of the weights
        assert model.classes == CLASSES
    finally:
        (place / "config.json").rename(place / "out/config.json")


def test_data_are_prepared_as_the_networks(place: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"  # other pixels, hence another mean, and other numbers for the classes
    for split in ("train", "test"):
        for label, name in enumerate(CLASSES):
            (mixed / split / name).mkdir(parents=True)
            for number in range(4):
                picture(label, number).save(mixed / split / name / f"{number}.png")
    (tmp_path / "others").mkdir()
    dark = numpy.zeros((8, 8, 3), numpy.uint8)
    Image.fromarray(dark).save(mixed / "train" / CLASSES[0] / "dark.png")
    assert main(["evaluate", str(place / "trained"), "--dataset", str(mixed), "--json"]) == 0
    accuracy = json.loads(capsys.readouterr().out)["accuracy"]
    assert main(["predict", str(place / "trained"), str(mixed / "test"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert sum(row["class"] == Path(row["image"]).parent.name for row in rows) / 12 == pytest.approx(accuracy)

    (mixed / "train" / CLASSES[0]).rename(mixed / "train" / "other")
    (mixed / "test" / CLASSES[0]).rename(mixed / "test" / "other")
    assert main(["evaluate", str(place / "trained"), "--dataset", str(mixed)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "other classes than the network's" in line and "'other'" in line


def test_a_picture_that_cannot_be_read_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    good = str(files(place)[0][0])
    assert main(["predict", str(place / "out"), str(place / "broken.png"), good]) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith(f"error: {place / 'broken.png'}: cannot be read")
    assert good in captured.out


def test_a_network_without_a_record_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = nas.load("lenet5")
    nas.export(nas.build(space), tmp_path / "out", genome=space.genome({}))
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert (config["preprocessing"], config["classes"]) == (None, None)
    assert main(["predict", str(tmp_path / "out"), "a.png"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no record of its preprocessing and classes" in line
    assert main(["predict", str(tmp_path), "a.png"]) == 2
    assert "it has no weights.safetensors" in capsys.readouterr().err


def test_a_picture_of_a_folder_that_cannot_be_read_is_named(
    place: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "link").symlink_to("more")
    picture(0, 50).save(tmp_path / "more" / "good.png")
    (tmp_path / "broken.png").touch()
    (tmp_path / "notes.txt").write_text("no picture")
    assert main(["predict", str(place / "out"), str(tmp_path), "--json"]) == 2
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 1
    assert captured.err.startswith(f"error: {tmp_path / 'broken.png'}: cannot be read as an image")
    assert captured.err.count("\n") == 1


def test_names_of_more_or_fewer_classes_than_the_network_has_are_refused(place: Path, tmp_path: Path) -> None:
    model, _ = load_trained(place / "out")
    model.classes = ("a", "b")
    with pytest.raises(nas.errors.UserError, match="has 3 outputs and the names of 2 classes"):
        nas.export(model, tmp_path / "to")
    assert not (tmp_path / "to").exists()
