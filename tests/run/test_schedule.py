"""Schedules by name, their rungs, and whole searches by them: what they train, and that resumed ones are the same."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.errors import UserError
from nas.evaluators import Train
from nas.executors.serial import Serial
from nas.run import Run
from nas.run.asha import Asha
from nas.run.hyperband import Hyperband
from nas.run.journal import read_journal
from nas.run.schedule import create_schedule
from nas.searchers import SEARCHERS
from nas.searchers.random import Random
from nas.training import Recipe
from nas.types import Result, Trial
from tests import cheap

THREE = ("random", "regularized_evolution", "local_search")
SMALL = {"regularized_evolution": {"population": 8, "sample": 3}}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_THREADS", "1")


def search(tmp_path: Path, **values: Any) -> Run:
    searcher = values.get("searcher", "random")
    given: dict[str, Any] = {"evaluator": cheap.trained, "trials": 18, "epochs": 9, "schedule": "asha"}
    options = {"searcher": searcher, "searcher_options": SMALL.get(searcher), "runs": tmp_path / "runs"}
    return nas.search(cheap.space(), **{**given, **options, **values})


def records(run: Run | Path) -> list[dict[str, Any]]:
    """A journal but for its times."""
    path = run if isinstance(run, Path) else run.path
    left_out = ("time", "seconds", "train_seconds", "images_per_second")

    def timeless(values: dict[str, Any]) -> dict[str, Any]:
        plain = {name: value for name, value in values.items() if name not in left_out}
        return {name: timeless(value) if isinstance(value, dict) else value for name, value in plain.items()}

    return [timeless(record) for record in read_journal(path / "journal.jsonl")[0]]


def reached(run: Run) -> Counter[int | None]:
    """How many trials ended at each rung."""
    return Counter(budget for entry in run.trials for budget in entry.results)


def curve(run: Run, number: int) -> list[dict[str, float]]:
    lines = (run.path / "trials" / f"{number:04d}" / "curve.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("epochs", "eta", "least", "asha", "hyperband"),
    [
        (27, 3, 1, (1, 3, 9, 27), (1, 3, 9, 27)),
        (81, 3, 3, (3, 9, 27, 81), (3, 9, 27, 81)),
        (16, 4, 1, (1, 4, 16), (1, 4, 16)),
        (12, 2, 3, (3, 6, 12), (3, 6, 12)),
        (5, 3, 5, (5,), (5,)),
        (26, 3, 1, (1, 3, 9, 26), (3, 9, 26)),  # Hyperband's: 26/9 = 2.9, 26/3 = 8.7, 26
        (50, 3, 1, (1, 3, 9, 27, 50), (2, 6, 17, 50)),  # 50/27 = 1.85, 5.6, 16.7, 50
        (20, 3, 1, (1, 3, 9, 20), (2, 7, 20)),
        (8, 3, 1, (1, 3, 8), (3, 8)),
        (26, 3, 3, (3, 9, 26), (9, 26)),  # 2.9 would be below the least
        (3, 2, 1, (1, 2, 3), (2, 3)),
        (2, 3, 1, (1, 2), (2,)),
    ],
)
def test_rungs(epochs: int, eta: int, least: int, asha: tuple[int, ...], hyperband: tuple[int, ...]) -> None:
    """At powers of eta both are r eta^k. Elsewhere ASHA's last rung is one more, and Hyperband counts down from R."""
    assert Asha(epochs, eta, least).rungs == asha
    assert Hyperband(epochs, eta, least).brackets[0][1] == hyperband


@pytest.mark.parametrize("epochs", [26, 27, 50, 81, 100])
def test_no_one_jumps_over_rungs(epochs: int) -> None:
    """A promotion takes a trial to eta times its epochs, but for rounding: the few that are left pay for more."""
    for rungs in (Asha(epochs).rungs, Hyperband(epochs).brackets[0][1]):
        assert all(above / below <= 4 for below, above in pairwise(rungs))


