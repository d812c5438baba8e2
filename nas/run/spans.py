"""When what was evaluated ran, and on which worker, from the times of a journal."""

from typing import NamedTuple

from nas.run.directory import JOURNAL
from nas.run.journal import read_journal
from nas.run.records import Derived, Done, parse
from nas.run.results import Run

PAUSE, SHARE = 60.0, 0.05  # a gap of so many seconds, and of so much of all the time, is a pause


class Span(NamedTuple):
    """An evaluation of trial `number` (None: a supernet) from `begun` to `ended`, seconds of the search.

    lane: the worker's number; where that is not noted, the first that is free then.
    """

    number: int | None
    lane: int
    begun: float
    ended: float
    failed: bool = False


def spans(run: Run) -> tuple[list[Span], float, bool]:
    """(spans by their ends, the seconds of pauses that are cut out, whether all workers are known).

    A supernet, and what one process evaluates, has no worker's number.
    """
    lines, _, _ = read_journal(run.path / JOURNAL)
    ended = [record for record in map(parse, lines) if isinstance(record, Done | Derived)]
    found = sorted(((record.time - record.seconds, record.time, record) for record in ended), key=lambda one: one[:2])
    if not found:
        return [], 0.0, True
    known = all(record.worker is not None for record in ended if isinstance(record, Done))
    whole = found[-1][1] - found[0][0]
    made, free, cut, latest = list[Span](), list[float](), 0.0, found[0][0]
    start = latest
    for begun, end, record in found:
        if begun - latest > max(PAUSE, SHARE * whole):
            cut += begun - latest
        latest = max(latest, end)
        lane = record.worker if isinstance(record, Done) else None
        if lane is None or not known:
            slack = 0.05 + 0.02 * (end - begun)  # noted a little after they ended
            lane = next((i for i, until in enumerate(free) if until <= begun + slack), len(free))
        free += [start] * (lane + 1 - len(free))
        free[lane] = end
        number, failed = (record.number, record.metrics is None) if isinstance(record, Done) else (None, False)
        made.append(Span(number, lane, begun - start - cut, end - start - cut, failed))
    return made, cut, known
