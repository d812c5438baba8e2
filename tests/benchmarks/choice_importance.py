"""How many trials the importance of choices takes: by Optuna's evaluators, beside the truth of a whole table.

    python tests/benchmarks/choice_importance.py [REPEATS]

All 729 networks of nasbench_digits are known, and so is the share of the variance that each choice explains by itself.
"""

import random
import sys
import warnings
from collections import defaultdict
from statistics import fmean, pvariance
from typing import Any

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from scipy.stats import spearmanr

import nas
from nas.evaluators.tables import packaged, read_table
from nas.integrations.optuna_importance import importances

Genomes = list[dict[str, Any]]


def table() -> tuple[Genomes, list[float]]:
    path = packaged("nasbench_digits")
    assert path is not None
    rows, space = read_table(path, "digits"), nas.load("nasbench_digits")
    genomes = list(space.enumerate())
    return [dict(one.answers) for one in genomes], [rows.metrics(one, None)["valid_accuracy"] for one in genomes]


def explained(genomes: Genomes, values: list[float]) -> dict[str, float]:
    """The share of the variance between the answers of each choice."""
    shares = {}
    for path in genomes[0]:
        groups = defaultdict(list)
        for genome, value in zip(genomes, values, strict=True):
            groups[genome[path]].append(value)
        means = [fmean(groups[genome[path]]) for genome in genomes]
        shares[path] = pvariance(means) / pvariance(values)
    return shares


def ped_anova(genomes: Genomes, values: list[float]) -> dict[str, float]:
    forms: dict[str, Any] = {
        path: optuna.distributions.CategoricalDistribution(sorted({g[path] for g in genomes})) for path in genomes[0]
    }
    study = optuna.create_study(direction="maximize")
    for genome, value in zip(genomes, values, strict=True):
        study.add_trial(optuna.trial.create_trial(params=genome, distributions=forms, value=value))
    return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())


def main(repeats: int) -> None:
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    genomes, values = table()
    truth = explained(genomes, values)
    print({path: round(share, 3) for path, share in truth.items()})
    for count in (10, 20, 40, 80, 160):
        for name, evaluate in (("fANOVA", importances), ("PED-ANOVA", ped_anova)):
            ranks, right = [], 0
            for seed in range(repeats):
                chosen = random.Random(seed).sample(range(len(genomes)), count)
                found = evaluate([genomes[i] for i in chosen], [values[i] for i in chosen])
                right += max(found, key=found.__getitem__) == max(truth, key=truth.__getitem__)
                ranks.append(spearmanr([found.get(path, 0.0) for path in truth], list(truth.values()))[0])
            told = f"the first is right in {right} of {repeats}, ranks agree to {fmean(ranks):.2f}"
            print(f"{count:4} trials, {name:9}: {told}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
