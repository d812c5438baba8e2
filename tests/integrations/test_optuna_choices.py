import random

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.trial import FixedTrial, create_trial

from nas.integrations import suggest
from nas.integrations.optuna_choices import Parameters
from nas.space import Choice, Space
from tests.integrations.conditional import conditional, wide
from tests.space.documents import space_of


@pytest.mark.parametrize("space", [conditional(), wide()], ids=lambda space: space.name)
def test_a_genome_is_what_its_parameters_suggest(space: Space) -> None:
    for seed in range(60):
        genome = space.sample(random.Random(seed))
        found, distributions = Parameters().of(space, genome)
        assert found.keys() == distributions.keys()
        assert suggest(FixedTrial(found), space) == genome
        assert suggest(create_trial(params=found, distributions=distributions, value=0.0), space) == genome
        for coded in (Parameters(distinct=True), Parameters(numbers_only=True)):
            found, _ = coded.of(space, genome)
            oracle = coded.oracle(lambda name, distribution, found=found: found[name])
            assert space.answered(lambda oracle=oracle: oracle) == genome


@pytest.mark.parametrize(
    ("numbers", "distribution", "values"),
    [
        ([4, 8, 12], IntDistribution(4, 12, step=4), [4, 8, 12]),
        ([3, 1, 2], IntDistribution(1, 3), [3, 1, 2]),
        ([24, 36, 64], IntDistribution(0, 2), [0, 1, 2]),
        ([0.5, 0.25, 1.0], IntDistribution(0, 2), [1, 0, 2]),
        ([1, 2.5], IntDistribution(0, 1), [0, 1]),
    ],
)
def test_numbers_keep_their_order(numbers: list[float], distribution: IntDistribution, values: list[int]) -> None:
    choice = Choice("width", "number", numbers, numbers)
    assert Parameters()._coded(choice, None, numbers) == ("width", distribution, values)


def test_few_sets_are_one_category_and_many_are_picked_in_order() -> None:
    space = conditional()
    genome = space.sample(random.Random(1))
    assert Parameters().of(space, genome)[1]["cells.cell.nodes.3.inputs"] == CategoricalDistribution(
        ["0,1", "0,2", "0,3", "1,2", "1,3", "2,3"]
    )
    genome = wide().sample(random.Random(0))
    found, distributions = Parameters().of(wide(), genome)
    assert genome.answers["cells.cell.nodes.8.inputs"] == (0, 3, 7, 8)
    parts = {name: found[name] for name in found if "inputs" in name}
    assert parts == {
        "cells.cell.nodes.8.inputs.0": 0,
        "cells.cell.nodes.8.inputs.1": 3,
        "cells.cell.nodes.8.inputs.2": 7,
    }
    assert distributions["cells.cell.nodes.8.inputs.1"] == CategoricalDistribution([1, 2, 3, 4, 5, 6])


def test_suggestions_that_the_document_rules_out_prune_the_trial() -> None:
    space = space_of("""
        name: bounded
        input: [3, 4, 4]
        classes: 2
        parameters: {first: {choice: [1, 2, 3]}, second: {choice: [1, 2, 3]}}
        network:
          - {max_pool: {kernel: =first}}
          - {max_pool: {kernel: =second}}
          - global_avg_pool
          - linear: =classes
    """)
    assert suggest(FixedTrial({"parameters.first": 2, "parameters.second": 2}), space).answers
    with pytest.raises(optuna.TrialPruned, match="make no network of bounded"):
        suggest(FixedTrial({"parameters.first": 3, "parameters.second": 2}), space)


def test_any_sampler_of_optuna_drives_a_study_of_the_users_own() -> None:
    space = conditional()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=4), direction="maximize")
    study.optimize(lambda trial: space.graph(suggest(trial, space)).parameters, n_trials=15)
    assert suggest(study.best_trial, space).answers["parameters.width"] == 12
