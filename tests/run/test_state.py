from typing import Any

import pytest

from nas.errors import UserError
from nas.run.propose import Proposal
from nas.run.state import State, done, issued, replay
from nas.types import Result, Trial
from tests import cheap

SPACE = cheap.space()
GENOMES = cheap.genomes(4)


def issue(number: int) -> dict[str, Any]:
    trial = Trial(number, GENOMES[number], seed=number, budget=2)
    return issued(trial, Proposal(GENOMES[number], f"print{number}", 10 * number, 100 * number, number, 1), 5.0)


def end(number: int, accuracy: float | None) -> dict[str, Any]:
    metrics = None if accuracy is None else {"valid_accuracy": accuracy}
    return done(
        Result(Trial(number, GENOMES[number], 0, 2, attempt=1), metrics, None if metrics else "why", 1.23456), 6.0
    )


def state_of(records: list[dict[str, Any]]) -> tuple[State, list[Result]]:
    state, told = State(SPACE.document), []
    replay(records, state, told.append, "journal.jsonl")
    return state, told


def test_records_add_up() -> None:
    state, told = state_of([issue(0), issue(1), end(1, 0.5), issue(2), end(2, None), issue(3), end(0, 0.5)])
    assert [entry.trial.genome for entry in state.entries] == GENOMES
    assert list(state.pending) == [3]
    assert [result.trial.number for result in told] == [1, 2, 0]  # in the order of the journal
    assert state.best is state.entries[1]  # the first to reach it
    assert (state.finished, state.failed, state.duplicates, state.over_limit) == (3, 1, 6, 4)
    assert state.seen == {"print0", "print1", "print2", "print3"}
    assert (told[1].error, told[1].failed, told[0].trial.attempt, told[0].trial.budget) == ("why", True, 1, 2)
    assert (state.entries[3].score, state.entries[2].score, state.entries[1].score) == (None, None, 0.5)


@pytest.mark.parametrize(
    ("records", "line"),
    [
        ([issue(1)], 1),
        ([issue(0), issue(0)], 2),
        ([issue(0), end(1, 0.5)], 2),
        ([issue(0), end(0, 0.5), end(0, 0.6)], 3),  # no evaluation counts twice
        ([{"kind": "other"}], 1),
        ([{"number": 0}], 1),
        ([{"kind": "issued", "number": 0}], 1),
        ([{**issue(0), "answers": 3}], 1),
        ([{**issue(0), "fingerprint": []}], 1),
        ([{**issue(0), "answers": {"a": {"b": 1}}}], 1),
        ([{**issue(0), "parameters": "many"}], 1),
        ([issue(0), {**end(0, 0.5), "seconds": "x"}], 2),
        ([issue(0), {**end(0, 0.5), "metrics": {"valid_accuracy": "nan"}}], 2),
        ([issue(0), {**end(0, 0.5), "metrics": {"valid_accuracy": 10**400}}], 2),
        ([{"kind": "end"}], 1),
        ([{"kind": "final", "number": 0, "metrics": {"test_accuracy": "x"}}], 1),
        ([issue(0), {**end(0, 0.5), "metrics": {}}], 2),
        ([issue(0), {**end(0, 0.5), "metrics": {"valid_accuracy": "x"}}, issue(1), end(1, 0.5)], 2),
        ([issue(0), {**end(0, 0.5), "number": [0]}], 2),
    ],
)
def test_records_that_do_not_fit_name_their_line(records: list[dict[str, Any]], line: int) -> None:
    with pytest.raises(UserError, match=rf"journal\.jsonl:{line}: "):
        state_of(records)
