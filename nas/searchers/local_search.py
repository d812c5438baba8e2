"""Local search: White, Nolen & Savani 2020, Exploring the Loss Landscape in NAS, arXiv:2005.02960, Algorithm 1.

    repeat until the budget is spent:
        v <- a random architecture                                                     (ask, last lines)
        repeat:
            evaluate the neighbours of v, those with one answer changed                (ask, the loop)
            stop if none is better than v; else v <- the best of them                  (tell)

`first` (the default) moves to the first neighbour that is better instead of the best of all ("query until lower" in
the authors' code), which costs fewer trials a step and found more with 100 of them. Neighbours are tried in an order
that v alone decides, so that a resumed search goes on as it would have.

With several workers results come late: of neighbours of a v that was left, or of random architectures that were asked
for together. Such a one becomes v if it is better than v, and is otherwise a neighbour that was tried. To know these
from the random one with which the search begins again, that one, too, is drawn in a way that v and the first
architecture told decide: it is one of v's few `restarts`.

Where a change opens choices, each of their answers is another neighbour: a deeper stage, or other blocks everywhere,
may have more than there is time to list. Then random ones of these stand for all.
"""

import math
import random
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from itertools import islice

from nas.errors import UserError
from nas.space import Genome, Space
from nas.types import Refused, Result, Trial

LISTED_NEIGHBOURS, DRAWN_NEIGHBOURS = 500, 100  # neighbours that are listed, and drawn where there are more
PLACES_LEFT = 8  # places left last, whose neighbours may still be under way
PLACES_KEPT = 32  # places whose neighbours are remembered
RESTARTS, CHANCE = 32, 64  # at most so many for a v; a genome is among them by chance once in CHANCE


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
        self.after: dict[Genome, dict[int, float]] = {}  # the scores after so many epochs, under a schedule
        self.numbers: dict[Genome, int] = {}  # their trials'
        self.parents: tuple[int, ...] = ()  # of what was asked for last
        self.v: Genome | None = None
        self.left: deque[Genome] = deque(maxlen=PLACES_LEFT)  # where v was before
        self.impossible: set[Genome] = set()  # neighbours that cannot be built
        self.listed: OrderedDict[Genome, dict[Genome, None]] = OrderedDict()  # neighbours
        self.drawn: tuple[Genome | None, list[Genome]] = (None, [])  # restarts of the last v that needed any

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        tried = {trial.genome for trial in pending} | {one.genome for one in refused} | self.scores.keys()
        for v in self.places():
            for genome in self.neighbours(v):
                if genome not in tried and genome not in self.impossible:
                    if self.space.can_be_built(genome):
                        self.parents = (self.numbers[v],)
                        return genome
                    self.impossible.add(genome)
        self.parents = ()
        for genome in self.restarts():
            if genome not in tried and not self.is_late(genome):
                return genome
        return self.space.sample(rng)

    def tell(self, result: Result) -> None:
        genome = result.trial.genome
        self.retell(result)
        self.numbers[genome] = result.trial.number
        if self.v is None:
            self.v = None if result.failed else genome
            return
        places = list(self.places())
        asked_from = next((place for place in places if genome in self.neighbours(place)), None)
        if asked_from is not None and asked_from != self.v:
            self.move(asked_from)
        if self.beats(genome, self.v):
            if self.first or asked_from is None:
                self.move(genome)
        elif asked_from is None and not result.failed and self.begins_again(genome):
            self.move(genome)

    def retell(self, result: Result) -> None:
        score = self.scores[result.trial.genome] = -math.inf if result.failed else result.score
        if result.trial.budget is not None:
            self.after.setdefault(result.trial.genome, {})[result.trial.budget] = score

    def move(self, to: Genome) -> None:
        assert self.v is not None
        self.left.append(self.v)
        self.v = to

    def places(self) -> Iterator[Genome]:
        """v, and where the search goes from there once all its neighbours are told.

        Each once: where epochs differ, one may beat another, that a third, and the third the first.
        """
        v, been = self.v, set[Genome]()
        while v is not None and v not in been:
            yield v
            been.add(v)
            v = self.better(v)

    def better(self, v: Genome) -> Genome | None:
        """The best neighbour of v that was told, if it is better than v."""
        best = v
        for neighbour in self.neighbours(v):
            if neighbour in self.scores and self.beats(neighbour, best):
                best = neighbour
        return None if best == v else best

    def beats(self, one: Genome, other: Genome) -> bool:
        """Whether it is better, after as many epochs where both had as many once."""
        a, b = self.after.get(one, {}), self.after.get(other, {})
        if common := a.keys() & b.keys():
            return a[max(common)] > b[max(common)]
        return self.scores[one] > self.scores[other]

    def begins_again(self, genome: Genome) -> bool:
        """Whether it was asked for because nothing around v was left to ask for.

        It is a restart of v's, and not what came late; and what was asked for around v before it was told.
        """
        if genome not in self.restarts() or self.is_late(genome):
            return False
        assert self.v is not None
        around = [self.numbers[near] for near in self.neighbours(self.v) if near in self.numbers]
        before = around or [self.numbers[other] for other in self.restarts() if other in self.numbers]
        return min(before) < self.numbers[genome]

    def is_late(self, genome: Genome) -> bool:
        """Whether it may have been asked for as a neighbour of a place that was left."""
        return any(genome in self.neighbours(place) for place in self.left)

    def restarts(self) -> list[Genome]:
        """Random genomes, in an order that v and the first told decide."""
        if self.v is None:
            return []
        if self.drawn[0] != self.v:
            number = max(4, min(RESTARTS, self.space.size() // CHANCE))
            rng = random.Random(f"{_name(self.v)} {_name(next(iter(self.scores)))}")
            self.drawn = (self.v, [self.space.sample(rng) for _ in range(number)])
        return self.drawn[1]

    def neighbours(self, v: Genome) -> dict[Genome, None]:
        """In an order that v alone decides."""
        if v not in self.listed:
            rng = random.Random(_name(v))
            neighbours = list(islice(self.space.neighbours(v), LISTED_NEIGHBOURS + 1))
            if len(neighbours) > LISTED_NEIGHBOURS:
                neighbours = list(dict.fromkeys(self.space.mutate(v, rng) for _ in range(DRAWN_NEIGHBOURS)))
            rng.shuffle(neighbours)
            if len(self.listed) >= PLACES_KEPT:
                self.listed.popitem(last=False)
            self.listed[v] = dict.fromkeys(neighbours)
        self.listed.move_to_end(v)
        return self.listed[v]


def _name(genome: Genome) -> str:
    return repr(sorted(genome.answers.items()))