@pytest.mark.parametrize(
    ("name", "options", "epochs", "message"),
    [
        ("hyperbnd", {}, 9, "schedule: unknown schedule 'hyperbnd'; did you mean 'hyperband'?"),
        ("asha", {"etta": 3}, 9, "schedule asha: unknown option 'etta'; did you mean 'eta'?"),
        ("full", {"eta": 3}, 9, "schedule full: unknown option 'eta'"),
        ("asha", {"eta": 1}, 9, "schedule asha: eta is 1; give a whole number of at least 2"),
        ("asha", {"eta": 2.5}, 9, "schedule asha: eta is 2.5"),
        ("hyperband", {"min_epochs": 0}, 9, "schedule hyperband: min_epochs is 0"),
        ("hyperband", {"min_epochs": True}, 9, "schedule hyperband: min_epochs is True"),
        ("asha", {"min_epochs": 10}, 9, "schedule asha: min_epochs is 10 and the most are 9"),
        ("asha", {}, None, "schedule asha: the most epochs of a trial are not given; give epochs=27"),
    ],
)
def test_mistakes(tmp_path: Path, name: str, options: dict[str, Any], epochs: int | None, message: str) -> None:
    with pytest.raises(UserError) as caught:
        create_schedule(name, options, epochs)
    assert str(caught.value).startswith(message)
    with pytest.raises(UserError):
        search(tmp_path, schedule=name, schedule_options=options, epochs=epochs)
    assert not (tmp_path / "runs").exists()


def test_a_function_of_a_genome_has_no_epochs(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="schedule asha: a function of a genome counts no epochs"):
        search(tmp_path, evaluator=cheap.score)


@pytest.mark.parametrize("searcher", THREE)
@pytest.mark.parametrize("schedule", ["asha", "hyperband"])
def test_the_epochs_trained_are_those_of_the_rungs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str, searcher: str
) -> None:
    monkeypatch.setenv("EVALUATIONS", str(tmp_path / "evaluations"))
    run = search(tmp_path, schedule=schedule, searcher=searcher, trials=27)
    trained = [tuple(map(int, line.split())) for line in (tmp_path / "evaluations").read_text().splitlines()]
    assert len(trained) == len(set(trained))  # no epoch of a trial twice
    budgets = {entry.trial.number: entry.trial.budget or 0 for entry in run.trials}
    assert Counter(number for number, _ in trained) == budgets
    rung = reached(run)
    if schedule == "hyperband":  # brackets of 9, 5, 3 and 9 trials, and one that begins another of 5
        nine, five, three, one = {1: 9, 3: 3, 9: 1}, {3: 5, 9: 1}, {9: 3}, {3: 1}
        assert rung == sum(map(Counter, (nine, five, three, nine, one)), Counter())
        assert len(trained) == 2 * (9 + 3 * 2 + 1 * 6) + (5 * 3 + 1 * 6) + 3 * 9 + 1 * 3
    else:
        assert rung[1] == 27
        assert 9 <= rung[3] <= 18
        assert rung[3] // 3 <= rung[9] <= rung[3]
        assert len(trained) == 27 + 2 * rung[3] + 6 * rung[9]
    assert run.reason == "all trials done"
    assert run.state.finished == len(run.trials) == 27 == len({entry.fingerprint for entry in run.trials})
    assert not list(run.path.glob("trials/*/checkpoint*"))
    for number, budget in budgets.items():
        assert [point["epoch"] for point in curve(run, number)] == list(range(1, budget + 1))


def test_best_first_among_those_of_the_most_epochs(tmp_path: Path) -> None:
    def falls(trial: Any, report: Any, checkpoint: Any) -> dict[str, float]:
        return {"valid_accuracy": cheap.score(trial.genome) / trial.budget}

    run = search(tmp_path, evaluator=falls, objectives=["valid_accuracy", "parameters:min"])
    rows = run.results()
    assert [row["epochs"] for row in rows] == sorted((row["epochs"] for row in rows), reverse=True)
    assert run.best is not None
    assert (rows[0]["number"], rows[0]["epochs"]) == (run.best.trial.number, 9)
    assert rows[0]["metrics"]["valid_accuracy"] < rows[-1]["metrics"]["valid_accuracy"] + 1 / 9
    assert {row["epochs"] for row in rows if row["front"]} == {9}
    again = Run.open(run.path)
    assert again.results() == rows
    assert again.best is not None
    assert again.best.trial == run.best.trial


