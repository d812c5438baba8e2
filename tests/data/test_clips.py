import builtins
import importlib.util
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from nas.data import describe, load
from nas.data.clip import positions, sampled
from nas.data.dataset import joined
from nas.errors import UserError
from tests.data.images import write_images

HAS_AV = importlib.util.find_spec("av") is not None


def write_clip(folder: Path, frames: int, value: int = 0, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> None:
    """Frames of (width, height) in `folder`, named without leading zeros, whose pixels are `value` + their number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(frames):
        shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], len(mode))
        Image.fromarray(numpy.full(shape, value + number, numpy.uint8), mode).save(folder / f"frame{number}.png")


def write_clips(root: Path, count: int = 12, **settings: Any) -> None:
    for label, name in enumerate(("walk", "run")):
        for number in range(count):
            write_clip(root / name / f"clip{number}", 12, 100 * label + number, **settings)


@pytest.mark.parametrize(
    ("length", "count", "expected"),
    [(4, 4, [0, 1, 2, 3]), (12, 3, [2, 6, 10]), (8, 1, [4]), (2, 4, [0, 0, 1, 1]), (1, 3, [0, 0, 0])],
)
def test_frames_are_evenly_spaced(length: int, count: int, expected: list[int]) -> None:
    assert positions(length, count) == expected


def test_folders_of_frames_become_clips(tmp_path: Path) -> None:
    write_clips(tmp_path)
    data = load(str(tmp_path), frames=3)
    assert data.classes == ("run", "walk")
    assert (data.shape, len(data.classes)) == describe(str(tmp_path), frames=3) == ((3, 3, 4, 6), 2)
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 20, "valid": 2, "test": 2}
    for split, images in data.images.items():
        assert images.dtype == torch.uint8
        first = images[:, 0, 0, 0, 0]
        assert torch.equal(first >= 100, data.labels[split] == 0)
        assert torch.equal(images[:, :, 1] - images[:, :, 0], torch.full_like(images[:, :, 0], 4))  # frames 2 and 6
        assert torch.equal(images[:, :, 2] - images[:, :, 0], torch.full_like(images[:, :, 0], 8))
    values = data.images["train"].double()
    assert data.mean == pytest.approx(values.mean((0, 2, 3, 4)).tolist())
    assert data.std == pytest.approx(values.std((0, 2, 3, 4), correction=0).tolist())
    assert (data.flip, data.crop) == (True, 0)


def test_training_and_validation_clips_are_one_without_a_copy(tmp_path: Path) -> None:
    write_clips(tmp_path)
    data = load(str(tmp_path), frames=3)
    train, valid = data.images["train"], data.images["valid"]
    whole = joined([train, valid])
    assert torch.equal(whole, torch.cat([train, valid]))
    assert whole.untyped_storage().data_ptr() == train.untyped_storage().data_ptr()


def test_sets_in_folders_of_their_own(tmp_path: Path) -> None:
    for split, count in (("train", 5), ("val", 3), ("test", 2)):
        write_clips(tmp_path / split, count, mode="L")
    data = load(str(tmp_path), frames=2)
    assert data.shape == (1, 2, 4, 6)
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 10, "valid": 6, "test": 4}


def test_many_are_mapped_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_DATA", str(tmp_path / "cache"))
    write_clips(tmp_path / "clips")
    plain = load(str(tmp_path / "clips"), frames=3)
    monkeypatch.setattr("nas.data.folder.LARGE", 100)
    mapped = load(str(tmp_path / "clips"), frames=3)
    assert mapped.pages is not None and mapped.digest == plain.digest
    assert (mapped.mean, mapped.std) == (plain.mean, plain.std)
    assert load(str(tmp_path / "clips"), frames=2).shape[1] == 2  # another file
    assert len(list((tmp_path / "cache" / "decoded").glob("*.pixels"))) == 2


def test_a_size_for_all_frames(tmp_path: Path) -> None:
    write_clips(tmp_path)
    write_clip(tmp_path / "run" / "large", 5, size=(20, 20))
    with pytest.raises(UserError, match=r"large/frame1.png: is 20x20 pixels where .* is 6x4; give --image-size"):
        load(str(tmp_path), frames=2)
    data = load(str(tmp_path), frames=2, image_size=5, resize="pad")
    assert (data.shape, data.preprocessing.size, data.preprocessing.resize) == ((3, 2, 5, 5), (2, 5, 5), "pad")


def test_a_frame_that_cannot_be_read_takes_its_clip_with_it(tmp_path: Path) -> None:
    write_clips(tmp_path)
    (tmp_path / "run" / "clip3" / "frame2.png").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"run/clip3: cannot be read as an image"):
        load(str(tmp_path), frames=3)
    data = load(str(tmp_path), frames=3, skip_unreadable=True)
    assert sum(map(len, data.labels.values())) == 23
    assert any("skipped 1 that cannot be read: run/clip3" in note for note in data.notes)


def test_what_is_asked_wrongly_is_one_line(tmp_path: Path) -> None:
    write_images(tmp_path / "flat" / "a", 12)
    write_images(tmp_path / "flat" / "b", 12)
    with pytest.raises(UserError, match=r"flat/a: holds 12 pictures itself, .* a folder of its own: a/clip/0001.png"):
        load(str(tmp_path / "flat"), frames=2)
    for name in ("a", "b"):
        (tmp_path / "videos" / name).mkdir(parents=True)
        (tmp_path / "videos" / name / "x.mp4").write_bytes(b"")
    with pytest.raises(UserError, match=r"frames: are not said, and .*videos holds clips; give --frames N"):
        load(str(tmp_path / "videos"))
    with pytest.raises(UserError, match=r"frames: is 0; give the number of frames"):
        load("moving_digits", frames=0)
    with pytest.raises(UserError, match=r"frames: is 2, and digits holds images"):
        load("digits", frames=2)


def test_a_picture_and_a_clip_are_prepared_as_in_training(tmp_path: Path) -> None:
    write_clips(tmp_path)
    data = load(str(tmp_path), frames=3)
    how, place = data.preprocessing, tmp_path / "walk" / "clip4"
    (expected,) = [clip for images in data.images.values() for clip in images if int(clip[0, 0, 0, 0]) == 4 + 2]
    assert torch.equal(how.values(place), expected)
    assert torch.equal(how(place), how.normalise(expected[None])[0])
    pictures = [Image.open(place / f"frame{number}.png") for number in range(12)]
    assert torch.equal(how.values(pictures), expected)
    with pytest.raises(UserError, match=r"frame0.png: is no clip; give a folder of pictures"):
        how(place / "frame0.png")


def test_without_av_a_video_file_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.mp4").write_bytes(b"")
    usual = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "av":
            raise ImportError
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r'needs the package av, which is missing; pip install "nas\[video\]"'):
        load(str(tmp_path), frames=2)


def write_video(path: Path, frames: int, value: int) -> None:
    import av

    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for number in range(frames):
            picture = numpy.full((16, 32, 3), value + 10 * number, numpy.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())


@pytest.mark.skipif(not HAS_AV, reason="the package av is not installed")
def test_files_of_videos(tmp_path: Path) -> None:
    for label, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        for number in range(10):
            write_video(tmp_path / name / f"{number}.mp4", 8, 20 + 100 * label + number)
    data = load(str(tmp_path), frames=4)
    assert data.shape == describe(str(tmp_path), frames=4)[0] == (3, 4, 16, 32)
    for split, images in data.images.items():
        level = images.double().mean((1, 3, 4))
        assert torch.equal(level[:, 0] > 100, data.labels[split] == 1)
        assert (level.diff(dim=1) - 20).abs().max() < 6  # frames 1, 3, 5 and 7, but for what coding loses
    (tmp_path / "a" / "0.mp4").write_bytes(b"no video")
    with pytest.raises(UserError, match=r"a/0.mp4: cannot be read as a video"):
        load(str(tmp_path), frames=4)


def test_fewer_frames_of_a_named_set() -> None:
    whole, fewer = load("moving_digits"), load("moving_digits", frames=2)
    assert whole.shape == describe("moving_digits")[0] == (1, 8, 16, 16)
    assert fewer.shape == describe("moving_digits", frames=2)[0] == (1, 2, 16, 16)
    assert torch.equal(fewer.images["test"], sampled(whole.images["test"], 2))
    small = load("moving_digits", frames=2, image_size="8x10")
    assert small.shape == describe("moving_digits", frames=2, image_size="8x10")[0] == (1, 2, 8, 10)
