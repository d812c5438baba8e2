"""Asynchronous successive halving: Li et al. 2018, A System for Massively Parallel Hyperparameter Tuning,
arXiv:1810.05934, Algorithm 2 (with its s = 0).

    whenever a worker is free:                                                         (get_job)
        for rung k = floor(log_eta(R / r)) - 1, ..., 1, 0:
            candidates <- the top |rung k| / eta of the trials that ended at rung k
            promotable <- those candidates that have not been promoted
            return (the best of promotable, rung k + 1) if there is one                (promotion)
        return (a new architecture, rung 0)                                            (first)

Rung k has r * eta^k epochs; R is the last, as in Ray's ASHA whether it is one of these or not. No rung is ever waited
for: which is why, of trials that come in a bad order, a few more than one of eta are promoted. The paper draws new
architectures at random; here the searcher proposes them. A failed evaluation counts in its rung, as the worst. Where no
new trial is left the promotions go on until there are none: a trial reaches rung k only if there are eta^k trials or
more.
"""

from collections.abc import Sequence
from itertools import pairwise

from nas.run.rung import at, check_rungs, paused, ranked
from nas.run.state import Entry


def rungs(most: int, eta: int, least: int) -> tuple[int, ...]:
    """The epochs of each rung: least * eta^k below `most`, and `most`."""
    epochs = [least]
    while epochs[-1] * eta < most:
        epochs.append(epochs[-1] * eta)
    return (*epochs, most) if least < most else (most,)


class Asha:
    """epochs: R. eta: of so many trials one is promoted. min_epochs: r. Raises UserError for options out of range."""

    def __init__(self, epochs: int, eta: int = 3, min_epochs: int = 1) -> None:
        self.horizon: int | None = epochs
        check_rungs("asha", epochs, eta, min_epochs)
        self.eta, self.rungs = eta, rungs(epochs, eta, min_epochs)

    def first(self, number: int) -> int:
        return self.rungs[0]

    def promotion(self, entries: Sequence[Entry], total: int) -> tuple[int, int] | None:
        for rung, above in reversed(list(pairwise(self.rungs))):
            candidates = ranked(entries, rung)[: len(at(entries, rung)) // self.eta]
            for entry in candidates:
                if paused(entry, rung):
                    return entry.trial.number, above
        return None

    def settled(self, entries: Sequence[Entry], total: int) -> set[int]:
        """Those that failed, that are on the last rung, or too low on theirs to be promoted even when it is full.

        A place on a rung only gets worse, and no rung ever holds more than all trials but those settled below it.
        """
        numbers: set[int] = set()
        for rung in self.rungs:
            promoted = (total - len(numbers)) // self.eta if rung < self.rungs[-1] else 0
            going_on = {entry.trial.number for entry in ranked(entries, rung)[:promoted]}
            ended = {entry.trial.number for entry in at(entries, rung) if paused(entry, rung)}
            numbers |= ended - going_on
        return numbers

    def expected(self, entries: Sequence[Entry], total: int) -> int:
        """Of each rung as many go on as one of eta, or have already, and no more than did not fail there."""
        count, epochs = total, total * self.rungs[0]
        for rung, above in pairwise(self.rungs):
            failed = len(at(entries, rung)) - len(ranked(entries, rung))
            promoted = sum((entry.trial.budget or 0) > rung for entry in entries)
            count = max(min(count // self.eta, count - failed), promoted)
            epochs += count * (above - rung)
        return epochs
