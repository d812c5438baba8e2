"""A folder that others can use as it is: source code, weights, torch.hub's entry point, a drawing and a model card."""

import builtins
import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING

from nas.exports.card import card
from nas.exports.python import python

if TYPE_CHECKING:
    from nas.exports.source import Source

DRAWING, CARD, HUB = "drawing.svg", "README.md", "hubconf.py"
HUBCONF = '''"""{name} for torch.hub: torch.hub.load(FOLDER, "{entry}", source="local")."""

import importlib.util
from pathlib import Path

from safetensors.torch import load_file

dependencies = ["safetensors", "torch"]

FOLDER = Path(__file__).resolve().parent
# Not `import model`: another folder's may be loaded by that name.
spec = importlib.util.spec_from_file_location("{entry}_model", FOLDER / "model.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)


def {entry}(pretrained=True, **settings):
    """The network, in evaluation mode. pretrained: with its weights. settings: of {name}, such as num_classes."""
    network = module.{name}(**settings)
    if pretrained:
        network.load_state_dict(load_file(FOLDER / "model.safetensors"))
    return network.eval()
'''


OTHERS = {"importlib", "Path", "load_file", "dependencies", "FOLDER", "spec", "module", "network", "pretrained"}


def entry_of(name: str) -> str:
    """What torch.hub calls a class: its name in small letters, which no other word of hubconf.py is."""
    entry = name.lower()
    return f"{entry}_" if keyword.iskeyword(entry) or entry in OTHERS | {*dir(builtins)} else entry


def drawing(source: "Source") -> str:
    """The network as SVG, without characters that XML forbids, or that turn text around."""
    from nas.report.drawing import draw

    svg = draw(source.graph, source.graph.name)
    return "".join(c for c in svg if c.isprintable() or c == "\n")


def bundle(source: "Source", folder: Path) -> Path:
    """`model.py` and `model.safetensors` as the format python writes them, `hubconf.py`, `drawing.svg`, `README.md`."""
    code = python(source, folder).read_text(encoding="utf-8")
    named = re.search(r'^__all__ = \["(\w+)"', code, re.MULTILINE)
    assert named is not None
    name, entry = named[1], entry_of(named[1])
    (folder / DRAWING).write_text(drawing(source), encoding="utf-8")
    (folder / CARD).write_text(card(source, name, entry, DRAWING), encoding="utf-8")
    path = folder / HUB
    path.write_text(HUBCONF.format(name=name, entry=entry), encoding="utf-8")
    return path
