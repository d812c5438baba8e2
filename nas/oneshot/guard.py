"""Whether a search collapses: what is looked at after each epoch, what is said of it, and which genomes are kept.

Skip connections win early, for a path that does nothing is never bad (Zela et al. 2020, arXiv:1909.09656); so do other
operations without weights. Skips are not bad as such: an epoch is flagged where too much of its genome has no weights,
or where that genome is no better on the shared weights than random ones. What is measured stands in the epoch's
metrics, and all else follows from these, so that a training that was resumed is judged alike.
"""

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from nas.graph.graph import Graph
from nas.oneshot.training import Epoch, Training
from nas.space import Genome

MOST_FREE, TOO_FREE = 1 / 2, 2 / 3  # of a genome's operations, without weights: worth a warning, and a flag
RISING = 3  # epochs in a row in which skips become more
RANDOM_GENOMES, COMPARED_EVERY, BATCHES = 8, 5, 4
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
        """Adds `parameter_free`, `skips`, `entropy`, `largest_share` and, every few epochs, `derived_accuracy` and
        `random_accuracy` to the epoch's metrics."""
        training, metrics, answers = self.training, epoch.metrics, epoch.genome.answers
        taken = [(path, answer) for path, answer in answers.items() if path in self.judged]
        if taken:
            metrics["parameter_free"] = sum(one in self.free for one in taken) / len(taken)
            metrics["skips"] = float(sum(one in self.skips for one in taken))
        if weights := training.method.weights():
            shares = [share.detach().double() for share in weights.values() if len(share) > 1]
            shares = [share / share.sum() for share in shares if float(share.sum()) > 0]
            entropies = [float(-(s * s.clamp_min(1e-12).log()).sum()) / math.log(len(s)) for s in shares]
            metrics["entropy"] = sum(entropies) / len(entropies)
            metrics["largest_share"] = sum(float(share.max()) - 1 / len(share) for share in shares) / len(shares)
        if epoch.epoch % COMPARED_EVERY == 0 or training.done == training.steps:
            rng = random.Random(f"{training.seed}/guard/{epoch.epoch}")
            others = [training.space.sample(rng) for _ in range(RANDOM_GENOMES)]
            metrics["derived_accuracy"] = training.accuracy(genome=epoch.genome, batches=BATCHES)
            scores = [training.accuracy(genome=other, batches=BATCHES) for other in others]
            metrics["random_accuracy"] = sum(scores) / len(scores)


def warnings(curve: Sequence[Epoch], epochs: int) -> list[list[str]]:
    """What is to be said of each epoch of a training of so many; a state that lasts is said once."""
    said = list[list[str]]()
    before = set[str]()
    for number in range(len(curve)):
        found = _of(curve[: number + 1], epochs)
        said.append([text for kind, text in found.items() if kind not in before])
        before = set(found)
    return said


def _of(curve: Sequence[Epoch], epochs: int) -> dict[str, str]:
    """The warnings at the last epoch of `curve`, by their kind."""
    metrics, found = curve[-1].metrics, dict[str, str]()
    free = metrics.get("parameter_free", 0.0)
    if free > MOST_FREE:
        found["free" if free <= TOO_FREE else "too free"] = (
            f"{100 * free:.0f} % of the derived operations have no weights"
        )
    counts = [epoch.metrics.get("skips", 0.0) for epoch in curve[-RISING - 1 :]]
    if len(counts) > RISING and all(a < b for a, b in pairwise(counts)):
        found["rising"] = f"skips rose {RISING} epochs in a row, to {counts[-1]:.0f}"
    if _no_better(metrics):
        ours, others = 100 * metrics["derived_accuracy"], 100 * metrics["random_accuracy"]
        found["no better"] = f"the derived network has {ours:.1f} % on the shared weights, random ones {others:.1f} %"
    if metrics.get("largest_share", 1.0) < UNMOVED and 2 * curve[-1].epoch >= epochs:
        found["unmoved"] = (
            "the answers' weights have hardly moved; give more epochs, or a larger learning rate of theirs"
        )
    if metrics.get("entropy", 1.0) < SATURATED:
        found["saturated"] = "the answers' weights are settled: further epochs change nothing"
    return found


def _no_better(metrics: dict[str, float]) -> bool:
    return metrics.get("derived_accuracy", 1.0) <= metrics.get("random_accuracy", 0.0)


def is_flagged(curve: Sequence[Epoch], number: int) -> bool:
    """Whether the genome of an epoch, by its position, looks collapsed; a comparison holds until the next one."""
    compared = next((e for e in reversed(curve[: number + 1]) if "random_accuracy" in e.metrics), None)
    stale = compared is None or number - curve.index(compared) >= COMPARED_EVERY
    no_better = compared is not None and not stale and _no_better(compared.metrics)
    return curve[number].metrics.get("parameter_free", 0.0) > TOO_FREE or no_better


def kept(derived: Genome, curve: Sequence[Epoch]) -> list[Genome]:
    """The genomes to train by themselves, best first: the derived one, then those of earlier epochs, the latest first.

    Those of flagged epochs come last, the derived one too.
    """
    last = len(curve) - 1
    numbered = [(last, derived), *((number, curve[number].genome) for number in range(last, -1, -1))]
    ranked = sorted(numbered, key=lambda one: is_flagged(curve, one[0]))  # stable
    return list(dict.fromkeys([*(genome for _, genome in ranked[: KEPT * 8])]))[:KEPT]


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
