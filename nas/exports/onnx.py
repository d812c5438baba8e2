"""A network as an ONNX program, by torch's own exporter."""

from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.exports.source import Source

LARGEST_INLINE = 1_500_000_000  # bytes of weights; a protobuf, hence an .onnx file, ends at 2 GB


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
