"""What differs between the uses of a block, as few parameters as say it, the rest by what it is of these."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from nas.exports.code.layers import MISSING, STAYS, Classes, Name, same
from nas.exports.code.words import Names, variable

ANY: Any = object()  # the value in a use that lacks the layer
MULTIPLES = range(2, 17)
SURE = 4  # different values that are no multiples by accident
SAY_WHAT = {"kernel": "kernel_size", "stride": "stride", "dilation": "dilation", "padding": "padding"}


@dataclass(eq=False)
class Slot:
    """One argument of a layer of a class: its value in each use. text: what is written there."""

    name: str
    kind: str
    values: list[Any]
    place: int
    default: Any = MISSING  # of the layer's own
    text: str = ""
    parameter: "Parameter | None" = None

    @property
    def constant(self) -> bool:
        known = [value for value in self.values if value is not ANY]
        return all(same(value, known[0]) for value in known) and not isinstance(known[0], STAYS)

    @property
    def value(self) -> Any:
        return next(value for value in self.values if value is not ANY)


@dataclass(eq=False)
class Parameter:
    """An argument of a class. places: of the layers that use it."""

    name: str
    kind: str
    values: list[Any]
    default: Any = MISSING
    inner: Any = MISSING  # the default of what it is an argument of
    places: set[int] = field(default_factory=set)
    optional: bool = False  # nothing where a use lacks its layers


def agree(a: list[Any], b: list[Any]) -> bool:
    return all(x is ANY or y is ANY or same(x, y) for x, y in zip(a, b, strict=True))


class Parameters:
    """The parameters of a class, found slot by slot.

    hints: vectors with names, those of the document: what a parameter that has these values is called. places: what
    the layers are called.
    """

    def __init__(self, hints: list[tuple[str, list[Any]]], places: list[str], names: Names) -> None:
        self.hints, self.places, self.names = hints, places, names
        self.found: list[Parameter] = []

    def settle(self, slots: list[Slot]) -> None:
        """Gives each slot its text, or a parameter."""
        for slot in sorted(slots, key=lambda slot: slot.kind == "padding"):  # which may follow from the others
            if slot.constant:
                continue
            known = next((p for p in self.found if p.kind == slot.kind and agree(p.values, slot.values)), None)
            sure = slot.kind == "channels" and len(set(map(str, slot.values))) >= SURE
            if known is None and sure and (text := self.multiple(slot.values, hints=False)):
                slot.text = text
                continue
            known = known or self.hinted(slot)
            if known is None and (text := self.derived(slot)):
                slot.text = text
                continue
            parameter = known or self.new(slot)
            parameter.values = [b if a is ANY else a for a, b in zip(parameter.values, slot.values, strict=True)]
            parameter.places.add(slot.place)
            parameter.inner = slot.default if parameter.inner is MISSING else parameter.inner
            slot.text, slot.parameter = parameter.name, parameter

    def hinted(self, slot: Slot) -> Parameter | None:
        """A parameter that the document has under this name."""
        for name, vector in self.hints:
            wanted = next((kind for word, kind in SAY_WHAT.items() if word in name), None)
            fits = slot.kind == wanted if wanted else slot.kind not in SAY_WHAT.values()
            if fits and agree(vector, slot.values) and not any(p.name == name for p in self.found):
                return self.add(name, slot.kind, vector)
        return None

    def new(self, slot: Slot) -> Parameter:
        stays = next((value for value in slot.values if isinstance(value, STAYS)), None)
        name = stays.word if stays is not None else slot.name
        if variable(name) in self.names.taken and not self.places[slot.place].startswith("layer_"):
            name = f"{self.places[slot.place]}_{name}"
        return self.add(name, slot.kind, slot.values)

    def add(self, name: str, kind: str, values: list[Any]) -> Parameter:
        parameter = Parameter(self.names.parameter(name), kind, list(values))
        self.found.append(parameter)
        return parameter

    def derived(self, slot: Slot) -> str:
        """The slot by an expression of parameters, or nothing."""
        values = slot.values
        if any(isinstance(value, STAYS) for value in values):
            return ""
        if slot.kind == "channels":
            return self.multiple(values) or self.combined(values)
        return self.half(values) if slot.kind == "padding" else ""

    def half(self, values: list[Any]) -> str:
        """The padding that keeps the size: half of the kernel, times the dilation."""
        whole = [p for p in self.found if all(type(value) is int for value in p.values)]
        dilations = [p for p in whole if p.kind == "dilation"]
        for p in (p for p in whole if p.kind == "kernel_size"):
            halves = [kernel // 2 for kernel in p.values]
            if agree(halves, values):
                return f"{p.name} // 2"
            for d in dilations:
                if agree([a * b for a, b in zip(d.values, halves, strict=True)], values):
                    return f"{d.name} * ({p.name} // 2)"
        return next((d.name for d in dilations if agree(d.values, values)), "")

    def multiple(self, values: list[Any], hints: bool = True) -> str:
        """A multiple or part of a parameter, or of what the document has as one; the smallest factor of all."""
        channels = [p.values for p in self.found if p.kind == "channels" and ANY not in p.values]
        others = [vector for name, vector in self.hints if hints and not any(word in name for word in SAY_WHAT)]
        others = [vector for vector in others if all(type(value) is int and value > 0 for value in vector)]
        for m in MULTIPLES:
            for vector in channels + others:
                for sign, result in (("*", [m * v for v in vector]), ("//", [v // m for v in vector])):
                    if agree(result, values) and (sign == "*" or all(v % m == 0 for v in vector)):
                        name = self.channels(vector)
                        return f"{m} * {name}" if sign == "*" else f"{name} // {m}"
        return ""

    def channels(self, vector: list[Any]) -> str:
        """The name of the parameter that has these values, from the hints if it is none yet."""
        found = next((p for p in self.found if p.kind == "channels" and agree(p.values, vector)), None)
        found = found or self.add(next(name for name, values in self.hints if values is vector), "channels", vector)
        return found.name

    def combined(self, values: list[Any]) -> str:
        """The sum or difference of two parameters."""
        channels = [p for p in self.found if p.kind == "channels" and ANY not in p.values]
        for p in channels:
            for q in channels:
                pairs = list(zip(p.values, q.values, strict=True))
                if p is not q and agree([a + b for a, b in pairs], values):
                    return f"{p.name} + {q.name}"
                if p is not q and agree([a - b for a, b in pairs], values):
                    return f"{p.name} - {q.name}"
        return ""

    def finish(self) -> None:
        """Defaults, and no value where a use lacks what a parameter is for."""
        for parameter in self.found:
            known = [value for value in parameter.values if value is not ANY]
            parameter.optional = len(known) < len(parameter.values)
            if parameter.optional:
                nothing = 0.0 if type(known[0]) is float and all(known) else None
                parameter.values = [nothing if value is ANY else value for value in parameter.values]
                parameter.default = nothing
            elif any(same(value, parameter.inner) for value in known) and not isinstance(known[0], STAYS):
                parameter.default = parameter.inner
            elif parameter.name == "groups" and 1 in known:
                parameter.default = 1
            elif any(isinstance(value, STAYS) for value in known):
                continue
            elif parameter.kind not in ("channels", "kernel_size") and len(known) > 1:
                counts = Counter(map(repr, known))
                common, count = counts.most_common(1)[0]
                value = next(v for v in known if repr(v) == common)
                usual = (
                    next((v for v in known if v == 1 or v is False), MISSING) if type(value) is not float else MISSING
                )
                if usual is not MISSING and parameter.kind in ("stride", "dilation", "flag"):
                    parameter.default = usual
                elif 2 * count > len(known) and not isinstance(value, tuple):
                    parameter.default = value

    def condition(self, present: list[bool], place: int) -> str:
        """When a layer is there, from the parameters: what all of its own say, or how others compare; else nothing."""
        for p in self.found:
            if p.places == {place} and [bool(v) for v in p.values] == present:
                absent = [value for value in p.values if not value]
                if p.default is MISSING and all(same(value, absent[0]) for value in absent):
                    p.default = absent[0]
                return p.name
        ints = [p for p in self.found if not p.optional and all(type(v) in (int, Classes) for v in p.values)]
        channels = [(p.name, p.values) for p in ints if p.kind == "channels"]
        strides = [(p.name, p.values) for p in ints if p.kind == "stride"]
        products = [(f"{m} * {name}", [m * v for v in values]) for m in (2, 3, 4) for name, values in channels]
        tests: list[tuple[str, list[bool]]] = []
        for i, (a, first) in enumerate(channels):
            for b, second in channels[i + 1 :] + products:
                pairs = list(zip(first, second, strict=True))
                tests.append((f"{a} != {b}", [x != y for x, y in pairs]))
                tests.append((f"{a} == {b}", [x == y for x, y in pairs]))
        for s, values in strides:
            tests.append((f"{s} > 1", [v > 1 for v in values]))
            tests.append((f"{s} == 1", [v == 1 for v in values]))
        for text, truth in tests:
            if truth == present:
                return text
        for s, values in strides:
            for text, truth in tests:
                if s in text:
                    continue
                if "!=" in text and [v > 1 or t for v, t in zip(values, truth, strict=True)] == present:
                    return f"{s} > 1 or {text}"
                if "==" in text and [v == 1 and t for v, t in zip(values, truth, strict=True)] == present:
                    return f"{s} == 1 and {text}"
        return ""

    def flag(self, name: str, values: list[bool]) -> Parameter:
        for known in self.found:
            if known.kind == "flag" and known.values == values:
                return known
        parameter = self.add(name, "flag", list(values))
        parameter.default = False
        return parameter


def written(value: Any) -> str:
    """A value as code."""
    if type(value) is str and value.isidentifier():
        return f'"{value}"'
    if type(value) is float:
        return repr(round(value, 12)) if abs(value) > 1e-3 else repr(value)
    return value.word if isinstance(value, STAYS) else str(value) if isinstance(value, Name) else repr(value)
