"""Images that are mapped from a file: the same as in memory, decoded once, and gone where that fails."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from nas.data import Dataset, load
from nas.data.dataset import joined, take
from nas.errors import UserError
from nas.training import fit
from tests.data.images import write_images
from tests.training.small import FAST, small_network


@pytest.fixture
def mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pictures that are many enough to be mapped; two of them cannot be read."""
    monkeypatch.setenv("NAS_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr("nas.data.folder.LARGE", 100)
    folder = tmp_path / "photos"
    for name, value in (("cat", 0), ("dog", 100)):
        write_images(folder / name, 40, size=(6, 6), value=value)
        (folder / name / "bad.png").write_bytes(b"no picture")
    return folder


def in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Dataset:
    with monkeypatch.context() as patch:
        patch.setattr("nas.data.folder.LARGE", 10**9)
        return load(str(folder), **settings)


def test_they_are_what_they_are_in_memory(mapped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, expected = load(str(mapped), skip_unreadable=True), in_memory(mapped, monkeypatch, skip_unreadable=True)
    assert ours.pages is not None and expected.pages is None
    for split in ("train", "valid", "test"):
        assert torch.equal(ours.images[split], expected.images[split])
        assert torch.equal(ours.labels[split], expected.labels[split])
    assert (ours.mean, ours.std, ours.notes, ours.digest) == (
        expected.mean,
        expected.std,
        expected.notes,
        expected.digest,
    )
    assert "skipped 2 that cannot be read" in "".join(ours.notes)


def test_they_are_decoded_once_and_anew_where_a_file_or_the_form_changes(
    mapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nas.data import picture

    reads, upright = list[Path](), picture.upright
    monkeypatch.setattr(picture, "upright", lambda path: reads.append(path) or upright(path))  # type: ignore[func-returns-value]
    for settings, count in (({}, 82), ({}, 0), ({"image_size": 4}, 82), ({"valid_fraction": 0.3}, 82), ({}, 0)):
        reads.clear()
        data = load(str(mapped), skip_unreadable=True, **settings)
        assert len(reads) == count, settings
    write_images(mapped / "cat", 1, size=(6, 6), value=255)
    reads.clear()
    assert int(load(str(mapped), skip_unreadable=True).images["train"].max()) >= int(data.images["train"].max())
    assert len(reads) == 82


def test_what_fails_leaves_no_file(mapped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="2 files cannot be read"):
        load(str(mapped))
    assert not list((tmp_path / "cache").rglob("*.pixels"))
    monkeypatch.setattr("nas.data.pages.SPARE", 2**62)
    with pytest.raises(UserError, match="GB are free; make room, set NAS_DATA"):
        load(str(mapped), skip_unreadable=True)


def test_a_file_that_was_cut_short_is_made_again(mapped: Path, tmp_path: Path) -> None:
    first = load(str(mapped), skip_unreadable=True).images["train"].clone()
    (path,) = (tmp_path / "cache").rglob("*.pixels")
    path.write_bytes(path.read_bytes()[:-1])
    assert torch.equal(load(str(mapped), skip_unreadable=True).images["train"], first)


def test_training_on_them_is_as_in_memory_and_changes_no_file(
    mapped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = []
    grey = {"image_size": 6, "skip_unreadable": True}
    for data in (load(str(mapped), **grey), in_memory(mapped, monkeypatch, **grey)):
        model = small_network()
        model[0] = torch.nn.Conv2d(3, 4, 3, padding=1, bias=False, dtype=torch.float32)
        torch.nn.init.ones_(model[0].weight)
        metrics = fit(model, data, FAST, 0, threads=1, train_on=("train", "valid"), evaluate_on="test")
        states.append((model.state_dict(), metrics["test_loss"]))
    (ours, loss), (expected, expected_loss) = states
    assert loss == expected_loss and all(torch.equal(ours[name], value) for name, value in expected.items())
    (path,) = (tmp_path / "cache").rglob("*.pixels")
    before = path.read_bytes()
    load(str(mapped), **grey).images["train"].zero_()
    assert path.read_bytes() == before


def test_sets_that_lie_side_by_side_are_joined_without_a_copy() -> None:
    whole = torch.arange(60).view(10, 2, 3)
    parts = list(whole.split([5, 3, 2]))
    both = joined(parts[:2])
    assert torch.equal(both, whole[:8]) and both.data_ptr() == whole.data_ptr()
    for apart in ([parts[0], parts[2]], [parts[1], parts[0]], [parts[0], parts[1].clone()]):
        assert torch.equal(joined(apart), torch.cat(apart))
    assert torch.equal(take(whole, torch.tensor([3, 1])), whole[[3, 1]])


def _peak(folder: str, queue: Any) -> None:
    data = load(folder)
    for start in range(0, len(data.images["train"]), 32):
        data.images["train"][start : start + 32].float().mean()
        data.release()
    status = Path(
        "/proc/self/status"
    ).read_text()  # getrusage counts what the parent had before this process' own start
    queue.put(next(1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux tells it")
def test_memory_does_not_grow_with_the_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1.6 GB of pixels; torch itself takes half a gigabyte."""
    monkeypatch.setenv("NAS_DATA", str(tmp_path / "cache"))
    for name, colour in (("cat", "black"), ("dog", "white")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(1000):
            Image.new("RGB", (512, 512), colour).save(tmp_path / "photos" / name / f"{number}.png")
    peaks = []
    for _ in range(2):  # decoding, then mapping what is there
        queue = multiprocessing.get_context("spawn").Queue()
        process = multiprocessing.get_context("spawn").Process(target=_peak, args=(str(tmp_path / "photos"), queue))
        process.start()
        peaks.append(queue.get(timeout=600))
        process.join()
    assert max(peaks) < 1.3e9, peaks
