import wave
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from nas.data import describe, load
from nas.data.signal import fit, read
from nas.errors import UserError

RNG = numpy.random.default_rng(0)


def write_signals(folder: Path, count: int, shape: tuple[int, ...] = (2, 20), start: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        numpy.save(folder / f"{number:03}.npy", numpy.full(shape, start + number, numpy.float32))


def write_wave(path: Path, values: list[int], width: int, channels: int = 1, rate: int = 8000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"".join(value.to_bytes(width, "little", signed=width > 1) for value in values))


def test_class_folders_become_three_sets(tmp_path: Path) -> None:
    write_signals(tmp_path / "rest", 30)
    write_signals(tmp_path / "walk", 30, start=100)
    data = load(str(tmp_path))
    assert data.classes == ("rest", "walk")
    assert (data.shape, len(data.classes)) == describe(str(tmp_path)) == ((2, 20), 2)
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 49, "valid": 5, "test": 6}
    for split, signals in data.images.items():
        assert signals.dtype == torch.float32
        assert torch.equal(signals[:, 0, 0] >= 100, data.labels[split] == 1)
    values = data.images["train"].double()
    assert data.mean == pytest.approx(values.mean((0, 2)).tolist())
    assert data.std == pytest.approx(values.std((0, 2), correction=0).tolist())
    assert (data.flip, data.crop) == (False, 0)


def test_normalised_signals_have_mean_0_and_deviation_1_and_a_constant_channel_stays(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(20):
            signal = numpy.stack([RNG.normal(5e7, 1e-3 * 5e7, 30), numpy.full(30, 3.0)])
            numpy.save(tmp_path / name / f"{number}.npy", signal)
    data = load(str(tmp_path))
    seen = data.preprocessing.normalise(data.images["train"])
    assert seen[:, 0].mean().abs() < 1e-3 and (seen[:, 0].std() - 1).abs() < 1e-2
    assert (seen[:, 1] == 0).all()


def test_tables_of_values_are_signals_with_and_without_a_head(tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("1,2\n3,4\n5,6\n")
    (tmp_path / "head.csv").write_text("x,y\n1,2\n3,4\n5,6\n")
    for name in ("plain.csv", "head.csv"):
        assert read(tmp_path / name).values.tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize(
    ("width", "values"), [(1, [0, 128, 255]), (2, [-(2**15), 0, 2**15 - 1]), (3, [-(2**23), 0, 5])]
)
def test_sounds_become_minus_1_to_1(tmp_path: Path, width: int, values: list[int]) -> None:
    write_wave(tmp_path / "a.wav", values, width)
    signal = read(tmp_path / "a.wav")
    shift, scale = (128, 128) if width == 1 else (0, 2 ** (8 * width - 1))
    assert signal.rate == 8000
    assert signal.values[0].tolist() == pytest.approx([(value - shift) / scale for value in values])


def test_channels_of_a_sound_alternate(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav", [1, 2, 3, 4, 5, 6], 2, channels=2)
    assert (read(tmp_path / "a.wav").values * 2**15).tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize(
    ("way", "length", "expected"),
    [
        ("crop", 3, [1, 2, 3]),
        ("crop", 2, [1, 2]),
        ("crop", 7, [0, 1, 2, 3, 4, 0, 0]),
        ("pad", 6, [0, 1, 2, 3, 4, 0]),
        ("stretch", 9, [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]),
        ("stretch", 3, [0, 2, 4]),
        ("none", 5, [0, 1, 2, 3, 4]),
    ],
)
def test_another_length(way: str, length: int, expected: list[float]) -> None:
    assert fit(torch.arange(5.0)[None], length, way)[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("way", "said"), [("none", "where 3 are"), ("pad", "where at most 3 are")])
def test_what_is_not_to_be_cut_is_an_error(way: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"has 5 steps, {said} expected"):
        fit(torch.zeros(1, 5), 3, way)


def test_several_lengths_need_one_that_is_asked_for(tmp_path: Path) -> None:
    write_signals(tmp_path / "a", 20)
    write_signals(tmp_path / "b", 20, shape=(2, 25), start=50)
    with pytest.raises(UserError, match=r"b/0..\.npy: a signal has 25 steps, where 20 .*; give --length N .*never"):
        load(str(tmp_path))
    data = load(str(tmp_path), length=22)
    assert data.shape == describe(str(tmp_path), length=22)[0] == (2, 22)
    assert data.preprocessing.resize == "crop"
    short = data.images["train"][data.labels["train"] == 0]
    assert (short[:, :, 20:] == 0).all() and (short[1:, :, :20] == short[1:, :, :1]).all()
    with pytest.raises(UserError, match=r"has 25 steps, where at most 22 are expected"):
        load(str(tmp_path), length=22, resize="pad")
    assert load(str(tmp_path), length=4, resize="stretch").shape == (2, 4)


def test_sets_of_a_table(tmp_path: Path) -> None:
    """The format of the UCR archive: tabs, the class first, NaN after the end of shorter signals."""
    folder = tmp_path / "Gun"
    folder.mkdir()
    rows = {"TRAIN": 20, "TEST": 7}
    for split, count in rows.items():
        lines = [f"{(-1, 1)[i % 2]}\t{i}\t{i + 1}\t{2.5 if i % 2 else 'NaN'}" for i in range(count)]
        (folder / f"Gun_{split}.tsv").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"Gun: a signal has .* --length"):
        load(str(folder))
    data = load(str(folder), length=3)
    assert data.classes == ("-1", "1")
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 18, "valid": 2, "test": 7}
    assert data.images["test"][0].tolist() == [[0, 1, 0]] or data.images["test"][3].tolist() == [[6, 7, 0]]
    assert (data.images["test"][data.labels["test"] == 1][:, 0, 2] == 2.5).all()


TS = """#comment
@problemName Made
@timeStamps false
@univariate false
@classLabel true go stay
@data
1,2,3:4,5,6:go
1,2,3:4,5,7:stay
"""


def test_series_of_several_channels(tmp_path: Path) -> None:
    folder = tmp_path / "Made"
    folder.mkdir()
    head, rows = TS.split("@data\n")
    for split in ("TRAIN", "TEST"):
        (folder / f"Made_{split}.ts").write_text(f"{head}@data\n{rows * 6}")
    data = load(str(folder), valid_fraction=0.3)
    assert (data.shape, data.classes) == ((2, 3), ("go", "stay"))
    assert data.images["test"][0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 8, "valid": 4, "test": 12}


def test_arrays_with_names(tmp_path: Path) -> None:
    signals, labels = RNG.normal(size=(40, 3, 15)), numpy.array(["up", "down"] * 20)
    numpy.savez(tmp_path / "a.npz", X=signals, y=labels)
    numpy.savez(
        tmp_path / "b.npz", X_train=signals[:20, 0], y_train=[1, 2] * 10, X_test=signals[20:, 0], y_test=[1, 2] * 10
    )
    whole, parts = load(str(tmp_path / "a.npz")), load(str(tmp_path / "b.npz"))
    assert (whole.shape, whole.classes) == ((3, 15), ("down", "up"))
    assert (parts.shape, parts.classes, len(parts.labels["test"])) == ((1, 15), ("1", "2"), 20)


def test_a_table_with_a_column_of_classes(tmp_path: Path) -> None:
    rows = [f"{i},{i + 1},{'ab'[i % 2]},{'test' if i > 30 else 'train'}" for i in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["t0,t1,class,set", *rows]))
    data = load(str(tmp_path / "t.csv"))
    assert (data.shape, data.classes, len(data.labels["test"])) == ((1, 2), ("a", "b"), 9)


