"""One-shot searches as runs: supernets before the trials, resuming, baselines, errors."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import nas
from nas.errors import UserError
from nas.run.progress import Progress
from nas.run.records import Derived
from nas.run.start import search
from nas.space import load

FAST: dict[str, Any] = {"epochs": 1, "final_epochs": 0, "progress": False}
OPTIONS = {"epochs": 2, "batch_size": 256}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line.rpartition(" ")[0] or line) for line in (path / "journal.jsonl").read_text().splitlines()]


def test_a_supernet_comes_first_and_its_genomes_are_trials(tmp_path: Path) -> None:
    run = search("nasbench_digits", searcher="darts", searcher_options=OPTIONS, runs=tmp_path, name="a", **FAST)
    (derived,) = run.state.derived
    assert isinstance(derived, Derived)
    assert [point["epoch"] for point in derived.curve] == [1, 2]
    assert [dict(entry.trial.genome.answers) for entry in run.trials] == derived.answers
    description = json.loads((tmp_path / "a" / "oneshot" / "0000" / "oneshot.json").read_text())
    assert description["method"] == "darts" and description["relaxed"] is True
    assert (tmp_path / "a" / "oneshot" / "0000" / "supernet.safetensors").is_file()
    space = load("nasbench_digits")
    assert all(space.genome(point["answers"]) for point in derived.curve)


def test_the_same_seed_gives_the_same_genomes_and_a_resumed_run_is_as_it_was(tmp_path: Path) -> None:
    first, second = (
        search("nasbench_digits", searcher="darts", searcher_options=OPTIONS, runs=tmp_path, name=name, **FAST)
        for name in "ab"
    )
    assert first.state.derived[0].answers == second.state.derived[0].answers
    again = nas.resume(tmp_path / "a", progress=False)
    assert again.state.derived == first.state.derived
    assert len(again.trials) == len(first.trials)


def test_a_run_killed_after_its_supernet_goes_on_with_its_genomes(tmp_path: Path) -> None:
    whole = search("nasbench_digits", searcher="darts", searcher_options=OPTIONS, runs=tmp_path, name="a", **FAST)
    journal = tmp_path / "a" / "journal.jsonl"
    kept = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(kept[:1]))  # the record of the supernet alone
    again = nas.resume(tmp_path / "a", progress=False)
    assert [entry.trial.genome for entry in again.trials] == [entry.trial.genome for entry in whole.trials]
    journal.write_text("")  # not even that: the checkpoint is there
    afresh = nas.resume(tmp_path / "a", progress=False)
    assert afresh.state.derived[0].answers == whole.state.derived[0].answers


def test_several_seeds_and_a_random_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {**OPTIONS, "seeds": 2}
    run = search(
        "nasbench_digits",
        searcher="darts",
        searcher_options=options,
        baseline="random",
        runs=tmp_path,
        name="a",
        **{**FAST, "progress": True},
    )
    assert [record.number for record in run.state.derived] == [0, 1]
    assert len({json.dumps(record.curve) for record in run.state.derived}) == 2
    random = [entry for entry in run.trials if entry.trial.genome not in set(run.state.from_supernets)]
    assert random
    spent = [entry.result.seconds for entry in random if entry.result]
    assert sum(spent[:-1]) < sum(record.seconds for record in run.state.derived)
    err = capsys.readouterr().err
    assert "of the supernets' networks" in err and "of random networks of equal time" in err


@pytest.mark.parametrize(
    ("baseline", "told"), [("random", "no trial was left for random networks"), ("none", "--baseline random tells")]
)
def test_without_random_networks_the_end_says_how_there_would_be_some(
    baseline: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {**FAST, "searcher_options": OPTIONS, "baseline": baseline, "trials": 1, "progress": True}
    search("nasbench_digits", searcher="darts", runs=tmp_path, **settings)
    assert told in capsys.readouterr().err


class Watched:
    """Stages and lines, in their order."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, event: Progress) -> None:
        pass

    def meanwhile(self, event: Progress) -> None:
        self.heard += [event.stage] * bool(event.stage) + list(event.said)


def test_warnings_are_said_as_their_epoch_ends_and_are_kept(tmp_path: Path) -> None:
    watch = Watched()
    options = {**OPTIONS, "epochs": 4, "alpha_learning_rate": 1e-9}
    settings = {**FAST, "progress": watch}
    run = search(
        "nasbench_digits", searcher="darts", searcher_options=options, runs=tmp_path, name="a", trials=1, **settings
    )
    (line,) = [text for text in watch.heard if text.startswith("warning: supernet")]
    assert line.startswith("warning: supernet 0, epoch 2: the answers' weights have hardly moved")
    assert watch.heard.index("supernet 0, epoch 2") < watch.heard.index(line) < watch.heard.index("supernet 0, epoch 3")
    description = json.loads((tmp_path / "a" / "oneshot" / "0000" / "oneshot.json").read_text())
    for curve in (description["curve"], run.state.derived[0].curve):
        assert [len(point["warnings"]) for point in curve] == [0, 1, 0, 0]
        assert all(sum(own) == pytest.approx(1, abs=1e-3) for own in curve[3]["shares"].values())


