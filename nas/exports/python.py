"""A network as source code that needs torch alone, `model.py`, and its weights under the names that the code has."""

from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.exports.source import Source


def python(export: "Source", folder: Path) -> Path:
    """`model.py`, and `model.safetensors` beside it; raises UserError unless `nas.build` made the model.

    Text of documents and class names are untrusted: they become identifiers of letters, digits and underscores, text of
    a docstring that cannot end it, and escaped strings.
    """
    from nas.exports.code.file import source
    from nas.network import Network
    from nas.training.checkpoint import save_tensors
    from nas.training.trained import metadata

    if not isinstance(export.model, Network):
        raise UserError("format python", "the module has no graph", "give a network that nas.build made")
    genome = export.genome
    origin = str(genome.document.data.get("source", "")) if genome else ""
    written = source(export.model, origin, export.record, genome.answers if genome else None)
    path = folder / "model.py"
    path.write_text(written.text, encoding="utf-8")
    tensors = {written.key(name): value for name, value in export.model.state_dict().items()}
    save_tensors(folder / "model.safetensors", tensors, metadata(export.record, genome))
    return path
