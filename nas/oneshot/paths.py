"""Single paths through a supernet: what they have in common, however a method draws them."""

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nas.errors import UserError
from nas.oneshot.training import EPOCH_BATCHES
from nas.space import Genome, Space
from nas.space.answers import AnswerTarget
from nas.space.oracles import ConstraintBroken, Oracle

if TYPE_CHECKING:
    from nas.oneshot.training import Training

TRIES = 100  # genomes in a row that the supernet refuses
GLANCE = 10  # genomes that are looked at after an epoch


def runnable(training: "Training", draw: Callable[[], Genome]) -> Genome:
    """The first genome drawn that the supernet has the weights for: few are larger than any that was foreseen.

    Raises UserError where none of `TRIES` is.
    """
    for _ in range(TRIES - 1):
        genome = draw()
        if runs(training, genome):
            return genome
    training.net.plan(genome := draw())
    return genome


def runs(training: "Training", genome: Genome) -> bool:
    try:
        training.net.plan(genome)
    except UserError:
        return False
    return True


def answered(space: Space, oracle: Oracle) -> Genome | None:
    """The genome of an oracle's answers; None where a cell's `where` rules it out, or shapes do not fit."""
    target = AnswerTarget(space.document, oracle)
    try:
        target.walk()
    except ConstraintBroken:
        return None
    genome = Genome(space.document, target.answers)
    return genome if space.can_be_built(genome) else None


def uniform(training: "Training", rng: random.Random) -> Genome:
    """A path whose answers are drawn uniformly."""
    return runnable(training, lambda: training.space.sample(rng))


def candidates(training: "Training", count: int, draw: Callable[[random.Random], Genome]) -> list[Genome]:
    """Different genomes that are allowed, at most `count`; the same ones whenever it is asked for a training.

    Raises UserError where none that was drawn is allowed.
    """
    rng = random.Random(f"{training.seed}/candidates")
    genomes: dict[Genome, None] = {}
    for _ in range(TRIES * count):
        genome = draw(rng)
        if genome not in genomes and training.allowed(genome) and runs(training, genome):
            genomes[genome] = None
            if len(genomes) == count:
                break
    if not genomes:
        raise UserError(training.space.name, f"none of {TRIES * count} random genomes keeps the limits", "loosen them")
    return list(genomes)


def most_accurate(training: "Training", genomes: Sequence[Genome]) -> Genome:
    """By the images for architectures, the first of equals; batch norms go by each batch.

    Until the training has ended, of the first few genomes by some of the images: after an epoch it is a glance.
    """
    if training.progress == 1:
        return max(genomes, key=lambda genome: training.accuracy(genome=genome))
    return max(genomes[:GLANCE], key=lambda genome: training.accuracy(genome=genome, batches=EPOCH_BATCHES))
