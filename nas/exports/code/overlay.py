"""Calls that are alike laid over each other: one call, with a slot where their arguments differ."""

from dataclasses import dataclass, field
from typing import Any

from nas.exports.code.layers import MISSING, Make, Name
from nas.exports.code.parameters import ANY, Slot, written
from nas.exports.code.repeats import compact
from nas.exports.code.words import Call

SHORT = {"kernel_size": "kernel", "out_channels": "channels", "num_features": "channels", "out_features": "features"}


@dataclass(eq=False)
class Shown:
    """A make with slots where its arguments stand: (name, default, slot) each."""

    maker: Slot
    arguments: list[tuple[str, Any, Slot]] = field(default_factory=list)
    children: list["Shown"] = field(default_factory=list)

    def call(self) -> Call:
        head = self.maker.text or written(self.maker.value)
        if self.children:
            return Call(head, list(compact([child.call() for child in self.children])))
        arguments: list[Call | str] = []
        positional = True
        for name, default, slot in self.arguments:
            if default is not MISSING and slot.constant and type(slot.value) is type(default) and slot.value == default:
                positional = False
                continue
            text = slot.text or written(slot.value)
            alone = positional and text == name == "stride"  # as torch has it, in fourth place of a convolution
            positional = positional and default is MISSING
            arguments.append(text if positional or alone else f"{name}={text}")
        return Call(head, arguments)


def overlay(makes: list[Make | None], place: int, where: str, slots: list[Slot]) -> Shown:
    """Makes that are alike, one of each use, as one; None where a use has none."""
    first = next(make for make in makes if make is not None)
    makers: list[Any] = [ANY if make is None else Name(make.maker) for make in makes]
    shown = Shown(Slot("activation", "maker", makers, place))
    slots.append(shown.maker)
    for at, argument in enumerate(first.arguments):
        values = [ANY if make is None else make.arguments[at].value for make in makes]
        if argument.name == "inplace":  # only where it may be everywhere
            values = [ANY if value is ANY else all(v for v in values if v is not ANY) for value in values]
        name = SHORT.get(argument.name, argument.name)
        slot = Slot(name, argument.kind, values, place, argument.default)
        slots.append(slot)
        shown.arguments.append((argument.name, argument.default, slot))
    for at in range(len(first.children)):
        children = [None if make is None else make.children[at] for make in makes]
        shown.children.append(overlay(children, place, where, slots))
    return shown
