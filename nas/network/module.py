"""A graph as an ordinary torch module: one submodule a node, named by the node's path, run in the graph's order."""

import keyword
from typing import Any

from torch import Tensor, nn

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.graph.shared import groups
from nas.network.calls import called, in_order
from nas.network.features import Features, leaving
from nas.network.in_place import overwrites, overwriting
from nas.network.initialisation import initialise, undrawn


class Part(nn.Module):
    """A place in the document that holds modules. It only gives them names.

    `part[0]`, `part[-1]` and `part["name"]` are its modules, and can be assigned: the network runs what stands there.
    A module assigned to a name that the document does not have would never run, and is a UserError.
    """

    def __getitem__(self, key: int | str) -> nn.Module:
        return self._modules[self._key(key)]  # type: ignore[return-value]

    def __setitem__(self, key: int | str, module: nn.Module) -> None:
        setattr(self, self._key(key), module)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Module) and name not in self.__dict__.get("_modules", {}):
            raise UserError(f"module '{name}'", "the network has none of this name to replace", self._hint())
        super().__setattr__(name, value)

    def _key(self, key: int | str) -> str:
        name = list(self._modules)[key] if type(key) is int and -len(self._modules) <= key < 0 else str(key)
        if name not in self._modules:
            raise UserError(f"module {key!r}", "there is none", f"there are {', '.join(self._modules)}")
        return name

    def _hint(self) -> str:
        return f"its modules here are {', '.join(self._modules)}"


class Network(Part):
    """The module of a pruned graph. Input `(N, *graph.input)`, output `(N, classes)`. `nas.build` makes it.

    In training mode a graph with auxiliary heads gives `(output, [output of each head])`; else the heads do not run.
    Modules are named by their nodes' paths without the leading `network`; names that nn.Module or Python uses get an
    underscore. Weights are unset until `initialise`; `compile` does both.

    Args:
        graph: the graph, pruned.

    Attributes:
        graph: the graph.
        names: of the module of each node; "" for the input.
        preprocessing: how pictures become input, of a trained network that was read from a folder; else None.
        classes: the names of its classes, or other outputs, of such a network; else None.
        task: what its outputs mean (`nas.tasks`), of such a network; else None.
    """

    preprocessing: Any = None
    classes: tuple[str, ...] | None = None
    task: Any = None

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self._heads = len(graph.auxiliary)
        places = module_names([node.path for node in graph.nodes[1:]], [node.operation for node in graph.nodes[1:]])
        self.names = ("", *map(".".join, places))
        homes: dict[int, tuple[dict[str, nn.Module], str]] = {}
        into = overwrites(graph)
        first = {number: members[0] for members in groups(graph.nodes) for number in members[1:]}
        self.names = tuple(self.names[first.get(number, number)] for number in range(len(graph.nodes)))
        for number, node in enumerate(graph.nodes[1:], 1):
            if number in first:
                homes[number] = homes[first[number]]
                continue
            module = node.op.module(*(graph.nodes[i].shape for i in node.inputs))
            if number in into:
                module = overwriting(module, into[number])
            homes[number] = put_module(self, places[number - 1], module)
        self._homes = homes
        self._inference = in_order(graph, homes, (graph.output,))
        self._training = in_order(graph, homes, (graph.output, *graph.auxiliary)) if self._heads else self._inference

    def _hint(self) -> str:
        calls, *_ = self._inference
        heads = [call for call in calls if isinstance(call.parent[call.name], nn.Linear | nn.Conv2d)]
        last = heads[-1].parent[heads[-1].name] if heads else None
        path = next((name for name, module in self.named_modules() if module is last), "")
        place = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split(".")) if path else "..."
        return f"the last layer is model{place}: model{place} = torch.nn.Linear(...)"

    def forward(self, x: Tensor) -> Any:
        """Logits of images.

        Args:
            x: float32 images, (N, *graph.input).

        Returns:
            The logits, (N, classes); in training mode of a network with auxiliary heads these, and a list of each
            head's.
        """
        output, *heads = called(*(self._training if self.training else self._inference), x)
        return (output, heads) if self.training and self._heads else output

    def features(self, path: str) -> Features:
        """What leaves a place in the document, as a module that shares the network's layers.

        Args:
            path: the place, such as `stages.3`.

        Returns:
            A module from float32 images (N, *graph.input) to what the network computes there, (N, *shape).

        Raises:
            UserError: the document has no such place, or several things leave it.
        """
        return Features(self, leaving(self, path))


def compile(graph: Graph, seed: int = 0) -> Network:
    """The pruned graph's module on the CPU, its weights drawn from `seed`; the global generator is left alone."""
    with undrawn():
        model = Network(graph.prune())
    initialise(model, seed)
    return model


def set_drop_path(model: nn.Module, rate: float) -> None:
    """Sets the rate of every drop_path whose document gives none."""
    for module in model.modules():
        if getattr(module, "scheduled", False):
            module.p = rate  # type: ignore[assignment]


def module_names(paths: list[str], operations: list[str]) -> list[tuple[str, ...]]:
    """Module names of each node. Where a path is also the beginning of another, its operation's name is added."""
    taken = {*dir(nn.Module()), *dir(Network), "graph", "preprocessing", "classes", "task"}
    taken |= {"names", *keyword.kwlist}  # torch.export writes names into code
    split = []
    for path, operation in zip(paths, operations, strict=True):
        words = (path or operation).split(".")
        if words[0] == "network" and len(words) > 1:
            words = words[1:]
        split.append(tuple(word + "_" if word in taken or not word else word for word in words))
    inside = {parts[:n] for parts in split for n in range(1, len(parts))}
    names: list[tuple[str, ...]] = []
    used = set[tuple[str, ...]]()
    for parts, operation in zip(split, operations, strict=True):
        name = (*parts, operation) if parts in inside else parts
        while name in inside or name in used:
            name = (*name[:-1], name[-1] + "_")
        used.add(name)
        names.append(name)
    return names


def put_module(model: nn.Module, names: tuple[str, ...], module: nn.Module) -> tuple[dict[str, nn.Module], str]:
    """Adds a module at its place; returns where it is found again: its container's own dict, and its name there."""
    container = model
    for name in names[:-1]:
        if name not in container._modules:
            container.add_module(name, Part())
        container = container._modules[name]  # type: ignore[assignment]
    container.add_module(names[-1], module)
    return container._modules, names[-1]  # type: ignore[return-value]
