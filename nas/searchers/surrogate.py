"""A model of how good networks are: a Gaussian process over their encodings, exact (Rasmussen & Williams 2006, ch. 2).

Its kernel is the weighted sum of one over the answers and one over the cells' paths, each a squared exponential.
Weight, length and noise are those of the highest marginal likelihood on a small grid: what a gradient finds depends on
where it starts, and a grid shares one decomposition among all noises. (scikit-learn's regressor has no kernels over
parts of the columns. A first version with it, of one kernel over all of them, took twice as long and reached 94.26 on
NAS-Bench-201 after 100 trials, this one 94.37; as scaling, features and acquisition differed too, how much of that is
the kernel's was not measured.)
"""

from collections.abc import Iterator, Sequence
from itertools import product
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from nas.searchers.encoding import Encoded, encoder
from nas.space import Genome, Space

WEIGHTS = (0.0, 0.5, 1.0)  # of the kernel over paths; the one over answers has the rest
LENGTHS = (0.5, 1.0, 2.0, 4.0)  # in units of an encoding's mean length
NOISES = (0.001, 0.01, 0.1, 0.3)  # variance, in units of the kernel's
# Of many results, those that the model is of: its cost grows with their number's third power.
BEST_RESULTS, LATEST_RESULTS = 150, 150
NORMAL = NormalDist()


class Kernel(NamedTuple):
    weight: float
    length: float

    def __call__(self, one: Encoded, other: Encoded) -> np.ndarray:
        """(genomes of one, genomes of other)"""
        shares = (1 - self.weight, self.weight)
        return sum(  # type: ignore[return-value]
            share * np.exp(-_squared_distances(a, b) / (2 * self.length**2))
            for share, a, b in zip(shares, one, other, strict=True)
            if share
        )


class Fitted(NamedTuple):
    kernel: Kernel
    noise: float
    scale: float  # variance of the values


class Surrogate:
    """The grid is searched on the first 1, 2, ... 10, 20, ... 100, 200, ... results: what was told alone decides it.

    Of more than BEST_RESULTS + LATEST_RESULTS results, the best and the latest count, by their ranks among all.
    """

    def __init__(self, space: Space) -> None:
        self.encoder = encoder(space)
        self.fitted: tuple[int, Fitted] | None = None  # number of results, and what they gave

    def improvements(
        self, told: Sequence[tuple[Genome, float]], pending: Sequence[Genome], others: Sequence[Genome]
    ) -> list[float]:
        """Of each other genome, the expected improvement on the best told (Jones et al. 1998), in normal scores.

        Those pending count as told, their values what the model thinks they will be ("kriging believer"): near them
        nothing is left to find out.
        """
        genomes, scores = [genome for genome, _ in told], np.array([score for _, score in told])
        step = 10 ** (len(str(len(genomes))) - 1)
        number = len(genomes) // step * step
        if self.fitted is None or self.fitted[0] != number:
            values, some = normal_scores(scores[:number]), counted(scores[:number])
            first, _ = self.encoder.matrices([genomes[i] for i in some], [])
            self.fitted = number, fit(first, values[some])
        some = counted(scores)
        observed, asked = self.encoder.matrices([genomes[i] for i in some], [*pending, *others])
        values, fitted = normal_scores(scores)[some], self.fitted[1]
        best = float(values.max())
        if pending:
            under_way, asked = _rows(asked, slice(None, len(pending))), _rows(asked, slice(len(pending), None))
            believed, _ = posterior(fitted, observed, values, under_way)
            values = np.concatenate([values, believed])
            observed = (np.vstack([observed[0], under_way[0]]), np.vstack([observed[1], under_way[1]]))
        means, deviations = posterior(fitted, observed, values, asked)
        return [improvement(*each, best) for each in zip(means.tolist(), deviations.tolist(), strict=True)]


def improvement(mean: float, deviation: float, best: float) -> float:
    """The mean of max(x - best, 0) where x is normal."""
    deviation = max(deviation, 1e-9)
    by = (mean - best) / deviation
    return deviation * (by * NORMAL.cdf(by) + NORMAL.pdf(by))


def _rows(encoded: Encoded, part: slice) -> Encoded:
    return encoded[0][part], encoded[1][part]


def counted(scores: np.ndarray) -> list[int]:
    """Which results the model is of, in their order: all, or the best and the latest of them."""
    if len(scores) <= BEST_RESULTS + LATEST_RESULTS:
        return list(range(len(scores)))
    before = len(scores) - LATEST_RESULTS
    return sorted([*np.argsort(-scores[:before], kind="stable")[:BEST_RESULTS].tolist(), *range(before, len(scores))])


def normal_scores(scores: np.ndarray) -> np.ndarray:
    """The quantiles of a normal distribution at the scores' ranks; equal scores have the mean of theirs."""
    ordered = np.sort(scores)
    ranks = (np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")) / 2
    return np.array([NORMAL.inv_cdf(rank / len(scores)) for rank in ranks])


def fit(observed: Encoded, values: np.ndarray) -> Fitted:
    """The point of the grid that gives the values the highest marginal likelihood."""
    return max(_likelihoods(observed, values), key=lambda pair: pair[0])[1]


def _likelihoods(observed: Encoded, values: np.ndarray) -> Iterator[tuple[float, Fitted]]:
    for weight, length in product(WEIGHTS, LENGTHS):
        kernel = Kernel(weight, length)
        eigenvalues, vectors = np.linalg.eigh(kernel(observed, observed))
        parts = (vectors.T @ values) ** 2
        for noise in NOISES:
            variances = np.maximum(eigenvalues, 0) + noise
            scale = max(float(np.mean(parts / variances)), 1e-9)  # the variance that makes the values likeliest
            likelihood = -0.5 * (len(values) * np.log(scale) + np.log(variances).sum())
            yield likelihood, Fitted(kernel, noise, scale)


def posterior(fitted: Fitted, observed: Encoded, values: np.ndarray, asked: Encoded) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations at `asked`, without the noise (Rasmussen & Williams 2006, Algorithm 2.1)."""
    kernel, noise, scale = fitted
    lower = np.linalg.cholesky(kernel(observed, observed) + noise * np.eye(len(values)))
    between = np.linalg.solve(lower, kernel(observed, asked))
    means = between.T @ np.linalg.solve(lower, values)
    return means, np.sqrt(scale * np.maximum(1 - (between**2).sum(axis=0), 0))


def _squared_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    products = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    return np.maximum(products, 0)