def test_a_list_of_signal_files(tmp_path: Path) -> None:
    write_signals(tmp_path / "files", 40)
    rows = [f"files/{i:03}.npy,{'ab'[i % 2]}" for i in range(40)]
    (tmp_path / "list.csv").write_text("\n".join(["path,class", *rows]))
    assert load(str(tmp_path / "list.csv")).shape == (2, 20)


def pickled(path: Path) -> None:
    numpy.save(path, numpy.array([{}], dtype=object), allow_pickle=True)


BAD: dict[str, Any] = {
    "pickled objects": (pickled, r"x.npy: cannot be read as a signal"),
    "a cube": (lambda path: numpy.save(path, numpy.zeros((2, 3, 4))), r"of the shape \[2, 3, 4\]"),
    "nothing": (lambda path: numpy.save(path, numpy.zeros(0)), r"of the shape \[1, 0\]"),
    "words": (lambda path: numpy.save(path, numpy.array(["a"])), r"values of the type <U1"),
    "missing values": (lambda path: numpy.save(path, numpy.array([1, numpy.nan])), r"missing or infinite"),
    "no array": (lambda path: path.write_text("no"), r"cannot be read as a signal"),
    "another number of channels": (lambda path: numpy.save(path, numpy.zeros((3, 20))), r"of 3 channels, where .* 2"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, case: str) -> None:
    write, said = BAD[case]
    write_signals(tmp_path / "a", 20)
    write_signals(tmp_path / "b", 20)
    write(tmp_path / "b" / "x.npy")
    with pytest.raises(UserError, match=said) as error:
        load(str(tmp_path))
    assert "\n" not in str(error.value)
    if "channels" not in case:
        data = load(str(tmp_path), skip_unreadable=True)
        assert any("skipped 1 that cannot be read: b/x.npy" in note for note in data.notes)


def test_rates_that_differ(tmp_path: Path) -> None:
    for name, rate in (("a", 8000), ("b", 16000)):
        (tmp_path / name).mkdir()
        for number in range(10):
            write_wave(tmp_path / name / f"{number}.wav", [0] * 10, 2, rate=rate)
    with pytest.raises(UserError, match=r"b/..wav: sampled 16000 times a second, where .*/a/0.wav is 8000"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"image_size": 8}, r"image_size: is 8, and .* holds signals; give --length"),
        ({"resize": "pad"}, r"give length too \(--length\)"),
        ({"length": 0}, r"length: is 0"),
    ],
)
def test_sizes_of_images_are_not_for_signals(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    write_signals(tmp_path / "a", 20)
    write_signals(tmp_path / "b", 20)
    with pytest.raises(UserError, match=said):
        load(str(tmp_path), **asked)


def test_a_length_is_not_for_images() -> None:
    with pytest.raises(UserError, match=r"length: is 8, and digits holds images; give --image-size"):
        load("digits", length=8)


ROWS: dict[str, Any] = {
    "text among the steps": ("1\t2\t3\n2\tx\t3\n", r"t.tsv:2: 'x' is no number"),
    "a hole": ("1\t2\t3\t4\n2\t1\t\t3\n", r"t.tsv:2: has values that are missing"),
    "one class": ("1\t2\t3\n1\t2\t3\n", r"one class: 1; add signals of others"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_table_with_a_mistake(tmp_path: Path, case: str) -> None:
    text, said = ROWS[case]
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(UserError, match=said):
        load(str(tmp_path / "t.tsv"))
