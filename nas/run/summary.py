"""A run in a few lines: what it is about to do, and what came of it."""

import math
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from nas.data import NAMES
from nas.evaluators import Evaluator, Train
from nas.evaluators.supernet import is_oneshot
from nas.run.directory import LOGS
from nas.run.interval import less, wilson
from nas.run.words import accuracies, clean, many, measured, percent
from nas.types import OBJECTIVE, Executor

if TYPE_CHECKING:
    from nas.run.loop import Search
    from nas.run.results import Run
    from nas.run.state import Entry

FIRST = 10  # trials that what was found is compared with, which most searchers draw at random; at most half of all
MIN_VALID = 30  # validation images
LARGEST = 10**12  # a space whose genomes are counted one by one


def opening(search: "Search", executor: Executor) -> list[str]:
    """What a search is about to do: a line each on its folder, space, searcher, trials, data, machine."""
    config, evaluator = search.config, search.evaluator
    size = search.space.size()
    genomes = f"{size:,}" if size < LARGEST else f"about {size:.1e}".replace("e+", "e")
    facts = {
        "run": str(search.path),
        "space": f"{search.space.name}, {genomes} genome{'s' * (size != 1)}",
        "searcher": f"{config.searcher}, seed {config.seed}",
        "trials": _trials(search),
        **evaluator.about(),
        **(_data(evaluator.trainer) if evaluator.trainer else {}),
        "device": _device(evaluator, executor),
        "log": f"{', '.join(config.log)} in {search.path / LOGS}" if config.log else "",
    }
    return [f"{name:<9} {clean(text)}" for name, text in facts.items() if text]


def _trials(search: "Search") -> str:
    config = search.config
    after = f", {search.state.finished} of them ended before" if search.state.finished else ""
    last = search.evaluator.final_epochs(config.final_epochs) if search.evaluator.finishes else None
    after += f"; then the best anew, {last} epoch{'s' * (last != 1)}" if last else ""
    epochs = search.pace.per_trial
    if config.schedule != "full":
        options = "".join(f", {name}={value}" for name, value in config.schedule_options.items())
        return f"{config.trials}, at most {config.epochs} epochs each ({config.schedule}{options}){after}"
    counted = epochs and search.evaluator.counts_epochs and (config.epochs or epochs > 1)
    each = f", {epochs} epoch{'s' * (epochs != 1)} each" if counted else ""
    if is_oneshot(config.searcher):
        more = ", then random ones for as long" if config.baseline == "random" else ""
        return f"the networks that supernets give{more}, at most {config.trials}{each}{after}"
    return f"{config.trials}{each}{after}"


def _data(train: Train) -> dict[str, str]:
    data = train.read_data()
    counts = {split: len(labels) for split, labels in data.labels.items()}
    sets = f"{counts['train']:,} train, {counts['valid']:,} valid, {counts['test']:,} test {data.preprocessing.noun}s"
    shape = "x".join(map(str, data.shape))
    facts = {"data": f"{_nearby(train.dataset)}: {sets} of {shape}, {data.task.count(len(data.classes))}"}
    notes = list(getattr(data, "notes", ()))
    if (count := counts["valid"]) < MIN_VALID:
        part = f": one of them is {100 / count:.0f} % of the accuracy" * (data.task.watched == "accuracy")
        notes.append(f"only {count} valid {data.preprocessing.noun}s, too few to rank networks by{part}")
    if train.recipe.flip is None and data.flip and train.dataset not in NAMES:
        notes.append("images are mirrored at random in training: --no-flip where left and right differ")
    return facts | {("note" if i == 0 else " " * i): note for i, note in enumerate(notes)}


def _nearby(dataset: str) -> str:
    """A folder or a table below the working directory as it is found from there; all else as it is."""
    path = Path(dataset)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) and path != Path.cwd() else dataset


def _device(evaluator: Evaluator, executor: Executor) -> str:
    train = evaluator.trainer
    workers, threads = getattr(executor, "workers", None), getattr(executor, "threads", None)
    each = f"{workers} Ray workers of {threads} thread{'s' * (threads != 1)} each" if workers else ""
    if train is None:
        return each
    from nas.training.precision import default_device
    from nas.training.threads import use_threads

    if workers:
        gpus = getattr(executor, "gpus", 0)
        return f"{each}, {gpus:g} GPU each" if gpus else f"cpu, {each}"
    device = str(train.device or default_device())
    threads = use_threads(train.threads)
    most = "up to " if train.threads is None and threads > 1 else ""
    return f"{device}, {most}{threads} thread{'s' * (threads != 1)}"


