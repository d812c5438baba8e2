"""A torch network as a space of one network, checked against the original."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from torch import nn

from nas.errors import UserError, shortened
from nas.graph.graph import Graph
from nas.graph.operation import Shape
from nas.imports.document import document_of, plain_document
from nas.imports.rules import RULES
from nas.imports.text import yaml_of
from nas.imports.tidy import tidy
from nas.imports.trace import trace
from nas.imports.translate import Translator
from nas.network import Network, compile, transfer_weights
from nas.space import Space
from nas.space.document import Document, check_top
from nas.space.library import with_library
from nas.space.reader import read_yaml


class Imported(NamedTuple):
    """A space of one network, the text of its document, and that network with the weights of the original."""

    space: Space
    text: str
    network: Network


def from_module(module: nn.Module, input: Sequence[int] = (3, 32, 32), name: str = "") -> Space:
    """Import a torch network as a space of one network.

    It is traced in evaluation mode, so auxiliary heads are left out. A network of the space with the module's weights
    (`nas.network.transfer_weights(module, nas.build(space))`) computes what the module does, which is checked here.

    Args:
        module: gives logits (N, classes) for images (N, *input). It stays as it is.
        input: shape of an image: channels, height, width.
        name: the document's; empty: the class of the module.

    Returns:
        The space. `nas import` writes its document to a file.

    Raises:
        UserError: an operation of the module has no counterpart here: it is named, and the module that calls it. Or
            the module cannot run on such images, or cannot be traced.
    """
    return import_module(module, input, name).space


def import_module(
    module: nn.Module, input: Sequence[int], name: str = "", description: str = "", where: str = ""
) -> Imported:
    """What `from_module` gives, with the text of the document and the network. where: what errors call the module."""
    name = name or type(module).__name__
    graph = replace(graph_of(module, tuple(input), where or name), name=name)
    space, text = _said(graph, {"name": name, "description": description} if description else {"name": name})
    model = compile(space.graph())
    transfer_weights(module, model)
    return Imported(space, text, model.eval())


def graph_of(module: nn.Module, shape: Shape, name: str) -> Graph:
    """What a module computes for images of this shape. Raises UserError, as `from_module` does."""
    graph = tidy(Translator(trace(module, shape, name), shape, name).run(RULES))
    if len(graph.nodes) == 1:
        raise UserError(name, "gives its input as it is", "import a network")
    if len(graph.shape) != 1:
        what = f"gives a map of {'x'.join(map(str, graph.shape))} for an image, not one number for each class"
        raise UserError(name, what, "wrap it in a module that ends with a pooling and a linear layer")
    return graph


def _said(graph: Graph, about: dict[str, Any]) -> tuple[Space, str]:
    """The document that says the graph, and nothing else: as read again, it gives the same fingerprints."""
    for make in (document_of, plain_document):
        text = yaml_of(make(graph, about))
        space = _read(text, graph.name)
        if space is not None and _alike(space.graph().prune(), graph):
            return space, text
    raise AssertionError(f"the document of {shortened(graph.name)} does not say its graph")


def _read(text: str, name: str) -> Space | None:
    try:
        data = read_yaml(text, name)
        check_top(data, name)
        return Space(Document(with_library(data)))
    except UserError:
        return None


def _alike(one: Graph, other: Graph) -> bool:
    return all(one.fingerprint(training) == other.fingerprint(training) for training in (False, True))
