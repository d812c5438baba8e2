"""The formats of a network on disk, a function each: `(model, example input, folder, its genome or None) -> file`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError
from nas.export.python import python

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.space import Genome

LARGEST_INLINE = 1_500_000_000  # bytes of weights; a protobuf, hence an .onnx file, ends at 2 GB


def safetensors(model: "nn.Module", example: "Tensor", folder: Path, genome: "Genome | None") -> Path:
    """All of `model.state_dict()`, without pickle: readable by `safetensors.torch.load_file`."""
    from safetensors.torch import save_file

    path = folder / "weights.safetensors"
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, path)
    return path


def state_dict(model: "nn.Module", example: "Tensor", folder: Path, genome: "Genome | None") -> Path:
    """`torch.load(path, weights_only=True)` reads it."""
    import torch

    path = folder / "weights.pt"
    torch.save(dict(model.state_dict()), path)
    return path


def program(model: "nn.Module", example: "Tensor", folder: Path, genome: "Genome | None") -> Path:
    """A `torch.export` program with a free batch size; `torch.export.load(path).module()` runs without this package."""
    import torch

    path = folder / "model.pt2"
    exported = torch.export.export(model, (example,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    torch.export.save(exported, path)
    return path


def onnx(model: "nn.Module", example: "Tensor", folder: Path, genome: "Genome | None") -> Path:
    """ONNX with a free batch size: input `images` (N, channels, height, width), output `logits` (N, classes)."""
    import torch

    try:
        import onnxscript  # noqa: F401  # torch.onnx needs it
    except ImportError:
        raise UserError("format onnx", "the package onnxscript is missing", 'pip install "nas[onnx]"') from None
    path = folder / "model.onnx"
    torch.onnx.export(
        model,
        (example,),
        path,
        dynamo=True,
        verbose=False,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        external_data=sum(value.nbytes for value in model.state_dict().values()) > LARGEST_INLINE,
    )
    return path


FORMATS: "dict[str, Callable[[nn.Module, Tensor, Path, Genome | None], Path]]" = {
    "safetensors": safetensors,
    "state_dict": state_dict,
    "torch": program,
    "onnx": onnx,
    "python": python,
}
