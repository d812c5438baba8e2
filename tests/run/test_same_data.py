"""A run goes on with the data that it began with, and with no others."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.cli import main
from nas.errors import UserError
from nas.evaluators import Train
from nas.run import Run
from nas.run.same_data import difference
from tests import cheap
from tests.data.images import write_images
from tests.run.test_start import timeless
from tests.run.test_warm_start import scored


@pytest.fixture(autouse=True)
def cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained; the data are read."""
    monkeypatch.setattr(Train, "__call__", scored)


def pictures(folder: Path) -> Path:
    for label, name in enumerate("ab"):
        write_images(folder / name, 12, (4, 4), value=100 * label)
    return folder


def stopped(tmp_path: Path, **values: Any) -> Run:
    """A run that was killed within its third trial."""
    options: dict[str, Any] = {"searcher": "random", "trials": 4, "final_epochs": 0, "runs": tmp_path, "name": "r"}
    run = nas.search(cheap.space(), dataset=str(pictures(tmp_path / "pictures")), **{**options, **values})
    journal = run.path / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:5]))
    return run


def test_a_run_remembers_them(tmp_path: Path) -> None:
    found = stopped(tmp_path).config.data
    assert (found["classes"], found["shape"]) == (["a", "b"], [3, 4, 4])
    assert sum(found["images"].values()) == 24
    assert set(found) == {"classes", "shape", "images", "hash"}
    assert nas.search(cheap.space(), evaluator=cheap.score, trials=1, runs=tmp_path).config.data == {}


def more(folder: Path) -> None:
    for number in range(9):
        shutil.copy(folder / "b" / "000.png", folder / "a" / f"other{len(list(folder.rglob('*')))}{number}.png")


def other_class(folder: Path) -> None:
    shutil.copytree(folder / "b", folder / "c")


def other_labels(folder: Path) -> None:
    one, other = folder / "a" / "000.png", folder / "b" / "000.png"
    one.rename(folder / "x.png")
    other.rename(one)
    (folder / "x.png").rename(other)


def gone(folder: Path) -> None:
    folder.rename(folder.parent / "moved")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (more, r"the numbers of images were train \d+.* and are train \d+"),
        (other_class, "the classes were a, b and are a, b, c"),
        (other_labels, "as many images of the same classes, but others"),
        (gone, "the data of this run are no longer there"),
    ],
)
def test_others_are_refused_before_anything_is_trained(tmp_path: Path, change: Any, message: str) -> None:
    run = stopped(tmp_path)
    before = (run.path / "journal.jsonl").read_bytes()
    change(tmp_path / "pictures")
    with pytest.raises(UserError, match=f"{message}.*nas resume {run.path} --data DIR"):
        nas.resume(run.path)
    assert (run.path / "journal.jsonl").read_bytes() == before


def test_another_place_with_the_same_is_taken_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = stopped(tmp_path)
    gone(tmp_path / "pictures")
    pictures(tmp_path / "other")
    more(tmp_path / "other")
    for wrong, message in (("other", "not the data that this run began with"), ("none", "no such folder")):
        with pytest.raises(UserError, match=message):
            nas.resume(run.path, data=tmp_path / wrong)
    assert len(timeless(run)) == 5
    for option in ("--data", "--data-moved-to", "--dataset"):
        assert main(["resume", str(run.path), option, str(tmp_path / "moved")]) == 0
    assert [record["kind"] for record in timeless(run)].count("session") == 1  # the run had ended by the second
    moved = Run.open(run.path)
    assert (len(moved.trials), moved.config.evaluator["dataset"]) == (4, str(tmp_path / "moved"))
    assert len(nas.resume(run.path, trials=6).trials) == 6


def test_proxies_read_them_too(tmp_path: Path) -> None:
    run = stopped(tmp_path, evaluator="proxy", proxies=["parameters"])
    gone(tmp_path / "pictures")
    with pytest.raises(UserError, match="no longer there"):
        nas.resume(run.path)
    assert nas.resume(run.path, data=tmp_path / "moved").reason == "all trials done"


def test_the_final_training_has_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> dict[str, float]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Train, "final", never)
    with pytest.raises(nas.run.Interrupted):
        stopped(tmp_path, final_epochs=1)
    path = tmp_path / "r"
    assert Run.open(path).reason == "all trials done"
    monkeypatch.setattr(Train, "final", lambda *_: {"test_accuracy": 0.5})
    shutil.copytree(tmp_path / "pictures", tmp_path / "moved")
    more(tmp_path / "pictures")
    with pytest.raises(UserError, match="not the data that this run began with"):
        nas.resume(path)
    assert nas.resume(path, data=tmp_path / "moved").final == {"test_accuracy": 0.5}
    more(tmp_path / "moved")
    assert nas.resume(path).final == {"test_accuracy": 0.5}  # there is nothing left to train


def test_an_older_run_goes_on_with_a_note(tmp_path: Path) -> None:
    run = stopped(tmp_path)
    text = (run.path / "run.yaml").read_text().splitlines(keepends=True)
    (run.path / "run.yaml").write_text("".join(line for line in text if not line.startswith("data:")))
    with pytest.warns(UserWarning, match="it began before runs remembered their data"):
        assert nas.resume(run.path).reason == "all trials done"


def test_a_place_for_what_has_none(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=1, runs=tmp_path)
    with pytest.raises(UserError, match="its evaluator reads no data set; leave"):
        nas.resume(run.path, evaluator=cheap.score, trials=2, data=tmp_path)
    run = nas.search(cheap.space(), dataset="digits", trials=1, final_epochs=0, runs=tmp_path)
    with pytest.raises(UserError, match="the digits come with the installation"):
        nas.resume(run.path, trials=2, data=tmp_path)


def test_cifar_moves_with_the_folder_around_it(tmp_path: Path) -> None:
    from nas.run.config import Config
    from nas.run.same_data import moved

    config = Config(
        space={}, evaluator={"name": "train", "dataset": "cifar10", "data": "/gone"}, executor={"name": "serial"}
    )
    assert moved(tmp_path, config, tmp_path) == {"data": str(tmp_path)}
    place = config.changed({"place": moved(tmp_path, config, tmp_path)}, "")
    assert place.evaluator == {"name": "train", "dataset": "cifar10", "data": str(tmp_path)}


def test_differences() -> None:
    one = {"classes": ["a"], "shape": [1, 8, 8], "images": {"train": 5}, "hash": "x"}
    assert difference(one, dict(one)) is None
    assert difference(one, {**one, "shape": [3, 8, 8]}) == "the shape of the images were 1, 8, 8 and are 3, 8, 8"
