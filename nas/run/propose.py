"""Asking the searcher until it proposes what is new and within the limits.

A searcher may settle where all was tried. So before a search counts as exhausted, chance has its turn: every genome of
a small space, in a random order, or as many random ones of a large space as were asked for.
"""

import random
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nas.errors import ShapeError, UserError
from nas.graph.limits import broken
from nas.run.alike import WORDS, identity
from nas.space import Genome, Space
from nas.types import Refused, Searcher, Trial

PATIENCE = 1000  # proposals refused in a row before it is left to chance
NOTHING = "the searcher has nothing left to propose"
SMALL = 5000  # genomes of a space that are all looked at before it counts as exhausted


@dataclass(frozen=True)
class Proposal:
    """A genome to evaluate, its network's fingerprint and costs, and how many proposals were refused before it.

    identity: what genomes that count as the same have in common (`alike.identity`); empty: the fingerprint.
    parents: numbers of the trials of whose genomes the searcher made this one; None: it does not say.
    """

    genome: Genome
    fingerprint: str
    costs: Mapping[str, int]
    duplicates: int
    over_limit: int
    identity: str = ""
    parents: tuple[int, ...] | None = None


@dataclass(frozen=True)
class End:
    """Why there is no further proposal, and how many were refused before that was known."""

    reason: str
    duplicates: int = 0
    over_limit: int = 0


def propose(
    searcher: Searcher,
    space: Space,
    rng: random.Random,
    pending: Sequence[Trial],
    seen: Container[str],
    limits: Mapping[str, float],
    has: Callable[[Genome], bool] | None = None,
    deduplicate: str = "function",
) -> Proposal | End:
    """The next proposal, or the reason why there is none.

    seen: identities of the genomes proposed before, as `deduplicate` has them (`alike.identity`).
    has: whether the evaluator can say anything of a genome (a benchmark table may lack it); None: of all.
    """

    refused: list[Refused] = []

    def first(genomes: Iterable[Genome | None]) -> Proposal | End:
        return first_of(genomes, space, seen, limits, has, deduplicate, refused)

    proposal = first(searcher.ask(rng, pending, refused) for _ in range(PATIENCE))
    if isinstance(proposal, Proposal):
        return replace(proposal, parents=getattr(searcher, "parents", None))
    if proposal.reason != NOTHING:
        other = first(_by_chance(space, rng))
        if isinstance(other, Proposal):
            counts = proposal.duplicates + other.duplicates, proposal.over_limit + other.over_limit
            return replace(other, duplicates=counts[0], over_limit=counts[1], parents=())
    return proposal


def _by_chance(space: Space, rng: random.Random) -> Iterator[Genome]:
    if space.size() > SMALL:
        yield from (space.sample(rng) for _ in range(PATIENCE))
    else:
        genomes = list(space.enumerate())
        rng.shuffle(genomes)
        yield from genomes


def first_of(
    genomes: Iterable[Genome | None],
    space: Space,
    seen: Container[str],
    limits: Mapping[str, float],
    has: Callable[[Genome], bool] | None,
    deduplicate: str,
    refused: list[Refused],
) -> Proposal | End:
    """The first that is new and within the limits, or why none is. None: there are no more.

    The others are added to `refused`.
    """
    reasons: Counter[str] = Counter()
    over_limit, impossible, tried = 0, "", f"of {WORDS[deduplicate]} already tried"

    def refuse(genome: Genome, reason: str) -> None:
        reasons[reason] += 1
        refused.append(Refused(genome, reason))

    for genome in genomes:
        if genome is None:
            return End(NOTHING, reasons[tried], over_limit)
        try:
            graph = space.graph(genome).prune()
        except (UserError, ShapeError) as error:  # no network at this input size
            impossible = impossible or f": {error}"
            refuse(genome, "that cannot be built")
            continue
        if limit := broken(graph, limits):
            refuse(genome, f"over the limit {limit}={limits[limit]:g}")
            over_limit += 1
        elif (key := identity(deduplicate, genome, graph)) in seen:
            refuse(genome, tried)
        elif has is not None and not has(genome):
            refuse(genome, "without a row in the table")
        else:
            return Proposal(genome, graph.fingerprint(), graph.costs, reasons[tried], over_limit, key)
    counts = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    reason = f"the last {PATIENCE} proposals were all refused: {counts}{impossible}"
    return End(reason, reasons[tried], over_limit)
