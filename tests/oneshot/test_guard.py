"""The guard: what it counts, when it speaks, and which genomes it keeps."""

import random
from collections.abc import Callable

import pytest
import torch

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.epoch import Epoch
from nas.oneshot.guard import BEATEN, Guard, is_flagged, kept, warnings, without_weights
from nas.oneshot.method import strengths
from nas.oneshot.training import RECIPE, Training
from nas.space import Genome, load
from nas.space.supernet import every, walk
from nas.types import Metrics

SPACE = load("nasbench201")


LOST: Metrics = {"derived_accuracy": 0.3, "random_accuracy": 0.4, "random_better": 7 / 8}
WON: Metrics = {**LOST, "random_better": 6 / 8}


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
    passing = {**good, "parameter_free": 0.6}
    assert warnings(curve(passing, passing, good, passing), 6) == [[], [], [], []]
    collapsed = {**good, "parameter_free": 1.0, "skips": 6.0}
    said = warnings(curve(good, collapsed, collapsed), 3)
    assert said == [[], [], ["100 % of the derived operations have no weights"]]
    assert warnings(curve(good, collapsed, good, collapsed), 6) == [[], [], [], []]


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ([{"skips": float(n)} for n in range(4)], "skips rose 3 epochs in a row, to 3"),
        ([LOST, LOST], "has 30.0 % on the shared weights, 7 of 8 random ones have more, 40.0 % on average"),
        ([{"largest_share": 0.001}], "have hardly moved"),
        ([{"entropy": 0.01}], "are settled"),
        ([{"parameter_free": 0.6}] * 3, "60 % of the derived operations have no weights"),
        ([{"parameter_free": 0.7}], "70 % of the derived operations have no weights"),
    ],
)
def test_each_warning(points: list[Metrics], text: str) -> None:
    assert text in warnings(curve(*points), 1)[-1][0]


def test_genomes_of_flagged_epochs_come_last() -> None:
    points: list[Metrics] = [{"parameter_free": 0.5}, {"parameter_free": 1.0}, {"parameter_free": 1.0}]
    genomes = [cell("nor_conv_3x3"), cell("skip_connect", "none"), cell("skip_connect")]
    epochs = [Epoch(n, point, genome) for n, (point, genome) in enumerate(zip(points, genomes, strict=True), 1)]
    assert [is_flagged(epochs, number) for number in range(3)] == [False, True, True]
    assert kept(SPACE, epochs, genomes[2]) == [genomes[0], genomes[2], genomes[1]]


def test_genomes_of_one_network_are_kept_once_and_the_runner_up_is_among_them() -> None:
    """An edge that is cut off does nothing, whatever its operation."""
    genomes = [cut_off("skip_connect"), cut_off("nor_conv_3x3"), cell("nor_conv_1x1")]
    assert genomes[0] != genomes[1]
    epochs = [Epoch(number, {}, genome) for number, genome in enumerate(genomes[:2], 1)]
    assert kept(SPACE, epochs, genomes[1], genomes[2]) == [genomes[1], genomes[2]]


def cut_off(word: str) -> Genome:
    """`word` is into a node that nothing reads."""
    edges = {f"cells.cell.nodes.{node}.{edge}.operation": "none" for node in range(3) for edge in range(node + 1)}
    first, through = "cells.cell.nodes.0.0.operation", "cells.cell.nodes.2.0.operation"
    return SPACE.genome({**edges, first: word, through: "nor_conv_3x3"})


def test_before_the_answers_learn_nothing_is_flagged_and_nothing_said() -> None:
    frozen: Metrics = {"parameter_free": 1.0, "skips": 6.0, "frozen": 1.0, "largest_share": 0.0}
    epochs = curve(frozen, frozen, {"parameter_free": 1.0})
    assert [is_flagged(epochs, number) for number in range(3)] == [False, False, True]
    assert warnings(epochs, 3)[:2] == [[], []]
    genomes = [cell(word) for word in ("nor_conv_3x3", "nor_conv_1x1", "skip_connect")]
    known = [Epoch(n, e.metrics, genome) for n, (e, genome) in enumerate(zip(epochs, genomes, strict=True), 1)]
    assert kept(SPACE, known, genomes[2]) == [genomes[1], genomes[0], genomes[2]]  # chance before a collapse
    known.insert(2, Epoch(3, {}, cell("avg_pool_3x3")))
    assert kept(SPACE, known, genomes[2])[0] == cell("avg_pool_3x3")


