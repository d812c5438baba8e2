"""A search at the command line: its progress while it runs, what to do next when it ends, and the exit status."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from nas.errors import UserError
from nas.run.display import Display

if TYPE_CHECKING:
    from nas.run import Run


def carry_out(opening: str, search: "Callable[[Display], Run]") -> int:
    """Runs a search and says how it ended. Returns 0, 1 where it has no best genome or could not
    finish, 130 or 143 where it was stopped."""
    display = Display()
    display.stage(opening)  # before anything heavy is imported
    from nas.run import AllFailed, Interrupted, Unfinished

    try:
        with warnings.catch_warnings(action="ignore", category=AllFailed):  # it is said below
            warnings.showwarning = lambda message, *_, **__: display.say(f"warning: {message}")
            run = search(display)
    except UserError:
        display.close()
        raise
    except Interrupted as interrupted:
        display.close(keep=True)
        display.say(str(interrupted))
        return interrupted.status
    except Unfinished as unfinished:
        display.close(keep=True)
        display.say(f"error: {unfinished}")
        return 1
    finally:
        display.close()
    if run.best is None:
        otherwise = f"{run.path}: no trial succeeded ({run.reason}); see nas results {run.path}"
        display.say(f"error: {run.failure or otherwise}")
        return 1
    try:
        further = f"nas export {run.path} --to DIR" if run.weights() else ""
    except UserError:  # what was looked up, or a function of the user's, leaves none
        further = f"nas train {run.path}"
    for line in (f"next: nas results {run.path}", f"      nas report {run.path}", f"      {further}"):
        display.say(line)
    return 0
