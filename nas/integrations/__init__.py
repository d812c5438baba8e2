"""Optuna and Ray Tune, both ways: their users keep their tools, and their samplers drive our documents.

Each name is imported when it is first used: Optuna and Ray take a second each.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.integrations.optuna_choices import suggest as suggest
    from nas.integrations.optuna_sampler import OptunaSampler as OptunaSampler
    from nas.integrations.optuna_searcher import OptunaSearcher as OptunaSearcher
    from nas.integrations.optuna_study import study as study
    from nas.integrations.ray_searcher import RaySearcher as RaySearcher

_HOME = {
    "OptunaSampler": "nas.integrations.optuna_sampler",
    "OptunaSearcher": "nas.integrations.optuna_searcher",
    "RaySearcher": "nas.integrations.ray_searcher",
    "study": "nas.integrations.optuna_study",
    "suggest": "nas.integrations.optuna_choices",
}

__all__ = ["OptunaSampler", "OptunaSearcher", "RaySearcher", "study", "suggest"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'nas.integrations' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
