"""Trials as `nas results --json` lists them."""

from typing import Any


def trial(number: int, accuracy: float, **more: Any) -> dict[str, Any]:
    row = {"number": number, "state": "done", "metrics": {"valid_accuracy": accuracy}, "error": None, "seconds": 1.0}
    row |= {"genome": {"cell.edge": f"op{number}"}, "parameters": 1000 * (number + 1), "mult_adds": 50_000}
    return row | {"epochs": None, "front": False} | more


def failed(number: int, error: str) -> dict[str, Any]:
    return {"number": number, "state": "failed", "metrics": None, "error": error, "seconds": 0.1, "genome": {"a": 1}}