@pytest.mark.parametrize("schedule", ["asha", "hyperband"])
@pytest.mark.parametrize("searcher", THREE)
def test_resumed_from_every_line_it_equals_the_uninterrupted_run(tmp_path: Path, schedule: str, searcher: str) -> None:
    run = search(tmp_path, schedule=schedule, searcher=searcher, trials=12)
    whole, lines = records(run), (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    assert any(record["kind"] == "promoted" for record in whole)
    for count in range(len(lines)):
        (run.path / "journal.jsonl").write_bytes(b"".join(lines[:count]))
        assert records(nas.resume(run.path, evaluator=cheap.trained)) == whole


def test_a_searcher_is_told_once_and_retold_after_a_promotion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int | None]] = []
    again: list[tuple[int, int | None]] = []
    pending: list[int] = []

    def ask(self: Random, rng: random.Random, under_way: Any, refused: Any = ()) -> Any:
        pending.extend(trial.number for trial in under_way)
        return self.space.sample(rng)

    monkeypatch.setattr(Random, "ask", ask)
    monkeypatch.setattr(Random, "tell", lambda self, result: told.append((result.trial.number, result.trial.budget)))
    search(tmp_path, name="once")
    assert told == [(number, 1) for number in range(18)]
    monkeypatch.setattr(
        Random, "retell", lambda self, result: again.append((result.trial.number, result.trial.budget)), raising=False
    )
    told.clear()
    run = search(tmp_path, name="again")
    assert told == [(number, 1) for number in range(18)]
    promotions = [(record["number"], record["budget"]) for record in records(run) if record["kind"] == "promoted"]
    assert again == promotions
    assert pending == []
    told.clear()
    again.clear()
    nas.resume(run.path, evaluator=cheap.trained)
    assert (len(told), again) == (18, promotions)


def test_one_that_fails_after_its_promotion_is_a_failure(tmp_path: Path) -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any) -> dict[str, float]:
        if trial.budget == 3:
            raise RuntimeError("three are too many")
        return cheap.trained(trial, report, checkpoint)

    run = search(tmp_path, evaluator=evaluator)
    failed = [entry for entry in run.trials if entry.trial.budget == 3]
    assert len(failed) >= 6
    assert run.state.failed == len(failed)
    assert reached(run)[9] == 0
    best = max((entry for entry in run.trials if entry.score is not None), key=lambda entry: entry.score)
    assert run.best is best  # of those with one epoch
    assert {row["state"] for row in run.results()[-len(failed) :]} == {"failed"}
    kept = {int(path.parent.name) for path in run.path.glob("trials/*/checkpoint*")}
    assert kept == {entry.trial.number for entry in failed}  # they may be tried again


def test_a_search_that_is_exhausted_promotes_what_it_has(tmp_path: Path) -> None:
    options = {"searcher": "random", "trials": 99, "epochs": 9, "schedule": "hyperband"}
    run = nas.search(cheap.space(1), evaluator=cheap.trained, runs=tmp_path, **options)
    assert run.reason is not None
    assert run.reason.startswith("exhausted")
    assert reached(run) == {1: 9 + 3, 3: 3 + 5 + 1, 9: 1 + 1 + 3}  # 20 networks: 9, 5, 3, and 3 of another 9


