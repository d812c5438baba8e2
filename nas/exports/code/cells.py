"""The text of cells that are data: a list of operations for each, a table that makes these, and one class of a cell."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nas.exports.code.classes import Shown, init, overlay
from nas.exports.code.layers import MISSING, Argument, Classes, Make, Name, alike, same, sequential
from nas.exports.code.parameters import ANY, Parameter, Parameters, Slot, written
from nas.exports.code.scopes import Item
from nas.exports.code.wiring import INPUTS, Edge, Genotype, Wiring
from nas.exports.code.words import Call, Choice, Names, assigned, identifier
from nas.graph.graph import Graph

TYPES = {"nodes": "list[list[tuple[str, int]]]", "output": "list[int]"}
STATES = "# The operations of each node and the states that they take; states 0 and 1 are the cell's inputs."


@dataclass(eq=False)
class Cells:
    """The lines of constants, of the table of operations, and of the class."""

    constants: list[str]
    table: list[str]
    lines: list[str]


class Inexpressible(Exception):  # noqa: N818 - no error, a reason for other text
    """A value that no expression of a cell's arguments gives."""


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
        self.strides = [self._stride(genotype, use) for genotype, use in self.uses]
        self.words = self._words()
        self.constant_names = [names.unique(identifier(g.template).upper() or "CELL") for g in found]
        self.table_name, self.name = names.unique("OPERATIONS"), names.unique("Cell")
        self.made: list[dict[tuple[str, int], Make | None]] = [
            {
                (name, at): sequential([make(item) for item in edge.items]) if edge.items else None
                for name, edges in use.nodes.items()
                for at, edge in enumerate(edges)
            }
            for _, use in self.uses
        ]

    def _shape(self, use: Wiring, state: str) -> tuple[int, ...]:
        """Of a state of a use."""
        if state in INPUTS:
            at = INPUTS.index(state)
            fit, read = use.fits[at], use.reads[at]
            return self.graph.nodes[fit[-1].part.output if fit else read or 0].shape
        edge = use.nodes[state][0]
        if not edge.items:
            return self._shape(use, edge.source)
        return self.graph.nodes[edge.items[-1].part.output].shape

    def _stride(self, genotype: Genotype, use: Wiring) -> int:
        strides = set()
        for name, edges in use.nodes.items():
            for edge in edges:
                before, after = self._shape(use, edge.source), self._shape(use, name)
                stride = -(-before[-1] // after[-1])
                if edge.source in INPUTS:
                    strides.add(stride)
                elif stride != 1:
                    raise Inexpressible
        if len(strides) != 1:
            raise Inexpressible
        return strides.pop()

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
            self._shape(use, state)[0] != channels
            for (_, use), channels in zip(self.uses, self.channels, strict=True)
            for state in ("before", *use.nodes)
        )
        self.strided, self.outputs = max(self.strides) > 1, self._outputs()
        rows = [self._row(word) for word in self.words]
        table = [f"{self.table_name} = {{", *(line for row in sorted(rows) for line in row), "}"]
        return Cells(self._constants(), table, self._class())

    def _arguments(self) -> list[str]:
        return [*(["in_channels"] if self.wide else []), "channels", *(["stride"] if self.strided else [])]

    def _row(self, word: str) -> list[str]:
        """`"sep_conv_3x3": lambda channels, stride: SepConv(channels, 3, stride=stride),`."""
        columns: list[tuple[int, int, int, Make | None]] = []
        for (_, use), channels, stride, made in zip(self.uses, self.channels, self.strides, self.made, strict=True):
            for name, edges in use.nodes.items():
                for at, edge in enumerate(edges):
                    if edge.word == word:
                        own = stride if edge.source in INPUTS else 1
                        columns.append((self._shape(use, edge.source)[0], channels, own, made[name, at]))
        makes = [column[3] for column in columns]
        found = Parameters([], [word], Names())
        values = [list(column) for column in zip(*columns, strict=True)]
        found.found = [
            Parameter("channels", "channels", values[1]),
            Parameter("in_channels", "channels", values[0]),
            Parameter("stride", "stride", values[2]),
        ]
        call = _overlaid(makes, found)
        head = f'    "{self.words[word]}": lambda {", ".join(self._arguments())}: '
        first, *rest = call.lines(4, len(head) - 3)
        return [f"{head}{first}{'' if rest else ','}", *rest[:-1], *(f"{line}," for line in rest[-1:])]

    def _constants(self) -> list[str]:
        lines = ["", STATES]
        for genotype, name in zip(self.found, self.constant_names, strict=True):
            states = genotype.states
            lines.append(f"{name} = [")
            for edges in genotype.nodes.values():
                said = ", ".join(f'("{self.words[edge.word]}", {states[edge.source]})' for edge in edges)
                lines.append(f"    [{said}],")
            lines.append("]")
            if self.outputs == "listed":
                lines.append(f"{name}_OUTPUT = {[states[state] for state in genotype.uses[0].output]}")
        return lines

    def _outputs(self) -> str:
        """Which states cells give: all of their nodes, those that no other node reads, or some that are listed."""
        if all(genotype.uses[0].output == list(genotype.nodes) for genotype in self.found):
            return "nodes"
        unused = all(_unused(genotype) == genotype.uses[0].output for genotype in self.found)
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
        fits = [[sequential(list(map(self.make, use.fits[at]))) if use.fits[at] else None for _, use in self.uses]
                for at in (0, 1)]
        calls = [self._fit(at, fits[at], found) for at in (0, 1)]
        drop = self._drop(found)
        if any(p.values != [v for v in p.values if v is not ANY] for p in found.found) or len(found.found) > 9:
            raise Inexpressible
        constants = [self.constant_names[self.found.index(genotype)] for genotype, _ in self.uses]
        given = [Parameter("nodes", "", list(map(Name, constants)))]
        if self.outputs == "listed":
            given.append(Parameter("output", "", [Name(f"{name}_OUTPUT") for name in constants]))
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
        lines += self._edges(drop)
        first = ["self.before(before)" if calls[0] is not None else "before", "self.last(last)"]
        lines += [
            "",
            "    def forward(self, before: Tensor, last: Tensor) -> Tensor:",
            f"        states = [{', '.join(first)}]",
            "        edges = iter(self.edges)",
            "        for node in self.nodes:",
            "            states.append(sum(next(edges)(states[source]) for _, source in node))",
            f"        return torch.cat({'states[2:]' if self.outputs == 'nodes' else '[states[i] for i in self.output]'}, 1)",
        ]
        for k, (genotype, use) in enumerate(self.uses):
            arguments = [Argument(p.name, p.values[k], p.default, p.kind) for p in parameters]
            inner = [(word, fit) for word, fit in zip(INPUTS, (fits[0][k], fits[1][k]), strict=True) if fit]
            numbered = [(edge, self.made[k][name, at]) for name in genotype.nodes for at, edge in enumerate(use.nodes[name])]
            inner += [
                (f"edges.{n}.0" if edge.drop else f"edges.{n}", made) for n, (edge, made) in enumerate(numbered) if made
            ]
            order = tuple(read for read in use.reads if read is not None)
            use.call = Make(self.name, arguments, inner=inner, order=order)
        return lines

    def _fit(self, at: int, makes: list[Make | None], found: Parameters) -> Call | None:
        """What brings an input to the cell's channels; by flags where it is not always the same."""
        if not any(makes):
            return None
        kinds = _kinds(makes)
        slots: list[Slot] = []
        shown = [overlay(_of_kind(makes, kind), at, "", slots) for kind in kinds]
        _settle(slots, found)
        calls: list[Call | str] = [each.call() for each in shown]
        present = [[make is not None and alike(make, kind) for make in makes] for kind in kinds]
        if None in makes:
            calls, present = [*calls, "nn.Identity()"], [*present, [make is None for make in makes]]
        base = max(range(len(calls)), key=lambda i: sum(present[i]))
        tests = []
        for i in [i for i in range(len(calls)) if i != base]:
            word = INPUTS[at] if i == len(kinds) else "fit"
            sizes = [self._halves(use, at) for _, use in self.uses]
            name = "halve" if present[i] == sizes else "raw" if i == len(kinds) else f"{word}_{INPUTS[at]}"
            tests.append(found.flag(name, present[i]).name)
        ordered = [*(call for i, call in enumerate(calls) if i != base), calls[base]]
        if len(ordered) == 1:
            return ordered[0] if isinstance(ordered[0], Call) else None
        first, *others = ordered
        if len(others) == 1 and isinstance(first, Call) and isinstance(others[0], Call):
            if first.arguments == others[0].arguments and "nn." not in first.head + others[0].head:
                return Call(f"({first.head} if {tests[0]} else {others[0].head})", first.arguments)
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

    def _edges(self, drop: tuple[str, str]) -> list[str]:
        """The lines that make the operations."""
        values = [*(["widths[source]"] if self.wide else []), "channels"]
        values += ["stride if source < 2 else 1"] if self.strided else []
        made = f"{self.table_name}[name]({', '.join(values)})"
        lines = ["        self.edges = nn.ModuleList()"]
        if self.wide:
            lines.append("        widths = [before_channels if raw else channels, *[channels] * (1 + len(nodes))]")
        lines += ["        for node in nodes:", "            for name, source in node:"]
        call, test = drop
        if not call:
            return [*lines, f"                self.edges.append({made})"]
        lines.append(f"                edge = {made}")
        if test == "always":
            return [*lines, f"                self.edges.append(nn.Sequential(edge, {call}))"]
        lines += [f"                if {test}:", f"                    edge = nn.Sequential(edge, {call})"]
        return [*lines, "                self.edges.append(edge)"]


