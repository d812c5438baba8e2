"""Whether a search collapses: what is looked at after each epoch, what is said of it, and which genomes are kept.

Skip connections win early, for a path that does nothing is never bad (Zela et al. 2020, arXiv:1909.09656); so do other
operations without weights. Skips are not bad as such: an epoch is flagged where too much of its genome has no weights,
or where random genomes beat it on the shared weights. What is measured stands in the epoch's metrics, and all else
follows from these, so that a training that was resumed is judged alike.

A search that has learned nothing derives what might be a random genome: that is below the mean of eight in every second
comparison, and is no collapse. So its rank among them decides, which supposes nothing of how accuracies are spread: a
random genome is beaten by seven of eight others or more with a probability of 2/9, and has to be so in two comparisons
in a row, of other genomes. Where weights have learned for mixtures alone, all paths are near chance: none is better.
"""

import math
import random
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import Any

from nas.graph.graph import Graph
from nas.oneshot.curvature import EVERY, FACTOR, curvature, growth
from nas.oneshot.epoch import Epoch
from nas.oneshot.method import distributions
from nas.oneshot.paths import runs
from nas.oneshot.training import Training
from nas.space import Genome, Space
from nas.types import Metrics

MOST_FREE, TOO_FREE = 1 / 2, 2 / 3  # of a genome's operations, without weights: worth a warning, and a flag
LASTING = 3  # epochs in a row: of a genome that is worth a warning, and of skips that become more
RANDOM_GENOMES, BEATEN, COMPARED_EVERY, BATCHES = 8, 7 / 8, 5, 4
CHANCE = 3.0  # times the accuracy of a guess: where random genomes have less, they cannot be compared
TRIES = 100  # genomes that are drawn, of which so many keep the limits
UNMOVED, SATURATED = 0.01, 0.05  # of the largest share above an equal one after half of the epochs; of the entropy
KEPT = 4  # genomes that are trained by themselves


class Guard:
    """Looks at a training; `look` is to be called with each epoch, before it is saved."""

    def __init__(self, training: Training) -> None:
        self.training = training
        whole = None if not training.net.mixed else training.net.graph
        self.free, self.skips = without_weights(whole) if whole is not None else (set[Any](), set[Any]())
        self.judged = {path for path, _ in self.free}

    def look(self, epoch: Epoch) -> None:
        """Adds `parameter_free`, `skips`, `entropy`, `largest_share`, `frozen` where the answers' weights do not learn
        yet, and every few epochs `curvature`, `derived_accuracy`, `random_accuracy`, `random_better` to the epoch's
        metrics."""
        training, metrics, answers = self.training, epoch.metrics, epoch.genome.answers
        taken = [(path, answer) for path, answer in answers.items() if path in self.judged]
        if taken:
            metrics["parameter_free"] = sum(one in self.free for one in taken) / len(taken)
            metrics["skips"] = float(sum(one in self.skips for one in taken))
        if shares := distributions(training.method, epoch.shares.values()):
            entropies = [-sum(s * math.log(max(s, 1e-12)) for s in own) / math.log(len(own)) for own in shares]
            metrics["entropy"] = sum(entropies) / len(entropies)
            metrics["largest_share"] = sum(max(own) - 1 / len(own) for own in shares) / len(shares)
        if epoch.epoch <= round(getattr(training.method, "frozen_share", 0.0) * training.epochs):
            metrics["frozen"] = 1.0
            return
        if epoch.epoch % EVERY == 0 and math.isfinite(largest := curvature(training)):
            metrics["curvature"] = largest
        if epoch.epoch % COMPARED_EVERY == 0 or training.done == training.steps:
            self._compare(epoch)

    def _compare(self, epoch: Epoch) -> None:
        """The derived genome with random ones that keep the limits, where there are so many."""
        training = self.training
        rng = random.Random(f"{training.seed}/guard/{epoch.epoch}")
        drawn = (training.space.sample(rng) for _ in range(TRIES))
        fit = (genome for genome in drawn if training.allowed(genome) and runs(training, genome))
        others = list(islice(fit, RANDOM_GENOMES))
        if len(others) == RANDOM_GENOMES:
            own = training.accuracy(genome=epoch.genome, batches=BATCHES)
            scores = [training.accuracy(genome=other, batches=BATCHES) for other in others]
            epoch.metrics["derived_accuracy"] = own
            epoch.metrics["random_accuracy"] = mean = sum(scores) / len(scores)
            if mean * len(training.images.data.classes) < CHANCE:
                return
            epoch.metrics["random_better"] = sum(score > own for score in scores) / len(scores)


def warnings(curve: Sequence[Epoch], epochs: int) -> list[list[str]]:
    """What is to be said of each epoch of a training of so many; a state that lasts is said once."""
    said = list[list[str]]()
    before = set[str]()
    for number in range(len(curve)):
        warned = _of(curve[: number + 1], epochs)
        said.append([text for kind, text in warned.items() if kind not in before])
        before = set(warned)
    return said


