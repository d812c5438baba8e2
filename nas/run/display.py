"""What a person sees of a search, at the command line and in Python: on a terminal and in a notebook lines that change
as it goes on, elsewhere a line for each trial and each epoch of a final training.

A stream that nobody reads any more (a closed pipe, a lost terminal) ends the reports, never the search.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from textwrap import wrap
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, ParamSpec, TextIO, TypeVar

from nas.errors import UserError
from nas.run import picture
from nas.run.progress import Progress
from nas.run.words import duration

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

P = ParamSpec("P")
R = TypeVar("R")
INDENT = 10  # of what goes on in another line
REFRESHES = 4  # a second
SPINNER = "|/-\\"


class Display:
    """Called with a search's events; `close` once there will be no more. Only one that is `live` shows what is between
    trials.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = Forgiving(sys.stderr if stream is None else stream)
        self.notebook = stream is None and in_notebook()
        self.live = self.notebook or terminal(self.stream)
        self.event: Progress | None = None
        self.at = time.monotonic()
        self.screen: Live | Cell | None = None
        self.stopping = False  # and has shown so

    def __call__(self, event: Progress) -> None:
        """A trial has ended, an epoch of a final training, or networks of a warm start are scored."""
        if not self.live:
            self.say(_line(event))
        elif event.entry is not None and event.entry.result is not None and event.entry.result.failed:
            self.say(picture.ended(event))
        self.show(event)

    def meanwhile(self, event: Progress) -> None:
        """Something has begun, or goes on."""
        for line in event.said:
            self.say(self._wrapped(line))
        self.show(event)

    def stage(self, what: str) -> None:
        """What is done now, where no search tells it."""
        self.show(replace(self.event or Progress(), stage=what))

    def say(self, text: str) -> None:
        """A line that stays, above what changes."""
        if self.screen is None:
            self.stream.write(text + "\n")
            self.stream.flush()
        elif isinstance(self.screen, Cell):
            self.screen.said.append(text)
        else:
            from rich.text import Text

            self.screen.console.print(Text(text), soft_wrap=True)  # not cut: paths and commands are copied from it

    def _wrapped(self, line: str) -> str:
        """Between words where a terminal would break it anywhere, but for what is to be copied: commands, and paths."""
        width = self._size()[0] - 1
        if self.notebook or not self.live or width < 2 * INDENT or ": nas " in line:
            return line
        after = " " * INDENT
        return "\n".join(wrap(line, width, subsequent_indent=after, break_long_words=False, break_on_hyphens=False))

    def show(self, event: Progress) -> None:
        """What changes, from now on."""
        self.event, self.at = event, time.monotonic()
        if not self.live:
            return
        if self.screen is None:
            self.screen = Cell(lambda: self.lines(100, 20)) if self.notebook else self._start()

    def lines(self, width: int, height: int) -> list[str]:
        """What is shown now."""
        event = self.event or Progress()
        return picture.lines(event, time.monotonic() - self.at, width, height)

    def close(self, keep: bool = False) -> None:
        """Nothing changes any more; the last state stays where `keep` says so."""
        screen, self.screen = self.screen, None
        if isinstance(screen, Cell):
            screen.close(keep)
        elif screen is not None:
            screen.transient = not keep
            screen.stop()

    def _start(self) -> "Live":
        from rich.console import Console
        from rich.live import Live

        console = Console(
            file=self.stream,  # type: ignore[arg-type]
            force_terminal=True,
            color_system=None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        live = Live(
            console=console,
            get_renderable=self._drawn,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=_is_terminal(sys.stdout),  # what goes to a file goes on doing so
            redirect_stderr=_is_terminal(sys.stderr),
        )
        live.start(refresh=True)
        console.show_cursor(True)  # a process that is killed leaves no terminal without one
        return live

    def _drawn(self) -> "Text":
        from rich.text import Text

        if self.event is not None and self.event.stopping() and not self.stopping and not isinstance(self.screen, Cell):
            self.stopping = True
            if self.screen is not None:
                self.screen._live_render._shape = None  # the signal's handler wrote below: begin anew there
        width, height = self._size()
        first, *rest = self.lines(width - 2, height - 2)
        turn = SPINNER[int(time.monotonic() * REFRESHES) % len(SPINNER)]
        return Text("\n".join([f"{turn} {first}", *rest]), no_wrap=True, overflow="crop")

    def _size(self) -> tuple[int, int]:
        """Columns and rows of the terminal as it is now."""
        try:
            size = os.get_terminal_size(self.stream.fileno())
        except (AttributeError, OSError, ValueError):
            return 80, 24
        return size.columns or 80, size.lines or 24


class Forgiving:
    """A text stream that takes any character, and goes on taking them when nobody reads it any more."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream: Any = stream
        self.silent = stream is None  # as standard error is where it was closed

    def write(self, text: str) -> int:
        if not self.silent:
            encoding = getattr(self.stream, "encoding", None) or "utf-8"
            try:
                self.stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
            except (OSError, ValueError):
                self.silent = True
        return len(text)

    def flush(self) -> None:
        if not self.silent:
            try:
                self.stream.flush()
            except (OSError, ValueError):
                self.silent = True

    def isatty(self) -> bool:
        return _is_terminal(self.stream)

    def fileno(self) -> int:
        return int(self.stream.fileno())

    @property
    def encoding(self) -> str:
        return getattr(self.stream, "encoding", None) or "utf-8"


class Cell:
    """The output of a notebook's cell: lines that stay, and below them those that `drawn` gives, again and again."""

    def __init__(self, drawn: Callable[[], list[str]]) -> None:
        from IPython.display import display

        self.drawn = drawn
        self.said: list[str] = []
        self.text = self._text()
        self.handle: Any = display({"text/plain": self.text}, raw=True, display_id=True)
        self.done = Event()
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    def close(self, keep: bool) -> None:
        self.done.set()
        self.thread.join()
        self._update("\n".join(self.said) if not keep else self._text())

    def _run(self) -> None:
        while not self.done.wait(1 / REFRESHES):
            self._update(self._text())

    def _text(self) -> str:
        return "\n".join([*self.said, *self.drawn()])

    def _update(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.handle.update({"text/plain": text}, raw=True)


def shown(function: Callable[P, R]) -> Callable[P, R]:
    """Gives a function that takes `progress` the watch that is meant by it: the user's own, or a display (for True, and
    for None where a person looks), which is closed at the end.
    """

    @wraps(function)
    def run(*args: P.args, **settings: P.kwargs) -> R:
        progress = settings.pop("progress", None)
        if callable(progress):
            return function(*args, progress=progress, **settings)  # type: ignore[arg-type]
        display = Display()
        if progress is False or (progress is None and not display.live):
            return function(*args, **settings)
        try:
            return function(*args, progress=display, **settings)  # type: ignore[arg-type]
        except UserError:
            raise
        except BaseException:
            display.close(keep=True)
            raise
        finally:
            display.close()

    return run


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


def terminal(stream: Any) -> bool:
    """Whether it is a terminal whose lines can change."""
    return _is_terminal(stream) and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, OSError, ValueError):  # closed, or None
        return False


def _line(event: Progress) -> str:
    """An event for who reads it later."""
    if event.epoch is not None:
        left = event.remaining_seconds
        return picture.training(event, f"{duration(left)} left" if left else "")[0]
    if event.scored is not None:
        return "warm start: {:,} of {:,} networks scored".format(*event.scored)
    return f"{picture.ended(event)}; {picture.state(event)}"
