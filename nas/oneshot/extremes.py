"""The largest and the smallest network of a space, for methods that train both; and in what its choices change them."""

import random
from collections.abc import Mapping
from typing import Any

from nas.oneshot.paths import answered
from nas.space import Choice, Genome, Space
from nas.space.oracles import Oracle, replayed

KERNEL, DEPTH, WIDTH = range(3)  # the order in which Once-for-All opens them


def extreme(space: Space, largest: bool) -> Genome:
    """The genome of the most mult-adds, then the most parameters, dead operations included; or of the fewest.

    It begins with every number at its largest and takes, choice by choice, the answer that costs most beside the
    others, until none costs more: which is the largest of all where choices do not stand in each other's way. Sets of
    sources keep the first one. Where a `where` rules out the beginning, it is a random genome.
    """
    usual = _usual(largest)
    best = answered(space, usual) or space.sample(random.Random(0))
    most, grows = _size(space, best), True
    while grows:
        grows = False
        for choice in space.choices(best):
            for answer in () if isinstance(choice.answers[0], tuple) else choice.answers:
                other = answered(space, replayed({**best.answers, choice.path: answer}, usual))
                if other is None or other == best:
                    continue
                size = _size(space, other)
                if size > most if largest else size < most:
                    best, most, grows = other, size, True
    return best


def between(space: Space, given: Mapping[str, Any], largest: bool) -> Genome | None:
    """The extreme genome with these answers; None where a `where` rules it out."""
    return answered(space, replayed(given, _usual(largest)))


def kinds_of_change(space: Space, largest: Genome, smallest: Genome) -> dict[str, int]:
    """KERNEL, DEPTH or WIDTH for the choices that the largest genome answers, by path.

    What one choice, answered as in the smallest, takes from the largest network: operations in a row (DEPTH), or only
    channels of some (WIDTH), or neither (KERNEL). Sets of sources are KERNEL.
    """
    whole, kinds = space.graph(largest), dict[str, int]()
    for choice in space.choices(largest):
        kinds[choice.path] = KERNEL
        answer = smallest.answers.get(choice.path, _usual(False)(choice))
        other = between(space, {**largest.answers, choice.path: answer}, largest=True)
        if other is None or isinstance(answer, tuple):
            continue
        graph = space.graph(other)
        if graph.depth != whole.depth:
            kinds[choice.path] = DEPTH
        elif [node.shape for node in graph.nodes] != [node.shape for node in whole.nodes]:
            kinds[choice.path] = WIDTH
    return kinds


def _usual(largest: bool) -> Oracle:
    end = max if largest else min

    def answer(choice: Choice) -> Any:
        return end(choice.answers) if choice.kind == "number" else choice.answers[0]

    return answer


def _size(space: Space, genome: Genome) -> tuple[int, int]:
    graph = space.graph(genome)
    return graph.mult_adds, graph.parameters
