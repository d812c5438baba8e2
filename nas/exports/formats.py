"""The formats of a network on disk, a function each: `(what is exported, folder) -> file`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nas.exports.bundle import CARD, DRAWING, HUB, bundle
from nas.exports.int8 import FILE as INT8
from nas.exports.int8 import int8
from nas.exports.onnx import onnx
from nas.exports.python import python
from nas.exports.torchvision import torchvision

if TYPE_CHECKING:
    from nas.exports.source import Source

RAW = ("torch", "onnx", "int8")  # formats that can have the normalisation inside


def safetensors(source: "Source", folder: Path) -> Path:
    """All of `model.state_dict()`, without pickle: readable by `safetensors.torch.load_file`."""
    from nas.training.checkpoint import save_weights
    from nas.training.trained import WEIGHTS, metadata

    path = folder / WEIGHTS
    save_weights(path, source.model, metadata(source.record, source.genome))
    return path


def state_dict(source: "Source", folder: Path) -> Path:
    """`torch.load(path, weights_only=True)` reads it."""
    import torch

    path = folder / "weights.pt"
    torch.save(dict(source.model.state_dict()), path)
    return path


def program(source: "Source", folder: Path) -> Path:
    """A `torch.export` program with a free batch size; `torch.export.load(path).module()` runs without this package.

    The extra file `config.json` in it is the record.
    """
    import torch

    path = folder / "model.pt2"
    batch = ({0: torch.export.Dim("batch", min=1)},)
    exported = torch.export.export(source.whole, (source.example,), dynamic_shapes=batch)
    config = {**source.record.to_json(), "images": source.metadata()["images"]}
    torch.export.save(exported, path, extra_files={"config.json": json.dumps(config)})
    return path


FORMATS: "dict[str, Callable[[Source, Path], Path]]" = {
    "safetensors": safetensors,
    "state_dict": state_dict,
    "torch": program,
    "onnx": onnx,
    "int8": int8,
    "python": python,
    "bundle": bundle,
    "torchvision": torchvision,
}
FILES = (
    *("weights.safetensors", "weights.pt", "model.pt2", "model.onnx", "model.onnx.data"),
    *("model.py", "model.safetensors", "torchvision.safetensors", INT8, HUB, CARD, DRAWING),  # all of theirs
)
