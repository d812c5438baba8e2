"""The display on files, on a pseudo-terminal, in what stands for a notebook; nothing that it meets stops a search."""

import fcntl
import io
import os
import pty
import re
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, TextIO

import pytest

import nas
from nas.errors import UserError
from nas.run.display import Display, Forgiving, shown
from nas.run.progress import Progress, Watcher
from tests import cheap
from tests.run.test_picture import BEST, EVENT, FINAL, MANY, entry

CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Pty:
    """A terminal of so many columns, and all that was written to it."""

    def __init__(self, columns: int, encoding: str = "utf-8") -> None:
        self.master, slave = pty.openpty()
        self.resize(slave, columns)
        self.slave = slave
        self.stream: TextIO = os.fdopen(slave, "w", encoding=encoding)
        self.seen = b""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def resize(self, file: int, columns: int) -> None:
        fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self.master, 4096)
            except OSError:
                return
            if not part:
                return
            self.seen += part

    def text(self) -> str:
        with suppress(OSError):
            self.stream.close()
        self.reader.join(5)
        os.close(self.master)
        return self.seen.decode("utf-8", "replace")


@pytest.fixture(autouse=True)
def _xterm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def terminal() -> Iterator[Callable[..., Pty]]:
    made: list[Pty] = []

    def make(*args: Any) -> Pty:
        made.append(Pty(*args))
        return made[-1]

    yield make
    for each in made:
        if not each.stream.closed:
            each.text()


def scripted(display: Display) -> None:
    """A search from its first second to its end."""
    display.stage("loading torch")
    display.meanwhile(Progress(stage="reading digits"))
    display.meanwhile(Progress(said=("run       runs/x", "space     日本語の探索空間, 10 genomes"), total=50))
    for event in (EVENT, MANY):
        display.meanwhile(event)
        display.screen.refresh() if display.screen else None  # type: ignore[union-attr]
    display(replace(EVENT, entry=entry(11, None, "out of memory")))
    display(replace(EVENT, entry=BEST))
    display(FINAL)
    display.meanwhile(Progress(said=("ended: all trials done",)))
    display.close()


def test_a_file_gets_the_start_and_a_line_a_trial() -> None:
    stream = io.StringIO()
    scripted(Display(stream))
    assert stream.getvalue().splitlines() == [
        "run       runs/x",
        "space     日本語の探索空間, 10 genomes",
        "trial 11: failed: out of memory in 3 s; 12 of 50, best 93.25 % (trial 9), 432 trials an hour, 5 min 30 s left",
        "trial 9: 93.25 % in 3 s; 12 of 50, best 93.25 % (trial 9), 432 trials an hour, 5 min 30 s left",
        "final training: epoch 7 of 30, train accuracy 99.10 %, 2 min 05 s left",
        "ended: all trials done",
    ]


@pytest.mark.parametrize("columns", [10, 40, 80, 200])
def test_what_changes_never_fills_a_row_of_the_terminal(terminal: Callable[..., Pty], columns: int) -> None:
    screen = terminal(columns)
    display = Display(screen.stream)
    assert display.live
    scripted(display)
    text = screen.text()
    stays = ("run  ", "space", "trial 11: failed", "ended")
    rows = [CODE.sub("", row) for row in re.split(r"[\r\n]+", text)]
    changing = [row for row in rows if row and not row.startswith(stays)]
    assert changing
    assert max(map(len, changing)) < columns
    for line in ("run       runs/x", "trial 11: failed: out of memory in 3 s", "ended: all trials done"):
        assert line in text  # what stays is whole
    assert text.rstrip().endswith("ended: all trials done") or "\x1b[2K" in text.rpartition("ended: all trials done")[2]


def test_a_terminal_that_was_resized(terminal: Callable[..., Pty]) -> None:
    screen = terminal(200)
    display = Display(screen.stream)
    display.show(EVENT)
    screen.resize(screen.slave, 40)
    display.show(EVENT)
    display.close(keep=True)
    last = CODE.sub("", screen.text()).replace("\r", "\n").strip().splitlines()[-1]
    assert last.endswith("12/50, 93.25 %, 5 min 30 s left")
    assert len(last) < 40


