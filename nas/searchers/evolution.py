"""Evolution without ageing, as in EvaNet: Piergiovanni, Angelova, Toshev & Ryoo 2018, arXiv:1811.10636, section 3.3.

    P <- random architectures, trained and evaluated                                   (ask, first branch)
    for i = 0, 1, ... rounds:
        sample <- S architectures of P
        parent <- the fittest of the sample                                            (ask, second branch)
        child  <- parent, mutated max(ceil(d - i / r), 1) times, trained and evaluated
        add the child to P, remove the least fit of P                                  (tell)

A mutation changes one answer, whatever it decides: the paper's changes of a layer's type, of a filter's length and of
the number of layers are answers of its document. A failed evaluation changes nothing. A population without ageing may
settle where all around it was tried: a child that the loop refuses again and again is mutated further.
"""

import math
import random
from collections.abc import Sequence

from nas.searchers.options import check_option
from nas.searchers.refusals import further
from nas.space import Genome, Space
from nas.types import Refused, Result, Trial


class Evolution:
    """population: |P|. sample: S. mutations: d, of the first rounds. rounds: r, after which there is one fewer.

    Raises UserError for options out of range.
    """

    def __init__(
        self, space: Space, population: int = 50, sample: int = 25, mutations: int = 5, rounds: int = 100
    ) -> None:
        options = {"population": population, "sample": sample, "mutations": mutations, "rounds": rounds}
        for name, value in options.items():
            check_option("evolution", name, value, int, least=1)
        self.space = space
        self.population_size, self.sample_size, self.d, self.r = population, sample, mutations, rounds
        self.population: dict[int, tuple[Genome, float]] = {}  # by the trial's number
        self.i = 0  # rounds since the population was full
        self.parents: tuple[int, ...] = ()  # of what was asked for last

    @staticmethod
    def for_budget(trials: int) -> dict[str, int]:
        """A quarter of the trials for the first population, half of it a sample; at first two mutations, soon one."""
        population = min(50, max(4, trials // 4))
        sample = min(25, max(2, population // 2))
        return {"population": population, "sample": sample, "mutations": 2, "rounds": max(1, trials // 10)}

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        more, self.parents = further(len(refused)), ()
        if len(self.population) < self.population_size or more is None:
            return self.space.sample(rng)
        sample = rng.sample(list(self.population.items()), min(self.sample_size, len(self.population)))
        number, (genome, _) = max(sample, key=lambda individual: individual[1][1])
        self.parents = (number,)
        for _ in range(max(math.ceil(self.d - self.i / self.r), 1) + more):
            genome = self.space.mutate(genome, rng)
        return genome

    def tell(self, result: Result) -> None:
        if result.failed:
            return
        self.i += len(self.population) == self.population_size
        self.population[result.trial.number] = (result.trial.genome, result.score)
        if len(self.population) > self.population_size:
            del self.population[min(self.population, key=lambda number: self.population[number][1])]

    def retell(self, result: Result) -> None:
        if result.trial.number in self.population and result.failed:
            del self.population[result.trial.number]
        elif result.trial.number in self.population:
            self.population[result.trial.number] = (result.trial.genome, result.score)
