"""A file of a network run in this process, and compared with the network."""

import ast
from typing import Any

import torch
from torch import Tensor, nn

from nas.exports.code.file import source
from nas.network import Network
from nas.network.initialisation import undrawn
from nas.space import Genome, Space


def written(space: Space, genome: Genome | None = None) -> tuple[str, float]:
    """The text of its file, and by how much its outputs differ, at inference and in training, of the largest one.

    Both networks get the same weights, and must take them under the names that the text gives.
    """
    with undrawn():
        model = Network(space.graph(genome).prune())
    generator = torch.Generator().manual_seed(0)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            spread = tensor[0].numel() ** -0.5 if tensor.ndim > 1 else 0.5
            drawn = torch.randn(tensor.shape, generator=generator)
            tensor.copy_(drawn * spread if tensor.ndim > 1 else 1 + drawn.abs() * spread if "var" in name else drawn)
    found = source(model, space.source, answers=genome.answers if genome else None)
    with undrawn():
        theirs = made(found.text)
    theirs.load_state_dict({found.key(name): value for name, value in model.state_dict().items()})
    x = torch.randn(2, *model.graph.input, generator=generator)
    return found.text, max(_difference(model.train(mode), theirs.train(mode), x) for mode in (False, True))


def made(text: str) -> nn.Module:
    """The network that a file's text defines."""
    names: dict[str, Any] = {}
    exec(compile(text, "model.py", "exec"), names)
    module: nn.Module = names[names["__all__"][0]]()
    return module


def classes(text: str) -> dict[str, ast.ClassDef]:
    return {each.name: each for each in ast.parse(text).body if isinstance(each, ast.ClassDef)}


def _difference(ours: nn.Module, theirs: nn.Module, x: Tensor) -> float:
    outputs = []
    for model in (ours, theirs):
        torch.manual_seed(5)
        with torch.no_grad():
            found = model(x)
        outputs.append([found] if isinstance(found, Tensor) else [found[0], *found[1]])
    pairs = list(zip(*outputs, strict=True))
    return max(float((a - b).abs().max() / a.abs().max()) for a, b in pairs)


def imported(text: str) -> set[str]:
    """The packages that a file imports."""
    nodes = list(ast.walk(ast.parse(text)))
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in named}


def unused(text: str) -> set[str]:
    """Attributes of classes that their forward passes never mention."""
    left = set()
    for name, each in classes(text).items():
        if ast.unparse(each.bases[0]) == "nn.Module":
            stored = {
                node.attr
                for node in ast.walk(each)
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            }
            read = {
                node.attr
                for node in ast.walk(each)
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            }
            left |= {f"{name}.{word}" for word in stored - read}
    return left
