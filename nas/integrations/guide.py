"""One of our searchers, asked and told for another tool's loop, with the search loop's care: nothing twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from nas import searchers
from nas.run import alike
from nas.run.propose import End, propose
from nas.space import Genome, Space
from nas.training.document import load
from nas.types import OBJECTIVE, Result, Trial, trial_random


class Guide:
    """A searcher by name with its options, over a space or the packaged space or document of that name.

    The same seed and the same order of results give the genomes that `nas search` tries. `deduplicate` is as in
    `nas.search`. Raises UserError.
    """

    def __init__(
        self,
        space: Space | str,
        searcher: str,
        options: Mapping[str, Any] | None = None,
        seed: int = 0,
        deduplicate: str = "genome",
    ) -> None:
        alike.check_deduplicate(deduplicate)
        self.deduplicate = deduplicate
        self.space = space if isinstance(space, Space) else load(space)
        self.searcher, self.seed = searchers.create_searcher(searcher, self.space, options, seed), seed
        self.seen: set[str] = set()  # identities of the genomes tried

    def propose(self, number: int, pending: Mapping[int, Genome]) -> Genome | str:
        """The genome of trial `number`, those of the trials `pending` under way; or why there is none."""
        rng = trial_random(self.seed, number)
        rng.randrange(2**31)  # the trial's seed, in a search
        under_way: Sequence[Trial] = [Trial(other, genome, 0) for other, genome in sorted(pending.items())]
        proposal = propose(self.searcher, self.space, rng, under_way, self.seen, {}, deduplicate=self.deduplicate)
        if isinstance(proposal, End):
            return proposal.reason
        self.seen.add(proposal.identity)
        return proposal.genome

    def tried(self, genome: Genome) -> None:
        """The genome was proposed before this guide was made."""
        self.seen.add(alike.identity(self.deduplicate, genome, self.space.graph(genome)))

    def tell(self, number: int, genome: Genome, values: Sequence[float] | None) -> None:
        """How a trial ended: its objectives, larger is better, or None where it failed."""
        trial = Trial(number, genome, 0)
        if values is None:
            self.searcher.tell(Result(trial, None, "failed"))
        else:
            self.searcher.tell(Result(trial, {OBJECTIVE: values[0]}, values=tuple(values)))
