"""Networks as files that other programs read.

This room shares its name with the public function `nas.export`, and importing it puts the room in the function's place.
So the room can be called: `nas.export(run, "out/")` means `nas.export.export(run, "out/")`.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nas.export.formats import FORMATS as FORMATS
from nas.export.write import export as export

if TYPE_CHECKING:
    from pathlib import Path


class _Room(ModuleType):
    def __call__(self, *args: Any, **settings: Any) -> "list[Path]":
        return export(*args, **settings)


sys.modules[__name__].__class__ = _Room
