"""Beginning a search, and going on with one."""

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nas import executors, searchers
from nas.errors import UserError
from nas.evaluators import Evaluator, Settings, chosen, describe, revive
from nas.evaluators.data import read_anew
from nas.graph.limits import parse_limits
from nas.objectives import parse_objectives
from nas.run import config as configuration
from nas.run import snapshot, summary
from nas.run.again import Changes
from nas.run.arguments import understood
from nas.run.config import Config
from nas.run.directory import CONFIG, JOURNAL, LOCK, create, existing
from nas.run.display import shown
from nas.run.final import final_is_due, finish
from nas.run.fitting import check, fitted, measured
from nas.run.interrupt import Interrupted, Stop
from nas.run.journal import Journal
from nas.run.lock import Lock
from nas.run.loop import Search, retelling
from nas.run.prelude import warm_up
from nas.run.progress import Watch, Watcher
from nas.run.results import AllFailed, Run
from nas.run.same_data import check_same, digest
from nas.run.schedule import HALVING
from nas.run.start_from import first_genomes
from nas.run.state import State, replay
from nas.run.trained import asked, holding, measuring, trained_by, weighing
from nas.run.warm_start import WarmStart
from nas.space import Space
from nas.training import Recipe
from nas.types import Executor


@shown
@understood
def search(
    space: str | Path | Space = "nasbench201",
    *,
    searcher: str = "regularized_evolution",
    searcher_options: Mapping[str, Any] | None = None,
    evaluator: Any = "train",
    dataset: str | Path | None = None,
    data: str | Path | None = None,
    image_size: int | str | Sequence[int] | None = None,
    resize: str | None = None,
    skip_unreadable: bool = False,
    flip: bool | None = None,
    crop: int | None = None,
    table: str | Path | None = None,
    trials: int = 30,
    epochs: int | None = None,
    schedule: str = "full",
    schedule_options: Mapping[str, Any] | None = None,
    recipe: str | Recipe | Mapping[str, Any] | None = None,
    recipe_set: Mapping[str, Any] | None = None,
    device: str | None = None,
    final_epochs: int | None = None,
    final_set: Mapping[str, Any] | None = None,
    final_recipe: str | None = None,
    class_weights: str | None = None,
    executor: str = "serial",
    workers: int | None = None,
    gpus_per_trial: float = 0.0,
    ray_address: str | None = None,
    deadline: float | None = None,
    seed: int = 0,
    limits: Mapping[str, Any] | None = None,
    objectives: str | Sequence[str] = (),
    proxies: str | Sequence[str] = (),
    warm_start: str | None = None,
    start_from: Any = (),
    deduplicate: str | None = None,
    max_time: float | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    progress: Watch | bool | None = None,
) -> Run:
    """Search a space for the genome with the highest `valid_accuracy`, or other objectives, and train the winner.

    Args:
        space: a packaged name, the path of a document, or a Space.
        searcher: a name of `nas.searchers.SEARCHERS`, or a sampler of Optuna's such as "optuna:tpe".
        searcher_options: settings of the searcher by name; default: what suits so many trials.
        evaluator: "train"; "table", which looks networks up; "proxy", which trains nothing; an Evaluator; or any
            picklable function of a genome that gives a number to maximise or a mapping of metrics.
        dataset: "digits" (the default), "cifar10", "cifar100", or a folder with one folder of images per class.
        data: the folder that the data set is in, or is downloaded to.
        image_size: N or (height, width) in pixels, to which all images are brought; default: they have one size.
        resize: how they are brought to it: "crop" (the default), "stretch" or "pad".
        skip_unreadable: leave out files that cannot be read, which are an error otherwise.
        flip: whether images may be mirrored in training; default: as suits the data set.
        crop: the pixels by which images may be shifted in training; default: as suits the data set.
        table: the file of a benchmark table (docs/benchmarks.md); default: the one that comes with the space.
        trials: how many genomes to evaluate; no two of them count as one.
        epochs: the epochs of a trial, or with a schedule the most that one gets; default: those of the recipe.
        schedule: "full"; "asha" or "hyperband" pause most trials early and go on only with the best.
        schedule_options: `eta` (one in so many goes on) and `min_epochs` (before the first pause).
        recipe: how candidates train: the name of a recipe, a Recipe, or settings of "search" by name.
        recipe_set: settings of it. Expressions and choices, {"learning_rate": "=lr"}, are searched with the document.
        device: "cpu", "cuda", "cuda:1" or "mps"; default: a GPU where there is one.
        final_epochs: the epochs of the winner's last training, 0 for none; default: those of its recipe.
        final_set: parameters of the document for the winner's last training.
        final_recipe: the name of the recipe of the winner's last training; default: "final".
        class_weights: "balanced" makes each class count alike in the loss, however few images it has.
        executor: "serial", in this process, or "ray".
        workers: how many trials are evaluated at a time (ray).
        gpus_per_trial: how many GPUs, or what part of one, a trial gets (ray).
        ray_address: the running cluster to join; default: Ray is started on this machine.
        deadline: the seconds that one evaluation may take.
        seed: of everything random.
        limits: the most that a candidate may cost, {"parameters": "3.5M", "mult_adds": 600e6, "latency_ms": 5}.
        objectives: metrics, costs or `latency_ms`, to be made large, or small: "parameters:min". The first decides
            which trial is best, and is the one that a searcher of one objective sees. `balanced_accuracy`, `macro_f1`
            and the like are those of the validation set.
        proxies: of `nas.evaluators.proxies.PROXIES`, for evaluator "proxy"; each is a metric and an objective.
        warm_start: "synflow:1000" scores so many random networks first and begins with the best of them, a tenth of
            the trials; "synflow+jacov:1000" ranks them by both.
        start_from: what is tried first, one or several: a genome, its answers or its file, a run or its directory
            (its best), or a packaged network that was found in this space ("darts_v2" in "darts").
        deduplicate: which genomes count as one: those with the same answers, "genome" (the default with your own
            evaluator), those whose "network" trains alike ("train" and "proxy"), or computes the same "function"
            ("table").
        max_time: seconds, or text such as "8h" or "1h30m", after which no trial is begun. Trials under way may end,
            and the winner is trained. The time before a kill counts, up to the last record of the journal.
        overrides: parameters of the document; `input` and `classes` come from the data set unless they are here.
        runs: the folder in which the run directory is made.
        name: the name of the run directory; default: made from those of the space and the searcher.
        progress: called with a Progress after each trial, and after each epoch of the final training. True shows it
            on standard error or in the notebook, False shows nothing; default: shown on a terminal or in a notebook.

    Returns:
        The run. Its warning AllFailed says that no trial succeeded.

    Raises:
        UserError: the input is wrong; nothing has been searched.
        Interrupted: the user stopped it; `resume` goes on.
        Unfinished: the final training failed; `resume` goes on.
        OSError: the run directory cannot be written, as on a full disk; `resume` goes on.
    """
    watcher = Watcher(progress)
    watcher.stage("reading the search space")
    read_anew()
    evaluation = Settings(
        space=space.name if isinstance(space, Space) else str(space),
        **{name: str(path) for name, path in _given(dataset=dataset, data=data, table=table).items()},
        proxies=tuple(proxies),
        final_recipe=final_recipe,
        images=_given(image_size=image_size, resize=resize, skip_unreadable=skip_unreadable or None),
        augmentation=_given(flip=flip, crop=crop),
    )
    own = chosen(evaluator, evaluation)
    candidates, settings = asked(recipe, recipe_set)
    own = trained_by(own, candidates, settings, device)
    objectives = list(objectives) or list(own.objectives)
    own = measuring(weighing(own, class_weights), parse_objectives(objectives), parse_limits(limits))
    objectives = [str(objective) for objective in measured(own, parse_objectives(objectives))]
    if schedule in HALVING:
        epochs = own.most_epochs(epochs, schedule)
    found = holding(fitted(space, dict(overrides or {}), own), settings)
    first, notes = first_genomes(found, start_from)
    config = Config(
        space=dict(found.document.data),
        evaluator=describe(own),
        executor={
            "name": executor,
            "workers": workers,
            "gpus_per_trial": gpus_per_trial,
            "address": ray_address,
            "deadline": deadline,
        },
        searcher=searcher,
        searcher_options={**searchers.for_budget(searcher, trials), **(searcher_options or {})},
        trials=trials,
        epochs=epochs,
        schedule=schedule,
        schedule_options=dict(schedule_options or {}),
        final_epochs=final_epochs,
        final_set=dict(final_set or {}),
        seed=seed,
        limits=dict(limits or {}),
        objectives=objectives,
        warm_start=warm_start or "",
        start_from=first,
        deduplicate=deduplicate or own.deduplicate,
        max_time=max_time,  # type: ignore[arg-type]  # it reads texts
    )
    searchers.create(searcher, found, config.searcher_options)  # a mistake there must leave no run behind
    found.finalised(found.sample(random.Random(0)), config.final_set)
    check(own, found, epochs, watcher)
    config = replace(config, data=digest(own))
    if warm_start:
        WarmStart.parse(warm_start).evaluator(own)
    if notes:
        watcher.say(notes)
    if executor == "ray":
        watcher.stage("starting Ray")
    with closing(executors.create(**config.executor)) as workers_:
        path = create(runs, name, f"{found.name}-{searcher}")
        configuration.write(path / CONFIG, config)
        return _go_on(path, config, Changes(), lambda _: own, lambda _: workers_, watcher)


