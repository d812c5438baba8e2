"""Random search: every choice of every genome answered uniformly (Li & Talwalkar 2019, arXiv:1902.07638)."""

import random
from collections.abc import Sequence

from nas.space import Genome, Space
from nas.types import Refused, Result, Trial


class Random:
    """Samples the space; learns nothing."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        return self.space.sample(rng)

    def tell(self, result: Result) -> None:
        pass
