"""The one family of errors that a user's mistake may raise: a place, what is wrong there, and the way out."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

LONGEST = 60  # characters of a value in an error
RAISED: list[KeyboardInterrupt] = []  # what signal handlers have raised, until the `Stop` that they are of is over


class UserError(ValueError):
    """Bad input: prints as the one line `WHERE: WHAT; HINT`, which the command line shows instead of a traceback.

    Args:
        where: the place: a file with its line, an option, an argument.
        what: what is wrong there.
        hint: the way out; empty: none is known.
    """

    def __init__(self, where: str, what: str, hint: str = "") -> None:
        super().__init__(where, what, hint)
        self.where, self.what, self.hint = where, what, hint

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it."""
        return [f"{type(self).__name__}: {self}"]

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return " ".join(f"{line}; {self.hint}".split() if self.hint else line.split())


class ArgumentError(ValueError):
    """An operation's argument that cannot be: `value` (None: left out) where `expected` should stand."""

    def __init__(self, argument: str, value: object, expected: str) -> None:
        super().__init__(argument, value, expected)
        self.argument, self.value, self.expected = argument, value, expected

    def __str__(self) -> str:
        given = "missing" if self.value is None else shortened(repr(self.value))
        return f"{self.argument} is {given}, expected {self.expected}"


class ShapeError(ValueError):
    """An operation cannot take the shape it is given (an image that ran out, channels that do not divide)."""


@contextmanager
def stops_pass() -> Iterator[None]:
    """Raises the stop (Ctrl-C, SIGTERM) that an exception within comes from, in place of that.

    What a signal's handler raises inside the making of a class is wrapped in a RuntimeError by Python 3.11; some
    libraries wrap whatever meets them, or swallow it and fail a little later, half imported. A stop is no failure,
    wherever it comes in.
    """
    try:
        yield
    except Exception:
        if RAISED:
            raise RAISED[0] from None
        raise


def shortened(text: str) -> str:
    """A text as an error shows it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def did_you_mean(word: object, words: Iterable[str], before: str = "") -> str:
    """`did you mean 'x'?` for the nearest known word, or the known words where none is near. before: what stands before
    each of them."""
    words = sorted({str(name) for name in words})
    near = difflib.get_close_matches(str(word)[:LONGEST], words, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{before}{near[0]}'?"
    words.sort(key=lambda known: str(word).lower() not in known.lower())  # those that contain it come first
    shown = ", ".join(before + known for known in words[:12]) + (", ..." if len(words) > 12 else "")
    return f"known: {shown}" if words else ""
