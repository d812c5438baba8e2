"""A trained network in a folder: genome.json, weights.safetensors, and config.json, its record.

The weights' own metadata have the record too, and a digest of the genome that they are of: a folder that was being
rewritten when its process was killed is never read as a network that nobody has trained.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from nas.data.record import CONFIG, Record, parse, read_config
from nas.errors import UserError

if TYPE_CHECKING:
    from torch import nn

    from nas.network import Network
    from nas.space import Genome

WEIGHTS = "weights.safetensors"
# What a network leaves in a folder, by training or export.
FILES = (
    *("genome.json", CONFIG, WEIGHTS, "weights.pt", "model.pt2", "model.onnx", "model.onnx.data", "model.py"),
    *("model.safetensors", "torchvision.safetensors"),
    *("result.json", "checkpoint.safetensors"),
)


def digest(genome: Genome) -> str:
    """Of the document and the answers."""
    return hashlib.sha256(json.dumps(genome.to_json(), sort_keys=True).encode()).hexdigest()


def save_trained(folder: Path, model: nn.Module, genome: Genome, record: Record, epochs: float | None = None) -> None:
    """Writes the weights, then config.json, each whole or not at all; whoever made the folder writes genome.json.

    epochs: for how many the weights were trained, where another training may go on from them (`epochs_of`).
    """
    from nas.training.checkpoint import save_weights

    save_weights(folder / WEIGHTS, model, metadata(record, genome, epochs))
    write_record(folder, record)


def metadata(record: Record, genome: Genome | None, epochs: float | None = None) -> dict[str, str]:
    """Of the weights' file: one entry, since safetensors writes several in any order."""
    trained = {} if epochs is None else {"epochs": epochs}
    return {CONFIG: json.dumps({**record.to_json(), "genome": digest(genome) if genome else None, **trained})}


def epochs_of(folder: Path) -> float:
    """For how many epochs the weights of a folder were trained, as `save_trained` noted it; 0 where it did not.

    Raises UserError for a file that cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / WEIGHTS
    try:
        with safe_open(path, framework="pt") as file:
            epochs = parse((file.metadata() or {}).get(CONFIG, "{}"), str(path)).get("epochs", 0)
    except (OSError, SafetensorError) as error:
        raise UserError(str(path), f"cannot be read: {error}", "train it: nas train") from None
    return float(epochs) if isinstance(epochs, int | float) and 0 <= epochs < math.inf else 0.0


def write_record(folder: Path, record: Record) -> None:
    draft = folder / f"{CONFIG}.new"
    draft.write_text(json.dumps(record.to_json(), indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / CONFIG)


def load_trained(folder: str | Path) -> tuple[Network, Genome]:
    """The network in evaluation mode, with its weights, `.preprocessing`, `.classes` and `.task`; and its genome.

    These are None for networks of which nobody noted them. Raises UserError where a file is missing, damaged, or
    of another network.
    """
    from safetensors import SafetensorError, safe_open

    from nas.network import build
    from nas.space import Genome, Space

    folder = Path(folder)
    genome = Genome.load(folder / "genome.json")
    model = build(Space(genome.document), genome).eval()
    path = folder / WEIGHTS
    try:
        with safe_open(path, framework="pt") as file:
            noted = parse((file.metadata() or {}).get(CONFIG, "{}"), str(path))
            if noted.get("genome") not in (None, digest(genome)):
                raise RuntimeError("they are of another genome")
            model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, RuntimeError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(str(path), f"not the weights of the genome beside it: {what}", "train it: nas train") from None
    record = Record.read(folder) or (Record.from_json(noted, str(path)) if noted else None)
    if record is not None:
        model.preprocessing, model.classes, model.task = record.preprocessing, record.classes, record.task
    return model, genome


def in_the_way(folder: Path, fingerprint: str, force: bool) -> list[Path]:
    """The files of another network in a folder, to be removed before this one's are written.

    None where the folder has none, or is of the network with this fingerprint. Raises UserError unless `force`.
    """
    there = [folder / name for name in FILES if (folder / name).exists()]
    of_network = [path for path in there if path.name not in ("result.json", "checkpoint.safetensors")]
    if (of_network and fingerprint_of(folder) == fingerprint) or not (of_network or force):
        return []
    if not force:
        what = f"holds {', '.join(path.name for path in of_network)} of another network"
        raise UserError(str(folder), what, "write to another folder, or overwrite them with --force (force=True)")
    return there


def fingerprint_of(folder: Path) -> str | None:
    """Of the network whose files are in a folder, by its config.json, else its genome.json; None where neither says."""
    from nas.space import Genome, Space

    try:
        config = read_config(folder) or {}
        if isinstance(config.get("fingerprint"), str):
            return str(config["fingerprint"])
        genome = Genome.load(folder / "genome.json")
        return Space(genome.document).graph(genome).fingerprint()
    except UserError:
        return None