def _unused(genotype: Genotype) -> list[str]:
    used = {edge.source for edges in genotype.nodes.values() for edge in edges}
    return [state for state in genotype.states if state not in used]


def _kinds(makes: list[Make | None]) -> list[Make]:
    kinds: list[Make] = []
    for make in makes:
        if make is not None and not any(alike(kind, make) for kind in kinds):
            kinds.append(make)
    return kinds


def _of_kind(makes: list[Make | None], kind: Make) -> list[Make | None]:
    return [make if make is not None and alike(kind, make) else None for make in makes]


def _overlaid(makes: list[Make | None], found: Parameters) -> Call:
    """One call for an operation in all its places; what is left out is an identity."""
    kinds = _kinds(makes)
    slots: list[Slot] = []
    shown: list[Shown] = [overlay(_of_kind(makes, kind), 0, "", slots) for kind in kinds]
    _settle(slots, found)
    calls: list[Call | str] = [each.call() for each in shown]
    if not calls:
        return Call("nn.Identity")
    present = [[make is not None and alike(make, kind) for make in makes] for kind in kinds]
    tests = []
    for at in range(len(calls) if None in makes else len(calls) - 1):
        test = found.condition(present[at], at)
        if not test:
            raise Inexpressible(kinds, present)
        tests.append(test)
    calls += ["nn.Identity()"] if None in makes else []
    first = calls[0]
    return first if len(calls) == 1 and isinstance(first, Call) else Choice("", calls, tests=tests)


