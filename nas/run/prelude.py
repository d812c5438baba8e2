"""What a search makes before its trials: the networks that a warm start begins with.

The choice is one record of the journal. A run that stopped before makes it again, and alike, from the search's seed.
"""

import random
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping, Sequence

from nas.evaluators import Proxy
from nas.run.interrupt import Stop
from nas.run.loop import Search
from nas.run.propose import End, Proposal, propose
from nas.run.records import Warmed, now
from nas.run.warm_start import WarmStart
from nas.searchers.random import Random
from nas.types import Executor, Metrics, Trial

SHARE = 10  # one trial in ten is of the best by the proxies, for these are not always right
PROGRESS_REPORTS = 20  # how often a watcher hears of it


def warm_up(search: Search, executor: Executor, stop: Stop) -> bool:
    """Choose and journal what a search begins with, if it is to and has not. False where the user stopped it before."""
    config, state = search.config, search.state
    if not config.warm_start or state.warm is not None or state.entries:
        return True
    warm = WarmStart.parse(config.warm_start)
    search.watcher.stage(f"warm start: {warm.count:,} networks to score")
    candidates = sample(search, warm.count)
    scores = _score(search, warm.evaluator(search.evaluator), candidates, executor, stop)
    if scores is None:
        return False
    best = ranked(scores, warm.names)[: max(1, config.trials // SHARE)]
    answers = [dict(candidates[number].genome.answers) for number in best]
    failed = len(candidates) - len(scores)
    search.record(Warmed(answers=answers, scored=len(scores), failed=failed, time=now()))
    return True


def sample(search: Search, count: int) -> list[Proposal]:
    """So many random networks within the limits, no two of them the same; fewer where there are no more."""
    config = search.config
    rng, searcher = random.Random(f"{config.seed}/warm start"), Random(search.space)
    proposals: list[Proposal] = []
    seen: set[str] = set()
    while len(proposals) < count:
        proposal = propose(searcher, search.space, rng, (), seen, config.limits, deduplicate=config.deduplicate)
        if isinstance(proposal, End):
            break
        proposals.append(proposal)
        seen.add(proposal.identity)
    return proposals


def ranked(scores: Mapping[int, Metrics], names: Sequence[str]) -> list[int]:
    """The candidates by the sum of their ranks in each metric, best first; of equals the earlier."""
    total = dict.fromkeys(scores, 0.0)
    for name in names:
        values = sorted(metrics[name] for metrics in scores.values())
        for number, metrics in scores.items():  # equal values share the mean of their ranks
            total[number] += (bisect_left(values, metrics[name]) + bisect_right(values, metrics[name])) / 2
    return sorted(total, key=lambda number: (-total[number], number))


def _score(
    search: Search, evaluator: Proxy, candidates: Sequence[Proposal], executor: Executor, stop: Stop
) -> dict[int, Metrics] | None:
    """Metrics by position in `candidates` of those that could be scored; None where the user stopped it before."""
    rng = random.Random(f"{search.config.seed}/warm start weights")
    todo = deque(Trial(i, candidate.genome, rng.randrange(2**31)) for i, candidate in enumerate(candidates))
    scores: dict[int, Metrics] = {}
    running = ended = 0
    while running or (todo and not stop.asked):
        while todo and executor.free() and not stop.asked:
            executor.submit(evaluator, todo.popleft())
            running += 1
        if (result := executor.next()) is None:
            continue
        running, ended = running - 1, ended + 1
        if result.metrics is not None:
            scores[result.trial.number] = result.metrics
        if ended % max(1, len(candidates) // PROGRESS_REPORTS) == 0:
            search.watcher.scored(ended, len(candidates))
    return None if todo else scores
