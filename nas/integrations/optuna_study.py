"""A run's journal as an Optuna study, for optuna-dashboard and for Optuna's plots: a view, made anew at any time."""

from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from nas.errors import UserError
from nas.integrations.optuna_choices import Parameters
from nas.objectives import parse_objectives
from nas.run.results import Run

if TYPE_CHECKING:
    from nas.run.state import Entry


def study(run: Run | str | Path, storage: str | None = None, name: str | None = None) -> optuna.Study:
    """The trials of a run that ended, in a study in memory, or in `storage` (`sqlite:///runs.db`).

    Values are the run's objectives as the user named them; metrics, fingerprint and costs are user attributes.
    name: of the study, the run directory's if left out. Raises UserError where the storage has such a study.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    objectives = parse_objectives(run.config.objectives)
    directions = [StudyDirection.MINIMIZE if o.smaller else StudyDirection.MAXIMIZE for o in objectives]
    try:
        made = optuna.create_study(study_name=name or run.path.name, storage=storage, directions=directions)
    except optuna.exceptions.DuplicatedStudyError:
        what = f"has a study {name or run.path.name} already"
        raise UserError(str(storage), what, "give another name, or delete it") from None
    signs = [-1 if objective.smaller else 1 for objective in objectives]
    made.add_trials(_trial(run, entry, signs) for entry in run.trials if entry.result is not None)
    return made


def _trial(run: Run, entry: "Entry", signs: list[int]) -> optuna.trial.FrozenTrial:
    result = entry.result
    assert result is not None
    parameters, distributions = Parameters().of(run.space, entry.trial.genome)
    notes = {"trial": entry.trial.number, "fingerprint": entry.fingerprint, **entry.costs, **(result.metrics or {})}
    return create_trial(
        state=TrialState.FAIL if result.failed else TrialState.COMPLETE,
        values=None if result.failed else [sign * value for sign, value in zip(signs, result.values, strict=True)],
        params=parameters,
        distributions=distributions,
        user_attrs={**notes, **({"error": result.error} if result.failed else {})},
    )
