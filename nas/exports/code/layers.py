"""The call that makes each layer anew: `nn.Conv2d(3, 64, 7, stride=2)`, with its arguments as values."""

import inspect
from dataclasses import dataclass, field, replace
from typing import Any

from torch import nn

from nas.errors import UserError
from nas.graph.graph import Node
from nas.graph.operation import Shape

# Classes that the file gets a copy of:
OURS = ("nas.graph.operations.modules", "nas.graph.operations.padded", "nas.graph.operations.layers")
AXES = {
    "kernel_size",
    "stride",
    "padding",
    "output_padding",
    "dilation",
    "output_size",
    "scale_factor",
    "normalized_shape",
}
ACTIVATIONS = {"ReLU", "ReLU6", "SiLU", "GELU", "Hardswish", "Mish", "Tanh", "Sigmoid", "Hardsigmoid"}
CHANNELS = {"in_channels", "out_channels", "num_features", "groups", "in_features", "out_features", "normalized_shape"}
SAME = ("in_channels", "out_channels", "kernel_size", "stride", "dilation", "groups", "bias")
MISSING: Any = inspect.Parameter.empty


class Classes(int):
    """The number of classes, which stays an argument of the network."""

    word = "num_classes"


class Rate(float):
    """The rate of all drop_paths that training schedules: an argument of the network too."""

    word = "drop_path"


STAYS = (Classes, Rate)


class Name(str):
    """Code, such as the name of a class, where a value may stand."""


@dataclass(eq=False)
class Argument:
    name: str
    value: Any
    default: Any = MISSING
    kind: str = ""  # arguments of one kind may share a parameter: numbers of channels, else those of one name

    def __post_init__(self) -> None:
        self.kind = self.kind or ("channels" if self.name in CHANNELS else self.name)


@dataclass(eq=False)
class Make:
    """A module: the class, its arguments, and for nn.Sequential its children.

    node: of the graph, whose module it is. inner: modules in it and where its state dict has them. order: the values
    that it reads, as its forward pass takes them. loose: its children may stand in a sequence without it.
    """

    maker: str
    arguments: list[Argument] = field(default_factory=list)
    children: list["Make"] = field(default_factory=list)
    node: int | None = None
    inner: list[tuple[str, "Make"]] = field(default_factory=list)
    order: tuple[int, ...] | None = None
    loose: bool = False

    @property
    def is_module(self) -> bool:
        return self.maker[0] not in "+*|/~"

    @property
    def is_activation(self) -> bool:
        return self.maker.removeprefix("nn.") in ACTIVATIONS and {a.name for a in self.arguments} <= {"inplace"}


MERGES = {"add": "+", "multiply": "*", "concat": "|", "mean": "/", "gate": "~"}


def layer(
    number: int, node: Node, shapes: list[Shape], module: nn.Module, place: str, classes: dict[str, type]
) -> Make:
    """Of one node, whose inputs have these shapes; adds a class of ours to `classes`.

    Raises UserError for a module that cannot be written.
    """
    kind = type(module)
    if node.operation in MERGES and not getattr(module, "drop", 0.0) > 0:
        return Make(MERGES[node.operation], node=number)
    if kind.__module__ in OURS:
        if kind.__name__ == "GlobalAvgPool":
            pool = Make(f"nn.AdaptiveAvgPool{len(shapes[0]) - 1}d", [Argument("output_size", 1)])
            return Make("nn.Sequential", children=[pool, Make("nn.Flatten")], node=number)
        name, given = _ours(kind.__name__, node, module, shapes[0])
        if not name.startswith("nn."):
            classes.setdefault(name, kind)
    elif getattr(nn, kind.__name__, None) is kind and not module._modules:
        name, given = f"nn.{kind.__name__}", _arguments(module)
    else:
        raise UserError(place, f"{kind.__name__} is no module of a document", "format torch or onnx can hold it")
    return Make(name, given, node=number)


