"""From the weights of a supernet's answers to a genome: the strongest answers, among those that the space allows."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nas.errors import UserError
from nas.oneshot.paths import answered
from nas.space import Genome, Space
from nas.space.place import Choice
from nas.space.supernet import OpenChoice

DRAWS = 2000  # genomes that are tried where the strongest answers break a `where` or a limit
Shares = Mapping[str, Sequence[float]]  # by a choice's path: a number an answer, larger is stronger


def strongest(
    space: Space,
    choices: Mapping[str, OpenChoice],
    shares: Shares,
    allowed: Callable[[Genome], bool] = lambda genome: True,
) -> Genome:
    """The genome of the strongest answers, a supernet's extra ones left out.

    Of a set of k sources, those k are taken whose edges have the strongest operation (DARTS, section 2.4). Where that
    genome is not allowed, it is the most probable one that is, of those drawn in proportion to the shares.

    Args:
        space: the space.
        choices: those of the supernet.
        shares: by path, a number of at least 0 for each answer.
        allowed: whether a genome may be taken, as limits say.

    Raises:
        UserError: no genome that was tried is allowed.
    """
    best = _answered(space, choices, shares, _largest)
    if best is not None and allowed(best):
        return best
    rng = random.Random(0)
    drawn = {
        genome
        for _ in range(DRAWS)
        if (genome := _answered(space, choices, shares, lambda w: rng.choices(range(len(w)), w)[0])) is not None
    }
    ranked = sorted(drawn, key=lambda genome: (-_likelihood(genome, choices, shares), str(genome.answers)))
    for genome in ranked:
        if allowed(genome):
            return genome
    raise UserError(space.name, f"none of the {len(drawn)} strongest genomes keeps the limits", "loosen them")


def runner_up(
    space: Space,
    choices: Mapping[str, OpenChoice],
    shares: Shares,
    derived: Genome,
    allowed: Callable[[Genome], bool] = lambda genome: True,
) -> Genome | None:
    """The genome that has another answer than `derived` where that is least decided: where the shares differ least.

    Of those that are allowed; None where there is none. Sets of sources stay as they are.
    """
    taken = {
        path: choices[path].answers.index(answer)
        for path, answer in derived.answers.items()
        if path in shares and not choices[path].sets
    }
    others = sorted(
        (shares[path][own] - shares[path][other], path, other)
        for path, own in taken.items()
        for other in range(len(choices[path].answers) - choices[path].extra)
        if other != own
    )
    for _, path, other in others:
        wanted = {**taken, path: other}
        sure = {name: [float(i == own) for i in range(len(shares[name]))] for name, own in wanted.items()}
        genome = _answered(space, choices, {**shares, **sure}, _largest)
        if genome is not None and genome != derived and allowed(genome):
            return genome
    return None


def edge_strength(path: str, source: int, choices: Mapping[str, OpenChoice], shares: Shares) -> float:
    """Of an edge from a source of the set at `path`: its strongest answer that is no supernet's alone."""
    inner = [
        max(shares[name][: len(choice.answers) - choice.extra])
        for name, choice in choices.items()
        if name in shares and choice.within and choice.within[-1] == (path, source)
    ]
    own = shares[path][choices[path].answers.index(source)] if path in shares else 1.0
    return own * math.prod(inner)


def _largest(weights: list[float]) -> int:
    return max(range(len(weights)), key=weights.__getitem__)


def _answered(
    space: Space, choices: Mapping[str, OpenChoice], shares: Shares, pick: Callable[[list[float]], int]
) -> Genome | None:
    """The genome that `pick` makes; None where a cell's `where` rules it out."""

    def oracle(choice: Choice) -> Any:
        if isinstance(choice.answers[0], tuple):
            left = list(choices[choice.path].answers)
            taken = []
            for _ in range(len(choice.answers[0])):
                weights = [edge_strength(choice.path, source, choices, shares) for source in left]
                taken.append(left.pop(pick(weights)))
            return tuple(sorted(taken))
        if choice.path not in shares:
            return choice.answers[0]
        weights = list(shares[choice.path][: len(choice.answers)])
        return choice.answers[pick([weight if weight > 0 else 1e-12 for weight in weights])]

    return answered(space, oracle)


def _likelihood(genome: Genome, choices: Mapping[str, OpenChoice], shares: Shares) -> float:
    total = 0.0
    for path, answer in genome.answers.items():
        if path in shares and not choices[path].sets:
            total += math.log(max(1e-12, shares[path][list(choices[path].answers).index(answer)]))
    return total