def closing(run: "Run") -> list[str]:
    """What came of a search: why it ended, its best, what that gained, and what is to be doubted."""
    state, best = run.state, run.best
    counts = [
        many(state.finished, "trial"),
        f"{state.failed} failed",
        f"{many(state.duplicates, 'duplicate')} not trained again",
    ]
    if run.config.limits:
        counts.append(f"{state.over_limit} over a limit")
    lines = [f"ended: {run.reason or 'not yet'} ({', '.join(counts)})"]
    if state.out_of_time:
        lines.append(f"to give it more: nas resume {run.path} --max-time 8h")
    if best is None or best.result is None or best.result.metrics is None:
        return lines
    objective = state.objectives[0].metric
    told = accuracies(best.result.metrics) or "{} {:.4g}".format(*best.shown(objective) or ("", 0.0))
    costs = f"{best.costs['parameters']:,} parameters, {best.costs['mult_adds']:,} mult-adds"
    lines.append(f"best: trial {best.trial.number}, {told}, {costs}")
    if run.final:
        looked_up = run.config.evaluator.get("name") == "table"
        when = "after the table's longest training" if looked_up else "after its final training"
        lines.append(f"{when}: {accuracies(run.final)}")
    return lines + comparison(run)


def comparison(run: "Run") -> list[str]:
    """What the search gained over its first trials, and warnings: what chance alone may explain, what got worse."""
    first = derived(run) if run.state.derived else gained(run)
    return [line for line in (first, *map("warning: {}".format, doubts(run))) if line]


def derived(run: "Run") -> str:
    """What the genomes of supernets are worth beside random ones that were trained for as long."""
    own, others = set(run.state.from_supernets), list["Entry"]()
    ours: list[Entry] = []
    for entry in run.compared:
        (ours if entry.trial.genome in own else others).append(entry)
    objective = run.state.objectives[0]

    def told(entries: "list[Entry]") -> str:
        best = max(entry.score or -math.inf for entry in entries)
        return f"{measured(objective.metric, -best if objective.smaller else best)} the best of {len(entries)}"

    if not ours:
        return ""
    if others:
        beside = f"; of random networks of equal time {told(others)}"
    elif run.config.baseline == "random":
        beside = "; no trial was left for random networks: resume with more --trials"
    else:
        beside = "; --baseline random tells its worth"
    return f"of the supernets' networks {told(ours)}{beside}"


def gained(run: "Run") -> str:
    """The best beside the first trials, of those with as many epochs; nothing where these are too few to tell."""
    done = run.compared
    count = min(FIRST, len(done) // 2)
    best = run.best
    if best is None or count < 2:
        return ""
    objective = run.state.objectives[0]

    def told(value: float) -> str:
        return measured(objective.metric, -value if objective.smaller else value)

    first = [entry.score for entry in done[:count] if entry.score is not None]
    middle = told(median(first))
    of = f"the first {count} trials" if run.config.schedule == "full" else f"the first {count} with all epochs"
    beside = f"{told(max(first))} of the best of {of}, {middle} their median"
    if best in done[:count]:
        return f"gained: nothing over {of}: the best is one of them, {told(max(first))}; their median is {middle}"
    return f"gained: {told(best.score or 0.0)} beside {beside}"


def doubts(run: "Run") -> list[str]:
    """Where the validation set is too small to rank the best, and where the final training went worse than the trial.

    Of each a 95 % interval decides (`nas.run.interval`); where nobody noted the numbers of images there is none.
    """
    best, final = run.best, (run.final or {}).get("test_accuracy")
    images = run.images
    if best is None or best.result is None or OBJECTIVE not in (best.result.metrics or {}):
        return []
    accuracy = (best.result.metrics or {})[OBJECTIVE]
    valid, test = images.get("valid"), images.get("test")
    sentences = []
    if valid and run.state.objectives[0].metric == OBJECTIVE:
        low, high = wilson(accuracy, valid)
        alike = sum((entry.score or 0.0) >= low for entry in run.compared)
        if alike >= max(3, len(run.compared) / 4):
            told = f"the interval of {percent(accuracy)} on {valid:,} validation images is {_range(low, high)}"
            sentences.append(f"{told}: the best {alike} trials cannot be told apart")
    if final is not None and valid and test and less(final, test, accuracy, valid):
        told = f"{percent(final)} on {test:,} test images, {percent(accuracy)} on {valid:,} validation images before"
        sentences.append(f"the final training is worse than the trial: {told}; try another recipe, or more epochs")
    return sentences


def _range(low: float, high: float) -> str:
    """`81 to 98 %`; with a decimal where both are near each other."""
    digits = 0 if high - low > 0.05 else 1
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f} %"
