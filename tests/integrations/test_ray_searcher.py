import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nas.errors import UserError
from nas.space import Genome, Space
from tests import cheap
from tests.integrations.conditional import conditional, score

tune = pytest.importorskip("ray.tune")
from nas.integrations import RaySearcher  # noqa: E402

EVOLUTION = {"population": 5, "sample": 2}


def searcher(space: Space | None = None, **more: Any) -> RaySearcher:
    settings: dict[str, Any] = {"metric": "accuracy", "mode": "max", **more}
    return RaySearcher(space or conditional(), "regularized_evolution", EVOLUTION, **settings)


def course(found: RaySearcher, first: int, trials: int) -> list[Genome]:
    """Trials of which two are under way at a time, the older ends first; every fifth fails."""
    genomes = []
    for number in range(first, first + trials):
        genomes.append(Genome.from_json(found.suggest(f"t{number}")["genome"]))
        if number > 1:
            ended = f"t{number - 2}"
            if number % 5 == 0:
                found.on_trial_complete(ended, None, error=True)
            else:
                found.on_trial_complete(ended, {"accuracy": score(found.issued[ended])})
    return genomes


def test_configurations_hold_genomes_that_are_never_the_same_nor_of_one_network_if_told_so() -> None:
    space = conditional()
    genomes = course(searcher(space, deduplicate="network"), 0, 25)
    assert all(space.genome(genome.answers) == genome for genome in genomes)
    assert len({space.graph(genome).prune().fingerprint(training=True) for genome in genomes}) == 25
    assert len(set(course(searcher(space), 0, 25))) == 25


def test_a_saved_search_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    straight, stopped, again = searcher(), searcher(), searcher()
    course(straight, 0, 12)
    course(stopped, 0, 12)
    stopped.save(str(tmp_path / "state.pkl"))
    again.restore(str(tmp_path / "state.pkl"))
    assert course(again, 12, 10) == course(straight, 12, 10)


def test_results_are_told_larger_is_better_and_once() -> None:
    found = searcher(metric=None, mode=None)
    assert found.set_search_properties("loss", "min", {"epochs": 3})
    config = found.suggest("a")
    assert (config["epochs"], set(config)) == (3, {"epochs", "genome"})
    found.on_trial_complete("a", {"loss": 0.5})
    found.on_trial_complete("a", {"loss": 0.25})
    found.on_trial_complete("unknown", {"loss": 0.25})
    for name, result in {"b": {"loss": math.nan}, "c": {}, "d": None}.items():
        found.suggest(name)
        found.on_trial_complete(name, result)
    assert found.told == {"a": [-0.5], "b": None, "c": None, "d": None}
    assert len(found.guide.searcher.population) == 1  # type: ignore[attr-defined]
    several = searcher(metric=["accuracy", "seconds"], mode=["max", "min"])
    several.suggest("a")
    several.on_trial_complete("a", {"accuracy": 0.5, "seconds": 2})
    assert several.told == {"a": [0.5, -2.0]}


def test_mistakes_and_the_end_of_a_space_are_named() -> None:
    with pytest.raises(UserError, match="param_space: rate: is a choice"):
        searcher().set_search_properties("accuracy", "max", {"rate": tune.uniform(0, 1)})
    with pytest.raises(UserError, match="did you mean"):
        RaySearcher("nasbench201", "regularised_evolution")
    found = searcher()
    found.suggest("a")
    with pytest.raises(UserError, match="the results have no 'accuracy'; give it metric="):
        found.on_trial_complete("a", {"loss": 1.0})
    small = RaySearcher(cheap.space(1), "grid")
    assert all(isinstance(small.suggest(str(number)), dict) for number in range(20))
    assert small.suggest("20") == RaySearcher.FINISHED


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import ray

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    )
    settings: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    ray.init("local", num_cpus=1, object_store_memory=100 * 2**20, **settings)
    yield
    ray.shutdown()


@pytest.mark.slow
def test_a_tune_run_driven_by_regularized_evolution(cluster: None, tmp_path: Path) -> None:
    space = cheap.space()

    def trainable(config: dict[str, Any]) -> dict[str, float]:
        return {"accuracy": cheap.some_fail(Genome.from_json(config["genome"]))}

    found = searcher(space)
    config = tune.TuneConfig(
        search_alg=found, metric="accuracy", mode="max", num_samples=9, max_concurrent_trials=1, reuse_actors=True
    )
    results = tune.Tuner(
        trainable, tune_config=config, run_config=tune.RunConfig(storage_path=str(tmp_path), name="tune", verbose=0)
    ).fit()
    assert len(results) == len(found.told) == len({*found.issued.values()}) == 9
    scores = {}
    for name, genome in found.issued.items():
        with suppress(RuntimeError):
            scores[name] = cheap.some_fail(genome)
    assert {name: values[0] for name, values in found.told.items() if values} == scores
    assert results.num_errors == 9 - len(scores)
    assert results.get_best_result().metrics["accuracy"] == max(scores.values())  # type: ignore[index]
    assert len(scores) > EVOLUTION["population"]  # so that the last genomes are children
    last = Genome.from_json(results[8].config["genome"])
    assert any(len(set(last.answers.items()) - set(other.answers.items())) == 1 for other in found.issued.values())
