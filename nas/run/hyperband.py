"""Hyperband: Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar 2016, arXiv:1603.06560, Algorithm 1.

    s_max <- floor(log_eta(R)), B <- (s_max + 1) R
    for s = s_max, ..., 1, 0:                                                          (brackets)
        n <- ceil(B / R * eta^s / (s + 1)),  r <- R eta^-s
        T <- n architectures
        for i = 0, ..., s:                                                             (successive halving)
            n_i <- floor(n eta^-i),  r_i <- r eta^i
            train each of T for r_i epochs
            T <- the top floor(n_i / eta) of T                                         (promotion)

The brackets follow one another, and after the last the first again, for as many trials as were asked for; the last one
begun may have fewer than its n, and then promotes fewer. Halving is the paper's own: a rung is complete before any of
its trials is promoted, so the epochs are those of the paper's table. Workers need not wait for that: meanwhile they get
the trials of the next bracket, as in BOHB (Falkner, Klein & Hutter 2018, arXiv:1807.01774, section 4.2). The smallest r
may be larger than the paper's 1, and r_i is rounded to whole epochs; the searcher proposes the architectures; one that
fails is never promoted.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from nas.run.rung import at, check_rungs, paused, ranked
from nas.run.state import Entry


def rungs(most: int, eta: int, least: int) -> tuple[int, ...]:
    """The epochs of each rung: most * eta^-s for s = s_max .. 0, in whole epochs; none is below `least`."""
    s_max = 0
    while least * eta ** (s_max + 1) <= most:
        s_max += 1
    return tuple((2 * most + eta**s) // (2 * eta**s) for s in range(s_max, -1, -1))


class Hyperband:
    """epochs: R. eta: of so many trials one is promoted. min_epochs: the smallest r. Raises UserError."""

    def __init__(self, epochs: int, eta: int = 3, min_epochs: int = 1) -> None:
        self.horizon: int | None = epochs
        check_rungs("hyperband", epochs, eta, min_epochs)
        self.eta, most = eta, rungs(epochs, eta, min_epochs)
        s_max = len(most) - 1
        self.brackets = [  # n and the rungs of each
            (-(-(s_max + 1) * eta**s // (s + 1)), most[s_max - s :]) for s in range(s_max, -1, -1)
        ]

    def first(self, number: int) -> int:
        number %= sum(n for n, _ in self.brackets)
        for n, epochs in self.brackets:
            if number < n:
                return epochs[0]
            number -= n
        raise AssertionError

    def promotion(self, entries: Sequence[Entry], total: int) -> tuple[int, int] | None:
        for trials, size, epochs in self._begun(entries, total):
            under_way = size  # trials that are on the rung or will be
            for i, (rung, above) in enumerate(pairwise(epochs), start=1):
                if len(at(trials, rung)) < under_way:
                    break
                top = ranked(trials, rung)[: size // self.eta**i]
                for entry in top:
                    if paused(entry, rung):
                        return entry.trial.number, above
                under_way = len(top)
        return None

    def settled(self, entries: Sequence[Entry], total: int) -> set[int]:
        """Those that failed, that are on their last rung, or behind all that are promoted: a place only gets worse."""
        numbers: set[int] = set()
        for trials, size, epochs in self._begun(entries, total):
            for i, rung in enumerate(epochs, start=1):
                promoted = size // self.eta**i if rung < epochs[-1] else 0
                going_on = {entry.trial.number for entry in ranked(trials, rung)[:promoted]}
                ended = {entry.trial.number for entry in at(trials, rung) if paused(entry, rung)}
                numbers |= ended - going_on
        return numbers

    def expected(self, entries: Sequence[Entry], total: int) -> int:
        """Those of the brackets; where more have failed on a rung than were to stop there, fewer go on."""
        epochs = 0
        for trials, size, steps in self._begun(entries, total, total):
            under_way = size
            epochs += size * steps[0]
            for i, (rung, above) in enumerate(pairwise(steps), start=1):
                failed = len(at(trials, rung)) - len(ranked(trials, rung))
                under_way = min(size // self.eta**i, under_way - failed)
                epochs += under_way * (above - rung)
        return epochs

    def _begun(
        self, entries: Sequence[Entry], total: int, until: int | None = None
    ) -> Iterator[tuple[Sequence[Entry], int, tuple[int, ...]]]:
        """Of each bracket that has begun: its trials so far, how many it will have, and its rungs.

        until: of those too that will have begun by that trial.
        """
        start, until = 0, len(entries) if until is None else until
        while start < until:
            for n, epochs in self.brackets:
                if start < until:
                    yield entries[start : start + n], min(n, total - start), epochs
                start += n
