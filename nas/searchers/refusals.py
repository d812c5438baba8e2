"""What an evolution proposes where what it proposed for a trial was refused, again and again."""

FEW, MANY = 10, 100


def further(refused: int) -> int | None:
    """How many mutations more than usual, for a population around which all was tried; None: a random genome instead.

    One more after each FEW refusals, and after MANY every other proposal is random and the mutations begin anew: where
    a limit refuses nearly all of the space, what it allows is close to the population.
    """
    if refused >= MANY and refused % 2:
        return None
    return refused % MANY // FEW