def _of(curve: Sequence[Epoch], epochs: int) -> dict[str, str]:
    """The warnings at the last epoch of `curve`, by their kind."""
    metrics, warned = curve[-1].metrics, dict[str, str]()
    if "frozen" not in metrics and metrics.get("largest_share", 1.0) < UNMOVED and 2 * curve[-1].epoch >= epochs:
        warned["unmoved"] = (
            "the answers' weights have hardly moved; give more epochs, or a larger learning rate of theirs"
        )
    if _is_chance(metrics):
        return warned
    learnt = [epoch.metrics for epoch in curve if not _is_chance(epoch.metrics)]
    shares = [each.get("parameter_free", 0.0) for each in learnt[-LASTING:]]
    lasts = len(shares) == LASTING and min(shares) > MOST_FREE
    stays = min(shares[-2:]) > TOO_FREE and (len(shares) > 1 or curve[-1].epoch >= epochs)
    if lasts or stays:
        kind = "free" if shares[-1] <= TOO_FREE else "too free"
        warned[kind] = f"{100 * shares[-1]:.0f} % of the derived operations have no weights"
    counts = [each.get("skips", 0.0) for each in learnt[-LASTING - 1 :]]
    if len(counts) > LASTING and all(a < b for a, b in pairwise(counts)):
        warned["rising"] = f"skips rose {LASTING} epochs in a row, to {counts[-1]:.0f}"
    if compared := _beaten(curve):
        own, mean = 100 * compared["derived_accuracy"], 100 * compared["random_accuracy"]
        better = round(RANDOM_GENOMES * compared["random_better"])
        warned["beaten"] = (
            f"the derived network has {own:.1f} % on the shared weights, {better} of {RANDOM_GENOMES} random ones have "
            f"more, {mean:.1f} % on average, and it was so before"
        )
    ratio = growth([epoch.metrics["curvature"] for epoch in curve if "curvature" in epoch.metrics])
    if ratio is not None and ratio > FACTOR:
        warned["curvature"] = f"the loss grows steep in the answers' weights: {ratio:.1f} times the curvature of before"
    if metrics.get("entropy", 1.0) < SATURATED:
        warned["saturated"] = "the answers' weights are settled: further epochs change nothing"
    return warned


def _beaten(curve: Sequence[Epoch]) -> dict[str, float] | None:
    """The last comparison, where it and the one before were lost; a comparison holds until the next one is due."""
    compared = [number for number, epoch in enumerate(curve) if "random_better" in epoch.metrics][-2:]
    if len(compared) < 2 or len(curve) - 1 - compared[-1] >= COMPARED_EVERY:
        return None
    lost = all(curve[number].metrics["random_better"] >= BEATEN for number in compared)
    return curve[compared[-1]].metrics if lost else None


def _is_chance(metrics: Metrics) -> bool:
    """Whether the genome is what the answers' weights began with: they do not learn yet, or have hardly moved."""
    return "frozen" in metrics or metrics.get("largest_share", 1.0) < UNMOVED


def is_flagged(curve: Sequence[Epoch], number: int) -> bool:
    """Whether the genome of an epoch, by its position, looks collapsed; one that is chance does not."""
    metrics = curve[number].metrics
    too_free = metrics.get("parameter_free", 0.0) > TOO_FREE
    return not _is_chance(metrics) and (too_free or _beaten(curve[: number + 1]) is not None)


def kept(space: Space, curve: Sequence[Epoch], derived: Genome, second: Genome | None = None) -> list[Genome]:
    """The genomes to train by themselves, best first, no two of one network: the derived one, the runner-up `second`,
    and those of earlier epochs, the latest first.

    Those of flagged epochs come last, the derived one too, and before them what is chance.
    """
    last = len(curve) - 1
    numbered = [(last, derived), *([(last, second)] if second is not None else [])]
    numbered += [(number, curve[number].genome) for number in range(last, -1, -1)]
    ranked = sorted(numbered, key=lambda one: (is_flagged(curve, one[0]), _is_chance(curve[one[0]].metrics)))  # stable
    networks = dict[str, Genome]()
    for _, genome in ranked:
        networks.setdefault(space.graph(genome).prune().fingerprint(training=True), genome)
        if len(networks) == KEPT:
            break
    return list(networks.values())


def without_weights(graph: Graph) -> tuple[set[Any], set[Any]]:
    """(choice's path, answer) of the alternatives without weights in a graph of mixtures, and those that do nothing."""
    free, skips, seen = set[Any](), set[Any](), set[str]()
    for node in graph.nodes:
        if node.operation != "mixture" or node.arguments["choice"] in seen:
            continue
        path, answers = node.arguments["choice"], node.arguments["answers"]
        seen.add(path)
        above = {answer: graph.ancestors([i]) for answer, i in zip(answers, node.inputs, strict=True)}
        zeros = {a for a, i in zip(answers, node.inputs, strict=True) if graph.nodes[i].operation == "none"}
        common = set.intersection(*[own for answer, own in above.items() if answer not in zeros])
        exclusive = {answer: own - common for answer, own in above.items()}  # zeros are made of the image
        light = {a for a, own in exclusive.items() if not sum(graph.nodes[i].parameters for i in own)}
        if len(light) < len(exclusive):  # else none of its answers has weights, and it says nothing
            free |= {(path, answer) for answer in light}
            skips |= {(path, answer) for answer in light - zeros if not exclusive[answer]}
    return free, skips
