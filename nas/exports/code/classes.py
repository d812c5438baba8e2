"""The text of a class: its arguments, its layers, its forward pass."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from nas.exports.code.families import Family, Place, brief
from nas.exports.code.forward import Forward, wrapped
from nas.exports.code.layers import MISSING, Argument, Make, alike, sequential
from nas.exports.code.overlay import Shown, overlay
from nas.exports.code.parameters import Parameter, Parameters, Slot, written
from nas.exports.code.repeats import compact
from nas.exports.code.words import DROPS, TAKEN, Call, Choice, Names, assigned, variable


def define(family: Family, name: str, channels: Callable[[int], int]) -> list[str]:
    """The lines of the class of a family; each of its uses gets the make that calls it.

    channels: the number of channels of a value.
    """
    formals, vectors = family.inputs()
    inputs = _input_names(family, formals)
    pads = {} if family.chain else {number: _prepared(place) for number, place in enumerate(family.places)}
    slots: list[Slot] = []
    shown: list[list[Shown]] = []
    for number, place in enumerate(family.places):
        variants = []
        for kind in place.kinds:
            makes = [make if make is not None and alike(kind, make) else None for make in place.makes]
            if kind.is_module:
                variants.append(overlay(makes, number, "", slots))
        shown.append(variants)
    reserved = Names({*TAKEN, *inputs})
    names = family.names()
    found = Parameters(_hints(family, inputs, vectors, channels), names, reserved)
    found.settle(slots)
    found.finish()
    merges = [at for at, place in enumerate(family.places) if place.optional and not place.kinds[0].is_module]
    for at in merges[:1]:
        names[at] = "shortcut" if "shortcut" not in names else names[at]
    flags = [_flag(found, place, number, names[number]) for number, place in enumerate(family.places)]
    values = [_value(place, shown[number], flags[number]) for number, place in enumerate(family.places)]
    first = [*(f"{name}_channels" for name in inputs), "in_channels", "channels"]
    order = {name: at for at, name in enumerate(first)}
    names = _shared(names, values)
    ordered = sorted(found.found, key=lambda p: (p.default is not MISSING, order.get(p.name, len(order))))
    lines = [f"class {name}({'nn.Sequential' if family.chain else 'nn.Module'}):"]
    lines += init(ordered)
    if family.chain:
        opening, *rest = Call("super().__init__", list(compact(list(filter(None, values))))).lines(8)
        lines += [f"{' ' * 8}{opening}", *rest]
    else:
        lines.append(f"{' ' * 8}super().__init__()")
        for number, call in enumerate(values):
            if names[number] in names[:number]:
                continue
            if call is not None:
                lines += assigned(f"self.{names[number]}", call, 8)
            elif flags[number]:
                lines.append(f"{' ' * 8}self.{names[number]} = {flags[number][0]}")
        lines += ["", *_forward(family, formals, inputs, names, flags, pads)]
    for k, use in enumerate(family.uses):
        arguments = [Argument(p.name, p.values[k], p.default, p.kind) for p in ordered]
        made = [(str(i) if family.chain else names[i], place.makes[k]) for i, place in enumerate(family.places)]
        inner = [(key, make) for key, make in made if make is not None and make.is_module]
        use.made = Make(name, arguments, inner=inner, order=tuple(vector[k] for vector in vectors))
    return lines


def _prepared(place: Place) -> str:
    """What is done to the input of a place, `functional.pad({}, (0, 1))`, if all makes begin with it; they lose it."""
    text = "{}"
    while len(place.kinds) == 1 and not place.optional and (children := place.kinds[0].children):
        if children[0].maker not in ("nn.ZeroPad2d", "Subsample"):
            break
        value, *others = {repr(make.children[0].arguments[0].value) for make in place.makes if make}
        if others:
            break
        if children[0].maker == "Subsample":
            text += f"[:, :, ::{value}, ::{value}]"
        else:
            text = f"functional.pad({text}, {value if '(' in value else (int(value),) * 4})"
        place.makes = [sequential(make.children[1:]) for make in place.makes if make]
        place.kinds = [make for make in place.makes[:1] if make]
    return "" if text == "{}" else text


def _input_names(family: Family, formals: list[list[tuple[int, int]]]) -> list[str]:
    """x; of cells the names of their inputs."""
    if len(formals) == 1:
        return ["x"]
    names = Names(TAKEN)
    given = []
    for at, formal in enumerate(formals):
        words = next((n for place, _ in formal if "inputs" in (n := family.places[place].name)), ())
        word = words[words.index("inputs") + 1] if words and words[-1] != "inputs" else ""
        given.append(names.unique(variable(word) if word else f"x{at + 1}"))
    return given


def _hints(
    family: Family, inputs: list[str], vectors: list[list[int]], channels: Callable[[int], int]
) -> list[tuple[str, list[Any]]]:
    """What parameters may be called: the channels of the inputs, and the arguments of the document's blocks."""
    hints: list[tuple[str, list[Any]]] = []
    for name, vector in zip(inputs, vectors, strict=True):
        read = [channels(value) for value in vector]
        kept = read == [channels(use.part.output) for use in family.uses]
        hints.append((("channels" if kept else "in_channels") if len(inputs) == 1 else f"{name}_channels", read))
    templates = [use.part.templates[::-1] for use in family.uses]
    for level in zip(*templates, strict=False):
        told = [dict(scope.arguments) for scope in level]
        for argument in told[0]:
            values = [_plain(arguments.get(argument)) for arguments in told]
            if all(isinstance(value, int | float | tuple) for value in values):
                hints.append((argument, values))
    return hints


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return value[0] if len(set(map(str, value))) == 1 and value else tuple(value)
    return value


