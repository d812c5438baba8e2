import pickle
import random
from pathlib import Path

import optuna
import pytest

import nas
from nas.errors import UserError
from nas.integrations import OptunaSampler, suggest
from nas.integrations.optuna_choices import Parameters
from nas.space import Genome, Space
from nas.types import Result, Trial, trial_random
from tests import cheap
from tests.integrations.conditional import conditional, score

EVOLUTION = {"population": 5, "sample": 2}


@pytest.fixture(autouse=True)
def quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def genomes(study: optuna.Study, space: Space) -> list[Genome]:
    return [suggest(trial, space) for trial in study.trials]


def test_a_study_driven_by_regularized_evolution_tries_what_nas_search_tries(tmp_path: Path) -> None:
    space = cheap.space()
    run = nas.search(space, evaluator=cheap.some_fail, trials=25, seed=3, runs=tmp_path, searcher_options=EVOLUTION)
    study = optuna.create_study(
        sampler=OptunaSampler(space, "regularized_evolution", EVOLUTION, seed=3), direction="maximize"
    )
    study.optimize(lambda trial: cheap.some_fail(suggest(trial, space)), n_trials=25, catch=(RuntimeError,))
    assert genomes(study, space) == [entry.trial.genome for entry in run.trials]
    assert run.best is not None
    assert study.best_value == run.best.score


def test_a_study_goes_on_in_another_process_or_thread() -> None:
    """All that the sampler knows is in the study: a new one in each trial proposes the same."""
    space = conditional()

    def course(fresh: bool) -> list[Genome]:
        sampler = OptunaSampler(space, "regularized_evolution", EVOLUTION)
        study = optuna.create_study(sampler=sampler, direction="maximize")
        for _ in range(15):
            if fresh:
                study.sampler = pickle.loads(pickle.dumps(study.sampler))
            study.optimize(lambda trial: score(suggest(trial, space)), n_trials=1)
        return genomes(study, space)

    assert course(fresh=True) == course(fresh=False)


def test_a_trial_enqueued_with_some_answers_is_told_as_the_network_that_it_was() -> None:
    space = cheap.space()
    sampler = OptunaSampler(space, "regularized_evolution", EVOLUTION)
    study = optuna.create_study(sampler=sampler, direction="maximize")
    choice = space.choices(space.sample(random.Random(0)))[0]
    for answer in choice.answers:
        study.enqueue_trial({choice.path: answer})
    study.optimize(lambda trial: cheap.score(suggest(trial, space)), n_trials=6)
    told = [(genome, cheap.score(genome)) for genome in genomes(study, space)]
    suggest(study.ask(), space)  # it is told when it is asked for another
    assert list(sampler.guide.searcher.population) == told[1:]


def test_results_may_be_late_out_of_order_or_missing() -> None:
    space = conditional()
    study = optuna.create_study(sampler=OptunaSampler(space, "evolution", deduplicate="network"), direction="maximize")
    running, order = list[tuple[optuna.Trial, Genome]](), random.Random(0)
    for _ in range(20):
        trial = study.ask()
        running.append((trial, suggest(trial, space)))
        assert trial.params == Parameters().of(space, running[-1][1])[0]  # no inactive choice
        if len(running) > 3:
            trial, genome = running.pop(order.randrange(4))
            if trial.number % 5 == 0:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, score(genome))
    networks = {space.graph(genome).prune().fingerprint(training=True) for genome in genomes(study, space)}
    assert len(networks) == 20


class Heard:
    """A searcher that notes what it is told."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.pending: list[list[int]] = []

    def ask(self, rng: random.Random, pending: list[Trial], refused: object = ()) -> Genome:
        self.pending.append([trial.number for trial in pending])
        return cheap.space().sample(rng)

    def tell(self, result: Result) -> None:
        self.results.append(result)


def test_values_are_told_larger_is_better_and_pruned_trials_as_failures() -> None:
    space = cheap.space()
    sampler = OptunaSampler(space, "random")
    sampler.guide.searcher = heard = Heard()
    study = optuna.create_study(sampler=sampler, directions=["maximize", "minimize"])
    trials = [study.ask() for _ in range(4)]
    for trial in trials:
        suggest(trial, space)
    study.tell(trials[2], [0.5, 3.0])
    study.tell(trials[0], state=optuna.trial.TrialState.PRUNED)
    suggest(study.ask(), space)
    assert [(result.trial.number, result.values) for result in heard.results] == [(0, ()), (2, (0.5, -3.0))]
    assert heard.results[0].failed
    assert heard.results[1].score == 0.5
    assert heard.pending == [[], [0], [0, 1], [0, 1, 2], [1, 3]]


def test_parameters_of_the_users_own_are_sampled_beside() -> None:
    space = cheap.space()
    sampler = OptunaSampler(space, seed=1)
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: trial.suggest_float("rate", 0, 1) + score(suggest(trial, space)), n_trials=5)
    rng = trial_random(1, 0)
    rng.randrange(2**31)
    assert genomes(study, space)[0] == space.sample(rng)
    assert len({trial.params["rate"] for trial in study.trials}) == 5


def test_mistakes_and_the_end_of_a_space_are_named() -> None:
    with pytest.raises(UserError, match="did you mean"):
        OptunaSampler(cheap.space(), "regularised_evolution")
    space = cheap.space(1)  # 20 networks
    study = optuna.create_study(sampler=OptunaSampler(space, "grid"))
    with pytest.raises(UserError, match="nothing left to propose"):
        study.optimize(lambda trial: score(suggest(trial, space)), n_trials=25)
    assert len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE])) == 20