def test_a_resumed_run_does_not_say_a_warning_again(tmp_path: Path) -> None:
    """What stood in its file when it stopped was said."""
    options = {**OPTIONS, "epochs": 4, "alpha_learning_rate": 1e-9}
    settings: dict[str, Any] = {**FAST, "searcher": "darts", "searcher_options": options, "trials": 1}
    search("nasbench_digits", runs=tmp_path, name="a", **settings)
    (tmp_path / "a" / "journal.jsonl").write_text("")
    folder = tmp_path / "a" / "oneshot" / "0000"
    description = json.loads((folder / "oneshot.json").read_text())
    cut = {**description, "curve": description["curve"][:2]}
    (folder / "oneshot.json").write_text(json.dumps(cut))
    (folder / "supernet.safetensors").unlink()
    watch = Watched()
    again = nas.resume(tmp_path / "a", progress=watch)
    assert "supernet 0, epoch 4" in watch.heard
    assert not [line for line in watch.heard if line.startswith("warning: supernet")]
    assert [len(point["warnings"]) for point in again.state.derived[0].curve] == [0, 1, 0, 0]


def test_a_supernet_that_collapses_ends_early_where_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All epochs count as collapsed: it ends after the second, and says so."""
    monkeypatch.setattr("nas.oneshot.guard.TOO_FREE", -1.0)
    options = {**OPTIONS, "epochs": 4, "alpha_learning_rate": 0.1, "guard": "stop"}
    run = search(
        "nasbench_digits", searcher="darts", searcher_options=options, runs=tmp_path, name="a", trials=1, **FAST
    )
    (derived,) = run.state.derived
    assert [point["epoch"] for point in derived.curve] == [1, 2]
    assert "it ends here, 2 epochs early" in derived.curve[-1]["warnings"][-1]


def test_limits_hold_for_what_is_derived(tmp_path: Path) -> None:
    options, limits = {"epochs": 1, "batch_size": 256}, {"parameters": 30_000}
    run = search(
        "nasbench_digits", searcher="darts", searcher_options=options, limits=limits, runs=tmp_path, name="a", **FAST
    )
    assert run.trials
    assert all(entry.costs["parameters"] <= 30_000 for entry in run.trials)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"searcher": "dartz"}, "unknown searcher 'dartz'; did you mean 'darts'?"),
        ({"searcher": "darts", "searcher_options": {"epoch": 3}}, "unknown option 'epoch'; did you mean 'epochs'?"),
        ({"searcher": "darts", "searcher_options": {"epochs": 0}}, "epochs is 0; give a whole number of at least 1"),
        ({"searcher": "random", "baseline": "random"}, "random trains no supernet"),
        ({"searcher": "darts", "evaluator": len}, "it trains supernets on images, and the evaluator has none"),
    ],
)
def test_mistakes_leave_no_run_behind(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        search("nasbench_digits", runs=tmp_path, name="a", **FAST, **arguments)
    assert message in str(error.value)
    assert not (tmp_path / "a").exists()


def test_what_cannot_be_mixed_is_said_before_a_trial(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be mixed .* search it by single paths"):
        search("plain", searcher="darts", searcher_options=OPTIONS, runs=tmp_path, name="a", **FAST)
    assert not (tmp_path / "a").exists()


def test_a_space_for_supernets_that_is_searched_one_by_one_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search(
        "darts",
        searcher="random",
        trials=1,
        overrides={"channels": 4, "layers": 3},
        runs=tmp_path,
        name="a",
        **{**FAST, "progress": True},
    )
    assert "trains candidates one by one" in capsys.readouterr().err


RAY = ["--executor", "ray", "--workers", "2", "--searcher-set", "seeds=2"]


def traces(run: Path) -> set[tuple[str, int]]:
    """What a search has left so far: its journal's and checkpoints' times, which change as it gets on."""
    files = [run / "journal.jsonl", *run.glob("oneshot/*/*"), *run.glob("trials/*/*")]
    return {(str(path), path.stat().st_mtime_ns) for path in files if path.exists()}


@pytest.mark.slow
@pytest.mark.parametrize(("executor", "epochs"), [([], 60), (RAY, 200)], ids=["serial", "ray"])
def test_a_search_killed_at_twenty_moments_ends_with_the_same_bits(
    executor: list[str], epochs: int, tmp_path: Path
) -> None:
    """SIGKILL of the whole process group, in the supernets' epochs and after them: at a random moment after a start has
    got anywhere, so that a slow machine and a quick one meet the same."""
    options = ["--searcher", "drnas", "--searcher-set", f"epochs={epochs}", "--epochs", "1", "--final-epochs", "0"]
    command = [sys.executable, "-m", "nas", "search", "nasbench_digits", *options, *executor, "--runs", str(tmp_path)]
    began = time.monotonic()
    subprocess.run([*command, "--name", "whole"], check=True, capture_output=True)
    seconds = time.monotonic() - began
    rng, kills, next_one = random.Random(1), 0, [*command, "--name", "cut"]
    while kills < 20:
        before = traces(tmp_path / "cut")
        process = subprocess.Popen(
            next_one, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while process.poll() is None and traces(tmp_path / "cut") <= before:
            time.sleep(0.02)
        try:
            process.wait(rng.uniform(0, seconds / 20))
            break  # ended before its turn
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
        if (tmp_path / "cut" / "run.yaml").exists():
            next_one = [sys.executable, "-m", "nas", "resume", str(tmp_path / "cut")]
        elif (tmp_path / "cut").exists():
            (tmp_path / "cut").rmdir()  # killed between making the folder and writing run.yaml
    assert kills >= 10
    whole, cut = nas.resume(tmp_path / "whole", progress=False), nas.resume(tmp_path / "cut", progress=False)
    assert [(one.answers, one.curve) for one in cut.state.derived] == [
        (o.answers, o.curve) for o in whole.state.derived
    ]
    genomes, others = ({entry.trial.genome for entry in run.trials} for run in (cut, whole))
    assert genomes == others
    for path in (tmp_path / "whole" / "oneshot").glob("*/supernet.safetensors"):
        first, second = load_file(path), load_file(tmp_path / "cut" / "oneshot" / path.parent.name / path.name)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)
