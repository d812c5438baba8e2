import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import nas
from nas import searchers
from nas.errors import UserError
from nas.integrations.guide import Guide
from nas.run.propose import Proposal, propose
from nas.searchers import create_searcher, for_budget
from nas.searchers.reinforce import Reinforce
from nas.space import Genome
from nas.types import Result, Trial
from tests import cheap
from tests.searchers.test_controller import CONDITIONAL
from tests.space.documents import space_of

LEARNERS = ["reinforce", "ppo"]
QUICK = {"learning_rate": 0.05, "batch": 1}


def result(genome: Genome, accuracy: float | None, number: int = 0) -> Result:
    return Result(Trial(number, genome, 0), None if accuracy is None else {"valid_accuracy": accuracy})


def reward(genome: Genome) -> float:
    return cheap.score(genome)


def gradient(searcher: Reinforce, objective: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of the objective, by weight."""
    weights = searcher.controller.weights
    found = torch.autograd.grad(objective, list(weights.values()), allow_unused=True)
    return {name: torch.zeros_like(weights[name]) if g is None else g for name, g in zip(weights, found, strict=True)}


class Recorded(Reinforce):
    """Keeps the gradients that it would have followed, and stands still."""

    def stand_still(self) -> list[dict[str, torch.Tensor]]:
        kept: list[dict[str, torch.Tensor]] = []
        self.controller.descend = lambda loss: kept.append(gradient(self, -loss))  # type: ignore[method-assign]
        return kept


@pytest.mark.parametrize("name", LEARNERS)
def test_the_first_weights_are_those_of_the_searchs_seed(name: str) -> None:
    space = cheap.space(1)

    def first(seed: int) -> torch.Tensor:
        return create_searcher(name, space, {}, seed).controller.weights["start"]  # type: ignore[attr-defined]

    assert torch.equal(first(3), first(3))
    assert not torch.equal(first(3), first(4))
    with pytest.raises(UserError, match="unknown option 'seed'"):
        create_searcher(name, space, {"seed": 4})
    guides = [Guide(space, name, seed=seed).searcher.controller.weights["start"] for seed in (3, 4)]  # type: ignore[attr-defined]
    assert torch.equal(guides[0], first(3)) and torch.equal(guides[1], first(4))


@pytest.mark.parametrize("name", LEARNERS)
def test_a_search_and_its_resumption_begin_with_the_weights_of_its_seed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(searchers, "create_searcher", lambda *given: made.append(create_searcher(*given)) or made[-1])
    options = {"hidden": 4, **QUICK}
    settings = {"searcher": name, "searcher_options": options, "evaluator": cheap.score, "trials": 3, "runs": tmp_path}
    run = nas.search(cheap.space(1), seed=5, **settings)  # type: ignore[arg-type]
    nas.resume(run.path, evaluator=cheap.score)
    assert [searcher.controller.seed for searcher in made[-2:]] == [5, 5]


@pytest.mark.parametrize("layers", [0, 2])
def test_the_gradient_is_that_of_the_expected_reward(layers: int) -> None:
    """Over all genomes of a conditional space: sum p(a) (R(a) - b) grad log p(a) = grad sum p(a) R(a)."""
    space = space_of(CONDITIONAL)
    searcher = Recorded(space, hidden=4, layers=layers, spread=1.0, entropy=0, batch=1, decay=0.0)
    kept, genomes = searcher.stand_still(), list(space.enumerate())
    expected = sum(searcher.controller.log_probability(g)[0].exp() * reward(g) ** 3 for g in genomes)
    exact = gradient(searcher, expected)  # type: ignore[arg-type]
    total = {name: torch.zeros_like(weight) for name, weight in exact.items()}
    for genome in genomes:
        searcher.b = 0.3  # any b, as long as the genome has no part in it
        searcher.tell(result(genome, reward(genome)))
        probability = searcher.controller.log_probability(genome)[0].exp().item()
        for name, slope in kept[-1].items():
            total[name] += probability * slope
    assert len(kept) == len(genomes) == 52
    assert max(slope.abs().max().item() for slope in exact.values()) > 0.003
    for name, slope in exact.items():
        torch.testing.assert_close(total[name], slope, rtol=0, atol=1e-6)


def test_without_layers_each_choice_has_logits_of_its_own() -> None:
    """grad log p of a softmax: 1 - p for the answer taken, -p for the others."""
    space, b = cheap.space(layers=2), 0.25
    searcher = Recorded(space, layers=0, spread=1.0, entropy=0, batch=1)
    kept, genome = searcher.stand_still(), space.sample(random.Random(0))
    searcher.b = b
    searcher.tell(result(genome, 1.0))
    slopes = {name: slope for name, slope in kept[0].items() if name != "start"}
    assert len(slopes) == len(genome.answers)
    for choice in space.choices(genome):
        (name,) = (name for name in slopes if name.startswith(f"logits {choice.path} "))
        p = searcher.controller.weights[name].detach().softmax(1)[0]
        taken = torch.tensor([float(answer == genome.answers[choice.path]) for answer in choice.answers])
        torch.testing.assert_close(slopes[name][0], (1 - b) * (taken - p))


def test_the_sampled_gradients_mean_comes_near_it() -> None:
    space, draws = space_of(CONDITIONAL), 400
    searcher = Recorded(space, hidden=2, layers=1, spread=1.0, entropy=0, batch=draws, decay=0.0)
    kept, rng = searcher.stand_still(), random.Random(0)
    expected = sum(searcher.controller.log_probability(g)[0].exp() * reward(g) ** 3 for g in space.enumerate())
    exact = gradient(searcher, expected)  # type: ignore[arg-type]
    for _ in range(draws):
        genome = searcher.ask(rng, ())
        searcher.b = 0.3
        searcher.tell(result(genome, reward(genome)))
    (mean,) = kept
    off = torch.cat([(mean[name] - slope).flatten() for name, slope in exact.items()]).norm()
    assert off < 0.5 * torch.cat([slope.flatten() for slope in exact.values()]).norm()


def test_the_baseline_is_the_average_of_the_rewards_before() -> None:
    searcher = Reinforce(cheap.space(), batch=9, decay=0.75)
    genomes = cheap.genomes(3)
    for genome, accuracy in zip(genomes, (0.5, 1.0, 0.5), strict=True):
        searcher.tell(result(genome, accuracy))
    #  R: 1/8, 1, 1/8; b before each: 1/8, 1/8, 3/4 * 1/8 + 1/4 = 11/32
    assert [advantage for _, advantage in searcher.told] == pytest.approx([0, 7 / 8, 1 / 8 - 11 / 32])
    assert searcher.b == pytest.approx(3 / 4 * 11 / 32 + 1 / 32)


def test_an_even_power_keeps_the_sign() -> None:
    searcher = Reinforce(cheap.space(), power=2, batch=9)
    for genome, value in zip(cheap.genomes(3), (-1.0, -3.0, 2.0), strict=True):
        searcher.b = 0.0
        searcher.tell(result(genome, value))
    assert [advantage for _, advantage in searcher.told] == [-1, -9, 4]


@pytest.mark.parametrize("name", LEARNERS)
def test_learns_which_answer_is_good(name: str) -> None:
    space = cheap.space(layers=2)
    searcher: Any = create_searcher(
        name, space, {"learning_rate": 0.03, "batch": 1, **({"epochs": 2} if name == "ppo" else {})}
    )

    def relus(genome: Genome) -> float:
        return sum(answer == "relu" for answer in genome.answers.values()) / 2

    before = [relus(searcher.ask(random.Random(f"before {n}"), ())) for n in range(100)]
    for number in range(120):
        genome = searcher.ask(random.Random(number), ())
        searcher.tell(result(genome, relus(genome), number))
    after = [relus(searcher.ask(random.Random(f"after {n}"), ())) for n in range(100)]
    assert sum(before) / 100 < 0.4 < 0.85 < sum(after) / 100


def course(name: str, steps: int, told: Sequence[Result] = ()) -> tuple[list[Genome], list[Result]]:
    """What a searcher proposes in so many steps after these results, and all it was told."""
    space = cheap.space()
    searcher: Any = create_searcher(name, space, for_budget(name, 30))
    results, genomes = list(told), []
    for known in told:
        searcher.tell(known)
    for number in range(len(told), len(told) + steps):
        genome = searcher.ask(random.Random(number), ())
        accuracy = None if number % 5 == 3 else cheap.score(genome)
        results.append(result(genome, accuracy, number))
        genomes.append(genome)
        searcher.tell(results[-1])
    return genomes, results


@pytest.mark.parametrize("name", LEARNERS)
def test_a_search_resumed_by_its_results_goes_on_alike(name: str) -> None:
    genomes, results = course(name, 14)
    for stop in (1, 6, 11):
        assert course(name, 14 - stop, results[:stop])[0] == genomes[stop:]


@pytest.mark.parametrize("name", LEARNERS)
def test_asking_changes_nothing(name: str) -> None:
    space, genomes = cheap.space(), cheap.genomes(8)
    quiet: Any = create_searcher(name, space, for_budget(name, 30))
    asked: Any = create_searcher(name, space, for_budget(name, 30))
    for number, genome in enumerate(genomes):
        for again in range(3):
            asked.ask(random.Random(f"{number} {again}"), ())
        for searcher in (quiet, asked):
            searcher.tell(result(genome, cheap.score(genome), number))
        assert quiet.ask(random.Random(number), ()) == asked.ask(random.Random(number), ())


@pytest.mark.parametrize("name", LEARNERS)
def test_a_failed_evaluation_teaches_nothing(name: str) -> None:
    space = cheap.space()
    searcher: Any = create_searcher(name, space, for_budget(name, 30))
    genomes = cheap.genomes(6)
    searcher.tell(result(genomes[0], 0.5))
    before = [searcher.controller.log_probability(genome)[0].item() for genome in genomes]
    for genome in genomes:
        searcher.tell(result(genome, None))
    assert [searcher.controller.log_probability(genome)[0].item() for genome in genomes] == before


def test_a_controller_that_is_sure_still_finds_what_is_new() -> None:
    """400 networks, one of them with nearly all the probability, and the loop refuses what it has seen."""
    space = cheap.space(layers=2)
    searcher = Reinforce(space, **QUICK)
    favourite = cheap.genomes(1, layers=2)[0]
    searcher.ask(random.Random(0), ())
    for _ in range(60):
        searcher.b = 0.0
        searcher.tell(result(favourite, 1.0))
    assert searcher.controller.log_probability(favourite)[0].exp() > 0.95
    seen: set[str] = set()
    for number in range(60):
        proposal = propose(searcher, space, random.Random(number), (), seen, {})
        assert isinstance(proposal, Proposal), proposal
        assert proposal.duplicates < 200
        seen.add(proposal.fingerprint)
        searcher.tell(result(proposal.genome, cheap.score(proposal.genome), number))
    assert len(seen) == 60


def test_a_space_without_choices_is_no_problem() -> None:
    fixed = space_of("name: x\ninput: [3, 4, 4]\nclasses: 2\nnetwork: [global_avg_pool, {linear: =classes}]\n")
    searcher = Reinforce(fixed, **QUICK)
    genome = searcher.ask(random.Random(0), ())
    searcher.tell(result(genome, 0.5))
    assert searcher.ask(random.Random(1), ()) == genome


def test_importing_the_searchers_imports_no_torch() -> None:
    code = "import sys, nas.searchers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("reinforce", {"batch": 0}, "searcher reinforce: batch is 0"),
        ("reinforce", {"learning_rate": -1}, "learning_rate is -1"),
        ("reinforce", {"decay": 1}, "decay is 1"),
        ("reinforce", {"temperature": 0}, "temperature is 0"),
        ("reinforce", {"power": 1.5}, "power is 1.5"),
        ("ppo", {"epochs": 0}, "searcher ppo: epochs is 0"),
        ("ppo", {"clip": -0.1}, "clip is -0.1"),
        ("ppo", {"hiden": 3}, "did you mean 'hidden'"),
    ],
)
def test_mistakes_are_named(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        create_searcher(name, cheap.space(), options)
