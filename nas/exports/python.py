"""A network as one Python file that needs torch alone: modules by their names, and the forward pass line by line."""

import inspect
import keyword
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data.record import Record
from nas.errors import UserError
from nas.exports.preparing import preparing

if TYPE_CHECKING:
    from torch import nn

    from nas.exports.source import Source
    from nas.graph.graph import Graph, Node
    from nas.network import Network

# Classes that the file gets a copy of:
OURS = ("nas.graph.operations.modules", "nas.graph.operations.padded", "nas.network.in_place")
AXES = {"kernel_size", "stride", "padding", "dilation", "output_size", "scale_factor", "normalized_shape"}

HELPERS = '''
class Part(nn.Module):
    """Holds modules by name: `part.name`, or `part[0]` and `part["else"]` where the name cannot follow a dot."""

    def __getitem__(self, name: int | str) -> nn.Module:
        return self._modules[str(name)]


def put(model: nn.Module, path: str, module: nn.Module) -> None:
    """Adds a module at its place, which is also where the state dict has its weights."""
    *places, name = path.split(".")
    for place in places:
        model = model._modules.setdefault(place, Part())
    model._modules[name] = module
'''


def python(export: "Source", folder: Path) -> Path:
    """`model.py`, whose `Network()` takes `model.state_dict()`; raises UserError unless `nas.build` made the model.

    Text of documents and class names are untrusted: they are written in comments of printable characters and as escaped
    strings only.
    """
    from nas.network import Network

    if not isinstance(export.model, Network):
        raise UserError("format python", "the module has no graph", "give a network that nas.build made")
    path = folder / "model.py"
    origin = str(export.genome.document.data.get("source", "")) if export.genome else ""
    path.write_text(source(export.model, origin, export.record), encoding="utf-8")
    return path


def source(model: "Network", origin: str = "", record: Record | None = None) -> str:
    """The text of the file; `origin`: where the document says that the network is from."""
    graph = model.graph
    steps, ends, _ = model._training  # the plan of inference is a part of it
    places = {id(module): name for name, module in model.named_modules()}
    classes: dict[str, str] = {}
    made, lines, heading = list[str](), list[str](), False
    for step in steps:
        node, module = graph.nodes[step.node], step.parent[step.name]
        place = places[id(module)]
        made.append(f"put(self, {_quoted(place)}, {_constructor(module, node, place, classes)})")
        was, heading = heading, step.node in graph.training_nodes
        if heading and not was:
            lines.append("if self.training:  # an auxiliary head")
        call = f"{_variable(step.write)} = {_access(place)}({', '.join(map(_variable, step.reads))})"
        lines.append(f"{'    ' * heading}{call}  # {'x'.join(map(str, node.shape))}")
    if graph.auxiliary:
        heads = ", ".join(map(_variable, ends[1:]))
        lines += ["if self.training:", f"    return {_variable(ends[0])}, [{heads}]"]
    lines.append(f"return {_variable(ends[0])}")
    returned = "Tensor | tuple[Tensor, list[Tensor]]" if graph.auxiliary else "Tensor"
    returns = "logits, in training mode (logits, [those of each auxiliary head])" if graph.auxiliary else "logits"
    constants, functions = preparing(record)
    text = [
        *_header(graph, origin),
        *_imports("".join(classes.values()), record),
        *constants,
        *(f"\n\n{code.strip()}" for code in (HELPERS, *classes.values())),
        "\n\nclass Network(Part):",
        f'    """(N, {", ".join(map(str, graph.input))}) to {returns}. Comments give shapes."""\n',
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *(f"        {line}" for line in made),
        f"\n    def forward(self, x: Tensor) -> {returned}:",
        *(f"        {line}" for line in lines),
        *functions,
    ]
    return "\n".join(text) + "\n"


