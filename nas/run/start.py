"""Beginning a search, and going on with one."""

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nas import executors, searchers
from nas.errors import UserError
from nas.evaluators import Evaluator, describe, revive
from nas.evaluators.data import read_anew
from nas.objectives import parse_objectives
from nas.run import config as configuration
from nas.run import snapshot, summary
from nas.run.again import Changes
from nas.run.arguments import understood
from nas.run.callbacks import Callback, Callbacks, create_logs
from nas.run.config import Config
from nas.run.directory import CONFIG, JOURNAL, LOCK, create_directory, existing
from nas.run.display import shown
from nas.run.final import final_is_due, finish
from nas.run.fitting import check_evaluator, fitted, measured, neighbourhood
from nas.run.given import with_data, with_functions
from nas.run.interrupt import Interrupted, Stop
from nas.run.journal import Journal
from nas.run.keywords import taking
from nas.run.lock import Lock
from nas.run.loop import Search, retelling
from nas.run.prelude import warm_up
from nas.run.progress import Watch, Watcher
from nas.run.results import AllFailed, Run
from nas.run.same_data import check_same, digest
from nas.run.schedule import HALVING
from nas.run.settings import Request
from nas.run.start_from import first_genomes
from nas.run.state import State, replay
from nas.run.supernets import check_supernets, create_searcher, one_by_one, train_supernets
from nas.run.trained import asked_for, holding, recipe_of
from nas.run.warm_start import WarmStart
from nas.space.mutable import unchanged
from nas.types import Executor


