import importlib.util
import os
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

import nas
from nas.errors import UserError
from nas.integrations.optuna_choices import Parameters
from nas.integrations.optuna_searcher import SAMPLERS, OptunaSearcher
from nas.searchers import create_searcher
from nas.space import Genome, Space
from nas.types import Result, Trial, trial_random
from tests import cheap
from tests.integrations.conditional import conditional, score, wide
from tests.searchers.traced import asked
from tests.space.documents import space_of

QUICK = [
    pytest.param("random", {}),
    pytest.param("tpe", {"n_startup_trials": 5}),
    pytest.param("tpe", {"n_startup_trials": 5, "multivariate": True, "group": True}),
    pytest.param("nsga2", {"population_size": 6}),
    pytest.param("nsga3", {"population_size": 6}),
    pytest.param("qmc", {}, marks=pytest.mark.skipif(not importlib.util.find_spec("scipy"), reason="scipy")),
    pytest.param(
        "cmaes", {"popsize": 4}, marks=pytest.mark.skipif(not importlib.util.find_spec("cmaes"), reason="cmaes")
    ),
]


def searcher(space: Space, name: str = "tpe", options: dict[str, Any] | None = None) -> OptunaSearcher:
    found = create_searcher(f"optuna:{name}", space, options)
    assert isinstance(found, OptunaSearcher)
    return found


def result(number: int, genome: Genome, *values: float) -> Result:
    """Every fifth fails."""
    if number % 5 == 4:
        return Result(Trial(number, genome, number), None, "failed")
    return Result(Trial(number, genome, number), {"valid_accuracy": score(genome)}, values=values)


def course(
    found: OptunaSearcher, trials: int, late: int = 0, refused: int = 0, told: list[Result] | None = None
) -> list[Genome]:
    """The genomes of a search of which `late` trials are under way at a time; a random one of these ends first."""
    order, genomes = random.Random(7), list[Genome]()
    pending: list[Trial] = []
    for number in range(trials):
        rng = trial_random(0, number)
        genome = next(islice(asked(found, rng, tuple(pending)), refused, None))
        genomes.append(genome)
        pending.append(Trial(number, genome, number))
        if len(pending) > late:
            ended = pending.pop(order.randrange(len(pending)))
            end = result(ended.number, ended.genome)
            found.tell(end)
            if told is not None:
                told.append(end)
    return genomes


@pytest.mark.parametrize(("name", "options"), QUICK)
def test_every_sampler_drives_conditional_choices(name: str, options: dict[str, Any]) -> None:
    space = conditional()
    found = searcher(space, name, options)
    genomes = course(found, 20, late=3)
    for genome in genomes:
        assert space.genome(genome.answers) == genome
    assert len(set(genomes)) > 10
    assert course(searcher(space, name, options), 20, late=3) == genomes


@pytest.mark.parametrize(("name", "options"), QUICK)
def test_a_resumed_search_goes_on_as_if_nothing_had_happened(name: str, options: dict[str, Any]) -> None:
    space, told = conditional(), list[Result]()
    found = searcher(space, name, options)
    course(found, 16, late=2, refused=1, told=told)
    for end in random.Random(1).sample(range(1, len(told)), 3):
        again, straight = searcher(space, name, options), searcher(space, name, options)
        for here in told[:end]:
            again.tell(here)
            straight.ask(trial_random(5, end), ())  # what was asked for and refused leaves no trace
            straight.tell(here)
        pending = (Trial(99, told[-1].trial.genome, 0),)
        assert again.ask(trial_random(0, end), pending) == straight.ask(trial_random(0, end), pending)


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("scipy"), reason="scipy")
def test_the_gaussian_process_drives_conditional_choices_and_resumes() -> None:
    space, told = conditional(), list[Result]()
    options = {"n_startup_trials": 4}
    found = searcher(space, "gp", options)
    genomes = course(found, 10, late=1, told=told)
    assert all(space.genome(genome.answers) == genome for genome in genomes)
    again = searcher(space, "gp", options)
    for here in told:
        again.tell(here)
    assert again.ask(trial_random(0, 10), ()) == found.ask(trial_random(0, 10), ())


@pytest.mark.parametrize("space", [conditional(), wide(), cheap.space()], ids=lambda space: space.name)
def test_no_inactive_choice_is_suggested_and_no_source_repeated(space: Space) -> None:
    found = searcher(space, options={"n_startup_trials": 5})
    for number in range(25):
        genome = found.ask(trial_random(3, number), ())
        assert found.study is not None
        suggested = found.study.get_trials(deepcopy=False)[-1].params
        assert suggested == found.parameters.of(space, genome)[0]
        for choice in space.choices(genome):
            answer = genome.answers[choice.path]
            if isinstance(answer, tuple):
                assert len(set(answer)) == len(answer)
        found.tell(result(number, genome))


def test_refused_proposals_are_running_until_the_next_result_and_then_gone() -> None:
    space = conditional()
    found = searcher(space)
    rng = random.Random(0)
    proposed = list(islice(asked(found, rng), 4))
    assert found.study is not None
    assert [trial.state for trial in found.study.trials] == [TrialState.RUNNING] * 4
    found.tell(result(0, proposed[-1]))
    found.ask(random.Random(1), (Trial(1, proposed[0], 0),))
    assert found.study is not None
    ended, pending, now = found.study.trials
    assert [ended.state, pending.state, now.state] == [TrialState.COMPLETE, TrialState.RUNNING, TrialState.RUNNING]
    assert pending.params == found.parameters.of(space, proposed[0])[0]


