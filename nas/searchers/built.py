"""Whether a genome is a network at all: `Space.enumerate` and `neighbours` go by names, and shapes may not fit."""

from nas.errors import ShapeError, UserError
from nas.space import Genome, Space


def can_be_built(space: Space, genome: Genome) -> bool:
    """Whether its graph fits the space's input. The graph is kept, for the loop to use."""
    try:
        space.graph(genome)
    except (UserError, ShapeError):
        return False
    return True
