"""Graphs as torch modules. Nothing here imports torch before it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.network.document import build as build
    from nas.network.initialisation import initialise as initialise
    from nas.network.module import Network as Network
    from nas.network.module import compile as compile
    from nas.network.module import set_drop_path as set_drop_path
    from nas.network.supernet import Supernet as Supernet
    from nas.network.transfer import transfer_weights as transfer_weights

_HOME = {
    "Supernet": "nas.network.supernet",
    "Network": "nas.network.module",
    "build": "nas.network.document",
    "compile": "nas.network.module",
    "initialise": "nas.network.initialisation",
    "set_drop_path": "nas.network.module",
    "transfer_weights": "nas.network.transfer",
}

__all__ = ["Network", "Supernet", "build", "compile", "initialise", "set_drop_path", "transfer_weights"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'nas.network' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
