"""What a one-shot searcher makes before its trials: supernets, each a job of the executor and a record of the journal.

The genomes that they give are then trials like any others: trained alone, and compared.
"""

import json
import random
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nas import searchers
from nas.errors import UserError, did_you_mean
from nas.evaluators import Evaluator
from nas.evaluators.supernet import CHECKPOINT, DESCRIPTION, SupernetJob, is_oneshot, settings_of
from nas.oneshot import METHODS, create_method
from nas.run.config import Config
from nas.run.directory import supernet_directory
from nas.run.interrupt import Stop
from nas.run.loop import Search
from nas.run.records import Derived, now
from nas.run.words import clean, duration, percent
from nas.space import Genome, Space
from nas.space.supernet import check_mixed
from nas.tasks import Classification
from nas.types import Executor, Refused, Result, Searcher, Trial

SHARED = ("supernet_accuracy", "valid_accuracy")  # on the images for architectures: of the mixture, of the derived path


class RandomBaseline:
    """The searcher behind supernets: nothing, or random genomes for as long as the supernets took to train.

    What the supernets gave is tried before it is asked.
    """

    def __init__(self, space: Space, wanted: bool) -> None:
        self.space, self.wanted = space, wanted
        self.seconds = 0.0  # of the supernets
        self.given: set[Genome] = set()
        self.results: list[Result] = []

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome | None:
        spent = sum(result.seconds for result in self.results if result.trial.genome not in self.given)
        return self.space.sample(rng) if self.wanted and spent < self.seconds else None

    def tell(self, result: Result) -> None:
        self.results.append(result)


def create_searcher(config: Config, space: Space) -> Searcher:
    """The search's searcher. Raises UserError for an unknown one, or options that it does not take."""
    name, options = config.searcher, config.searcher_options
    if is_oneshot(name):
        settings_of(name, options)
        return RandomBaseline(space, config.baseline == "random")
    if config.baseline != "none":
        what = f"{name} trains no supernet that random networks could be compared with"
        raise UserError("baseline", what, f"use it with one of {', '.join(METHODS)}")
    if ":" not in name and name not in searchers.SEARCHERS:
        hint = did_you_mean(name, [*searchers.SEARCHERS, *METHODS, *searchers.EXAMPLES])
        raise UserError("searcher", f"unknown searcher '{name}'", hint)
    return searchers.create_searcher(name, space, options, config.seed)


def check_supernets(config: Config, space: Space, evaluator: Evaluator) -> None:
    """Raises UserError where a one-shot searcher has no images to train supernets on, or cannot mix the space."""
    if not is_oneshot(config.searcher):
        return
    if evaluator.trainer is None:
        what = "it trains supernets on images, and the evaluator has none"
        raise UserError(f"searcher {config.searcher}", what, "give --dataset, or --evaluator train")
    if (task := evaluator.trainer.task) != Classification.name:
        what = f"it trains supernets for classification, and the data are of {task}"
        raise UserError(f"searcher {config.searcher}", what, "take one that trains candidates: regularized_evolution")
    if functions := evaluator.trainer.functions:
        what = f"it trains supernets by the cross entropy, not by functions of yours ({', '.join(functions)})"
        raise UserError(f"searcher {config.searcher}", what, "take one that trains candidates: regularized_evolution")
    _, options = settings_of(config.searcher, config.searcher_options)
    if create_method(config.searcher, options).relaxed:
        check_mixed(space.document)


