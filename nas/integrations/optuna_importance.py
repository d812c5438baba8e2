"""How much each choice matters: Optuna's fANOVA (Hutter, Hoos & Leyton-Brown 2014, ICML) over the answers of trials.

A forest of regression trees learns the scores; a choice's importance is the share of their variance that the choice
alone explains. Every answer is a category, and so is its absence where other answers do not ask for it.
"""

import random
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances

ABSENT = "absent"
LEAST, EACH = 30, 2  # trials without which nothing is said: in all, and for each choice
TREES = 32
MOST, MOST_ANSWERS = (
    400,
    4000,
)  # trials, and answers of these, that are looked at: a forest of so many takes two seconds


def enough(choices: int) -> int:
    """How many trials it takes to say something of so many choices."""
    return max(LEAST, EACH * choices)


def importances(answers: Sequence[Mapping[str, Any]], scores: Sequence[float]) -> dict[str, float]:
    """The importance of each choice that was answered in more than one way, largest first; together 1.

    answers: of each trial, by the choices' paths. scores: of each trial. Empty where these do not differ.
    """
    paths = list(dict.fromkeys(path for one in answers for path in one))
    chosen: Sequence[int] = range(len(answers))
    if len(answers) > (most := min(MOST, MOST_ANSWERS // max(1, len(paths)))):
        chosen = sorted(random.Random(0).sample(chosen, most))
    rows = [{path: str(answers[i].get(path, ABSENT)) for path in paths} for i in chosen]
    values = [scores[i] for i in chosen]
    kinds = {path: sorted({row[path] for row in rows}) for path in paths}
    kinds = {path: words for path, words in kinds.items() if len(words) > 1}
    if not kinds or len(set(values)) < 2:
        return {}
    forms: dict[str, BaseDistribution] = {path: CategoricalDistribution(words) for path, words in kinds.items()}
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(direction="maximize")
        for row, value in zip(rows, values, strict=True):
            params = {path: row[path] for path in forms}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=forms, value=value))
        with warnings.catch_warnings(action="ignore"):
            found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(n_trees=TREES, seed=0))
        return {path: float(share) for path, share in found.items()}
    finally:
        optuna.logging.set_verbosity(level)
