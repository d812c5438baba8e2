"""Neural architecture search: an architecture is a document, a search space the same document with choices left open.

The names below are the public interface; each is imported when it is first used, so that `import nas` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.errors import UserError as UserError
    from nas.exports import export as export
    from nas.imports import from_module as from_module
    from nas.network.document import supernet as supernet
    from nas.opening import build as build
    from nas.opening import load as load
    from nas.report.picture import draw as draw
    from nas.run import Run as Run
    from nas.run import load_run as load_run
    from nas.run import resume as resume
    from nas.run import search as search
    from nas.space import Genome as Genome
    from nas.space import Space as Space
    from nas.space.mutable import mutable as mutable
    from nas.space.own import register_operation as register_operation

__version__ = "0.1.0"

_HOME = {
    "Genome": "nas.space",
    "Run": "nas.run",
    "Space": "nas.space",
    "UserError": "nas.errors",
    "build": "nas.opening",
    "draw": "nas.report.picture",
    "export": "nas.exports",
    "from_module": "nas.imports",
    "load": "nas.opening",
    "load_run": "nas.run",
    "mutable": "nas.space.mutable",
    "register_operation": "nas.space.own",
    "resume": "nas.run",
    "search": "nas.run",
    "supernet": "nas.network.document",
}

__all__ = [
    "Genome",
    "Run",
    "Space",
    "UserError",
    "__version__",
    "build",
    "draw",
    "export",
    "from_module",
    "load",
    "load_run",
    "mutable",
    "register_operation",
    "resume",
]
__all__ += ["search", "supernet"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'nas' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