def test_two_comparisons_that_were_lost_flag_until_the_next_one_is_due() -> None:
    """One may be lost by chance."""
    epochs = curve(LOST, {}, LOST, {}, {}, {}, {}, {}, WON, {}, LOST, LOST)
    flagged = [number for number in range(12) if is_flagged(epochs, number)]
    assert flagged == [2, 3, 4, 5, 6, 11]


def test_how_often_a_random_genome_loses_by_chance() -> None:
    """The rank of one among nine that are alike: it is the last or the last but one in 2 of 9 cases."""
    rng = random.Random(0)
    lost = 0
    for _ in range(4000):
        own, *others = (rng.random() ** 3 for _ in range(9))
        lost += sum(other > own for other in others) / 8 >= BEATEN
    assert lost / 4000 == pytest.approx(2 / 9, abs=0.02)


def test_random_genomes_keep_the_limits_or_nothing_is_compared() -> None:
    asked, measured = list[Genome](), list[Genome]()

    def every_second(genome: Genome) -> bool:
        asked.append(genome)
        return len(asked) % 2 == 0

    def accuracy(weights: None = None, genome: Genome | None = None, batches: int | None = None) -> float:
        assert genome is not None
        measured.append(genome)
        return 0.5

    for allowed, compared in ((every_second, True), (lambda genome: False, False)):
        training = tiny(allowed)
        training.done = training.steps
        training.accuracy = accuracy  # type: ignore[method-assign,assignment]
        epoch = Epoch(1, {}, training.space.sample(random.Random(0)))
        Guard(training).look(epoch)
        assert ("random_better" in epoch.metrics) is compared
    assert measured[1:] == asked[1:16:2]


@pytest.mark.parametrize(("others", "compared"), [(0.29, False), (0.31, True)])
def test_paths_near_chance_are_not_compared(others: float, compared: bool) -> None:
    """Of ten classes. Twice in a row the derived genome would be beaten."""
    training, epochs = tiny(), list[Epoch]()
    training.done = training.steps
    own = cell("nor_conv_3x3")
    training.accuracy = lambda weights=None, genome=None, batches=None: 0.1 if genome is own else others  # type: ignore[method-assign]
    for number in (1, 2):
        epochs.append(Epoch(number, {}, own))
        Guard(training).look(epochs[-1])
        epochs[-1].metrics["largest_share"] = 0.5
        assert epochs[-1].metrics["random_accuracy"] == pytest.approx(others)
    assert is_flagged(epochs, 1) is compared


def tiny(allowed: Callable[[Genome], bool] = lambda genome: True) -> Training:
    method = create_method("darts", {"alpha_learning_rate": 1e-9})
    recipe = RECIPE.replace(epochs=1, batch_size=256)
    return Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1, allowed=allowed)


@pytest.mark.parametrize(
    ("alphas", "words"),
    [
        ([0.0, 0.0, 0.0], ["have hardly moved"]),  # as they begin
        ([3.0, 0.0, 0.0], ["have hardly moved"]),  # of none, which no loss moves
        ([0.0, -8.0, -8.0], ["are settled"]),  # none is there, however alike they are
        ([0.0, 8.0, 8.0], ["are settled"]),
        ([0.0, 8.0, -8.0], ["are settled"]),
        ([0.0, 8.0, 0.2], []),
        ([0.0, 1.0, 1.0], []),  # alike, but on the way
        ([0.0, -2.5, -2.5], []),
    ],
)
@pytest.mark.parametrize("none", [True, False])
def test_sigmoids_are_judged_one_by_one(alphas: list[float], words: list[str], none: bool) -> None:
    method = create_method("fair_darts")
    assert isinstance(method, Darts)
    operations = ["none", "skip_connect", "nor_conv_3x3"][not none :]
    space = load("nasbench_digits", operations=operations)
    training = Training(space, load_data("digits"), method, RECIPE.replace(epochs=2, batch_size=256), threads=1)
    with torch.no_grad():
        for _, alpha in method.alphas.items():
            alpha.copy_(torch.tensor(alphas[not none :]))
    epoch = Epoch(1, {}, training.method.derive(), strengths(method))
    Guard(training).look(epoch)
    said = [text for text in warnings([epoch], 2)[0] if "weights are" in text or "moved" in text]
    assert [word for word in ("have hardly moved", "are settled") if any(word in text for text in said)] == words


def test_a_planted_collapse_is_seen_in_a_training() -> None:
    """Alphas pushed to skip by hand: the guard's numbers are those of the all-skip cell."""
    training = tiny()
    method = training.method
    assert isinstance(method, Darts)
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
