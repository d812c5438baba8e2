"""The records of a journal as a running search makes them; `State.apply` reads them."""

from typing import Any

from nas.run.journal import Record
from nas.run.propose import End, Proposal
from nas.types import Result, Trial


def issued(trial: Trial, proposal: Proposal, now: float) -> Record:
    """The record of a trial about to be dispatched."""
    costs = dict(proposal.costs)
    record = {
        "kind": "issued",
        "number": trial.number,
        "answers": dict(trial.genome.answers),
        "fingerprint": proposal.fingerprint,
        "parameters": costs.pop("parameters"),
        "mult_adds": costs.pop("mult_adds"),
        "seed": trial.seed,
        "budget": trial.budget,
        "duplicates": proposal.duplicates,
        "over_limit": proposal.over_limit,
        "time": round(now, 3),
        "costs": costs,
    }
    if proposal.identity not in ("", proposal.fingerprint):
        record["identity"] = proposal.identity
    return record if trial.horizon is None else {**record, "horizon": trial.horizon}


def promoted(number: int, budget: int, now: float) -> Record:
    """The record of a paused trial about to go on to more epochs."""
    return {"kind": "promoted", "number": number, "budget": budget, "time": round(now, 3)}


def ended(end: End, now: float) -> Record:
    """The record of why a search ended."""
    counts = {"duplicates": end.duplicates, "over_limit": end.over_limit}
    return {"kind": "end", "reason": end.reason, **counts, "time": round(now, 3)}


def session(settings: dict[str, Any], retried: list[int], now: float) -> Record:
    """The record of a process that takes the search up: what it was told to do otherwise than before, what again."""
    return {"kind": "session", "settings": settings, "retried": retried, "time": round(now, 3)}


def done(result: Result, now: float) -> Record:
    """The record of a result."""
    outcome = {"error": result.error} if result.metrics is None else {"metrics": result.metrics}
    rest = {"attempt": result.trial.attempt, "seconds": round(result.seconds, 3), "time": round(now, 3)}
    return {"kind": "done", "number": result.trial.number, **outcome, **rest}
