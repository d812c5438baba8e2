"""A document whose choices are open as one torch module: the weights of every alternative at once.

    supernet = nas.supernet("nasbench201")
    supernet(x, weights)                    every alternative, times its answer's weight (DARTS)
    supernet(x, genome=answers)             the genome's network alone, on the shared weights (ENAS, SPOS, OFA)
    supernet(x, weights, genome=answers)    the same, times the answers' weights (GDAS)
    supernet(x, weights, genome=sets)       some alternatives of each choice, times their weights (ProxylessNAS)
    supernet.extract(answers)               the genome's network by itself, with a copy of its weights

A module stands for a place in the document: its path, its operation and the templates around it. A genome's network
that is smaller than the largest takes a part of its weights (`nas.network.sharing`).
"""

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from nas.errors import UserError, shortened
from nas.graph.graph import Graph, Node
from nas.graph.operation import Operation, Shape
from nas.network.blend import blend, scaled_batch_norm
from nas.network.initialisation import initialise, undrawn
from nas.network.module import Network, Part, module_names, put_module
from nas.network.plan import OPEN, Plan, Step, Term, plan
from nas.network.sharing import Slots, cut, reach, sizes, tensors
from nas.space.cover import cover
from nas.space.genome import Genome
from nas.space.space import Space
from nas.space.supernet import Key, OpenChoice, Supergraph, among, every, explained, key, only, walk

Weights = Mapping[str, Tensor]  # by a choice's path: a number for each of its answers
Answers = Genome | Mapping[str, Any]
KEPT_PLANS = 64