def test_results_are_maximised_one_objective_or_several() -> None:
    space = conditional()
    found = searcher(space, "nsga2", {"population_size": 4})
    genomes = [space.sample(random.Random(seed)) for seed in range(6)]
    for number, genome in enumerate(genomes):
        found.tell(result(number, genome, 0.25 * number, -float(number)))
    assert space.genome(found.ask(random.Random(0), ()).answers)
    assert found.study is not None
    assert found.study.directions == [optuna.study.StudyDirection.MAXIMIZE] * 2
    assert [trial.values for trial in found.study.trials[:3]] == [[0.0, 0.0], [0.25, -1.0], [0.5, -2.0]]
    assert found.study.trials[4].state == TrialState.FAIL
    assert found.study.trials[4].values is None


def test_a_later_result_takes_the_place_of_the_first() -> None:
    space = conditional()
    found = searcher(space)
    genome = space.sample(random.Random(0))
    found.tell(Result(Trial(0, genome, 0), {"valid_accuracy": 0.25}))
    found.retell(Result(Trial(0, genome, 0, budget=9), {"valid_accuracy": 0.75}))
    found.ask(random.Random(0), ())
    assert found.study is not None
    assert [trial.value for trial in found.study.trials] == [0.75, None]


def test_it_learns() -> None:
    """On an additive score the last proposals are better by half than random ones, whose mean is 0.225."""
    space = cheap.space()

    def worth(genome: Genome) -> float:
        return sum(answer == "relu" or answer == 20 for answer in genome.answers.values()) / 6

    found, scores = searcher(space), list[float]()
    for number in range(45):
        genome = found.ask(trial_random(0, number), ())
        scores.append(worth(genome))
        found.tell(Result(Trial(number, genome, 0), {"valid_accuracy": scores[-1]}))
    assert sum(scores[30:]) / 15 > 1.5 * 0.225


def test_alternatives_that_depend_on_other_answers() -> None:
    space = space_of("""
        name: dependent
        input: [3, 4, 4]
        classes: 2
        parameters: {words: {choice: [[relu, tanh], [elu, relu, silu]]}}
        network: [{choice: =words}, {choice: =words}, global_avg_pool, {linear: =classes}]
    """)
    genomes = course(searcher(space, options={"n_startup_trials": 3}), 20)
    assert all(space.genome(genome.answers) == genome for genome in genomes)
    assert {len(space.choices(genome)[1].answers) for genome in genomes} == {2, 3}


CODE = """
import optuna, sys
from tests.integrations.test_optuna_searcher import *
print([dict(genome.answers) for genome in course(searcher(conditional(), sys.argv[1], {sys.argv[2]: 5}), 12, late=1)])
"""


@pytest.mark.parametrize(("name", "option"), [("tpe", "n_startup_trials"), ("nsga2", "population_size")])
def test_another_process_finds_the_same(name: str, option: str) -> None:
    here = [dict(genome.answers) for genome in course(searcher(conditional(), name, {option: 5}), 12, late=1)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": str(root)}
    command = [sys.executable, "-W", "ignore", "-c", CODE, name, option]
    there = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, cwd=root)
    assert there.stdout.strip() == str(here)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("optuna:tpes", {}, "unknown searcher 'optuna:tpes'; did you mean 'optuna:tpe'?"),
        ("optuna:", {}, "unknown searcher 'optuna:'; known: optuna:cmaes, optuna:gp"),
        ("optun:tpe", {}, "unknown searcher 'optun:tpe'"),
        ("optuna:tpe", {"multivariat": True}, "unknown option 'multivariat'; did you mean 'multivariate'?"),
        ("optuna:tpe", {"seed": 1}, "unknown option 'seed'"),
        ("optuna:tpe", {"gamma": 1}, "unknown option 'gamma'"),
        ("optuna:tpe", {"multivariate": 1}, "multivariate is 1; give bool"),
        ("optuna:tpe", {"n_startup_trials": True}, "n_startup_trials is True; give int"),
        ("optuna:nsga2", {"population_size": 1}, "population_size"),
        ("optuna:random", {"speed": 1}, "unknown option 'speed'; it takes none"),
    ],
)
def test_mistakes_are_named(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        create_searcher(name, cheap.space(), options)
    assert message in str(caught.value)


def test_samplers_that_lack_a_package_say_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install cmaes"):
        create_searcher("optuna:cmaes", cheap.space())


def test_a_search_by_its_name_and_its_resumption(tmp_path: Path) -> None:
    options: dict[str, Any] = {"searcher": "optuna:tpe", "searcher_options": {"n_startup_trials": 4}}
    whole = nas.search(cheap.space(), evaluator=cheap.some_fail, trials=14, runs=tmp_path, name="whole", **options)
    assert whole.reason == "all trials done"
    lines = (whole.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (whole.path / "journal.jsonl").write_bytes(b"".join(lines[:15]))
    resumed = nas.resume(whole.path, evaluator=cheap.some_fail)
    assert [entry.trial.genome for entry in resumed.trials] == [entry.trial.genome for entry in whole.trials]


def test_optuna_is_imported_only_when_asked_for() -> None:
    code = "import nas.cli, nas.searchers, nas.run.start, nas.integrations, sys; print('optuna' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_every_sampler_says_its_options() -> None:
    assert {"random", "tpe", "gp", "nsga2", "cmaes"} <= {*SAMPLERS}
    distributions = Parameters(numbers_only=True).of(cheap.space(), cheap.genomes(1)[0])[1]
    assert {type(found) for found in distributions.values()} == {optuna.distributions.IntDistribution}
