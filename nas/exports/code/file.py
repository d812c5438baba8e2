"""The text of `model.py`: a docstring, imports, the classes of the network, and how pictures become its input."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.data.record import Record
from nas.exports.code.builder import Builder
from nas.exports.code.copies import copy_of
from nas.exports.code.network import network
from nas.exports.code.words import prose
from nas.exports.preparing import preparing

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.network import Network

LONGEST = 12  # lines of a genotype
EDGE = re.compile(r"cells\.(\w+)\.nodes\.(\d+)\.(\d+)\.(operation|input)")


class Source(NamedTuple):
    """keys: of each place in the network that holds a module, where the class has it."""

    text: str
    keys: dict[str, str]

    def key(self, name: str) -> str:
        """Of an entry of the network's state dict, the class's."""
        place, _, tensor = name.rpartition(".")
        return f"{self.keys[place]}.{tensor}"


def source(
    model: "Network", origin: str = "", record: Record | None = None, answers: Mapping[str, Any] | None = None
) -> Source:
    """origin: where the document says that the network is from. answers: of its genome.

    Raises UserError for a module that cannot be written.
    """
    builder = Builder(model, model.graph.name)
    whole = network(builder)
    constants, functions = preparing(record)
    own = [line for lines in (*builder.texts.values(), whole.lines) for line in ("", "", *lines)]
    called = set(re.findall(r"\w+(?=[(,])", "\n".join(own)))
    copied = [copy_of(name, kind) for name, kind in builder.copied.items() if name in called]
    code = [*(line for lines in copied for line in ("", "", *lines)), *own]
    prepares = record is not None and record.preprocessing is not None
    public = [f'"{builder.name}"', *(['"preprocess"'] if prepares else [])]
    lines = [
        *_docstring(model.graph, builder.name, origin, genotype(answers or {}, bool(builder.constants))),
        *_imports("\n".join(code), prepares),
        "",
        f"__all__ = [{', '.join(public)}]",
        *constants,
        *builder.constants,
        *code,
        *functions,
    ]
    return Source("\n".join(lines) + "\n", whole.keys)


def _docstring(graph: "Graph", name: str, origin: str, found: list[str]) -> list[str]:
    """Its first two lines hold no text of the document, which could declare another encoding there."""
    heads = f" (and {graph.auxiliary_parameters:,} of the auxiliary heads)" if graph.auxiliary else ""
    shape = "x".join(map(str, graph.input))
    costs = f"{graph.parameters:,} parameters{heads}, {graph.mult_adds:,} multiply-adds for an image of {shape}."
    said = ": ".join(text.rstrip(" .") for text in (graph.name, origin) if text)
    return [
        '"""A network in PyTorch.',
        "",
        *prose(f"{said}. {costs}"),
        *(["Genotype:", *found] if found else []),
        "",
        f"    model = {name}()",
        '    model.load_state_dict(safetensors.torch.load_file("model.safetensors"))',
        '"""',
        "",
    ]


def genotype(answers: Mapping[str, Any], cells_apart: bool = False) -> list[str]:
    """The answers of a genome: a line for each cell, with the operations on the states of each node, and the others.

    Nothing where that would be long: genome.json has it. cells_apart: the file has them elsewhere.
    """
    edges: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    others = []
    for path, answer in answers.items():
        if edge := EDGE.fullmatch(path):
            if not cells_apart:
                edges.setdefault(edge[1], {}).setdefault((edge[2], edge[3]), {})[edge[4]] = answer
        elif not (path.endswith(".inputs") and ".nodes." in path):
            others.append(f"{path} = {answer}")
    lines = []
    for cell, found in edges.items():
        nodes: dict[str, list[str]] = {}
        for (node, at), told in found.items():
            operation = str(told.get("operation", ""))
            if operation != "none":
                nodes.setdefault(node, []).append(f"{operation}({told.get('input', at)})")
        said = "; ".join(f"node {node} = {' + '.join(edges)}" for node, edges in nodes.items())
        lines += prose(f"{cell}: {said}", 4)
    lines += prose(", ".join(others), 4)
    return lines if len(lines) <= LONGEST else []


def _imports(code: str, prepares: bool) -> list[str]:
    lines = ["from __future__ import annotations", ""] if prepares else []
    standard = ["from collections.abc import Sequence"] if "Sequence[" in code else []
    standard += ["from typing import Any"] if prepares else []
    lines += [*standard, ""] if standard else []
    lines += ["import torch"] if "torch." in code or prepares else []
    lines += ["from torch import Tensor, nn"]
    return lines + (["from torch.nn import functional"] if "functional." in code else [])