def _flag(found: Parameters, place: Place, number: int, name: str) -> list[str]:
    """When each kind of a place is there, but for the last that is else there."""
    tests = []
    kinds = len(place.kinds)
    for at, kind in enumerate(place.kinds):
        if at == kinds - 1 and not place.optional:
            break
        present = [make is not None and (not make.is_module or alike(kind, make)) for make in place.makes]
        test = found.condition(present, number)
        if not test and (kinds > 1 or name.startswith("layer_")):
            name = variable(f"{kind.maker.removeprefix('nn.')}")
        tests.append(test or found.flag(variable(name), present).name)
    return tests


def _shared(names: list[str], values: list[Call | None]) -> list[str]:
    """The names of attributes; drop_paths that are alike are one."""
    drops: dict[str, str] = {}
    return [
        drops.setdefault(call.flat(), name) if call and call.head in DROPS else name
        for name, call in zip(names, values, strict=True)
    ]


def _value(place: Place, variants: list[Shown], tests: list[str]) -> Call | None:
    """What stands in the constructor; None for a merge."""
    if not variants:
        return None
    calls = [variant.call() for variant in variants]
    if not tests:
        return calls[0]
    return Choice("", [*calls, *(["nn.Identity()"] if len(tests) == len(calls) else [])], tests=tests)


def init(parameters: list[Parameter], types: Mapping[str, str] | None = None) -> list[str]:
    """The first lines of a constructor. types: of parameters whose values do not say theirs."""
    arguments: list[Call | str] = ["self"]
    for p in parameters:
        default = "" if p.default is MISSING else f" = {written(p.default)}"
        arguments.append(f"{p.name}: {(types or {}).get(p.name) or _annotation(p)}{default}")
    return [
        f"    {line}" if not at else line
        for at, line in enumerate(Call("def __init__", arguments, " -> None:").lines(4))
    ]


def _annotation(parameter: Parameter) -> str:
    words = {
        "Classes": "int",
        "Rate": "float",
        "Name": "type[nn.Module]",
        "NoneType": "None",
        "tuple": "tuple[int, ...]",
    }
    kinds = [words.get(type(value).__name__, type(value).__name__) for value in parameter.values]
    if "float" in kinds:
        kinds = ["float" if kind == "int" else kind for kind in kinds]
    return " | ".join(sorted(set(kinds), key=lambda kind: (kind == "None", kind)))


def _forward(
    family: Family,
    formals: list[list[tuple[int, int]]],
    inputs: list[str],
    names: list[str],
    flags: list[list[str]],
    pads: dict[int, str],
) -> list[str]:
    source = {spot: -1 - at for at, formal in enumerate(formals) for spot in formal}
    wanted = [
        [source[number, at] if read is None else read for at, read in enumerate(place.reads)]
        for number, place in enumerate(family.places)
    ]
    reads = Counter(value for values in wanted for value in values)
    reads[family.output] += 1
    for number, place in enumerate(family.places):
        if flags[number] and not place.kinds[0].is_module and place.instead is not None:
            reads[place.instead] += 1
    forward = Forward(reads)
    for at, name in enumerate(inputs):
        forward.begin(-1 - at, name)
    for number, place in enumerate(family.places):
        kind = place.kinds[0]
        if kind.is_module:
            called = f"self.{names[number]}"
            forward.add(number, wanted[number], f"{called}({pads[number]})" if pads[number] else called)
            continue
        *_, dag, which, _ = ("", "", "", *brief(place.name))
        node = f"node_{which}" if dag == "nodes" and which.isdecimal() and number != family.output else ""
        flag = f"self.{names[number]}" if flags[number] else ""
        instead = place.reads.index(place.instead) if flag else 0
        forward.add(number, wanted[number], kind.maker, node, flag, instead)
    result = forward.result(family.output)
    arguments = ", ".join(f"{name}: Tensor" for name in inputs)
    return [
        f"    def forward(self, {arguments}) -> Tensor:",
        *forward.lines,
        *wrapped(f"{' ' * 8}return {result}", 8),
    ]
