"""Local search: White, Nolen & Savani 2020, Exploring the Loss Landscape in NAS, arXiv:2005.02960, Algorithm 1.

    repeat until the budget is spent:
        v <- a random architecture                                                     (ask, last branch)
        repeat:
            evaluate the neighbours of v, those with one answer changed                (ask, first branch)
            stop if none is better than v; else v <- the best of them

`first` (the default) moves to the first neighbour that is better instead of the best of all ("query until lower" in
the authors' code), which costs fewer trials a step and found more with 100 of them. Neighbours are tried in an order
that v alone decides, so that a resumed search goes on as it would have.

Where a change opens choices, each of their answers is another neighbour: a deeper stage, or other blocks everywhere,
may have more than there is time to list. Then random ones of these stand for all.
"""

import math
import random
from collections.abc import Sequence
from itertools import islice

from nas.errors import UserError
from nas.space import Genome, Space
from nas.types import Result, Trial

MANY, DRAWN = 500, 100  # neighbours that are listed, and drawn where there are more


class LocalSearch:
    """first: move to the first better neighbour, not to the best. Raises UserError for another kind of value.

    Moves happen in `tell`, so that what was told is all there is to know. Which neighbours the loop refuses, as the
    same network or over a limit, `ask` finds out anew; where all others are told, it looks from the next v on.
    """

    def __init__(self, space: Space, first: bool = True) -> None:
        if not isinstance(first, bool):
            raise UserError("searcher local_search", f"first is {first!r}", "give true or false")
        self.space, self.first = space, first
        self.scores: dict[Genome, float] = {}  # of all that was told; a failure is the worst
        self.v: Genome | None = None
        self.rng: random.Random | None = None  # of the last ask
        self.asked: set[Genome] = set()  # with that generator; what is neither told nor pending of it was refused
        self.known: tuple[Genome | None, list[Genome]] = (None, [])  # the last genome whose neighbours were listed

    def ask(self, rng: random.Random, pending: Sequence[Trial]) -> Genome:
        if rng is not self.rng:  # not the same trial, asked for again
            self.rng, self.asked = rng, set()
        under_way = {trial.genome for trial in pending}
        v = self.v
        while v is not None:
            for neighbour in self.neighbours(v):
                if not (neighbour in self.scores or neighbour in under_way or neighbour in self.asked):
                    self.asked.add(neighbour)
                    if self.space.can_be_built(neighbour):
                        return neighbour
            v = self.better(v)
        return self.space.sample(rng)

    def tell(self, result: Result) -> None:
        genome, before = result.trial.genome, self.v
        self.scores[genome] = -math.inf if result.failed else result.score
        self.asked = set()
        while self.v is not None and genome not in self.neighbours(self.v):  # it was asked for from a later v
            self.v = self.better(self.v)
        if self.v is None:
            self.v = before if result.failed else genome  # a random one: the search began again
        elif self.first and self.scores[genome] > self.scores[self.v]:
            self.v = genome

    def retell(self, result: Result) -> None:
        self.scores[result.trial.genome] = -math.inf if result.failed else result.score

    def better(self, v: Genome) -> Genome | None:
        """The best neighbour of v that was told, if it is better than v."""
        told = [neighbour for neighbour in self.neighbours(v) if neighbour in self.scores]
        best = max(told, key=self.scores.__getitem__, default=v)
        return best if self.scores[best] > self.scores[v] else None

    def neighbours(self, v: Genome) -> list[Genome]:
        """In an order that v alone decides."""
        if self.known[0] != v:
            rng = random.Random(repr(sorted(v.answers.items())))
            found = list(islice(self.space.neighbours(v), MANY + 1))
            if len(found) > MANY:
                found = list(dict.fromkeys(self.space.mutate(v, rng) for _ in range(DRAWN)))
            rng.shuffle(found)
            self.known = (v, found)
        return self.known[1]
