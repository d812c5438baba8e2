"""What a run says of itself: at its start, at its end, and where chance alone may explain what it found."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import nas
from nas.evaluators import Train
from nas.objectives import Objective, parse_objectives
from nas.run.results import AllFailed, Run
from nas.run.summary import _data, closing, comparison, doubts, gained
from nas.training import Recipe
from nas.types import Result, Trial
from tests import cheap
from tests.data.images import write_images
from tests.run.test_picture import entry


def run(scores: list[float], images: dict[str, int] | None = None, final: float | None = None, **config: Any) -> Any:
    """A stand-in of what is read of a finished Run whose trials had these scores."""
    compared = [entry(number, score) for number, score in enumerate(scores)]
    objectives = config.pop("objectives", parse_objectives(()))
    return SimpleNamespace(
        compared=compared,
        best=max(compared, key=lambda each: each.score or 0.0, default=None),
        images=images or {},
        final=None if final is None else {"test_accuracy": final},
        state=SimpleNamespace(objectives=objectives, derived=[], from_supernets=[]),
        config=SimpleNamespace(schedule="full", **config),
    )


def test_what_was_gained_over_the_first_trials() -> None:
    scores = [0.8, 0.9, 0.7, 0.85, *[0.5] * 6, *[0.6] * 9, 0.933]
    told = "gained: 93.30 % beside 90.00 % of the best of the first 10 trials, 50.00 % their median"
    assert gained(run(scores)) == told
    assert gained(run([0.5, 0.7, 0.6, 0.9])) == (
        "gained: 90.00 % beside 70.00 % of the best of the first 2 trials, 60.00 % their median"
    )


def test_a_search_that_gained_nothing_says_so() -> None:
    assert gained(run([0.9, 0.6, 0.7, 0.8])) == (
        "gained: nothing over the first 2 trials: the best is one of them, 90.00 %; their median is 75.00 %"
    )
    assert gained(run([0.9, 0.8, 0.7])) == ""  # too few to tell
    assert gained(run([])) == ""


def test_what_was_gained_of_an_objective_to_be_made_small() -> None:
    smaller = (Objective("parameters", smaller=True),)
    found = run([-400.0, -300.0, -200.0, -100.0], objectives=smaller)
    assert gained(found) == (
        "gained: parameters 100 beside parameters 300 of the best of the first 2 trials, parameters 350 their median"
    )


def test_a_validation_set_too_small_to_rank() -> None:
    close = [0.9, 0.925, 0.875, 0.85, 0.95, 0.6, 0.5, 0.4]
    assert doubts(run(close, {"valid": 40, "test": 40})) == [
        "the interval of 95.00 % on 40 validation images is 83 to 99 %: the best 5 trials cannot be told apart"
    ]
    assert doubts(run(close, {"valid": 10_000, "test": 40})) == []
    assert doubts(run(close)) == []  # nobody noted the images


def test_a_final_training_that_is_worse_than_the_trial() -> None:
    apart = [0.5, 0.6, 0.933]
    assert doubts(run(apart, {"valid": 400, "test": 300}, final=0.80)) == [
        "the final training is worse than the trial: 80.00 % on 300 test images, 93.30 % on 400 validation images "
        "before; try another recipe, or more epochs"
    ]
    assert doubts(run(apart, {"valid": 400, "test": 300}, final=0.92)) == []
    assert doubts(run(apart, {"valid": 400, "test": 300}, final=0.97)) == []
    assert comparison(run(apart, {"valid": 400, "test": 300}, final=0.80))[0].startswith("warning: the final")


def test_a_run_says_what_it_is(tmp_path: Path) -> None:
    found = nas.search(cheap.space(), evaluator=cheap.score, trials=4, runs=tmp_path, searcher="random", name="a")
    first, *rest = repr(found).splitlines()
    assert first == f"Run {tmp_path / 'a'}: cheap by random"
    assert rest == closing(found)
    assert rest[0] == "ended: all trials done (4 trials, 0 failed, 0 duplicates not trained again)"
    assert len(rest) == 3
    with pytest.warns(AllFailed):
        empty = nas.search(cheap.space(), evaluator=fails, trials=2, runs=tmp_path, searcher="random", name="b")
    assert repr(empty).splitlines()[1:] == [
        "ended: all trials done (2 trials, 2 failed, 0 duplicates not trained again)"
    ]


def fails(trial: Trial, report: Any, checkpoint: Any = None) -> Result:
    raise RuntimeError("no luck")


def test_numbers_of_images_are_read_from_what_anyone_may_have_written() -> None:
    for data, images in (
        ({"images": {"train": 100, "valid": 40}}, {"train": 100, "valid": 40}),
        ({"images": {"train": "many", "valid": 0, "test": True}}, {}),
        ({"images": 3}, {}),
        ({}, {}),
    ):
        run: Any = Run(Path("x"), SimpleNamespace(data=data), None, None)  # type: ignore[arg-type]
        assert run.images == images


@pytest.mark.parametrize(("flip", "said"), [(None, True), (False, False), (True, False)])
def test_that_a_folder_is_mirrored_is_said_unless_the_user_has_decided(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flip: bool | None, said: bool
) -> None:
    from PIL import Image

    for name in ("left", "right"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / name / f"{number}.png")
    train = Train(str(tmp_path), recipe=Recipe().replace(flip=flip))
    assert _data(train)["data"].startswith(f"{tmp_path}: ")
    monkeypatch.chdir(tmp_path.parent)
    assert _data(train)["data"].startswith(f"{tmp_path.name}: ")
    lines = _data(train).values()
    assert any("--no-flip where left and right differ" in line for line in lines) is said
    assert not any("--no-flip" in line for line in _data(Train("digits")).values())


def test_the_opening_says_where_the_logs_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given: dict[str, Any] = {"evaluator": cheap.score, "trials": 1, "runs": tmp_path, "progress": True}
    nas.search(cheap.space(), name="a", log=["csv"], **given)
    assert f"\nlog       csv in {tmp_path / 'a' / 'logs'}\n" in capsys.readouterr().err
    nas.search(cheap.space(), name="b", **given)
    assert "\nlog " not in capsys.readouterr().err


def test_that_a_validation_set_is_too_small_to_rank_by_is_said_of_searches_alone(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_images(tmp_path / name, 12)
    train = Train(str(tmp_path))
    said = "only 2 valid images, too few to rank networks by: one of them is 50 % of the accuracy"
    assert said in _data(train).values() and not any("rank" in note for note in train.read_data().notes)
    assert not any("rank" in line for line in _data(Train("digits")).values())
