"""The run directory and the search loop, where searcher, executor and store meet. Names are imported when used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.run.callbacks import Callback as Callback
    from nas.run.final import Unfinished as Unfinished
    from nas.run.interrupt import Interrupted as Interrupted
    from nas.run.progress import Progress as Progress
    from nas.run.results import AllFailed as AllFailed
    from nas.run.results import Run as Run
    from nas.run.results import best_genome as best_genome
    from nas.run.results import load_run as load_run
    from nas.run.start import resume as resume
    from nas.run.start import search as search

_HOME = {
    "AllFailed": "results",
    "Callback": "callbacks",
    "Interrupted": "interrupt",
    "Progress": "progress",
    "Run": "results",
    "Unfinished": "final",
    "best_genome": "results",
    "load_run": "results",
    "resume": "start",
    "search": "start",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'nas.run' has no attribute {name!r}")
    return getattr(import_module(f"nas.run.{_HOME[name]}"), name)
