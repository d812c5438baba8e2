from pathlib import Path

import numpy
import pytest
import torch

from nas.data import cifar, describe, load
from nas.errors import UserError
from tests.data.images import RECORDS, write_cifar


@pytest.mark.parametrize(("name", "files"), [("cifar10", 5), ("cifar100", 1)])
def test_every_record_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: int) -> None:
    written = write_cifar(tmp_path, name, monkeypatch)
    data = load(name, tmp_path, valid_fraction=0.25)
    assert data.shape == describe(name)[0] == (3, 32, 32)
    assert len(data.classes) == describe(name)[1]
    total = files * RECORDS
    assert [len(data.labels[split]) for split in ("train", "valid", "test")] == [total * 3 // 4, total // 4, RECORDS]
    for splits, names in ((("train", "valid"), cifar.VERSIONS[name].files["train"][0]), (("test",), None)):
        records = [written[file] for file in names or cifar.VERSIONS[name].files["test"][0]]
        expected = {row[-cifar.PIXELS :].tobytes(): row[-cifar.PIXELS - 1] for row in numpy.concatenate(records)}
        found = {
            image.numpy().tobytes(): label
            for split in splits
            for image, label in zip(data.images[split], data.labels[split].tolist(), strict=True)
        }
        assert found == expected


def test_the_folder_itself_and_the_environment_name_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path, "cifar10", monkeypatch)
    around = load("cifar10", tmp_path)
    itself = load("cifar10", tmp_path / "cifar-10-batches-bin")
    monkeypatch.setenv("NAS_DATA", str(tmp_path))
    for other in (itself, load("cifar10")):
        assert torch.equal(around.images["train"], other.images["train"])


def test_the_usual_split_is_a_tenth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path, "cifar10", monkeypatch)
    data = load("cifar10", tmp_path)
    assert [len(data.labels[split]) for split in ("train", "valid")] == [180, 20]
    assert (data.flip, data.crop) == (True, 4)


def test_a_file_that_was_cut_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path, "cifar10", monkeypatch)
    path = tmp_path / "cifar-10-batches-bin" / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-7])
    size = RECORDS * 3073
    with pytest.raises(
        UserError, match=rf"data_batch_3.bin: damaged: {size - 7:,} bytes where {size:,} are expected; unpack"
    ):
        load("cifar10", tmp_path)


def test_a_missing_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path, "cifar100", monkeypatch)
    (tmp_path / "cifar-100-binary" / "test.bin").unlink()
    with pytest.raises(UserError, match=r"test.bin: cannot be read \(No such file.*cifar-100-binary.tar.gz"):
        load("cifar100", tmp_path)


def test_a_label_out_of_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path, "cifar10", monkeypatch)
    path = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    damaged = bytearray(path.read_bytes())
    damaged[3073] = 10
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"test_batch.bin: damaged: a label is 10, and the largest is 9"):
        load("cifar10", tmp_path)


class Fake:
    """torchvision's reader, of 20 images."""

    def __init__(self, root: str, train: bool, download: bool) -> None:
        assert download
        self.data = numpy.arange(20 * 32 * 32 * 3, dtype=numpy.uint8).reshape(20, 32, 32, 3)
        self.targets = [number % 10 for number in range(20)]


def test_the_python_version_is_torchvisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.CIFAR10", Fake)
    data = load("cifar10", tmp_path / "cifar-10-batches-py", valid_fraction=0.5)
    expected = torch.from_numpy(Fake("", True, True).data).permute(0, 3, 1, 2)
    assert torch.equal(data.images["test"], expected)
    assert not (tmp_path / "cifar-10-batches-py").exists()  # the folder around it is torchvision's root


def test_a_failed_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **named: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torchvision.datasets.CIFAR100", fail)
    with pytest.raises(UserError, match=r"download failed \(no route to host\); .*cifar-100-binary.tar.gz") as error:
        load("cifar100", tmp_path / "new")
    assert "\n" not in str(error.value)
