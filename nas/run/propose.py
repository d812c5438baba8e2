"""Asking the searcher until it proposes a network that is new and within the limits."""

import random
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from nas.errors import ShapeError, UserError
from nas.run.limits import broken
from nas.space import Genome, Space
from nas.types import Result, Searcher, Trial

PATIENCE = 1000  # proposals refused in a row before a search counts as exhausted
SEEN = "of networks already tried"


@dataclass(frozen=True)
class Proposal:
    """A genome to evaluate, its network's fingerprint and costs, and how many proposals were refused before it."""

    genome: Genome
    fingerprint: str
    parameters: int
    mult_adds: int
    duplicates: int
    over_limit: int


@dataclass(frozen=True)
class End:
    """Why there is no further proposal, and how many were refused before that was known."""

    reason: str
    duplicates: int = 0
    over_limit: int = 0


@dataclass(frozen=True)
class Given:
    """Proposes what was chosen before: a network within the limits that was not tried yet."""

    genome: Genome

    def ask(self, rng: random.Random, pending: Sequence[Trial]) -> Genome:
        return self.genome

    def tell(self, result: Result) -> None:
        """It has no say in what follows."""


def propose(
    searcher: Searcher,
    space: Space,
    rng: random.Random,
    pending: Sequence[Trial],
    seen: Container[str],
    limits: Mapping[str, float],
    has: Callable[[Genome], bool] | None = None,
) -> Proposal | End:
    """The next proposal, or the reason why there is none. One generator serves every asking for a trial.

    has: whether the evaluator can say anything of a genome (a benchmark table may lack it); None: of all.
    """
    refused: Counter[str] = Counter()
    over_limit, impossible = 0, ""
    while refused.total() < PATIENCE:
        genome = searcher.ask(rng, pending)
        if genome is None:
            return End("the searcher has nothing left to propose", refused[SEEN], over_limit)
        try:
            graph = space.graph(genome).prune()
        except (UserError, ShapeError) as error:  # no network at this input size
            impossible = impossible or f": {error}"
            refused["that cannot be built"] += 1
            continue
        if limit := broken(graph, limits):
            refused[f"over the limit {limit}={limits[limit]:g}"] += 1
            over_limit += 1
        elif (fingerprint := graph.fingerprint()) in seen:
            refused[SEEN] += 1
        elif has is not None and not has(genome):
            refused["without a row in the table"] += 1
        else:
            return Proposal(genome, fingerprint, graph.parameters, graph.mult_adds, refused[SEEN], over_limit)
    counts = ", ".join(f"{count} {reason}" for reason, count in refused.most_common())
    reason = f"the last {PATIENCE} proposals were all refused: {counts}{impossible}"
    return End(reason, refused[SEEN], over_limit)