class Several(Serial):
    """Some evaluations under way at once, which end in any order."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng = random.Random(seed)

    def free(self) -> int:
        return 4 - len(self.waiting)

    def next(self) -> Result:
        self.waiting.rotate(self.rng.randrange(len(self.waiting)))
        return super().next()


@pytest.mark.parametrize("schedule", ["asha", "hyperband"])
@pytest.mark.parametrize("searcher", THREE)
def test_several_at_once_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str, searcher: str
) -> None:
    monkeypatch.setattr("nas.executors.create_executor", lambda **options: Several(seed=1))
    monkeypatch.setenv("EVALUATIONS", str(tmp_path / "evaluations"))
    told: set[int] = set()
    made = SEARCHERS[searcher]
    ask, tell = made.ask, made.tell

    def asked(self: Any, rng: random.Random, pending: Any, refused: Any = ()) -> Any:
        assert not told & {trial.number for trial in pending}
        return ask(self, rng, pending, refused)

    monkeypatch.setattr(made, "ask", asked)
    monkeypatch.setattr(made, "tell", lambda self, result: told.add(result.trial.number) or tell(self, result))
    run = search(tmp_path, schedule=schedule, searcher=searcher, trials=40)
    assert told == set(range(40))
    if schedule == "hyperband":  # whatever ends first: twice 9, 5 and 3 trials, and 6 of another 9
        assert reached(run) == {1: 18 + 6, 3: 6 + 10 + 2, 9: 2 + 2 + 6}
    assert reached(run)[9] >= 2
    lines = (tmp_path / "evaluations").read_text().splitlines()
    assert len(lines) == len(set(lines)) == sum(entry.trial.budget or 0 for entry in run.trials)
    assert Run.open(run.path).results() == run.results()
    assert not list(run.path.glob("trials/*/checkpoint*"))


def test_what_a_killed_process_left_is_removed_at_the_end(tmp_path: Path) -> None:
    run = search(tmp_path)
    lines = (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (run.path / "journal.jsonl").write_bytes(b"".join(lines[:-1]))
    (run.path / "trials" / "0000" / "checkpoint.safetensors.123.new").touch()
    nas.resume(run.path, evaluator=cheap.trained)
    assert not list(run.path.glob("trials/*/checkpoint*"))


def test_few_checkpoints_are_kept(tmp_path: Path) -> None:
    most = 0

    def evaluator(trial: Any, report: Any, checkpoint: Path) -> dict[str, float]:
        nonlocal most
        most = max(most, len(list(checkpoint.parents[1].glob("*/checkpoint*"))))
        return cheap.trained(trial, report, checkpoint)

    search(tmp_path, evaluator=evaluator, trials=54, epochs=27)
    assert 54 // 9 < most <= 54 // 3 + 54 // 9 + 54 // 27


TINY = """
name: tiny
input: [1, 8, 8]
classes: 10
network:
  - conv_bn_relu: {channels: {choice: [3, 4, 5, 6, 7]}, kernel: {choice: [1, 3]}}
  - {dropout: 0.2}
  - flatten
  - {linear: =classes}
"""
TRAIN = Train(recipe=Recipe(batch_size=64, learning_rate=0.05, crop=1), train_images=192)


@pytest.fixture
def space(tmp_path: Path) -> nas.Space:
    (tmp_path / "tiny.yaml").write_text(TINY)
    return nas.load(tmp_path / "tiny.yaml")


@pytest.mark.parametrize("searcher", THREE)
def test_a_promoted_candidates_curve_equals_its_uninterrupted_one(
    tmp_path: Path, space: nas.Space, searcher: str
) -> None:
    options = {"schedule": "asha", "searcher": searcher, "trials": 9, "epochs": 9, "final_epochs": 0}
    run = nas.search(space, evaluator=TRAIN, runs=tmp_path, **options)
    assert reached(run)[9] >= 1
    for entry in run.trials:
        trial, points = entry.trial, []
        TRAIN(
            Trial(trial.number, trial.genome, trial.seed, 9),
            lambda epoch, metrics, points=points: points.append({"epoch": epoch, **metrics}) is None,
        )
        assert [*comparable(curve(run, trial.number))] == [*comparable(points[: trial.budget])]


def comparable(points: list[dict[str, float]]) -> Iterator[dict[str, float]]:
    for point in points:
        yield {name: value for name, value in point.items() if name not in ("train_seconds", "images_per_second")}
