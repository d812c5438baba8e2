"""The class of a whole network: its parts as attributes, `forward_features`, `forward`, and the whole file's text."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.exports.code.builder import Builder, entries
from nas.exports.code.entries import Entry, rows, split, windows
from nas.exports.code.forward import Forward, wrapped
from nas.exports.code.layers import STAYS, Make
from nas.exports.code.overlay import overlay
from nas.exports.code.parameters import Slot
from nas.exports.code.repeats import compact
from nas.exports.code.scopes import numbered
from nas.exports.code.words import Call, assigned, attributes

if TYPE_CHECKING:
    pass


@dataclass
class Written:
    """text: of the class of the network. keys: new places of modules by their places in the network."""

    lines: list[str]
    keys: dict[str, str] = field(default_factory=dict)


def network(builder: Builder) -> Written:
    graph = builder.graph
    main = [Entry(name, [(make, reads, value)]) for name, make, reads, value in entries(builder, builder.items)]
    main = split(builder, main) if all(numbered(entry.words) for entry in main) else main
    heads = [
        Entry(name, [(make, reads, value)], head)
        for head, items in enumerate(builder.heads)
        for name, make, reads, value in entries(builder, items)
    ]
    looked_at = {value for entry in heads for _, reads, _ in entry.steps for value in reads} | {graph.output}
    single = [entry for entry in heads if [other.head for other in heads].count(entry.head) == 1]
    taps = {entry.steps[0][1][0]: entry for entry in single if len(entry.steps[0][1]) == 1 and entry.make.is_module}
    main = rows(windows(main, looked_at, taps), looked_at)
    every = sorted([*main, *heads], key=lambda entry: entry.value if not entry.window else entry.steps[0][2])
    for entry, name in zip(
        every, attributes([(entry.words, "" if entry.window else entry.make.maker) for entry in every]), strict=True
    ):
        entry.name = name
    lines = [f"class {builder.name}(nn.Module):"]
    lines += _init(every)
    lines += _forward(builder, every, main)
    keys: dict[str, str] = {}
    for entry in every:
        for at, (make, _, _) in enumerate(entry.steps):
            keys |= builder.keys(f"{entry.name}.{at}" if entry.window else entry.name, make)
    return Written(lines, keys)


def _call(make: Make) -> Call:
    slots: list[Slot] = []
    return overlay([make], 0, "", slots).call()


def _list(entry: Entry) -> Call:
    """Cells that the forward pass runs one by one."""
    first, *others = cells = compact([_call(make) for make, _, _ in entry.steps])
    if first.head == "*" and not others:
        return Call("nn.ModuleList", first.arguments)
    return Call("nn.ModuleList(", list(cells), ")", "[]")


def _init(entries: list[Entry]) -> list[str]:
    made = [entry for entry in entries if entry.make.is_module]
    calls = [_list(entry) if entry.window else _call(entry.make) for entry in made]
    stays = {value.word: value for entry in made for make, _, _ in entry.steps for value in _stays(make)}
    kinds = {word: "int" if isinstance(value, int) else "float" for word, value in stays.items()}
    arguments = "".join(f", {word}: {kinds[word]} = {stays[word]!r}" for word in sorted(stays, reverse=True))
    lines = [f"    def __init__(self{arguments}) -> None:", "        super().__init__()"]
    for entry, call in zip(made, calls, strict=True):
        lines += assigned(f"self.{entry.name}", call, 8)
    return lines


def _stays(make: Make) -> list[Any]:
    """The values in it that stay arguments of the network."""
    own = [argument.value for argument in make.arguments if isinstance(argument.value, STAYS)]
    return own + [value for child in make.children for value in _stays(child)]


def _forward(builder: Builder, every: list[Entry], main: list[Entry]) -> list[str]:
    graph = builder.graph
    last, heads = every[-1], bool(graph.auxiliary)
    splits = not heads and len(main) > 1 and last is main[-1] and not last.window and last.make.is_module
    splits = splits and len(last.steps[0][1]) == 1
    tapped = [head for entry in main for head in entry.taps.values()]
    reads = Counter(value for entry in every for _, values, _ in entry.steps for value in values)
    reads.update([graph.output, *(end for end in graph.auxiliary)])
    forward = Forward(reads)
    forward.begin(0, "x")
    body = [entry for entry in (every[:-1] if splits else every) if entry not in tapped]
    training = False
    ended = Counter(graph.auxiliary)
    if heads:
        forward.lines.append(f"{' ' * 8}auxiliary: list[Tensor] = []")
    for entry in body:
        if entry.head is not None and not training:
            forward.flush()
            forward.lines.append(f"{' ' * 8}if self.training:")
        elif entry.head is None and training:
            forward.flush()
        training, forward.indent = entry.head is not None, 12 if entry.head is not None else 8
        _run(forward, entry)
        if entry.head is not None and ended[entry.value]:
            forward.lines.append(f"{' ' * 12}auxiliary.append({forward.result(entry.value)})")
    forward.indent = 8
    features = last.steps[0][1][0] if splits else graph.output
    result = forward.result(features)
    if heads:
        if not result.isidentifier():
            forward.lines.append(f"        x = {result}")
            result = "x"
        training_only = "Tensor | tuple[Tensor, list[Tensor]]"
        end = f"        return ({result}, auxiliary) if self.training else {result}"
        return ["", f"    def forward(self, x: Tensor) -> {training_only}:", *forward.lines, end]
    where = "forward_features" if splits else "forward"
    lines = ["", f"    def {where}(self, x: Tensor) -> Tensor:", *forward.lines]
    lines += wrapped(f"        return {result}", 8)
    if splits:
        lines += ["", "    def forward(self, x: Tensor) -> Tensor:"]
        lines += [f"        return self.{last.name}(self.forward_features(x))"]
    return lines


def _run(forward: Forward, entry: Entry) -> None:
    """The statements of one entry."""
    if not entry.window:
        make, reads, value = entry.steps[0]
        forward.add(value, reads, f"self.{entry.name}" if make.is_module else make.maker)
        return
    space = " " * forward.indent
    forward.flush()
    (_, (first, second), _), final = entry.steps[0], entry.steps[-1]
    before, last = forward.variables[first], forward.variables[second]
    for _, values, _ in entry.steps:
        for value in values:
            forward.left[value] -= 1
    for value in {first, second}:
        if forward.left[value] > 0 and forward.variables[value] in ("before", "last"):  # which the loop changes
            forward.keep(value)
    if (before, last) != ("before", "last"):
        code = f"before = last = {last}" if before == last else f"before, last = {before}, {last}"
        start, _, made = forward.lines[-1].strip().partition(" = ") if forward.lines else ("", "", "")
        if before == last == start and forward.left[first] == 0 and made.count("(") == made.count(")"):
            code = f"before = last = {made}"
            forward.lines.pop()
        forward.lines.append(f"{space}{code}")
    cells = f"self.{entry.name}"
    over = f"number, cell in enumerate({cells})" if entry.taps else f"cell in {cells}"
    forward.lines += [f"{space}for {over}:", f"{space}    before, last = last, cell(before, last)"]
    for number, head in entry.taps.items():
        forward.left[head.steps[0][1][0]] -= 1
        forward.lines.append(f"{space}    if self.training and number == {number}:")
        forward.lines.append(f"{space}        auxiliary.append(self.{head.name}(last))")
    forward.variables[entry.steps[-2][2]], forward.variables[final[2]] = "before", "last"
