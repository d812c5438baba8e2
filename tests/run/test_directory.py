import errno
import json
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.run.directory import (
    create_directory,
    existing,
    remove_checkpoints,
    trial_directory,
    write_atomically,
    write_curve,
    write_json,
)


def test_names_are_counted_up_and_given_ones_are_taken_once(tmp_path: Path) -> None:
    assert [create_directory(tmp_path / "runs", None, "s-random").name for _ in range(3)] == [
        "s-random-1",
        "s-random-2",
        "s-random-3",
    ]
    create_directory(tmp_path / "runs", "mine", "s")
    with pytest.raises(UserError, match=r"exists already; .*nas resume"):
        create_directory(tmp_path / "runs", "mine", "s")


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "/etc", "a b", "a\n", "x" * 101])
def test_a_name_stays_inside_of_the_runs_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="not a plain folder name"):
        create_directory(tmp_path / "runs", name, "s")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../../up", "/etc/x", "..", "a/b", "a\nb", "x" * 500])
def test_a_document_s_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    for stem in (f"{name}-random", f"train-{name}"):
        assert create_directory(tmp_path / "runs", None, stem).resolve().parent == tmp_path / "runs"


def test_not_a_run(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match=r"not a run: it has no run\.yaml"):
            existing(path)


@pytest.mark.parametrize("entry", ["run.yaml", "journal.jsonl", "lock", "trials", "best"])
def test_links_out_of_a_run_are_refused(tmp_path: Path, entry: str) -> None:
    outside, run = tmp_path / "outside", tmp_path / "run"
    run.mkdir()
    outside.write_text("format: 1")
    (run / "run.yaml").write_text("format: 1")
    (run / entry).unlink(missing_ok=True)
    (run / entry).symlink_to(outside)
    with pytest.raises(UserError, match="a link"):
        existing(run)


def test_a_trials_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    assert trial_directory(tmp_path, 7) == tmp_path / "trials" / "0007"
    (tmp_path / "trials" / "0008").symlink_to(tmp_path)
    with pytest.raises(UserError, match="a link"):
        trial_directory(tmp_path, 8)


def test_files_are_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"a": [1, 2.5]})
    assert json.loads(path.read_text()) == {"a": [1, 2.5]}
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800", sync=True)
    assert json.loads(path.read_text()) == {"a": [1, 2.5]}
    write_atomically(path, "new", sync=True)
    assert path.read_text() == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["file.json"]


def test_a_link_in_place_of_a_file_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("mine")
    for name in ("file", "file.new"):
        (tmp_path / name).symlink_to(tmp_path / "outside")
    write_atomically(tmp_path / "file", "text")
    assert (tmp_path / "outside").read_text() == "mine"
    assert (tmp_path / "file").read_text() == "text"


def test_a_full_disk_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write_atomically(tmp_path / "file", "old")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space") as caught:
        write_atomically(tmp_path / "file", "new", sync=True)
    assert caught.value.filename == str(tmp_path / "file")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_curves(tmp_path: Path) -> None:
    write_curve(tmp_path / "curve.jsonl", ({"epoch": 1, "valid_accuracy": 0.5}, {"epoch": 2, "valid_accuracy": 0.75}))
    assert [json.loads(line)["epoch"] for line in (tmp_path / "curve.jsonl").read_text().splitlines()] == [1, 2]
    write_curve(tmp_path / "curve.jsonl", ({"epoch": 2, "valid_accuracy": 0.8}, {"epoch": 3, "valid_accuracy": 0.9}))
    points = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert [(point["epoch"], point["valid_accuracy"]) for point in points] == [(1, 0.5), (2, 0.8), (3, 0.9)]


def test_checkpoints_are_removed_with_what_a_killed_process_left(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "checkpoint.safetensors").touch()
    run = tmp_path / "run"
    for number in range(3):
        for name in ("checkpoint.safetensors", "checkpoint.safetensors.77.new", "genome.json"):
            (trial_directory(run, number) / name).touch()
    (run / "trials" / "0003").symlink_to(other)
    remove_checkpoints(run, 1)
    assert sorted(path.parent.name for path in run.glob("trials/000[012]/checkpoint*")) == ["0000"] * 2 + ["0002"] * 2
    for number in range(4):
        remove_checkpoints(run, number)
    assert not list(run.glob("trials/000[012]/checkpoint*"))
    assert len(list(run.glob("trials/*/genome.json"))) == 3
    assert (other / "checkpoint.safetensors").exists()