def _header(graph: "Graph", origin: str) -> list[str]:
    """Comments. The first two lines hold no text of the document, which could declare another encoding there."""
    heads = f", and {graph.auxiliary_parameters:,} of the auxiliary heads" if graph.auxiliary else ""
    facts = [
        f"name: {graph.name}",
        f"source: {origin}",
        f"parameters: {graph.parameters:,}{heads}",
        f"mult-adds: {graph.mult_adds:,} an image of {'x'.join(map(str, graph.input))}",
    ]
    return [
        "# A network as plain torch code, which needs nothing but torch.",
        "#",
        *(line for fact in facts if not fact.endswith(": ") for line in _comment(fact)),
        "#",
        "# Its weights are torch's initial ones until the exported ones are loaded:",
        '#     model = Network(); model.load_state_dict(safetensors.torch.load_file("weights.safetensors"))',
        '#     model = Network(); model.load_state_dict(torch.load("weights.pt", weights_only=True))',
        "",
    ]


def _comment(text: str) -> list[str]:
    """Line ends, and whatever else is not seen (such as what turns the direction of writing), become spaces."""
    seen = "".join(character if character.isprintable() else " " for character in text)
    return textwrap.wrap(seen, 118, initial_indent="# ", subsequent_indent="#   ")


def _imports(code: str, record: Record | None) -> list[str]:
    prepares = record is not None and record.preprocessing is not None
    lines = ["from __future__ import annotations\n"] if prepares else []
    lines += ["from collections.abc import Sequence"] if "Sequence[" in code else []
    lines += ["from typing import Any"] if prepares else []
    lines += [""] if lines and lines[-1] else []
    lines += ["import torch"] if "torch." in code or prepares else []
    lines += ["from torch import Tensor, nn"]
    return lines + (["from torch.nn import functional"] if "functional." in code else [])


def _constructor(module: "nn.Module", node: "Node", place: str, classes: dict[str, str]) -> str:
    """The call that makes the module anew; adds the source of a class of ours to `classes`."""
    from torch import nn

    kind = type(module)
    if kind.__module__ in OURS:
        classes.setdefault(kind.__name__, inspect.getsource(kind))
        name = kind.__name__
    elif getattr(nn, kind.__name__, None) is kind and not module._modules:
        name = f"nn.{kind.__name__}"
    else:
        raise UserError(place, f"{kind.__name__} is no module of a document", "format torch or onnx can hold it")
    if kind.__name__ == "Scale":
        arguments = [repr(node.shape), *(f"{key}={value!r}" for key, value in node.arguments.items())]
    elif kind.__name__ == "Slice":
        *_, cut = module.index  # type: ignore[misc]
        arguments = [f"{cut.start}, {cut.stop}", f"step={cut.step}", f"rank={len(module.index) - 2}"]  # type: ignore[arg-type]
    else:
        arguments = _arguments(module)
    return f"{name}({', '.join(arguments)})"


def _arguments(module: "nn.Module") -> list[str]:
    """Of the constructor, where they are not the defaults: torch's modules and ours keep them under the same names."""
    arguments = []
    for name, parameter in inspect.signature(type(module)).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or name in ("device", "dtype"):
            continue
        value: Any = getattr(module, name, parameter.default)
        if name == "bias":
            value = value is not None or module.weight is None  # a norm without weights has no choice
        elif name in AXES and isinstance(value, tuple) and len(set(value)) == 1:
            value = value[0]
        if parameter.default is parameter.empty:
            arguments.append(repr(value))
        elif value != parameter.default:
            arguments.append(f"{name}={value!r}")
    return arguments


def _access(place: str) -> str:
    """`self.stages[0].norm`; quoted where Python would not read the name as it is written."""
    text = "self"
    for name in place.split("."):
        if name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_"):
            text += f".{name}"
        else:
            text += f"[{name if name.isascii() and name.isdigit() and str(int(name)) == name else _quoted(name)}]"
    return text


def _quoted(text: str) -> str:
    """A string of Python, whatever is in it."""
    return f'"{text}"' if text.isascii() and text.replace(".", "_").isidentifier() else ascii(text)


def _variable(slot: int) -> str:
    """Values share variables as they share the slots of the network's plan: `x` is mostly the trunk."""
    return "xyz"[slot] if slot < 3 else f"x{slot}"
