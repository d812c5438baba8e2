"""BANANAS: White, Neiswanger & Savani 2019, arXiv:1910.11858, Algorithm 1, with a Gaussian process for its model.

    draw t0 random architectures, evaluate them                                        (ask, first branch)
    for t from t0 to T:
        fit a model to the encodings and accuracies so far                             (`Surrogate`)
        candidates <- mutations of the best architectures, and random ones             (`candidates`)
        evaluate the candidate of the highest acquisition value                        (ask, second branch)

The paper's model is an ensemble of networks; a Gaussian process over the same path encoding, and the one-hot answers
beside it, is exact, quick, and better with few results. Accuracies count by rank (the quantiles of a normal
distribution at their ranks), so that a few networks that learn nothing do not flatten the differences among the good
ones, and so that any metric will do. The acquisition is expected improvement; its lead over the paper's independent
Thompson sampling was small on NAS-Bench-201, and none with ImageNet16-120.

The model begins after five networks, where the paper's does after ten; and most candidates are mutations, of more of
the best: their neighbourhoods overlap, so that fewer graphs have to be built than for random ones.

Trials under way count as told, their accuracies what the model expects, so that several workers go to different places.
Failed evaluations teach the model nothing.
"""

import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nas.searchers.options import check_option
from nas.space import Genome, Space
from nas.types import Refused, Result, Trial

if TYPE_CHECKING:
    from nas.searchers.surrogate import Surrogate


class Bananas:
    """first: t0. best: how many of the best architectures are mutated. mutations, samples: candidates of either kind.

    Raises UserError for options out of range.
    """

    def __init__(self, space: Space, first: int = 5, best: int = 20, mutations: int = 100, samples: int = 5) -> None:
        for name, value in {"first": first, "best": best, "mutations": mutations}.items():
            check_option("bananas", name, value, int, least=1)
        check_option("bananas", "samples", samples, int, least=0)
        self.space = space
        self.first, self.best, self.mutations, self.samples = first, best, mutations, samples
        self.told: dict[int, tuple[Genome, float]] = {}  # by the trial's number; a failure is not among them
        self.tried: set[Genome] = set()  # all that was told
        self.ranking: Iterator[Genome] = iter(())  # for the trial that was asked for last
        self.made_of: dict[Genome, int] = {}  # of its candidates those that are mutations, and the trial of each
        self.parents: tuple[int, ...] = ()  # of what was asked for last
        self._surrogate: Surrogate | None = None

    @staticmethod
    def for_budget(trials: int) -> dict[str, int]:
        """A fifth of the trials, up to 5, before there is a model."""
        return {"first": min(5, max(2, trials // 5))}

    @property
    def surrogate(self) -> "Surrogate":
        if self._surrogate is None:  # imported when used: it takes a second
            from nas.searchers.surrogate import Surrogate

            self._surrogate = Surrogate(self.space)
        return self._surrogate

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        """The best candidate; where that was refused, the next best."""
        self.parents = ()
        if len(self.told) < self.first:
            return self.space.sample(rng)
        if not refused:
            self.ranking = self.ranked(rng, pending)
        best = next(self.ranking, None)
        if best is None:
            return self.space.sample(rng)
        self.parents = (self.made_of[best],) if best in self.made_of else ()
        return best

    def ranked(self, rng: random.Random, pending: Sequence[Trial]) -> Iterator[Genome]:
        """Candidates by expected improvement, best first; none that was tried or is under way."""
        under_way = [trial.genome for trial in pending]
        candidates = [genome for genome in self.candidates(rng) if genome not in under_way]
        if not candidates:
            return
        values = self.surrogate.improvements(list(self.told.values()), under_way, candidates)
        yield from (candidates[i] for i in sorted(range(len(candidates)), key=values.__getitem__, reverse=True))

    def candidates(self, rng: random.Random) -> list[Genome]:
        parents = sorted(self.told, key=lambda number: self.told[number][1], reverse=True)[: self.best]
        self.made_of = {}
        for _ in range(self.mutations):
            number = rng.choice(parents)
            self.made_of.setdefault(self.space.mutate(self.told[number][0], rng), number)
        genomes = [*self.made_of, *(self.space.sample(rng) for _ in range(self.samples))]
        return [genome for genome in dict.fromkeys(genomes) if genome not in self.tried]

    def tell(self, result: Result) -> None:
        genome = result.trial.genome
        self.tried.add(genome)
        if not result.failed:
            self.told[result.trial.number] = (genome, result.score)

    def retell(self, result: Result) -> None:
        self.told.pop(result.trial.number, None)
        self.tell(result)
