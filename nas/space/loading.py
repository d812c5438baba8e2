"""From a name to a space."""

from typing import Any

from nas.errors import UserError
from nas.space.reader import line_of
from nas.space.resolve import resolve
from nas.space.space import Space


def load(name: str, **overrides: Any) -> Space:
    """The space of a packaged name (`resnet50`), a path, or `path#variant`; keywords override document parameters.

    Raises UserError (file, line, place) for whatever is wrong in the document, under any of its answers.
    """
    space = Space(resolve(str(name), overrides))
    if space.size() == 0:
        where = line_of(space.document.data, "cells") or space.name
        raise UserError(where, "cells: no answers keep within every 'where'", "loosen it")
    return space
