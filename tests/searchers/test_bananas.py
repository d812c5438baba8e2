"""The encoding by hand, the model against the textbook's formulas, and the searcher's manners."""

import random
from itertools import islice

import numpy as np
import pytest

from nas.errors import UserError
from nas.searchers import surrogate
from nas.searchers.bananas import Bananas
from nas.searchers.encoding import Encoder, paths
from nas.searchers.surrogate import (
    BEST_RESULTS,
    LATEST_RESULTS,
    Fitted,
    Kernel,
    counted,
    improvement,
    normal_scores,
    posterior,
)
from nas.space import load
from nas.types import Result, Trial
from tests import cheap
from tests.searchers.traced import asked, told


def test_paths_of_a_cell_by_hand() -> None:
    space = load("nasbench201", cells=1, channels=4)
    #                0>1             0>2             1>2             0>3             1>3     2>3
    answers = ["nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_3x3", "none", "nor_conv_3x3"]
    edges = ("0.0", "1.0", "1.1", "2.0", "2.1", "2.2")
    genome = space.genome(
        {f"cells.cell.nodes.{edge}.operation": answer for edge, answer in zip(edges, answers, strict=True)}
    )
    assert paths(space.graph(genome).prune(), frozenset({"cell"})) == [
        ("cell", "nor_conv_1x1", "avg_pool_3x3", "nor_conv_3x3"),
        ("cell", "nor_conv_3x3"),  # the edge 0>3, and 0>2>3 by the skip
    ]


def test_one_hot_answers_and_numbers_in_their_order() -> None:
    space = cheap.space(1)
    genome = space.genome({"network.0.@.channels": 12, "network.1": "tanh"})
    channels, activation = "network.0.@.channels", "network.1"
    assert set(Encoder(space).answers(genome)) == {
        (channels, "12"),
        (channels, "<", "4"),
        (channels, "<", "8"),
        (activation, "tanh"),
    }


def test_the_model_is_a_gaussian_process() -> None:
    """Against the formulas with an inverse (Rasmussen & Williams 2006, equations 2.25 and 2.26)."""
    rng = np.random.default_rng(0)
    known = (rng.normal(size=(6, 3)), rng.normal(size=(6, 2)))
    asked = (rng.normal(size=(4, 3)), rng.normal(size=(4, 2)))
    values = rng.normal(size=6)

    def kernel(one: tuple, other: tuple) -> np.ndarray:
        return np.array(
            [
                [
                    0.5 * np.exp(-((a - b) ** 2).sum() / 8) + 0.5 * np.exp(-((c - d) ** 2).sum() / 8)
                    for b, d in zip(*other, strict=True)
                ]
                for a, c in zip(*one, strict=True)
            ]
        )

    inverse = np.linalg.inv(kernel(known, known) + 0.1 * np.eye(6))
    between = kernel(asked, known)
    means, deviations = posterior(Fitted(Kernel(0.5, 2.0), 0.1, 3.0), known, values, asked)
    assert means == pytest.approx(between @ inverse @ values)
    assert deviations**2 == pytest.approx(3 * (1 - (between @ inverse * between).sum(axis=1)))


def test_expected_improvement_is_the_mean_of_the_draws_above_the_best() -> None:
    draws = np.random.default_rng(0).normal(0.3, 0.8, 400_000)
    assert improvement(0.3, 0.8, 0.5) == pytest.approx(np.maximum(draws - 0.5, 0).mean(), rel=0.01)
    assert improvement(0.7, 0.0, 0.5) == pytest.approx(0.2)


def test_normal_scores() -> None:
    found = normal_scores(np.array([0.1, 0.94, 0.93, 0.93]))
    assert found[0] == -found[1] == pytest.approx(-1.1503, abs=1e-4)  # quantiles 1/8 and 7/8
    assert found[2] == found[3] == 0


def test_what_is_tried_refused_or_under_way_is_not_proposed() -> None:
    space, rng = cheap.space(1), random.Random(0)
    searcher, genomes = Bananas(space, first=2), list(space.enumerate())
    for number in range(5):
        told(searcher, genomes[number], number, number=number)
    pending = [Trial(5, genomes[5], 0)]
    found = list(islice(asked(searcher, rng, pending), 14))
    assert not set(found) & set(genomes[:6])
    assert len(set(found)) >= 10


def test_the_model_finds_the_better_half() -> None:
    """What is proposed after 30 random networks, of 8,000, is better than nine tenths of all."""

    def value(genome: object) -> float:
        return sum(answer for answer in genome.answers.values() if isinstance(answer, int))  # type: ignore[attr-defined]

    space, rng = cheap.space(3), random.Random(0)
    searcher = Bananas(space)
    for number in range(30):
        genome = space.sample(rng)
        told(searcher, genome, value(genome), number=number)
    ninth = sorted(value(space.sample(rng)) for _ in range(200))[180]
    assert value(searcher.ask(rng, ())) > ninth


def test_options_out_of_range() -> None:
    with pytest.raises(UserError, match="searcher bananas: mutations is 0; give a whole number of at least 1"):
        Bananas(cheap.space(), mutations=0)


def test_of_many_results_the_best_and_the_latest_count() -> None:
    scores = np.array([0.5] * 700 + [0.1] * 100)
    scores[[3, 650]] = 0.9, 0.8
    found = counted(scores)
    assert len(found) == BEST_RESULTS + LATEST_RESULTS == len(set(found))
    assert {3, 650, *range(800 - LATEST_RESULTS, 800)} <= set(found) and found == sorted(found)
    assert counted(scores[: BEST_RESULTS + LATEST_RESULTS]) == list(range(BEST_RESULTS + LATEST_RESULTS))


def test_the_model_is_never_of_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much was told: a proposal after 2,000 results costs what one after 300 does."""
    space, sizes = cheap.space(2), list[int]()
    fit, posterior = surrogate.fit, surrogate.posterior
    monkeypatch.setattr(surrogate, "fit", lambda known, values: sizes.append(len(values)) or fit(known, values))
    monkeypatch.setattr(
        surrogate, "posterior", lambda fitted, *given: sizes.append(len(given[1])) or posterior(fitted, *given)
    )
    searcher, genomes = Bananas(space), list(space.enumerate())
    for number, genome in enumerate(random.Random(0).sample(genomes, 390)):
        searcher.tell(Result(Trial(number, genome, 0), {"valid_accuracy": cheap.score(genome)}))
    assert searcher.ask(random.Random(0), ()) in space.enumerate()
    assert sizes == [BEST_RESULTS + LATEST_RESULTS] * 2
