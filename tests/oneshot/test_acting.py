"""What is done about a collapse that is planted, and about numbers that are none; resumed, all comes out bitwise."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from nas.data import load as load_data
from nas.errors import UserError
from nas.evaluators.supernet import settings_of
from nas.oneshot import create_method
from nas.oneshot.acting import BEFORE, GOOD, Guarded, collapsed, good_epoch
from nas.oneshot.darts import Darts
from nas.oneshot.epoch import Epoch
from nas.oneshot.guard import is_flagged, kept
from nas.oneshot.training import RECIPE, Training
from nas.space import Genome, load
from nas.training.loop import Diverged

EPOCHS, STEPS = 6, 12
COLLAPSE = 4  # the first step after which alphas go to skips: in the third epoch


class Stopped(Exception):
    pass


class Run:
    """A small training whose alphas are pushed by hand: to convolutions, then to skips."""

    def __init__(self, folder: Path, action: str, collapse: int = COLLAPSE) -> None:
        method = create_method("darts")
        assert isinstance(method, Darts)
        recipe = RECIPE.replace(epochs=EPOCHS, batch_size=256)
        self.training = Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1)
        assert self.training.steps == STEPS
        self.method, self.collapse, self.steps, self.folder = method, collapse, 0, folder
        method.update_alphas = self.push  # type: ignore[method-assign]
        self.guarded = Guarded(self.training, action)

    def push(self, *batches: object) -> None:
        late = self.training.done >= self.collapse
        with torch.no_grad():
            for path, alpha in self.method.alphas.items():
                answers = self.training.net.choices[path].answers
                alpha[answers.index("skip_connect" if late else "nor_conv_3x3")] += 1.0 if late else 0.1

    def go(self, told: Callable[[Epoch], bool] = lambda epoch: True) -> Genome:
        return self.guarded.run(told, self.folder / "state", 0.0)

    def cut(self, step: int) -> None:
        """Stops before the step of that number, of all that are run."""
        inner = self.method.step

        def counted(*batches: Any) -> None:
            self.steps += 1
            if self.steps == step:
                raise Stopped
            inner(*batches)

        self.method.step = counted  # type: ignore[method-assign]
        with pytest.raises(Stopped):
            self.go()


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Run, Genome]]:
    """By action, a run that was not cut off, and what it gave."""
    runs = {action: Run(tmp_path_factory.mktemp(action), action) for action in ("warn", "stop", "skip")}
    return {action: (run, run.go()) for action, run in runs.items()}


Ended = dict[str, tuple[Run, Genome]]


def test_a_warning_is_no_more_than_that(ended: Ended) -> None:
    run, genome = ended["warn"]
    curve = run.training.curve
    assert [is_flagged(curve, number) for number in range(EPOCHS)] == [False, False, True, True, True, True]
    assert set(genome.answers.values()) == {"skip_connect"}
    lines = run.guarded.lines()
    assert lines[:3] == [[], [], []]
    assert "100 % of the derived operations have no weights" in lines[3]
    assert kept(run.training.space, curve, genome)[0] == curve[1].genome


def test_stop_ends_a_collapse_and_what_was_well_comes_first(ended: Ended) -> None:
    run, genome = ended["stop"]
    curve = run.training.curve
    assert [epoch.epoch for epoch in curve] == [1, 2, 3, 4]
    assert curve == ended["warn"][0].training.curve[:4]
    assert run.guarded.lines()[-1][-1] == "flagged twice in a row: it ends here, 2 epochs early"
    best = kept(run.training.space, curve, genome)[0]
    assert set(best.answers.values()) == {"nor_conv_3x3"}


def test_skip_goes_back_and_on_with_auxiliary_skips(ended: Ended) -> None:
    run, _ = ended["skip"]
    curve = run.training.curve
    assert run.method.auxiliary_skip
    assert [epoch.epoch for epoch in curve] == [1, 2, 3, 4, 5, 6]
    assert curve[:2] == ended["warn"][0].training.curve[:2]
    assert curve[2].metrics["train_loss"] != ended["warn"][0].training.curve[2].metrics["train_loss"]
    lines = run.guarded.lines()
    assert lines[1] == ["flagged in the 2 epochs that came after: from here on with auxiliary_skip"]
    assert lines[-1][-1] == "it was flagged with auxiliary_skip too"


@pytest.mark.parametrize(("action", "steps"), [("warn", [6]), ("stop", [8]), ("skip", [7, 10]), ("skip", [16])])
def test_a_guarded_training_that_was_cut_off_ends_as_if_it_had_not_been(
    action: str, steps: list[int], ended: Ended, tmp_path: Path
) -> None:
    """Each cut is of a new process: the steps are counted from there."""
    whole, genome = ended[action]
    for step in steps:
        fresh = tmp_path / str(step)
        fresh.mkdir()
        Run(fresh, action).cut(step)
        again = Run(fresh, action)
        assert again.go() == genome
        assert again.training.curve == whole.training.curve
        assert again.guarded.lines() == whole.guarded.lines()
        same(again.training, whole.training)


def same(one: Training, other: Training) -> None:
    for mine, theirs in zip(one._models().values(), other._models().values(), strict=True):
        for key, tensor in mine.state_dict().items():
            assert torch.equal(tensor, theirs.state_dict()[key]), key


def test_one_that_has_ended_is_not_trained_again(ended: Ended) -> None:
    for action, (run, genome) in ended.items():
        again = Run(run.folder, action)
        again.method.step = None  # type: ignore[method-assign,assignment]  # is not called
        assert again.go() == genome
        assert again.guarded.lines() == run.guarded.lines()
        same(again.training, run.training)


def test_a_process_that_dies_as_it_turns_goes_on_from_there(ended: Ended, tmp_path: Path) -> None:
    whole, genome = ended["skip"]
    cut = Run(tmp_path, "skip")

    def stopped(path: Path) -> None:
        raise Stopped

    cut.training.load = stopped  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        cut.go()
    assert (tmp_path / BEFORE).exists() and not (tmp_path / "state").exists()
    again = Run(tmp_path, "skip")
    assert again.go() == genome
    same(again.training, whole.training)


def poisoned(run: Run, step: int, name: str) -> None:
    """One number is none after that step."""
    inner = run.method.step

    def spoiled(*batches: Any) -> None:
        inner(*batches)
        if run.training.done == step:
            with torch.no_grad():
                next(run.training._models()[name].parameters()).view(-1)[0] = torch.nan

    run.method.step = spoiled  # type: ignore[method-assign]


@pytest.mark.parametrize(("name", "step", "epoch"), [("net", 6, 3), ("net", STEPS - 1, 5), ("alphas", STEPS - 1, 5)])
def test_a_training_that_diverges_ends_at_its_last_good_epoch(name: str, step: int, epoch: int, tmp_path: Path) -> None:
    """Also where it does in the very last step, which no loss has seen."""
    run = Run(tmp_path, "warn", collapse=STEPS)
    poisoned(run, step, name)
    genome = run.go()
    assert [point.epoch for point in run.training.curve] == list(range(1, epoch + 1))
    assert genome == run.training.curve[-1].genome
    assert all(bool(p.isfinite().all()) for model in run.training._models().values() for p in model.parameters())
    (line,) = run.guarded.lines()[-1]
    assert line.startswith(f"diverged in epoch {epoch + 1}: ") and "it ends here" in line
    again = Run(tmp_path, "warn", collapse=STEPS)
    poisoned(again, step, name)
    assert again.go() == genome
    assert again.guarded.lines() == run.guarded.lines()
    same(again.training, run.training)


def test_one_that_diverges_in_its_first_epoch_fails(tmp_path: Path) -> None:
    run = Run(tmp_path, "warn")
    poisoned(run, 0, "net")  # `done` counts a step once its method has done it
    with pytest.raises(Diverged, match="diverged in epoch 1: the loss is nan"):
        run.go()
    assert not (tmp_path / GOOD).exists()


def test_when_a_curve_has_collapsed() -> None:
    genome = load("nasbench_digits").sample(random.Random(0))
    curve = [Epoch(n, {"parameter_free": free}, genome) for n, free in enumerate([0.5, 1.0, 0.5, 1.0, 1.0], 1)]
    assert [collapsed(curve[:number]) for number in range(6)] == [False] * 5 + [True]
    assert good_epoch(curve) == 3
    assert good_epoch(curve[1:2]) == 1


@pytest.mark.parametrize(
    ("method", "action", "message"),
    [
        ("darts", "halt", "guard is 'halt'; give one of warn, stop, skip"),
        ("darts_minus", "skip", "no auxiliary_skip to be turned on; give stop"),
        ("gdas", "skip", "no auxiliary_skip to be turned on; give stop"),
        ("spos", "skip", "no auxiliary_skip to be turned on; give stop"),
    ],
)
def test_what_cannot_be_done_is_an_error(method: str, action: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        settings_of(method, {"guard": action})
    assert message in str(error.value)


def test_a_run_that_goes_well_is_let_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, "stop", collapse=STEPS)
    run.go()
    assert len(run.training.curve) == EPOCHS
    assert run.guarded.lines() == [[]] * EPOCHS
