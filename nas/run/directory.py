"""The files of a run: where each lies, and how it is written. Nothing is written outside of the run's folder."""

import json
import os
import re
from pathlib import Path
from typing import Any

from nas.data.record import CONFIG as RECORD
from nas.errors import UserError
from nas.training.trained import WEIGHTS
from nas.types import Metrics

CONFIG, JOURNAL, LOCK, CURVE, CHECKPOINT = "run.yaml", "journal.jsonl", "lock", "curve.jsonl", "checkpoint.safetensors"
SNAPSHOT, LOGS = "searcher.state", "logs"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def create_directory(runs: str | Path, name: str | None, stem: str) -> Path:
    """A new folder for a run: `runs/name`, or `runs/stem-1`, `-2`, ... Raises UserError where the name is taken."""
    if name is not None and not NAME.fullmatch(name):
        raise UserError("run name", f"'{name}' is not a plain folder name", "use letters, digits, '.', '_' and '-'")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", stem)[:80]  # a document's own name may be anything, a path too
    Path(runs).mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = Path(runs, name or f"{stem}-{number}")
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1
        if name is not None:
            raise UserError(str(path), "exists already", f"choose another name, or go on with it: nas resume {path}")


def existing(path: str | Path) -> Path:
    """The folder of a run. Raises UserError where it is none, or where one of its entries leads out of it."""
    path = Path(path)
    if not (path / CONFIG).is_file():
        raise UserError(
            str(path), f"not a run: it has no {CONFIG}", "give the folder that nas search made, such as runs/NAME"
        )
    for entry in (CONFIG, JOURNAL, LOCK, SNAPSHOT, LOGS, "trials", "oneshot", "best"):
        if (path / entry).is_symlink():
            raise UserError(str(path / entry), "a link", "a run directory holds its own files")
    return path


def trial_directory(run: Path, number: int) -> Path:
    """`trials/0007`, made if need be."""
    path = run / "trials" / f"{number:04d}"
    if path.is_symlink():
        raise UserError(str(path), "a link", "a run directory holds its own files")
    path.mkdir(parents=True, exist_ok=True)
    return path


def supernet_directory(run: Path, number: int) -> Path:
    """`oneshot/0000`, made if need be."""
    path = run / "oneshot" / f"{number:04d}"
    if path.is_symlink() or path.parent.is_symlink():
        raise UserError(str(path), "a link", "a run directory holds its own files")
    path.mkdir(parents=True, exist_ok=True)
    return path


def best_directory(run: Path) -> Path:
    """`best`, made if need be."""
    path = run / "best"
    path.mkdir(exist_ok=True)
    return path


def write_json(path: Path, value: Any) -> None:
    """A file that readers see whole or not at all."""
    write_atomically(path, json.dumps(value, indent=1) + "\n")


def write_curve(path: Path, curve: tuple[Metrics, ...]) -> None:
    """One JSON line for each report, after those that are there of epochs before the first."""
    lines = [json.dumps(point) for point in curve]
    if path.exists() and curve:
        first = curve[0]["epoch"]
        lines = [
            line for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line)["epoch"] < first
        ] + lines
    write_atomically(path, "".join(f"{line}\n" for line in lines))


def remove_checkpoints(run: Path, number: int) -> None:
    """Those of a trial; also what a process that was killed while it wrote one has left."""
    for path in run.glob(f"trials/{number:04d}/{CHECKPOINT}*"):
        if not path.parent.is_symlink():
            path.unlink(missing_ok=True)


def remove_trained(run: Path, number: int | None = None) -> None:
    """The weights of a trial, or of all, and what a process that was killed while it wrote them has left."""
    for name in (WEIGHTS, RECORD):
        for path in run.glob(f"trials/{'*' if number is None else f'{number:04d}'}/{name}*"):
            if not path.parent.is_symlink():
                path.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes, sync: bool = False) -> None:
    """Write beside it, then rename. `sync`: also wait until it is on disk; what the journal can rebuild need not."""
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(path.name + ".new")
    try:
        draft.unlink(missing_ok=True)  # a link there is removed, not followed
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            if sync:
                stream.flush()
                os.fsync(file)
        draft.rename(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    if sync:
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    """The entry of a new file is on disk only when its directory is."""
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
