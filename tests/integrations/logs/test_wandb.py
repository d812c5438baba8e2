"""What is written offline, as the package's own records read back."""

import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nas
from tests import cheap
from tests.integrations.logs.searched import FINAL, Trains, curves

wandb = pytest.importorskip("wandb")


def records(data: bytes) -> Iterator[Any]:
    """Those of a file: a log of LevelDB, in blocks of 32 KiB, of which the first begins with a mark of 7 bytes."""
    from wandb.proto import wandb_internal_pb2

    place, whole = 7, b""
    while place + 7 < len(data):
        left = 32768 - place % 32768
        if left < 7:  # no head fits in there
            place += left
            continue
        _, length, part = struct.unpack("<IHB", data[place : place + 7])
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if part in (1, 4):  # all of it, or its last part
            yield wandb_internal_pb2.Record.FromString(whole)
            whole = b""


def read(folder: Path) -> list[dict[str, Any]]:
    """Each offline run: its name, configuration and steps."""
    found = []
    for path in sorted(folder.glob("wandb/offline-run-*/*.wandb")):
        about: dict[str, Any] = {"steps": [], "ended": False}
        for record in records(path.read_bytes()):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                about["name"] = record.run.display_name
                about["config"] = {item.key: json.loads(item.value_json) for item in record.run.config.update}
            elif kind == "exit":
                about["ended"] = True
            elif kind == "history":
                items = {
                    ".".join(item.nested_key) or item.key: json.loads(item.value_json) for item in record.history.item
                }
                about["steps"].append((int(items["_step"]), items))
        found.append(about)
    return found


@pytest.mark.slow
def test_the_offline_runs_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    given: dict[str, Any] = {"epochs": 2, "trials": 2, "searcher": "random", "runs": tmp_path, "name": "r"}
    run = nas.search(cheap.space(), evaluator=Trains(), progress=False, log="wandb", **given)
    end = time.monotonic() + 20
    while time.monotonic() < end and not all(about["ended"] for about in read(run.path / "logs" / "wandb")):
        time.sleep(0.1)  # another process writes the files, and is a little behind
    found = {about["name"]: about for about in read(run.path / "logs" / "wandb")}
    assert run.best is not None
    assert found.keys() == {"r trial 0", "r trial 1", f"r final {run.best.trial.number}"}
    for number, curve in curves(run).items():
        about, entry = found[f"r trial {number}"], run.trials[number]
        assert [(s, v["valid_accuracy"]) for s, v in about["steps"]] == [*enumerate(curve, start=1)]
        assert about["config"]["fingerprint"] == entry.fingerprint
        assert about["config"]["search"]["searcher"] == "random"
    last = found[f"r final {run.best.trial.number}"]
    assert [step for step, _ in last["steps"]] == [*range(1, FINAL + 1)]
