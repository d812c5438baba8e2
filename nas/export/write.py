"""From a network, or a search's best, to files in a folder."""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError, did_you_mean, shortened
from nas.export.formats import FORMATS
from nas.export.trained import trained

if TYPE_CHECKING:
    from torch import nn

    from nas.run import Run
    from nas.space import Genome


def export(
    source: "nn.Module | Run",
    to: str | Path,
    formats: Sequence[str] = ("safetensors",),
    *,
    genome: "Genome | None" = None,
    input: Sequence[int] | None = None,
) -> list[Path]:
    """Writes a network into the folder `to`, in inference mode and fp32, and returns the files.

    Args:
        source: a module, or a finished search, whose best network is written with the weights of its final training.
        formats: of `nas.export.FORMATS`.
        genome: of the module, to be written beside it as genome.json; a search's best has its own.
        input: (channels, height, width), needed for a module that `nas.build` did not make.

    Raises UserError for an unknown format, before anything is written, and where the input's shape is not known.
    """
    import torch

    for name in formats:
        if name not in FORMATS:
            raise UserError("nas.export", f"unknown format '{name}'", did_you_mean(name, FORMATS))
    if not isinstance(source, torch.nn.Module):
        from nas.run import Run

        if not isinstance(source, Run):
            what = f"takes a network or a finished search, not {shortened(repr(source))}"
            raise UserError("nas.export", what, "build it first: nas.export(nas.build(space, genome), ...)")
        source, genome = trained(source.path / "best")
    model = plain(source)
    shape = input or getattr(getattr(source, "graph", None), "input", None)
    if shape is None:
        raise UserError("nas.export", "the shape of the input is not known", "give input=(channels, height, width)")
    folder = Path(to)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    if genome is not None:
        files.append(folder / "genome.json")
        files[0].write_text(json.dumps(genome.to_json(), indent=1) + "\n", encoding="utf-8")
    example = torch.zeros(2, *shape)  # two: an exporter may take a size of one for a constant
    return files + [FORMATS[name](model, example, folder, genome) for name in dict.fromkeys(formats)]


def plain(model: "nn.Module") -> "nn.Module":
    """A copy for inference on the CPU: fp32, contiguous, nothing of the training left on."""
    import torch

    return copy.deepcopy(model).to("cpu", torch.float32).to(memory_format=torch.contiguous_format).eval()
