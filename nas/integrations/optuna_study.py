"""A run's journal as an Optuna study, for optuna-dashboard and for Optuna's plots: a view, made anew at any time."""

import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from nas.errors import UserError
from nas.integrations.logs.log import curve_of, settings
from nas.integrations.optuna_choices import Parameters
from nas.objectives import Objective
from nas.run.results import Run

if TYPE_CHECKING:
    from nas.run.state import Entry


def study(
    run: Run | str | Path,
    storage: str | optuna.storages.BaseStorage | None = None,
    name: str | None = None,
    running: bool = False,
) -> optuna.Study:
    """The trials of a run that ended, as an Optuna study.

    Values are the run's objectives as the user named them, also of each epoch where there is one objective; metrics,
    fingerprint and costs are user attributes, and so are the settings of the search, of the study. Times are those of
    the search.

    Args:
        run: a run, or its directory.
        storage: where the study is written, such as `sqlite:///runs.db`; None: it is kept in memory.
        name: of the study; None: the run directory's.
        running: with the trials under way.

    Raises:
        UserError: the storage has such a study.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    objectives = run.state.objectives
    directions = [StudyDirection.MINIMIZE if o.smaller else StudyDirection.MAXIMIZE for o in objectives]
    name = name or run.path.resolve().name
    try:
        made = optuna.create_study(study_name=name, storage=storage, directions=directions)
    except optuna.exceptions.DuplicatedStudyError:
        what = f"has a study {name} already"
        raise UserError(str(storage), what, "give another name, or delete it") from None
    with warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning):
        made.set_metric_names([objective.metric for objective in objectives])
    final = {f"final {metric}": value for metric, value in (run.final or {}).items()}
    for key, value in {**settings(run), **final}.items():
        made.set_user_attr(key, value)
    pending = run.state.pending if running else {}
    shown = [entry for entry in run.trials if entry.result is not None or entry.trial.number in pending]
    made.add_trials(_trial(run, entry, objectives, entry.trial.number in pending) for entry in shown)
    return made


def _trial(run: Run, entry: "Entry", objectives: tuple[Objective, ...], runs: bool) -> optuna.trial.FrozenTrial:
    result = None if runs else entry.result
    failed = result is not None and result.failed
    signs = [-1 if objective.smaller else 1 for objective in objectives]
    values = result.values if result is not None and not failed else None
    parameters, distributions = Parameters().of(run.space, entry.trial.genome)
    metrics = entry.result.metrics if entry.result is not None else None
    notes = {"trial": entry.trial.number, "fingerprint": entry.fingerprint, **entry.costs, **(metrics or {})}
    metric = objectives[0].metric
    curve = curve_of(run, entry) if len(objectives) == 1 else ()
    made = create_trial(
        state=TrialState.RUNNING if result is None else TrialState.FAIL if failed else TrialState.COMPLETE,
        values=None if values is None else [sign * value for sign, value in zip(signs, values, strict=True)],
        params=parameters,
        distributions=distributions,
        user_attrs={**notes, **({"error": result.error} if result is not None and failed else {})},
        intermediate_values={epoch: measured[metric] for epoch, measured in curve if metric in measured},
    )
    if entry.begun is not None:
        made.datetime_start = datetime.fromtimestamp(entry.begun)
    if entry.ended is not None and result is not None:
        made.datetime_complete = datetime.fromtimestamp(entry.ended)
    return made