@shown
@understood
def resume(
    path: str | Path,
    *,
    trials: int | None = None,
    max_time: float | str | None = None,
    retry_failed: bool = False,
    executor: str | None = None,
    workers: int | None = None,
    gpus_per_trial: float | None = None,
    ray_address: str | None = None,
    deadline: float | None = None,
    data: str | Path | None = None,
    evaluator: Any = None,
    table: str | Path | None = None,
    progress: Watch | bool | None = None,
) -> Run:
    """Continue a search from where its journal ends, or take a finished one further.

    A finished run is returned as it is, unless it is told to do more. What is left out stays as it was. Epochs cannot
    change: results would not compare. The winner is trained again if it is another trial than before.

    Args:
        path: the run directory.
        trials: how many trials there are to be in all; the old ones count.
        max_time: how much longer it may run: seconds, or text such as "8h", "90m" or "1h30m".
        retry_failed: try the trials that failed once more, from their checkpoints where they have any. The new results
            count instead.
        executor: "serial" or "ray", from now on.
        workers: how many trials are evaluated at a time (ray), from now on.
        gpus_per_trial: how many GPUs, or what part of one, a trial gets (ray), from now on.
        ray_address: the running cluster to join. Other than "auto" it has to be given again, since a run directory may
            come from anyone.
        deadline: the seconds that one evaluation may take, from now on.
        data: the folder where the data set is now: that of your own data itself, CIFAR's the one around it. The data
            have to be the ones that the run began with.
        evaluator: your own evaluator, where the run had one: what a run directory names is never imported.
        table: the benchmark table, where it is elsewhere now, or where it is a pickle (which can run any code when it
            is read, and so has to be given again).
        progress: as in `search`.

    Returns:
        The run.

    Raises:
        UserError: the input is wrong, another process has the run, its journal is damaged, or it cannot go on so.
        Interrupted: the user stopped it; resume again.
        Unfinished: the final training failed; resume again.
        OSError: the run directory cannot be written, as on a full disk; resume again.
    """
    watcher = Watcher(progress)
    watcher.stage("reading the run")
    path = existing(path)
    given = {
        "name": executor,
        "workers": workers,
        "gpus_per_trial": gpus_per_trial,
        "address": ray_address,
        "deadline": deadline,
    }
    changed = {name: value for name, value in given.items() if value is not None}
    changes = Changes(trials, max_time, retry_failed, changed, data)
    read_anew()

    def revived(config: Config) -> Evaluator:
        address = config.executor.get("address")
        if address not in (ray_address, "auto", None):  # "auto" is this machine's own cluster; another may be anybody's
            what = f"it ran on the Ray cluster {address}"
            raise UserError(str(path), what, "give the address again, or another: ray_address=... (--ray-address)")
        return revive(config.evaluator, evaluator, None if table is None else str(table))

    def hired(config: Config) -> Executor:
        return executors.create(**config.executor)

    return _go_on(path, configuration.read(path / CONFIG), changes, revived, hired, watcher)


