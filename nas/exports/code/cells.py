"""The text of cells that are data: a list of operations for each, a table that makes these, and one class of a cell."""

from collections.abc import Callable
from dataclasses import dataclass

from nas.exports.code.classes import init
from nas.exports.code.layers import MISSING, Argument, Make, Name, alike, sequential
from nas.exports.code.overlay import overlay
from nas.exports.code.parameters import Parameter, Parameters, Slot
from nas.exports.code.scopes import Item
from nas.exports.code.table import Inexpressible, kinds_of, of_kind, overlaid, settle
from nas.exports.code.wiring import INPUTS, Edge, Genotype, Wiring, shape, stride
from nas.exports.code.words import Call, Choice, Names, assigned, camel, identifier, snake
from nas.graph.graph import Graph

TYPES = {"nodes": "list[list[tuple[str, int]]]", "output": "list[int]"}
STATES = "# The operations of each node and the states that they take; states 0 and 1 are the cell's inputs."


@dataclass(eq=False)
class Cells:
    """The lines of constants; of the table of operations and of the class, by their names."""

    constants: list[str]
    texts: dict[str, list[str]]


def define(graph: Graph, found: list[Genotype], make: Callable[[Item], Make], names: Names) -> Cells:
    """The text of all genotypes. Each of their parts gets the make that calls the class.

    Raises Inexpressible.
    """
    return _Definition(graph, found, make, names).cells()