def _ours(name: str, node: Node, module: Any, shape: Shape) -> tuple[str, list[Argument]]:
    """The class that stands for one of ours, and its arguments."""
    rank = len(node.shape) - 1
    if name == "Pad" and rank == 2 and module.pads[0] == (0, 0):
        (top, bottom), (left, right) = module.pads[1:]
        widths = Argument("padding", top if top == bottom == left == right else (left, right, top, bottom))
        fill = [] if module.value == 0 else [Argument("value", module.value)]
        return ("nn.ConstantPad2d" if fill else "nn.ZeroPad2d"), [widths, *fill]
    if name == "Zeros" and tuple(shape) == tuple(node.shape):
        return "ZerosLike", []
    if name == "Scale" and not module.learned and module.bias is None and isinstance(module.weight, float | int):
        return "ScaleBy", [Argument("factor", module.weight)]
    if (
        name == "Scale"
        and module.learned
        and rank == 2
        and module.bias is None
        and isinstance(node.arguments["value"], float)
    ):
        return "ChannelScale", [
            Argument("channels", node.shape[0], kind="channels"),
            Argument("value", node.arguments["value"]),
        ]
    if name == "Scale":
        return name, [Argument("shape", node.shape), *(Argument(key, value) for key, value in node.arguments.items())]
    if name == "Slice":
        cut = module.index[-1]
        if len(module.index) == 4 and (cut.start, cut.stop) == (0, None):
            return "Subsample", [Argument("step", cut.step)]
        if len(module.index) == 2 and cut.step == 1:
            return "ChannelSlice", [Argument(word, getattr(cut, word), kind="channels") for word in ("start", "stop")]
        axes = [Argument("step", cut.step, 1), Argument("rank", len(module.index) - 2, 0)]
        return name, [Argument("start", cut.start), Argument("stop", cut.stop), *axes]
    if name == "DropPath":
        rate = Rate(module.p) if module.scheduled else module.p
        return ("DropBatch" if module.batch else name), [Argument("p", rate)]
    if name.startswith("PaddedConv") and module.padding == _same(module, shape):
        given = [argument for argument in _arguments(module) if argument.name in SAME]
        return f"Conv{rank}dSame", [replace(a, default=1) if a.name == "stride" else a for a in given]
    return (f"{name}{rank}d" if name == "PaddedAvgPool" else name), _arguments(module)


def _same(module: Any, shape: Shape) -> tuple[int, ...]:
    """The padding that gives size / stride, rounded up, the odd one after: as functional.pad takes it."""
    widths: list[int] = []
    for size, kernel, stride, dilation in zip(
        shape[1:], module.kernel_size, module.stride, module.dilation, strict=True
    ):
        missing = max(0, (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size)
        widths = [missing // 2, missing - missing // 2, *widths]
    return tuple(widths)


def same_where_possible(makes: dict[int, Make], modules: dict[int, nn.Module], shapes: dict[int, Shape]) -> None:
    """Where some convolutions pad as TensorFlow does, all that may are of the class that does."""
    for number, make in makes.items():
        module = modules[number]
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d) and isinstance(module.padding, tuple):
            widths = [width for padding in reversed(module.padding) for width in (padding, padding)]
            if (
                make.maker.startswith("nn.")
                and max(module.kernel_size) > 1
                and tuple(widths) == _same(module, shapes[number])
            ):
                make.maker = f"Conv{len(module.kernel_size)}dSame"
                given = [argument for argument in make.arguments if argument.name in SAME]
                make.arguments = [replace(a, default=1) if a.name == "stride" else a for a in given]


def _arguments(module: nn.Module) -> list[Argument]:
    """Those of the constructor: torch's modules and ours keep them under the same names."""
    arguments = []
    for name, parameter in inspect.signature(type(module)).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or name in ("device", "dtype"):
            continue
        value: Any = getattr(module, name, parameter.default)
        if name == "bias":
            value = value is not None or module.weight is None  # a norm without weights has no choice
        elif name in AXES and isinstance(value, tuple) and len(set(value)) == 1:
            value = value[0]
        arguments.append(Argument(name, value, parameter.default))
    return arguments


def sequential(children: list[Make]) -> Make:
    """One module after the other; of a layer that is two modules both."""
    apart: list[Make] = []
    for child in children:
        apart += child.children if child.children and (child.node is not None or child.loose) else [child]
    if len(apart) == 1:
        return apart[0]
    return Make("nn.Sequential", children=apart, inner=[(str(i), child) for i, child in enumerate(apart)])


def alike(a: Make, b: Make) -> bool:
    """Whether both differ in arguments alone, or in which activation they are."""
    if a.is_activation and b.is_activation and a.is_module:
        return [x.name for x in a.arguments] == [x.name for x in b.arguments]
    if a.maker != b.maker or len(a.children) != len(b.children):
        return False
    if [x.name for x in a.arguments] != [x.name for x in b.arguments]:
        return False
    return all(alike(x, y) for x, y in zip(a.children, b.children, strict=True))


def same(a: Any, b: Any) -> bool:
    """Whether two values of arguments are equal, and of one kind: True is not 1."""
    return type(a) is type(b) and bool(a == b)
