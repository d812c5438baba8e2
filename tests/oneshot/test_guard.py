"""The guard: what it counts, when it speaks, and which genomes it keeps."""

import pytest
import torch

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.guard import Guard, is_flagged, kept, warnings, without_weights
from nas.oneshot.training import RECIPE, Epoch, Training
from nas.space import Genome, load
from nas.space.supernet import every, walk
from nas.types import Metrics

SPACE = load("nasbench201")


def cell(word: str, last: str = "") -> Genome:
    paths = walk(SPACE.document, every).choices
    return SPACE.genome({path: word if number or not last else last for number, path in enumerate(paths)})


def curve(*points: Metrics) -> list[Epoch]:
    return [Epoch(number, point, cell("skip_connect")) for number, point in enumerate(points, 1)]


def test_answers_without_weights_are_found_in_the_graph_not_by_name() -> None:
    for name, expected in (
        ("nasbench201", {"none", "skip_connect", "avg_pool_3x3"}),
        ("darts", {"none", "skip_connect", "max_pool_3x3", "avg_pool_3x3"}),
    ):
        space = load(name)
        free, skips = without_weights(walk(space.document, every, relaxed=True).graph)
        assert {answer for _, answer in free} == expected
        assert {answer for _, answer in skips} == {"skip_connect"}


def test_it_speaks_once_of_what_lasts_and_stays_silent_of_what_is_well() -> None:
    good = {"parameter_free": 1 / 3, "skips": 1.0, "entropy": 0.8, "largest_share": 0.3}
    assert warnings(curve(good, good, good), 6) == [[], [], []]
    collapsed = {**good, "parameter_free": 1.0, "skips": 6.0}
    said = warnings(curve(good, collapsed, collapsed), 3)
    assert said == [[], ["100 % of the derived operations have no weights"], []]


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ([{"skips": float(n)} for n in range(4)], "skips rose 3 epochs in a row, to 3"),
        ([{"derived_accuracy": 0.3, "random_accuracy": 0.4}], "has 30.0 % on the shared weights, random ones 40.0 %"),
        ([{"largest_share": 0.001}], "have hardly moved"),
        ([{"entropy": 0.01}], "are settled"),
        ([{"parameter_free": 0.6}], "60 % of the derived operations have no weights"),
    ],
)
def test_each_warning(points: list[Metrics], text: str) -> None:
    assert text in warnings(curve(*points), 1)[-1][0]


def test_genomes_of_flagged_epochs_come_last() -> None:
    points: list[Metrics] = [{"parameter_free": 0.5}, {"parameter_free": 1.0}, {"parameter_free": 1.0}]
    genomes = [cell("nor_conv_3x3"), cell("skip_connect", "none"), cell("skip_connect")]
    epochs = [Epoch(n, point, genome) for n, (point, genome) in enumerate(zip(points, genomes, strict=True), 1)]
    assert [is_flagged(epochs, number) for number in range(3)] == [False, True, True]
    assert kept(genomes[2], epochs) == [genomes[0], genomes[2], genomes[1]]


def test_a_comparison_holds_until_the_next_one() -> None:
    worse: Metrics = {"derived_accuracy": 0.1, "random_accuracy": 0.2}
    better: Metrics = {"derived_accuracy": 0.3, "random_accuracy": 0.2}
    epochs = curve({}, worse, {}, {}, {}, {}, better, {})
    assert [is_flagged(epochs, number) for number in range(8)] == [False, True, True, True, True, True, False, False]


def test_a_planted_collapse_is_seen_in_a_training() -> None:
    """Alphas pushed to skip by hand: the guard's numbers are those of the all-skip cell."""
    method = create_method("darts", {"alpha_learning_rate": 1e-9})
    assert isinstance(method, Darts)
    recipe = RECIPE.replace(epochs=1, batch_size=256)
    training = Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1)
    with torch.no_grad():
        for path, alpha in method.alphas.items():
            alpha[training.net.choices[path].answers.index("skip_connect")] = 5.0
    guard = Guard(training)
    training.run(lambda epoch: guard.look(epoch) or True)  # type: ignore[func-returns-value]
    metrics = training.curve[0].metrics
    assert metrics["parameter_free"] == 1.0
    assert metrics["skips"] == 6.0
    assert metrics["entropy"] < 0.2
    assert "100 % of the derived operations have no weights" in warnings(training.curve, 1)[0]
    assert {"derived_accuracy", "random_accuracy"} <= set(metrics)
