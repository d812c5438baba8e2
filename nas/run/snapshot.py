"""Snapshots of a searcher that learns, so that a resumed run need not tell it everything again.

The file has three parts, the first two a line each:

    the SHA-256 of run.yaml, of the journal up to here, and of what follows
    JSON: how many bytes of the journal the searcher was told, and the plain values of its state
    the tensors of its state, as safetensors

The journal is the truth: a snapshot that is missing, damaged, of another run, or of a journal that has been cut since,
is passed over. Nothing in it is ever executed.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from nas.errors import UserError
from nas.run.directory import CONFIG, JOURNAL, SNAPSHOT, write_atomically
from nas.types import Searcher

RESULTS_BETWEEN = 50  # results told between two snapshots


def save(run: Path, searcher: Searcher) -> None:
    """Write the state of a searcher that was told the whole journal, where it has one; see `types.Searcher`."""
    if not hasattr(searcher, "state"):
        return
    from safetensors.torch import save as packed
    from torch import Tensor

    state = searcher.state()
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    plain = {name: value for name, value in state.items() if name not in tensors}
    told = (run / JOURNAL).read_bytes()
    rest = json.dumps({"told": len(told), "state": plain}).encode() + b"\n" + packed(tensors)
    write_atomically(run / SNAPSHOT, _seal(run, told, rest) + b"\n" + rest)


def restored(run: Path, create: Callable[[], Searcher]) -> tuple[Searcher, int]:
    """(a searcher, how many records of the journal it has been told): by the snapshot, or a new one and 0."""
    searcher = create()
    if not hasattr(searcher, "load") or not (run / SNAPSHOT).is_file():
        return searcher, 0
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        seal, _, rest = (run / SNAPSHOT).read_bytes().partition(b"\n")
        line, _, tensors = rest.partition(b"\n")
        header = json.loads(line)
        told = (run / JOURNAL).read_bytes()[: header["told"]]
        if seal != _seal(run, told, rest):
            return searcher, 0
        searcher.load({**header["state"], **load(tensors)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError, UserError):
        return create(), 0
    return searcher, told.count(b"\n")


def _seal(run: Path, told: bytes, rest: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in ((run / CONFIG).read_bytes(), told, rest):
        digest.update(b"%d\n" % len(part) + part)
    return digest.hexdigest().encode()
