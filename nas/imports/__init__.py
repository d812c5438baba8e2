"""From a torch network to a document: traced, translated operation by operation, and written with its repetitions."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.imports.module import Imported as Imported
    from nas.imports.module import from_module as from_module
    from nas.imports.module import import_module as import_module

__all__ = ["Imported", "from_module", "import_module"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'nas.imports' has no attribute {name!r}")
    from nas.imports import module

    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