def _given(**values: Any) -> dict[str, Any]:
    """Those that are not left out."""
    return {name: value for name, value in values.items() if value is not None}


def _go_on(
    path: Path,
    config: Config,
    changes: Changes,
    evaluator_of: Callable[[Config], Evaluator],
    workers: Callable[[Config], Executor],
    watcher: Watcher,
) -> Run:
    farewell = str(Interrupted(path))
    with Lock(path / LOCK), closing(Journal(path / JOURNAL)) as journal, Stop(farewell=farewell) as stop:
        space = config.document()
        state = State(space.document, parse_objectives(config.objectives))
        fresh = partial(searchers.create, config.searcher, space, config.searcher_options, config.seed)
        searcher, known = snapshot.restored(path, fresh)
        replay(journal.records, state, searcher.tell, str(journal.path), retelling(searcher), known)
        config = config.changed(state.settings, str(journal.path))
        record = changes.record(path, config, state)
        config = config.changed(record.settings if record else changes.place(path, config), str(path))
        evaluator = evaluator_of(config)
        under_way = Search(path, config, space, searcher, config.budgets(), evaluator, journal, state, watcher)
        try:
            if state.end is None or record is not None or final_is_due(under_way):
                check_same(path, config.data, evaluator)
            if state.end is None or record is not None:
                check(evaluator, space, config.epochs, watcher)
                with closing(workers(config)) as executor:
                    under_way.begin(record)
                    watcher.say(summary.opening(under_way, executor))
                    if not (warm_up(under_way, executor, stop) and under_way.run(executor, stop)):
                        raise Interrupted(path, stop.status)
            stop.at_once = True  # nothing to drain
            finish(under_way)
        except KeyboardInterrupt:
            raise Interrupted(path, stop.status) from None
    run = Run(path, config, space, state)
    if run.failure:
        warnings.warn(AllFailed(run.failure), stacklevel=5)
    watcher.say(summary.closing(run))
    return run
