"""A torch network as torch.export sees it in evaluation mode: one call of torch's after another, with its module."""

import copy
import logging
import warnings
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn

from nas.errors import UserError, shortened
from nas.graph.graph import Scope
from nas.graph.operation import Operation, Shape
from nas.graph.operations import OPERATIONS

BATCH = 2
DROPPERS = ("DropPath", "StochasticDepth")  # timm's and torchvision's classes, whose calls are not seen in evaluation


class Marker(nn.Dropout):
    """Stands for a module that torch.export would take apart, or leave out, and keeps what it is."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self.operation = operation


class Weight(NamedTuple):
    """A parameter or constant of the network. computed: made of parameters, and so no layer's weight as it is."""

    name: str
    tensor: Tensor
    learned: bool
    computed: bool = False


class Trace(NamedTuple):
    """The calls in order, what the placeholders among them are, and the modules that markers stand for."""

    calls: list[fx.Node]
    weights: dict[str, Weight]
    image: str
    output: fx.Node
    marked: dict[str, Operation]


def trace(module: nn.Module, shape: Shape, where: str) -> Trace:
    """The calls of a module on images of this shape. The module stays as it is.

    Raises:
        UserError: it cannot run on them, cannot be traced, or gives something else than one tensor.
    """
    model = copy.deepcopy(module).cpu().eval()
    marked = _mark(model, where)
    images = torch.zeros(BATCH, *shape)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model(images)
        except Exception as error:  # of code that is not ours: whatever it raises is its answer to these images
            what = f"cannot run on images of {'x'.join(map(str, shape))}: {_line(error)}"
            raise UserError(where, what, "give the input that the network is made for") from error
        level = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            program = torch.export.export(model, (images,), strict=False)
        except Exception as error:
            what = f"torch.export cannot trace it: {_line(error)}"
            raise UserError(where, what, "its forward may not branch on what the images hold") from error
        finally:
            logging.disable(level)
    signature = program.graph_signature
    tensors = {**dict(model.named_parameters(remove_duplicate=False)), **dict(model.named_buffers())}
    weights = {name: Weight(own, tensors[own], True) for name, own in signature.inputs_to_parameters.items()}
    weights |= {name: Weight(own, tensors[own], False) for name, own in signature.inputs_to_buffers.items()}
    constants = signature.inputs_to_lifted_tensor_constants
    weights |= {name: Weight(own, program.constants[own], False) for name, own in constants.items()}
    if len(signature.user_outputs) != 1 or len(signature.user_inputs) != 1:
        raise UserError(where, "gives several results", "import a network that gives its logits alone")
    nodes = list(program.graph.nodes)
    (output,) = (node for node in nodes if node.op == "output")
    result = next(node for node in nodes if node.name == signature.user_outputs[0])
    assert output is not None
    calls = [node for node in nodes if node.op == "call_function"]
    return Trace(calls, weights, str(signature.user_inputs[0]), result, marked)


def scopes(call: fx.Node) -> tuple[Scope, ...]:
    """The modules around a call, the outermost first, the network itself left out."""
    stack = (call.meta.get("nn_module_stack") or {}).values()
    return tuple(Scope(path, str(kind).rpartition(".")[2]) for path, kind in stack if path)


def _mark(model: nn.Module, where: str) -> dict[str, Operation]:
    """Puts markers into a model; which operation stands at each path."""
    marked: dict[str, Operation] = {}
    for path, module in list(model.named_modules()):
        operation = _operation(module, f"{where}: {path}")
        if operation is not None and path:
            model.set_submodule(path, Marker(operation))
            marked[path] = operation
    return marked


def _operation(module: nn.Module, where: str) -> Operation | None:
    kind = type(module).__name__
    if isinstance(module, nn.LocalResponseNorm):
        return OPERATIONS["local_response_norm"](module.size, module.alpha, module.beta, module.k)  # type: ignore[call-arg]
    if kind == "DropBlock2d":
        raise UserError(where, "DropBlock has no operation here", "build the network without it")
    if kind not in DROPPERS:
        return None
    rate: Any = getattr(module, "drop_prob", getattr(module, "p", None))
    if not rate:
        return OPERATIONS["identity"]()
    if not getattr(module, "scale_by_keep", True):
        raise UserError(where, f"{kind} that does not scale what it keeps has no operation here", "let it scale")
    return OPERATIONS["drop_path"](float(rate), getattr(module, "mode", "row") == "batch")  # type: ignore[call-arg]


def _line(error: Exception) -> str:
    return shortened(" ".join(str(error).split())) or type(error).__name__
