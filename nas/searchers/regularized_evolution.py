"""Regularized (aging) evolution: Real, Aggarwal, Huang & Le 2019, arXiv:1802.01548, Algorithm 1.

    population <- empty queue, history <- empty
    while |population| < P:  add a random architecture, trained and evaluated          (ask, first branch)
    while |history| < C:
        sample <- S architectures drawn from the population with replacement
        parent <- the one of highest accuracy in the sample                            (ask, second branch)
        child  <- mutate(parent), trained and evaluated
        add the child to the right of the population                                   (tell)
        remove the oldest, dead, from the left of the population
    return the architecture of highest accuracy in history

C, the number of trials, counts the first P. Run asynchronously, as the paper ran it: parents come from what has been
told, and a worker that asks before P results are in gets a random architecture. An evaluation that failed has no
accuracy: it neither joins the population nor ages it. A trial that had more epochs stays where its age has put it.

The paper trains a network again where it comes again; here the loop refuses it. Once all around the sample's best was
tried, a child that is refused again and again is mutated further.
"""

import random
from collections import deque
from collections.abc import Sequence

from nas.searchers.options import check_option
from nas.searchers.refusals import further
from nas.space import Genome, Space
from nas.types import Refused, Result, Trial


class RegularizedEvolution:
    """The paper's evolution with its defaults: P=100, S=25, and the identity mutation at 0.05.

    A mutation changes one answer: of an operation or of an input ("hidden state"), the kind drawn uniformly from those
    that the genome has (numbers are a third kind, which the paper's space lacks). Raises UserError for options out of
    range.
    """

    def __init__(self, space: Space, population: int = 100, sample: int = 25, identity: float = 0.05) -> None:
        check_option("regularized_evolution", "population", population, int, least=1)
        check_option("regularized_evolution", "sample", sample, int, least=1)
        check_option("regularized_evolution", "identity", identity, float, least=0, below=1)
        self.space = space
        self.population_size, self.sample_size, self.identity = population, sample, identity
        self.population: deque[tuple[Genome, float]] = deque()  # oldest first
        self.numbers: deque[int] = deque()  # their trials'
        self.parents: tuple[int, ...] = ()  # of what was asked for last

    @staticmethod
    def for_budget(trials: int) -> dict[str, int]:
        """P = trials / 4 and S = P / 2, up to the paper's 100 and 25: with fewer trials than P nothing would evolve."""
        population = min(100, max(4, trials // 4))
        return {"population": population, "sample": min(25, max(2, population // 2))}

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        more, self.parents = further(len(refused)), ()
        if len(self.population) < self.population_size or more is None:
            return self.space.sample(rng)
        sample = [rng.choice(range(len(self.population))) for _ in range(self.sample_size)]
        place = max(sample, key=lambda place: self.population[place][1])
        self.parents = (self.numbers[place],)
        child = self.mutate(self.population[place][0], rng)
        for _ in range(more):
            child = self.space.mutate(child, rng)
        return child

    def mutate(self, parent: Genome, rng: random.Random) -> Genome:
        """A copy of the parent with one answer changed, or, at the rate `identity`, with none."""
        kinds = self.space.kinds(parent)
        if rng.random() < self.identity or not kinds:
            return parent
        return self.space.mutate(parent, rng, kind=rng.choice(kinds))

    def tell(self, result: Result) -> None:
        if result.failed:
            return
        self.population.append((result.trial.genome, result.score))
        self.numbers.append(result.trial.number)
        if len(self.population) > self.population_size:
            self.population.popleft()
            self.numbers.popleft()

    def retell(self, result: Result) -> None:
        if result.trial.number not in self.numbers:
            return
        place = self.numbers.index(result.trial.number)
        if result.failed:
            del self.population[place], self.numbers[place]
        else:
            self.population[place] = (result.trial.genome, result.score)