def train_supernets(search: Search, executor: Executor, stop: Stop) -> bool:
    """Trains and journals the supernets of a one-shot searcher that are not yet; False where the user stopped it.

    Raises UserError where one fails.
    """
    config, state, trainer = search.config, search.state, search.evaluator.trainer
    if not is_oneshot(config.searcher):
        return True
    assert trainer is not None
    settings, _ = settings_of(config.searcher, config.searcher_options)
    job = SupernetJob(search.space, config.searcher, config.searcher_options, trainer, config.limits)
    todo = deque(range(len(state.derived), settings.seeds))
    ended: dict[int, Result] = {}
    running = 0
    none = Genome(search.space.document, {})
    said = {line for number in todo for line in _warnings(search, number)}  # before it was interrupted

    def told(trial: Trial, epoch: int) -> None:
        search.watcher.stage(f"supernet {trial.number}, epoch {epoch}")
        _warn(search, trial.number, said)

    executor.told = told
    while running or (todo and not stop.asked):
        while todo and executor.free() and not stop.asked:
            number = todo.popleft()
            seed = random.Random(f"{config.seed}/supernet/{number}").randrange(2**31)
            search.watcher.stage(f"training supernet {number + 1} of {settings.seeds} by {config.searcher}")
            directory = supernet_directory(search.path, number)
            executor.submit(job, Trial(number, none, seed), directory / CHECKPOINT)
            running += 1
        if (result := executor.next()) is None:
            continue
        running -= 1
        if result.metrics is None:
            where = str(supernet_directory(search.path, result.trial.number))
            raise UserError(where, f"the supernet failed: {result.error}", f"nas resume {search.path} tries it again")
        ended[result.trial.number] = result
        while len(state.derived) in ended:  # in their order, whichever ended first
            done = ended.pop(len(state.derived))
            record = _derived(search, done, said)
            search.record(record)
            search.watcher.callbacks.on_supernet_end(record)
    if todo or ended:
        return False
    baseline = search.searcher
    assert isinstance(baseline, RandomBaseline)
    baseline.seconds = sum(record.seconds for record in state.derived)
    baseline.given = set(state.from_supernets)
    return True


def _warn(search: Search, number: int, said: set[str]) -> None:
    """Says the warnings of a supernet that are not `said` yet."""
    if new := [line for line in _warnings(search, number) if line not in said]:
        search.watcher.say(new)
        said.update(new)


def _warnings(search: Search, number: int) -> list[str]:
    """Of a supernet, from the file that its job leaves after each epoch; none before the first."""
    path = supernet_directory(search.path, number) / DESCRIPTION
    curve = read_description(path)["curve"] if path.exists() else []
    return [
        clean(f"warning: supernet {number}, epoch {point['epoch']}: {line}")
        for point in curve
        for line in point.get("warnings", ())
    ]


def _derived(search: Search, result: Result, said: set[str]) -> Derived:
    """The record of a supernet, from the file that its job left."""
    number = result.trial.number
    path = supernet_directory(search.path, number) / DESCRIPTION
    description = read_description(path)
    answers = [dict(search.space.genome(one).answers) for one in description["genomes"]]
    curve = description["curve"]
    last = curve[-1]["metrics"]
    accuracies = ", ".join(f"{name} {percent(last[name])}" for name in SHARED if name in last)
    epochs = curve[-1]["epoch"]
    search.watcher.say([clean(f"supernet {number}: {epochs} epochs in {duration(result.seconds)}, {accuracies}")])
    _warn(search, number, said)
    return Derived(number=number, answers=answers, curve=curve, seconds=round(result.seconds, 3), time=now())


def read_description(path: Path) -> dict[str, list[Any]]:
    """What a supernet's job left: `genomes` and `curve`. Raises UserError where it cannot be read."""
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(description[name], list) and description[name] for name in ("genomes", "curve")):
            raise ValueError("no genomes or no curve in it")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(str(path), f"is no description of a supernet ({error})", "remove its folder") from None
    return {name: description[name] for name in ("genomes", "curve")}


def one_by_one(config: Config, space: Space) -> list[str]:
    """A line where a space that is usually searched by a supernet is searched by training its networks."""
    if is_oneshot(config.searcher) or not _has_relaxed(space.document.data):
        return []
    return [f"note      {config.searcher} trains candidates one by one; --searcher drnas trains one supernet"]


def _has_relaxed(written: Any) -> bool:
    """Whether a choice in a document has alternatives for supernets alone."""
    if isinstance(written, dict):
        return {"choice", "relaxed"} <= written.keys() or any(map(_has_relaxed, written.values()))
    return isinstance(written, list) and any(map(_has_relaxed, written))
