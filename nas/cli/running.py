"""A search at the command line: its progress while it runs, its outcome when it ends, and the exit status."""

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from nas.cli.output import count
from nas.cli.progress import Teller, accuracies
from nas.errors import UserError

if TYPE_CHECKING:
    from nas.run import Run


def carry_out(opening: str, search: "Callable[[Teller], Run]") -> int:
    """Runs a search and says how it ended. Returns 0, or 1 where it has no best genome or could not finish."""
    from nas.run import AllFailed, Interrupted, Unfinished

    tell = Teller(sys.stderr)
    tell.meanwhile(opening)
    try:
        with warnings.catch_warnings(action="ignore", category=AllFailed):  # it is said below
            found = search(tell)
    except UserError:
        tell.meanwhile("")
        raise
    except Interrupted as interrupted:
        tell.keep()
        tell.say(str(interrupted))
        return 130
    except Unfinished as unfinished:
        tell.keep()
        tell.say(f"error: {unfinished}")
        return 1
    tell.keep()
    for line in outcome(found):
        tell.say(line)
    if found.best is None:
        otherwise = f"{found.path}: no trial succeeded ({found.reason}); see nas results {found.path}"
        tell.say(f"error: {found.failure or otherwise}")
        return 1
    return 0


def outcome(run: "Run") -> list[str]:
    """The best genome's metrics, and what can be done next."""
    state, best = run.state, run.best
    counts = [f"{state.finished} trials", f"{state.failed} failed", f"{state.duplicates} duplicates not trained again"]
    if run.config.limits:
        counts.append(f"{state.over_limit} over a limit")
    lines = [f"ended: {run.reason} ({', '.join(counts)})"]
    if state.out_of_time:
        lines.append(f"to give it more: nas resume {run.path} --max-time 8h")
    if best is None or best.result is None or best.result.metrics is None:
        return lines
    costs = f"{count(best.parameters)} parameters, {count(best.mult_adds)} mult-adds"
    looked_up = run.config.evaluator.get("name") == "table"
    objective = run.state.objectives[0].metric
    told = accuracies(best.result.metrics) or "{} {:.4g}".format(*best.shown(objective) or ("", 0.0))
    lines.append(f"best: trial {best.trial.number}, {told}, {costs}")
    if run.final:
        when = "after the table's longest training" if looked_up else "after its final training"
        lines.append(f"{when}: {accuracies(run.final)}")
    # What was looked up has no weights.
    further = f"nas train {run.path}" if looked_up else f"nas export {run.path} --to DIR"
    return [*lines, f"next: nas results {run.path}", f"      nas report {run.path}", f"      {further}"]
