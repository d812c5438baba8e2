"""Grid search: every genome of the space, in the order in which `Space.enumerate` counts them."""

import random
from collections.abc import Sequence

from nas.space import Genome, Space
from nas.types import Refused, Result, Trial


class Grid:
    """Proposes each genome once and nothing when there is none left. Random numbers play no part.

    One that is made anew, as for a resumed run, begins at the first genome again, and leaves out those told or under
    way; networks that were refused as duplicates before are refused, and counted, once more.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.left = space.enumerate()
        self.tried: set[Genome] = set()  # told, and so not to be asked for again after a search is resumed

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome | None:
        done = self.tried | {trial.genome for trial in pending}
        return next((one for one in self.left if one not in done and self.space.can_be_built(one)), None)

    def tell(self, result: Result) -> None:
        self.tried.add(result.trial.genome)
