"""How often the loop refused what was proposed for a trial: it asks again with the same generator (`run.propose`)."""

import random

FEW, MANY = 10, 100


class Refusals:
    """Counts them; what was told before ends the count, as another trial does."""

    def __init__(self) -> None:
        self.rng: random.Random | None = None  # of the trial that was asked for last
        self.number = 0

    def before(self, rng: random.Random) -> int:
        """Of the proposals for this trial so far. To be called once for each that is asked for."""
        self.number = self.number + 1 if rng is self.rng else 0
        self.rng = rng
        return self.number

    def end(self) -> None:
        self.rng = None


def further(refused: int) -> int | None:
    """How many mutations more than usual, for a population around which all was tried; None: a random genome instead.

    One more after each FEW refusals, and after MANY every other proposal is random and the mutations begin anew: where
    a limit refuses nearly all of the space, what it allows is close to the population.
    """
    if refused >= MANY and refused % 2:
        return None
    return refused % MANY // FEW
