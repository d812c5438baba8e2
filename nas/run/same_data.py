"""That a search goes on with the data that it began with, wherever these lie now: others would not compare."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nas.data import NAMES
from nas.errors import UserError, shortened
from nas.evaluators import Evaluator
from nas.run.config import Config


def digest(evaluator: Evaluator) -> dict[str, Any]:
    """Of the data set that an evaluator reads, as `Dataset.digest` has it; empty where we know of none."""
    return evaluator.trainer.digest() if evaluator.trainer else {}


def check_same(run: Path, before: Mapping[str, Any], evaluator: Evaluator) -> None:
    """Raises UserError where the evaluator's data are not those of the digest `before`, or are nowhere."""
    train = evaluator.trainer
    if train is None:
        return
    moved = f"say where they are now: nas resume {run} --data DIR"
    if train.dataset not in NAMES and Path(train.dataset).is_absolute() and not Path(train.dataset).exists():
        raise UserError(train.dataset, "the data of this run are no longer there", moved)
    if not before:
        note = "it began before runs remembered their data; whether they are still the same cannot be known"
        warnings.warn(f"{run}: {note}", stacklevel=5)
    elif change := difference(before, digest(evaluator)):
        where = (train.data if train.dataset in NAMES else None) or train.dataset
        hint = f"bring them back, or {moved}" if train.given is None else "give the same: nas.resume(run, train=...)"
        raise UserError(where, f"not the data that this run began with: {change}", hint)


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """How two digests differ, None where they do not."""
    if before == now:
        return None
    facts = {"classes": "the classes", "shape": "the shape of the images", "images": "the numbers of images"}
    for name, what in facts.items():
        if before.get(name) != now.get(name):
            return f"{what} were {_shown(before.get(name))} and are {_shown(now.get(name))}"
    return "as many images of the same classes, but others, or otherwise labelled"


def moved(run: Path, config: Config, folder: str | Path | None) -> dict[str, str | None]:
    """What an evaluator that finds its data in `folder` has otherwise; nothing where that is None. Raises UserError."""
    if folder is None:
        return {}
    inner = config.evaluator.get("train")
    described = inner if isinstance(inner, dict) else config.evaluator
    name = described.get("dataset") if described.get("name") == "train" else None
    if not isinstance(name, str) or name == "digits":
        what = "its evaluator reads no data set" if name != "digits" else "the digits come with the installation"
        raise UserError(str(run), what, "leave the folder of the data out (--data)")
    place = Path(folder).expanduser().resolve()
    if not place.exists():
        raise UserError(str(folder), "no such folder", "give the folder where the data are now")
    within = name in NAMES or (not Path(name).is_absolute() and (place / name).is_dir())
    return {"data": str(place)} if within else {"dataset": str(place), "data": None}


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return shortened(", ".join(map(str, value))) if isinstance(value, list) else str(value)