def test_a_process_that_is_killed_leaves_the_cursor(terminal: Callable[..., Pty]) -> None:
    screen = terminal(80)
    display = Display(screen.stream)
    display.stage("reading")
    while b"reading" not in screen.seen:
        time.sleep(0.01)
    display.close()
    text = screen.text()
    assert text.index("\x1b[?25h") < text.index("reading") + 40


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_character_on_any_terminal(terminal: Callable[..., Pty], encoding: str) -> None:
    screen = terminal(80, encoding)
    scripted(Display(screen.stream))
    assert "ended: all trials done" in screen.text()
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Display(file).say("日本 × é")
    file.seek(0)
    assert file.read().count("\n") == 1


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_dumb_terminal_gets_lines(terminal: Callable[..., Pty], monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    screen = terminal(80)
    scripted(Display(screen.stream))
    assert "\x1b" not in screen.text()


def test_a_reader_who_left_does_not_stop_the_search() -> None:
    class Gone(io.StringIO):
        tries = 0

        def write(self, text: str) -> int:
            self.tries += 1
            raise BrokenPipeError

    stream = Gone()
    scripted(Display(stream))
    assert stream.tries == 1
    closed = io.StringIO()
    closed.close()
    scripted(Display(closed))
    scripted(Display(Forgiving(Gone())))  # type: ignore[arg-type]


def test_a_process_without_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    scripted(Display())


def test_a_terminal_that_went_away() -> None:
    master, slave = pty.openpty()
    stream = os.fdopen(slave, "w")
    display = Display(stream)
    display.stage("reading")
    os.close(master)
    scripted(display)
    assert display.stream.silent
    with suppress(OSError):
        stream.close()


def test_what_a_search_is_told_by_progress(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {"evaluator": cheap.score, "trials": 3, "runs": tmp_path, "searcher": "random"}
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    nas.search(cheap.space(), **given)
    nas.search(cheap.space(), progress=False, **given)
    assert stream.getvalue() == ""
    nas.search(cheap.space(), progress=True, **given)
    told = stream.getvalue().splitlines()
    assert [line.split()[0] for line in told] == [
        "run",
        "space",
        "searcher",
        "trials",
        *["trial"] * 3,
        "ended:",
        "best:",
    ]
    events: list[Progress] = []
    nas.search(cheap.space(), progress=events.append, **given)
    assert [event.entry is not None for event in events] == [True] * 3


def test_on_a_terminal_a_search_shows_itself(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, terminal: Callable[..., Pty]
) -> None:
    screen = terminal(80)
    monkeypatch.setattr(sys, "stderr", screen.stream)
    nas.search(cheap.space(), evaluator=cheap.score, trials=3, runs=tmp_path, searcher="random")
    assert not isinstance(sys.stderr, io.StringIO)
    with pytest.raises(UserError):
        nas.search(cheap.space(), evaluator=cheap.score, trials=3, runs=tmp_path, searcher="randon")
    assert sys.stderr is screen.stream  # what was put in its place while it ran is gone
    text = screen.text()
    assert "reading the search space" in text
    assert "ended: all trials done (3 trials" in text


def test_a_watch_with_a_method_meanwhile_hears_all(tmp_path: Any) -> None:
    class Watch:
        def __init__(self) -> None:
            self.between: list[Progress] = []
            self.ended: list[Progress] = []

        def __call__(self, event: Progress) -> None:
            self.ended.append(event)

        def meanwhile(self, event: Progress) -> None:
            self.between.append(event)

    watch = Watch()
    given: dict[str, Any] = {"evaluator": cheap.trained, "epochs": 3, "trials": 2, "runs": tmp_path}
    nas.search(cheap.space(), searcher="random", progress=watch, **given)
    stages = [event.stage for event in watch.between if event.stage]
    assert stages == ["reading the search space"]
    assert watch.between[1].said[0].startswith("run ")
    shown = [(each.number, each.epoch, each.epochs) for event in watch.between for each in event.under_way]
    assert shown == [(n, epoch, 3) for n in range(2) for epoch in range(4)]
    trained = [event for event in watch.between if event.under_way and event.under_way[0].epoch]
    assert all(event.remaining_seconds is not None for event in trained)
    assert [event.finished for event in watch.ended] == [1, 2]


def test_a_notebook_has_one_output_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs: list[str] = []

    class Handle:
        def update(self, data: dict[str, str], raw: bool) -> None:
            outputs.append(data["text/plain"])

    def begin(data: dict[str, str], raw: bool, display_id: bool) -> Handle:
        outputs.append(data["text/plain"])
        return Handle()

    display = SimpleNamespace(display=begin)
    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()), display=display)
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    @shown
    def search(progress: Any = None) -> None:
        watcher = Watcher(progress)
        watcher.stage("reading digits")
        watcher.say(["run       runs/x"])
        watcher.stage("reading digits")
        deadline = time.monotonic() + 5
        while len(outputs) < 2 and progress and time.monotonic() < deadline:
            time.sleep(0.01)
        for _ in range(100):
            watcher.ended(BEST)
        watcher.say(["ended"])

    search()
    assert outputs[0] == "reading digits"
    assert "run       runs/x\nreading digits" in outputs
    assert len(outputs) <= 5  # a search of a thousand quick trials does not flood it
    assert outputs[-1] == "run       runs/x\nended"
    count = len(outputs)
    search(progress=False)
    assert len(outputs) == count