class _Definition:
    def __init__(self, graph: Graph, found: list[Genotype], make: Callable[[Item], Make], names: Names) -> None:
        self.graph, self.found, self.make = graph, found, make
        self.uses = [(genotype, use) for genotype in found for use in genotype.uses]
        self.channels = [graph.nodes[use.part.output].shape[0] // len(use.output) for _, use in self.uses]
        strides = [stride(graph, use) for _, use in self.uses]
        self.strides = [each for each in strides if each is not None]
        if None in strides:
            raise Inexpressible
        self.words = self._words()
        self.constant_names = [names.unique(snake(camel(genotype.template)).upper()) for genotype in found]
        self.output_names = [names.unique(f"{name}_OUTPUT") for name in self.constant_names]
        self.table_name, self.name = names.unique("OPERATIONS"), names.unique("Cell")
        self.made: list[dict[tuple[str, int], Make | None]] = [
            {
                (name, at): sequential([make(item) for item in edge.items]) if edge.items else None
                for name, edges in use.nodes.items()
                for at, edge in enumerate(edges)
            }
            for _, use in self.uses
        ]

    def _words(self) -> dict[str, str]:
        """What the table calls each operation of the document."""
        given = Names()
        found: dict[str, str] = {}
        for _, use in self.uses:
            for edges in use.nodes.values():
                for edge in edges:
                    edge.word = edge.word or "skip_connect"
                    if edge.word not in found:
                        found[edge.word] = given.unique(identifier(edge.word) or "operation")
        return found

    def cells(self) -> Cells:
        self.wide = any(
            shape(self.graph, use, state)[0] != channels
            for (_, use), channels in zip(self.uses, self.channels, strict=True)
            for state in {edge.source for edges in use.nodes.values() for edge in edges}
        )
        self.strided, self.outputs = max(self.strides) > 1, self._outputs()
        rows = [self._row(word) for word in self.words]
        channels = "c_in channels to c" if self.wide else "c channels"
        table = [
            f"# What makes each operation, of {channels}:",
            f"{self.table_name} = {{",
            *(line for row in sorted(rows) for line in row),
            "}",
        ]
        return Cells(self._constants(), {self.table_name: table, self.name: self._class()})

    def _arguments(self) -> list[str]:
        return [*(["c_in"] if self.wide else []), "c", *(["stride"] if self.strided else [])]

    def _row(self, word: str) -> list[str]:
        """`"sep_conv_3x3": lambda c, stride: SepConv(c, 3, stride),`."""
        columns: list[tuple[int, int, int, Make | None]] = []
        for (_, use), channels, steps, made in zip(self.uses, self.channels, self.strides, self.made, strict=True):
            for name, edges in use.nodes.items():
                for at, edge in enumerate(edges):
                    if edge.word == word:
                        own = steps if edge.source in INPUTS else 1
                        columns.append((shape(self.graph, use, edge.source)[0], channels, own, made[name, at]))
        makes = [column[3] for column in columns]
        found = Parameters([], [word], Names())
        values = [list(column) for column in zip(*columns, strict=True)]
        found.found = [
            Parameter("c", "channels", values[1]),
            Parameter("c_in", "channels", values[0]),
            Parameter("stride", "stride", values[2]),
        ]
        call = overlaid(makes, found)
        head = f'    "{self.words[word]}": lambda {", ".join(self._arguments())}: '
        first, *rest = call.lines(4, len(head) - 3)
        return [f"{head}{first}{'' if rest else ','}", *rest[:-1], *(f"{line}," for line in rest[-1:])]

    def _constants(self) -> list[str]:
        lines = ["", STATES]
        for genotype, name, output in zip(self.found, self.constant_names, self.output_names, strict=True):
            states = genotype.states
            lines.append(f"{name} = [")
            for edges in genotype.nodes.values():
                said = ", ".join(f'("{self.words[edge.word]}", {states[edge.source]})' for edge in edges)
                lines.append(f"    [{said}],")
            lines.append("]")
            if self.outputs == "listed":
                lines.append(f"{output} = {[states[state] for state in genotype.uses[0].output]}")
        return lines

    def _outputs(self) -> str:
        """Which states cells give: all of their nodes, those that no other node reads, or some that are listed."""
        if all(genotype.uses[0].output == list(genotype.nodes) for genotype in self.found):
            return "nodes"
        unused = all(genotype.unused == genotype.uses[0].output for genotype in self.found)
        return "unused" if unused else "listed"

    def _class(self) -> list[str]:
        names = Names({"nodes", "channels", "output"})
        reads = [[self.graph.nodes[use.reads[at] or 0].shape[0] for _, use in self.uses] for at in (0, 1)]
        found = Parameters([], list(INPUTS), names)
        found.found = [
            *(Parameter(names.parameter(f"{w}_channels"), "channels", r) for w, r in zip(INPUTS, reads, strict=True)),
            Parameter("channels", "channels", self.channels),
            Parameter("stride", "stride", self.strides, 1),
        ]
        fits = [
            [sequential(list(map(self.make, use.fits[at]))) if use.fits[at] else None for _, use in self.uses]
            for at in (0, 1)
        ]
        calls = [self._fit(at, fits[at], found) for at in (0, 1)]
        drop = self._drop(found)
        numbers = [self.found.index(genotype) for genotype, _ in self.uses]
        given = [Parameter("nodes", "", [Name(self.constant_names[n]) for n in numbers])]
        if self.outputs == "listed":
            given.append(Parameter("output", "", [Name(self.output_names[n]) for n in numbers]))
        parameters = [p for p in [*given, *found.found] if p.name != "stride" or self.strided]
        parameters.sort(key=lambda p: p.default is not MISSING)
        lines = [f"class {self.name}(nn.Module):", *init(parameters, TYPES)]
        lines.append("        super().__init__()")
        for word, call in zip(INPUTS, calls, strict=True):
            lines += assigned(f"self.{word}", call, 8) if call is not None else []
        lines += ["        self.nodes = nodes"]
        if self.outputs == "unused":
            lines += [
                "        used = {source for node in nodes for _, source in node}",
                "        self.output = [state for state in range(2 + len(nodes)) if state not in used]",
            ]
        elif self.outputs == "listed":
            lines.append("        self.output = output")
        lines += self._edges(drop, calls[0] is not None)
        given_back = "states[2:]" if self.outputs == "nodes" else "[states[i] for i in self.output]"
        first = ["self.before(before)" if calls[0] is not None else "before", "self.last(last)"]
        lines += [
            "",
            "    def forward(self, before: Tensor, last: Tensor) -> Tensor:",
            f"        states = [{', '.join(first)}]",
            "        edges = iter(self.edges)",
            "        for node in self.nodes:",
            "            states.append(sum(next(edges)(states[source]) for _, source in node))",
            f"        return torch.cat({given_back}, 1)",
        ]
        for k, (_, use) in enumerate(self.uses):
            arguments = [Argument(p.name, p.values[k], p.default, p.kind) for p in parameters]
            inner = [(word, fit[k]) for word, fit in zip(INPUTS, fits, strict=True)]
            edges = [edge for each in use.nodes.values() for edge in each]
            inner += [
                (f"edges.{n}{'.0' * (edge.drop is not None)}", made)
                for n, (edge, made) in enumerate(zip(edges, self.made[k].values(), strict=True))
            ]
            order = tuple(read for read in use.reads if read is not None)
            use.call = Make(self.name, arguments, inner=[(key, made) for key, made in inner if made], order=order)
        return lines

    def _fit(self, at: int, makes: list[Make | None], found: Parameters) -> Call | None:
        """What brings an input to the cell's channels; by flags where it is not always the same."""
        if not any(makes):
            return None
        kinds = kinds_of(makes)
        slots: list[Slot] = []
        shown = [overlay(of_kind(makes, kind), at, "", slots) for kind in kinds]
        settle(slots, found)
        calls: list[Call | str] = [each.call() for each in shown]
        present = [[make is not None and alike(make, kind) for make in makes] for kind in kinds]
        if None in makes:
            calls, present = [*calls, "nn.Identity()"], [*present, [make is None for make in makes]]
        base = max(range(len(kinds)), key=lambda i: sum(present[i]))
        tests = []
        for i in [i for i in range(len(calls)) if i != base]:
            sizes = [self._halves(use, at) for _, use in self.uses]
            name = "raw" if i == len(kinds) else "halve" if present[i] == sizes else f"fit_{INPUTS[at]}"
            tests.append(found.flag(name, present[i]).name)
        ordered = [*(call for i, call in enumerate(calls) if i != base), calls[base]]
        if len(ordered) == 1:
            return ordered[0] if isinstance(ordered[0], Call) else None
        heads = [call.head for call in ordered if isinstance(call, Call) and call.head.isidentifier()]
        if len(heads) == len(ordered) == 2 and len({str(call.arguments) for call in ordered}) == 1:  # type: ignore[union-attr]
            return Call(f"({heads[0]} if {tests[0]} else {heads[1]})", ordered[0].arguments)  # type: ignore[union-attr]
        return Choice("", ordered, tests=tests)

    def _halves(self, use: Wiring, at: int) -> bool:
        fit, read = use.fits[at], use.reads[at] or 0
        return bool(fit) and self.graph.nodes[read].shape[-1] > self.graph.nodes[fit[-1].part.output].shape[-1]

    def _drop(self, found: Parameters) -> tuple[str, str]:
        """(the call that makes a drop_path, the edges that have one), of which all have the same rate in a cell."""
        edges = [[edge for edges in use.nodes.values() for edge in edges] for _, use in self.uses]
        makes = [[self.make(edge.drop) for edge in each if edge.drop] for each in edges]
        if not any(makes):
            return "", ""
        if not all(makes):
            raise Inexpressible
        slots: list[Slot] = []
        for at in range(max(map(len, makes))):
            shown = overlay([each[min(at, len(each) - 1)] for each in makes], 2, "", slots)
        found.settle(slots)
        return shown.call().flat(), self._dropped(edges)

    def _dropped(self, edges: list[list[Edge]]) -> str:
        every = [edge for each in edges for edge in each]
        if all(edge.drop for edge in every):
            return "always"
        if all(bool(edge.drop) == bool(edge.items) for edge in every):
            return "not isinstance(edge, nn.Identity)"
        pairs = [(edge, len(node)) for _, use in self.uses for node in use.nodes.values() for edge in node]
        if all(bool(edge.drop) == (bool(edge.items) and count > 1) for edge, count in pairs):
            return "len(node) > 1 and not isinstance(edge, nn.Identity)"
        raise Inexpressible

    def _edges(self, drop: tuple[str, str], fitted: bool) -> list[str]:
        """The lines that make the operations. fitted: whether any cell brings its first input to its channels."""
        values = [*(["widths[source]"] if self.wide else []), "channels"]
        values += ["stride if source < 2 else 1"] if self.strided else []
        made = f"{self.table_name}[name]({', '.join(values)})"
        lines = ["        self.edges = nn.ModuleList()"]
        if self.wide:
            first = "before_channels if raw else channels" if fitted else "before_channels"
            lines.append(f"        widths = [{first}, *[channels] * (1 + len(nodes))]")
        lines += ["        for node in nodes:", "            for name, source in node:"]
        call, test = drop
        if not call:
            return [*lines, f"                self.edges.append({made})"]
        lines.append(f"                edge = {made}")
        if test == "always":
            return [*lines, f"                self.edges.append(nn.Sequential(edge, {call}))"]
        lines += [f"                if {test}:", f"                    edge = nn.Sequential(edge, {call})"]
        return [*lines, "                self.edges.append(edge)"]