@shown
@taking(Request)
def search(asked: Request) -> Run:
    """Search a space for the genome with the highest `valid_accuracy`, or other objectives, and train the winner.

    Everything is kept in a new run directory `runs/name`. A mapping is of names and values, {"population": 50}; None is
    what is left out.

    Args:
        {settings}

    Returns:
        The run. Its warning AllFailed says that no trial succeeded.

    Raises:
        UserError: the input is wrong; nothing has been searched.
        Interrupted: the user stopped it; `resume` goes on.
        Unfinished: the final training failed; `resume` goes on.
        OSError: the run directory cannot be written, as on a full disk; `resume` goes on.
    """
    watcher = Watcher(asked.progress, Callbacks(asked.callbacks))
    watcher.stage("reading the search space")
    read_anew()
    own, objectives = asked_for(asked)
    if asked.train is not None and (asked.dataset, asked.data) != (None, None):
        raise UserError("train", "another data set is named too (dataset, data)", "leave one of them out")
    own = with_data(own, watcher, asked.train, asked.valid, asked.test, asked.classes)
    own = with_functions(own, asked.loss, asked.metrics)
    objectives = measured(own, objectives)
    epochs = own.most_epochs(asked.epochs, asked.schedule) if asked.schedule in HALVING else asked.epochs
    searched = recipe_of(asked.recipe, asked.recipe_set)[1]
    space, closed = neighbourhood(fitted(asked.space, dict(asked.overrides), own), asked.mutate)
    space = holding(space, searched)
    first, notes = first_genomes(space, asked.start_from)
    if asked.mutate:
        first = [dict(unchanged(space).answers), *first]
    options = {**searchers.for_budget(asked.searcher, asked.trials), **asked.searcher_options}
    resolved = {
        "space": dict(space.document.data),
        "evaluator": describe(own),
        "executor": asked.part("executor"),
        "searcher_options": options,
        "epochs": epochs,
        "objectives": [str(objective) for objective in objectives],
        "deduplicate": asked.deduplicate or own.deduplicate,
        "start_from": first,
    }
    config = Config(**{**asked.kept(), **resolved})
    searcher = create_searcher(config, space)  # a mistake there must leave no run behind
    if (train := own.trainer) is not None and train.inherit and not hasattr(searcher, "parents"):
        what = f"the searcher {config.searcher} makes each network anew, of no parent"
        raise UserError("inherit", what, "leave it out, or take regularized_evolution, nsga2, local_search or bananas")
    space.finalised(space.sample(random.Random(0)), config.final_set)
    check_supernets(config, space, own)
    check_evaluator(own, space, epochs, watcher)
    config = replace(config, data=digest(own))
    create_logs(config.log)
    if config.warm_start:
        WarmStart.parse(config.warm_start).evaluator(own)
    if closed or notes:
        watcher.say([*closed, *notes])
    if asked.executor == "ray":
        watcher.stage("starting Ray")
    with closing(executors.create_executor(**config.executor)) as workers:
        path = create_directory(asked.runs, asked.name, f"{space.name}-{config.searcher}")
        configuration.write_config(path / CONFIG, config)
        return _go_on(path, config, Changes(), lambda _: own, lambda _: workers, watcher)


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
    train: Any = None,
    valid: Any = None,
    test: Any = None,
    classes: Sequence[str] | None = None,
    loss: Any = None,
    metrics: Mapping[str, Any] | None = None,
    evaluator: Any = None,
    table: str | Path | None = None,
    progress: Watch | bool | None = None,
    callbacks: Sequence[Callback] | None = None,
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
        train: the training images, where the run was given them in Python; the same ones.
        valid: likewise.
        test: likewise.
        classes: likewise.
        loss: your function, where the run was given one.
        metrics: your functions, likewise.
        evaluator: your own evaluator, where the run had one: what a run directory names is never imported.
        table: the benchmark table, where it is elsewhere now, or where it is a pickle (which can run any code when it
            is read, and so has to be given again).
        progress: as in `search`.
        callbacks: as in `search`; they are told of what happens from now on.

    Returns:
        The run.

    Raises:
        UserError: the input is wrong, another process has the run, its journal is damaged, or it cannot go on so.
        Interrupted: the user stopped it; resume again.
        Unfinished: the final training failed; resume again.
        OSError: the run directory cannot be written, as on a full disk; resume again.
    """
    watcher = Watcher(progress, Callbacks(callbacks))
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
        own = revive(config.evaluator, evaluator, None if table is None else str(table))
        own = with_data(own, watcher, train, valid, test, classes)
        return with_functions(own, loss, metrics or {}, known=True)

    def hired(config: Config) -> Executor:
        return executors.create_executor(**config.executor)

    return _go_on(path, configuration.read_config(path / CONFIG), changes, revived, hired, watcher)


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
        fresh = partial(create_searcher, config, space)
        searcher, told = snapshot.restored(path, fresh)
        replay(journal.records, state, searcher.tell, str(journal.path), retelling(searcher), told)
        config = config.changed(state.settings, str(journal.path))
        record = changes.record(path, config, state)
        config = config.changed(record.settings if record else changes.place(path, config), str(path))
        evaluator = evaluator_of(config)
        under_way = Search(path, config, space, searcher, config.budgets(), evaluator, journal, state, watcher)
        run = Run(path, config, space, state)
        try:
            with ExitStack() as following:
                if state.end is None or record is not None or final_is_due(under_way):
                    check_same(path, config.data, evaluator)
                    following.enter_context(watcher.callbacks.follow(run))
                if state.end is None or record is not None:
                    check_evaluator(evaluator, space, config.epochs, watcher)
                    with closing(workers(config)) as executor:
                        under_way.begin(record)
                        watcher.say(summary.opening(under_way, executor) + one_by_one(config, space))
                        made = warm_up(under_way, executor, stop) and train_supernets(under_way, executor, stop)
                        if not (made and under_way.run(executor, stop)):
                            raise Interrupted(path, stop.status)
                stop.at_once = True  # nothing to drain
                finish(under_way)
        except KeyboardInterrupt:
            raise Interrupted(path, stop.status) from None
    if run.failure:
        warnings.warn(AllFailed(run.failure), stacklevel=5)
    watcher.say(summary.closing(run))
    return run