def _settle(slots: list[Slot], found: Parameters) -> None:
    """The text of each slot from the parameters there are."""
    for slot in slots:
        if slot.constant and not (slot.kind == "channels" or (slot.kind == "stride" and slot.value != 1)):
            continue
        known = next((p for p in found.found if p.kind == slot.kind and _agree(p.values, slot.values)), None)
        slot.text = known.name if known else "" if slot.constant else found.derived(slot) or _by_stride(slot, found)
        if not slot.text and not slot.constant:
            raise Inexpressible(slot, [p.values for p in found.found])


def _agree(a: list[Any], b: list[Any]) -> bool:
    return all(x is ANY or y is ANY or same(x, y) or (type(x) is int and type(y) is Classes) for x, y in zip(a, b, strict=True))


def _by_stride(slot: Slot, found: Parameters) -> str:
    """A value that the stride decides: `stride > 1`, `(1, stride)`, `1 if stride == 1 else 0`."""
    strides = next((p.values for p in found.found if p.name == "stride"), [])
    pairs = [(stride, value) for stride, value in zip(strides, slot.values, strict=True) if value is not ANY]
    ones, others = [v for s, v in pairs if s == 1], [v for s, v in pairs if s != 1]
    if not ones or not others or any(not same(v, ones[0]) for v in ones) or any(not same(v, others[0]) for v in others):
        return ""
    for text, tall in (("(1, stride)", False), ("(stride, 1)", True)):
        if all(value == ((s, 1) if tall else (1, s)) or (s == 1 and value == 1) for s, value in pairs):
            return text
    if type(ones[0]) is bool:
        return "stride > 1" if others[0] else "stride == 1"
    return f"{written(ones[0])} if stride == 1 else {written(others[0])}"
