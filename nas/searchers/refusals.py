"""What an evolution proposes where what it proposed for a trial was refused, again and again."""

A_MUTATION, TILL_RANDOM = 10, 100  # refusals


def further(refused: int) -> int | None:
    """How many mutations more than usual, for a population around which all was tried; None: a random genome instead.

    One more after each A_MUTATION refusals, and after TILL_RANDOM every other proposal is random and the mutations
    begin anew: where a limit refuses nearly all of the space, what it allows is close to the population.
    """
    if refused >= TILL_RANDOM and refused % 2:
        return None
    return refused % TILL_RANDOM // A_MUTATION
