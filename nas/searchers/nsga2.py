"""NSGA-II, for several objectives: Deb, Pratap, Agarwal & Meyarivan 2002, IEEE Trans. Evol. Comp. 6(2), section III.

    P <- N random architectures, evaluated                                             (ask, first branch)
    repeat:
        two parents, each the winner of a binary tournament: the one of the lower
            front, within a front the one with the larger crowding distance            (ask, second branch)
        child <- crossover and mutation of the parents, evaluated
        R <- P and the child; sort R into fronts F1, F2, ...                           (tell)
        P <- the first N of F1, F2, ..., the last front taken by crowding distance

The paper makes N children before it sorts; here each result is sorted in as it comes (the steady-state form: Durillo,
Nebro, Luna & Alba 2009, EMO), which suits trials that end one by one in any order. A failed evaluation has no values
and never joins P. P may settle where all around it was tried: a child that the loop refuses again and again is mutated
further.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from nas.searchers.options import check_option
from nas.searchers.pareto import crowding, fronts
from nas.searchers.refusals import further
from nas.space import Genome, Space
from nas.types import Refused, Result, Trial


class Individual(NamedTuple):
    """A genome, its trial's number, and its values of the objectives, larger is better."""

    number: int
    genome: Genome
    values: tuple[float, ...]


class NSGA2:
    """population: N. crossover: how often a child has two parents; the paper's 0.9. Then one answer is mutated.

    The paper mutates each variable at 1/n, which is one of n on average. Raises UserError for options out of range.
    """

    def __init__(self, space: Space, population: int = 100, crossover: float = 0.9) -> None:
        check_option("nsga2", "population", population, int, least=1)
        check_option("nsga2", "crossover", crossover, float, least=0, most=1)
        self.space = space
        self.population_size, self.crossover = population, crossover
        self.population: list[Individual] = []  # best first
        self.ranks: list[tuple[int, float]] = []  # of each: (number of its front, minus its crowding distance)
        self.parents: tuple[int, ...] = ()  # of what was asked for last

    @staticmethod
    def for_budget(trials: int) -> dict[str, int]:
        """N = trials / 4, up to the paper's 100: with fewer trials than N nothing would evolve."""
        return {"population": min(100, max(4, trials // 4))}

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        more, self.parents = further(len(refused)), ()
        if len(self.population) < self.population_size or more is None:
            return self.space.sample(rng)
        first = self.tournament(rng)
        child, self.parents = first.genome, (first.number,)
        if rng.random() < self.crossover:
            second = self.tournament(rng)
            child = self.space.crossover(child, second.genome, rng)
            self.parents = tuple(dict.fromkeys((first.number, second.number)))
        for _ in range(1 + more):
            child = self.space.mutate(child, rng)
        return child

    def tournament(self, rng: random.Random) -> Individual:
        """The better of two individuals drawn at random: the crowded-comparison operator."""
        one, other = rng.randrange(len(self.population)), rng.randrange(len(self.population))
        return self.population[one if self.ranks[one] <= self.ranks[other] else other]

    def tell(self, result: Result) -> None:
        if not result.failed:
            values = result.values or (result.score,)
            self.survive([*self.population, Individual(result.trial.number, result.trial.genome, values)])

    def retell(self, result: Result) -> None:
        others = [one for one in self.population if one.number != result.trial.number]
        if len(others) < len(self.population):
            self.survive(others)
            self.tell(result)

    def survive(self, everyone: list[Individual]) -> None:
        """The first N by front and crowding distance are the population."""
        ranks = ranked([one.values for one in everyone])
        order = sorted(range(len(ranks)), key=ranks.__getitem__)[: self.population_size]
        self.population = [everyone[i] for i in order]
        self.ranks = ranked([one.values for one in self.population])


def ranked(points: Sequence[tuple[float, ...]]) -> list[tuple[int, float]]:
    """(number of its front, minus its crowding distance) of each point: smaller is better."""
    ranks = [(0, 0.0)] * len(points)
    for number, members in enumerate(fronts(points)):
        for member, distance in zip(members, crowding([points[i] for i in members]), strict=True):
            ranks[member] = (number, -distance)
    return ranks
