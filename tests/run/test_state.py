from typing import Any

import pytest

from nas.errors import UserError
from nas.run.propose import Proposal
from nas.run.records import Done, Ended, Issued, Promoted, to_json
from nas.run.state import State, replay
from nas.types import Result, Trial
from tests import cheap

SPACE = cheap.space()
GENOMES = cheap.genomes(4)
COSTS = {"parameters": 0, "mult_adds": 100, "depth": 2}


def issue(number: int) -> dict[str, Any]:
    trial = Trial(number, GENOMES[number], seed=number, budget=2)
    return to_json(Issued.of(trial, Proposal(GENOMES[number], f"print{number}", COSTS, number, 1)))


def end(number: int, accuracy: float | None) -> dict[str, Any]:
    metrics = None if accuracy is None else {"valid_accuracy": accuracy}
    trial = Trial(number, GENOMES[number], 0, 2, attempt=1)
    return to_json(Done.of(Result(trial, metrics, None if metrics else "why", 1.23456)))


def promoted(number: int, budget: int) -> dict[str, Any]:
    return to_json(Promoted(number=number, budget=budget, time=7.0))


def test_what_was_refused_in_the_end_counts_and_old_journals_do_not_say() -> None:
    state, _ = state_of([issue(0), to_json(Ended(reason="exhausted", duplicates=4, over_limit=996, time=6.0))])
    assert (state.duplicates, state.over_limit) == (4, 997)
    state, _ = state_of([issue(0), {"kind": "end", "reason": "exhausted", "time": 6.0}])
    assert (state.duplicates, state.over_limit) == (0, 1)


PAUSED = {**issue(0), "horizon": 9}


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


def test_a_promoted_trial_is_one_trial_and_its_later_result_counts() -> None:
    again: list[Result] = []
    state, told = State(SPACE.document), list[Result]()
    before = [PAUSED, {**issue(1), "horizon": 9}, end(0, 0.5), end(1, 0.6)]
    replay([*before, promoted(0, 9)], state, told.append, "journal.jsonl", again.append)
    entry = state.entries[0]
    assert (state.pending[0].budget, state.pending[0].horizon, entry.trial.budget, entry.score) == (9, 9, 9, 0.5)
    assert (state.finished, again, state.best) == (2, [], state.entries[1])
    replay([end(0, 0.4)], state, told.append, "journal.jsonl", again.append)
    assert [result.trial.budget for result in told] == [2, 2]
    assert [(result.trial.number, result.trial.budget, result.score) for result in again] == [(0, 9, 0.4)]
    assert (state.finished, state.failed, state.pending) == (2, 0, {})
    assert state.best is entry  # 0.6 after two epochs does not compare
    assert {budget: result.score for budget, result in entry.results.items()} == {2: 0.5, 9: 0.4}
    replay([promoted(1, 9), end(1, None)], state, told.append, "journal.jsonl", again.append)
    assert (state.finished, state.failed, state.best) == (2, 1, entry)


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
        ([{"kind": "end", "reason": "all trials done", "over_limit": "9"}], 1),
        ([{"kind": "final", "number": 0, "metrics": {"test_accuracy": "x"}}], 1),
        ([issue(0), {**end(0, 0.5), "metrics": {}}], 2),
        ([issue(0), {**end(0, 0.5), "metrics": {"valid_accuracy": "x"}}, issue(1), end(1, 0.5)], 2),
        ([issue(0), {**end(0, 0.5), "number": [0]}], 2),
        ([issue(0), end(0, 0.5), promoted(0, 3)], 3),  # its schedule pauses nothing
        ([{**issue(0), "horizon": "9"}], 1),
        ([{**issue(0), "horizon": True}], 1),
        ([{**issue(0), "horizon": 9, "budget": None}], 1),
        ([PAUSED, promoted(0, 3)], 2),  # it has not ended
        ([PAUSED, end(0, None), promoted(0, 3)], 3),  # it failed
        ([PAUSED, end(0, 0.5), promoted(1, 3)], 3),
        ([PAUSED, end(0, 0.5), promoted(-1, 3)], 3),
        ([PAUSED, end(0, 0.5), promoted(0, 2)], 3),  # no more than it had
        ([PAUSED, end(0, 0.5), promoted(0, 10)], 3),  # beyond the horizon
        ([PAUSED, end(0, 0.5), {**promoted(0, 3), "budget": 2.5}], 3),
        ([PAUSED, end(0, 0.5), promoted(0, 3), promoted(0, 9)], 4),
        ([PAUSED, end(0, 0.5), promoted(0, 3), end(0, 0.5), end(0, 0.5)], 5),
    ],
)
def test_records_that_do_not_fit_name_their_line(records: list[dict[str, Any]], line: int) -> None:
    with pytest.raises(UserError, match=rf"journal\.jsonl:{line}: "):
        state_of(records)