class Supernet(nn.Module):
    """A search space as one torch module that has the weights of every alternative. `nas.supernet` makes it.

    `supernet(x, weights)` is every alternative, times its answer's weight (DARTS); `supernet(x, genome=answers)` the
    genome's network alone on the shared weights; with both, the same times the answers' weights.

    Args:
        space: the space.
        relaxed: whether the document is read as a supernet (`relaxed` in expressions).
        seed: the weights are drawn from it.

    Attributes:
        space: the space.
        relaxed: whether the document is read as a supernet.
        choices: by path, each choice with its answers; all choices of a mixture, or those met in single paths.
        adds_others: whether, where a genome runs with weights, those of the answers that it does not take are added to
            what it gives as numbers (GDAS' authors' code).
        problem: why the alternatives cannot be mixed, so that genomes alone can be run; None where they can be.
    """

    def __init__(self, space: Space, relaxed: bool = True, seed: int = 0) -> None:
        super().__init__()
        if space.document.shares:
            what = "a supernet cannot hold a shared repeat"
            raise UserError(space.name, what, "search with a searcher that trains candidates")
        self.space, self.relaxed = space, relaxed
        self.adds_others = False
        self.problem: UserError | None = None
        self._whole: Supergraph | None = None
        try:
            self._whole = walk(space.document, every, relaxed)
            paths = [self._whole]
        except UserError as error:
            self.problem = explained(error, space.document)
            paths = list(cover(space, relaxed))
        self.choices: dict[str, OpenChoice] = {}
        for path in paths:
            for name, choice in path.choices.items():
                self.choices.setdefault(name, choice)
        self._instead: Mapping[Key, Key] = {} if self._whole is None else self._whole.instead
        self._slots = Slots([path.graph for path in paths])
        self._shared: dict[Key, nn.Module] = {}
        self._operations: dict[Key, Operation] = {}  # of these modules: another path's may have another stride
        self.shared = Part()
        self.tools = nn.ModuleList()  # modules without weights, which places share
        self._tools: dict[tuple[Operation, tuple[Shape, ...]], nn.Module] = {}
        self._plans: OrderedDict[Any, Plan] = OrderedDict()
        self._places: dict[tuple[str, Any], int] = {}
        with undrawn():
            self._make([path.graph for path in paths])
        initialise(self, seed)

    @property
    def mixed(self) -> bool:
        """Whether alternatives can be mixed."""
        return self._whole is not None

    @property
    def graph(self) -> Graph:
        """Of all alternatives, with mixtures. Raises UserError where they cannot be mixed."""
        self.check_mixed()
        assert self._whole is not None
        return self._whole.graph

    def check_mixed(self) -> None:
        """Raises the UserError that says which choice cannot be mixed, where it stands, and what to do."""
        if self.problem is not None:
            raise self.problem

    def forward(self, x: Tensor, weights: Weights | None = None, genome: Answers | None = None) -> Tensor:
        """Logits of images.

        Args:
            x: images, (N, *space.input).
            weights: for each choice by path a number an answer; a choice that only holds edges may be left out: 1.
            genome: answers by path: what to run alone; a frozenset of them runs several. A mixture runs all answers of
                the choices that it leaves out.

        Raises:
            UserError: the alternatives cannot be mixed, the genome is larger than any that was foreseen, or the images
                are not of the space's input and do not pass.
        """
        steps, mixed = self.plan(genome, genome is not None and weights is not None)
        for path in mixed:
            if path not in (weights or {}):
                raise UserError(path, "no weights are given for the answers of this choice")
        try:
            return self._through(steps, x, weights, genome)
        except (RuntimeError, ValueError) as error:
            if isinstance(error, UserError) or x.shape[1:] == self.space.input:
                raise
            given, due = "x".join(map(str, x.shape[1:])), "x".join(map(str, self.space.input))
            what = f"the images are {given}, its input is {due} ({shortened(str(error))})"
            raise UserError(self.space.name, what, f"give the space input={list(x.shape[1:])}") from error

    def _through(self, steps: list[Step], x: Tensor, weights: Weights | None, genome: Answers | None) -> Tensor:
        values: dict[int, Tensor] = {0: x}
        for step in steps:
            values[step.position] = self._run(step, [values[i] for i in step.reads], weights or {})
            if self.adds_others and genome is not None:
                values[step.position] = self._with_others(step, values[step.position], weights or {})
            for i in step.frees:
                del values[i]
        return values[step.position]

    def extract(self, genome: Answers) -> Network:
        """A genome's network by itself, with a copy of its weights: that of the relaxed document where this is.

        Args:
            genome: a genome, or its answers by path.

        Raises:
            UserError: the genome does not answer the space, or is larger than any that was foreseen.
        """
        graph = self._graph(genome, shares=False)
        model = Network(_without_slots(graph)).to(next(self.parameters()).dtype)
        model.train(self.training)
        nodes = model.graph.nodes[1:]
        names = module_names([node.path for node in nodes], [node.operation for node in nodes])
        modules = {key(node): model.get_submodule(".".join(name)) for node, name in zip(nodes, names, strict=True)}
        with torch.no_grad():
            for step in plan(graph, self._slots, self._module_of).steps:
                source = step.shared or step.module
                if source is None or not (whole := tensors(source)):
                    continue
                own = tensors(modules[key(step.node)])
                for name, tensor in whole.items():
                    own[name].copy_(cut(tensor, step.parts[name] if step.parts else None))
        return model

    def modules_of(self, genome: Answers) -> Iterator[nn.Module]:
        """The shared modules that a genome's network uses, those of which it takes a part among them.

        Args:
            genome: a genome, or its answers by path.
        """
        for step in self.plan(genome).steps:
            if (module := step.shared or step.module) is not None:
                yield module

    def plan(self, genome: Answers | None = None, weighted: bool = False) -> Plan:
        """What `forward` runs.

        Args:
            genome: a genome, or its answers by path; None: the mixture of all.
            weighted: whether the genome's answers have weights.

        Raises:
            UserError: the alternatives cannot be mixed, or the genome is larger than any that was foreseen.
        """
        answers = genome.answers if isinstance(genome, Genome) else genome
        kept = (None if answers is None else tuple(answers.items()), weighted)
        if kept not in self._plans:
            self._plans[kept] = plan(self._graph(answers, weighted), self._slots, self._module_of)
            if len(self._plans) > KEPT_PLANS:
                self._plans.popitem(last=False)
        self._plans.move_to_end(kept)
        return self._plans[kept]

    def _graph(self, genome: Answers | None, weighted: bool = False, shares: bool = True) -> Graph:
        if genome is None:
            return self.graph
        answers = genome.answers if isinstance(genome, Genome) else genome
        oracle = among(answers) if self.mixed else only(answers)
        document = self.space.document
        how = {"several": self.mixed, "weighted": weighted, "shares": shares}
        return walk(document, oracle, self.relaxed, **how, places=self._instead).graph

    def _make(self, graphs: Sequence[Graph]) -> None:
        """A module for each place, as large as the largest that any of the graphs needs there."""
        whole: dict[Key, dict[str, tuple[int, ...]]] = {}
        largest: dict[Key, tuple[int, Node, tuple[Shape, ...]]] = {}
        for graph in graphs:
            channels = self._slots.channels(graph)
            for node, gives in zip(graph.nodes[1:], channels[1:], strict=True):
                shapes = tuple([graph.nodes[i].shape for i in node.inputs])
                if node.operation in OPEN or not (needed := sizes(node.op, shapes)):
                    continue
                place, read = key(node), channels[node.inputs[0]]
                most = whole.setdefault(place, dict(needed))
                for name, size in needed.items():
                    most[name] = tuple(map(max, most[name], reach(size, node, read, gives)))
                count = sum(map(math.prod, needed.values()))
                if place not in largest or count > largest[place][0]:
                    largest[place] = count, node, shapes
        names = module_names([place[0] for place in largest], [place[1] for place in largest])
        for (place, (_, node, shapes)), words in zip(largest.items(), names, strict=True):
            module = self._shared[place] = node.op.module(*shapes)
            self._operations[place] = node.op
            for tensor, size in whole[place].items():
                if tuple(tensors(module)[tensor].shape) != size:  # no genome is the largest on every axis
                    _enlarge(module, tensor, size)
            put_module(self.shared, words, module)

    def _module_of(self, node: Node, shapes: tuple[Shape, ...]) -> tuple[nn.Module, Operation | None]:
        if sizes(node.op, shapes):
            place = key(node)
            place = place if place in self._shared else self._instead.get(place, place)
            if place not in self._shared:
                raise UserError(node.path, f"the supernet has no {node.operation} here: its answers were not foreseen")
            return self._shared[place], self._operations[place]
        if (node.op, shapes) not in self._tools:
            self._tools[node.op, shapes] = node.op.module(*shapes).train(self.training)
            self.tools.append(self._tools[node.op, shapes])
        return self._tools[node.op, shapes], None

    def _run(self, step: Step, inputs: list[Tensor], weights: Weights) -> Tensor:
        if step.terms is not None:
            return blend([None if term is None else self._weight(term, weights) for term in step.terms], inputs)
        if step.module is None:
            return self._open(step.node, inputs, weights)
        if step.scale is not None:
            number = self._weight(step.scale, weights)
            if number is not None:
                return scaled_batch_norm(step.module, inputs[0], number)  # type: ignore[arg-type]
        if step.parts is None or step.shared is None:
            out: Tensor = step.module(*inputs)
            return out
        return self._partly(step, inputs)

    def _with_others(self, step: Step, value: Tensor, weights: Weights) -> Tensor:
        for term in (step.scale, *(step.terms or ())):
            if term is not None and (taken := self._weight(term, weights)) is not None:
                value = value + (weights[term[0]].sum() - taken)
        return value

    def _open(self, node: Node, inputs: list[Tensor], weights: Weights) -> Tensor:
        """An edge that is held, or a slot, which passes its input on. (Mixtures are sums.)"""
        if node.operation == "slot":
            return inputs[0]
        uses, absent = node.arguments["uses"], node.arguments["absent"]
        if not absent and not any(path in weights for use in uses for path, _ in use):
            return inputs[0]
        none: Any = 1.0  # the degree to which none of the uses is given
        for use in uses:
            given: Any = 1.0
            for number in (self._weight(term, weights) for term in use):
                given = given if number is None else given * number
            none = none * (1 - given)
        return inputs[0] * (none if absent else 1 - none)

    def _weight(self, term: Term, weights: Weights) -> Tensor | None:
        path, answer = term
        if path not in weights:
            return None
        if term not in self._places:
            self._places[term] = _position(self.choices[path].answers, answer)
        return weights[path][self._places[term]]

    def _partly(self, step: Step, inputs: list[Tensor]) -> Tensor:
        """Runs on parts of the shared tensors; what a batch norm writes to scattered channels is put back."""
        assert step.shared is not None and step.parts is not None and step.module is not None
        whole = tensors(step.shared)
        own = {name: cut(whole[name], taken) for name, taken in step.parts.items()}
        step.module.training = step.shared.training
        if isinstance(step.module, nn.modules.batchnorm._BatchNorm):
            step.module.track_running_stats = step.shared.track_running_stats  # type: ignore[assignment]
            step.module.momentum = step.shared.momentum  # type: ignore[assignment]
        out: Tensor = functional_call(step.module, own, tuple(inputs))
        for name, taken in step.parts.items():
            if name in step.shared._buffers and taken and any(isinstance(part, Tensor) for part in taken):
                whole[name][taken] = own[name]
        return out


def _enlarge(module: nn.Module, name: str, size: tuple[int, ...]) -> None:
    if name in module._parameters:
        module._parameters[name] = nn.Parameter(torch.zeros(size))
    else:
        module._buffers[name] = torch.zeros(size)


def _position(answers: Sequence[Any], answer: Any) -> int:
    """Of an answer among those of its choice: a `true` is no 1."""
    return next(i for i, other in enumerate(answers) if other == answer and type(other) is type(answer))


def _without_slots(graph: Graph) -> Graph:
    """The document's own network: without the marks of the parts of a concat."""
    instead = list(range(len(graph.nodes)))
    nodes = []
    for position, node in enumerate(graph.nodes):
        nodes.append(node._replace(inputs=tuple([instead[i] for i in node.inputs])))
        if node.operation == "slot":
            instead[position] = nodes[-1].inputs[0]
    return replace(graph, nodes=tuple(nodes), output=instead[graph.output]).prune()
