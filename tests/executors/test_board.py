from concurrent.futures import Future
from typing import Any

import pytest

from nas.executors import board
from nas.executors.board import Board, Notes, noting
from nas.types import Trial
from tests import cheap


class Remote:
    """An actor's method, whose answers come when the test says so."""

    def __init__(self, method: Any) -> None:
        self.method = method
        self.futures: list[Future[Any]] = []

    def remote(self, *args: Any) -> Any:
        self.method(*args) if args else None
        self.futures.append(Future())
        return self

    def future(self) -> Future[Any]:
        return self.futures[-1]


class Actor:
    def __init__(self) -> None:
        self.notes = Notes()
        self.read, self.note = Remote(self.notes.read), Remote(self.notes.note)


def trial(number: int) -> Trial:
    return Trial(number, cheap.genomes(1)[0], 0)


def test_nobody_waits_for_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "LOOK_SECONDS", 0.0)
    actor = Actor()
    told, found = noting(actor), Board(actor)
    told(trial(3), 1)
    told(trial(3), 2)
    told(trial(4), 1)
    assert found.look() == {}  # asked
    assert found.look() == {}  # not answered yet
    actor.read.futures[-1].set_result(actor.notes.read())
    assert found.look() == {3: 2, 4: 1}
    assert found.look() == {}
    assert len(actor.read.futures) == 2
    assert actor.notes.read() == {}


def test_a_lost_board_says_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "LOOK_SECONDS", 0.0)
    actor = Actor()
    found = Board(actor)
    found.look()
    actor.read.futures[-1].set_exception(RuntimeError("the actor died"))
    assert found.look() == {}


def test_of_quick_epochs_not_each_is_sent() -> None:
    actor = Actor()
    told = noting(actor)
    for epoch in range(100):
        told(trial(0), epoch + 1)
    assert len(actor.note.futures) == 1
