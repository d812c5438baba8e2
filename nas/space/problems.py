"""Errors of documents: what is wrong, the path of the innermost item around it, and the nearest line that is known.

An error passes the items around it on its way out. The first one gives it its path; the first one that was written in a
file gives it its line (the standard library's blocks and genome files have no lines: the line of their use is named).
"""

from typing import Any

from nas.errors import ArgumentError, ShapeError, UserError
from nas.space.expressions import ExpressionError
from nas.space.reader import line_of

UNPLACED = (ExpressionError, ArgumentError, ShapeError)
LONGEST = 120


class DocumentError(UserError):
    """Something wrong in a document. `shapes`: under these answers shapes do not fit; under others they may."""

    line = ""
    shapes = False

    def on(self, line: str) -> "DocumentError":
        """The error with its line (`file:line`), if it has none yet."""
        if line and not self.line:
            self.line, self.where = line, ": ".join(part for part in (line, self.where) if part)
        return self


def placed(error: Exception, container: Any, key: Any, path: str) -> DocumentError:
    """The error as one of the item at `path`, which stands at `container[key]`."""
    if isinstance(error, DocumentError):
        return error.on(line_of(container, key))
    what, _, hint = str(error).partition("; ")
    if len(path) > LONGEST:
        path = f"{path[: LONGEST // 2]}...{path[-LONGEST // 2 :]}"
    problem = DocumentError(path, what, hint)
    problem.shapes = isinstance(error, ShapeError)
    return problem.on(line_of(container, key))


class placing:  # a context, as contextlib's are named; a generator would take four times as long
    """Errors inside are placed at `container[key]`."""

    __slots__ = ("container", "key", "path")

    def __init__(self, container: Any, key: Any, path: str) -> None:
        self.container, self.key, self.path = container, key, path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (*UNPLACED, DocumentError)):
            raise placed(error, self.container, self.key, self.path) from None
