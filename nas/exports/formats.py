"""The formats of a network on disk, a function each: `(what is exported, folder) -> file`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError
from nas.exports.bundle import CARD, DRAWING, HUB, bundle
from nas.exports.int8 import FILE as INT8
from nas.exports.int8 import int8
from nas.exports.python import python
from nas.exports.torchvision import torchvision

if TYPE_CHECKING:
    from nas.exports.source import Source

LARGEST_INLINE = 1_500_000_000  # bytes of weights; a protobuf, hence an .onnx file, ends at 2 GB
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


def onnx(source: "Source", folder: Path) -> Path:
    """ONNX with a free batch size: input `images` (N, channels, height, width), output `logits` (N, classes).

    Its metadata are the record, each value as JSON.
    """
    import torch

    try:
        import onnxscript  # noqa: F401  # torch.onnx needs it
    except ImportError:
        raise UserError("format onnx", "the package onnxscript is missing", 'pip install "nas[onnx]"') from None
    from nas.exports.adaptive import sliced

    path = folder / "model.onnx"
    program = torch.onnx.export(
        sliced(source.whole),
        (source.example,),
        dynamo=True,
        verbose=False,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
    )
    assert program is not None  # with dynamo=True
    program.model.metadata_props.update(source.metadata())
    size = sum(value.nbytes for value in source.model.state_dict().values())
    program.save(path, external_data=size > LARGEST_INLINE)
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
    *("weights.safetensors", "weights.pt", "model.pt2", "model.onnx", "model.onnx.data", INT8),
    *("model.py", "model.safetensors", "torchvision.safetensors", HUB, CARD, DRAWING),  # all of theirs
)
