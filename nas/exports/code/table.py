"""One call for an operation of cells in all its places, by what is known there: `SepConv(channels, 3, stride)`."""

from typing import Any

from nas.exports.code.layers import Classes, Make, alike, same
from nas.exports.code.overlay import Shown, overlay
from nas.exports.code.parameters import ANY, Parameters, Slot, written
from nas.exports.code.words import Call, Choice


class Inexpressible(Exception):
    """A value that no expression of a cell's arguments gives: no error, a reason for another text."""


def kinds_of(makes: list[Make | None]) -> list[Make]:
    kinds: list[Make] = []
    for make in makes:
        if make is not None and not any(alike(kind, make) for kind in kinds):
            kinds.append(make)
    return kinds


def of_kind(makes: list[Make | None], kind: Make) -> list[Make | None]:
    return [make if make is not None and alike(kind, make) else None for make in makes]


def overlaid(makes: list[Make | None], found: Parameters) -> Call:
    """One call for an operation in all its places; what is left out is an identity."""
    kinds = kinds_of(makes)
    slots: list[Slot] = []
    shown: list[Shown] = [overlay(of_kind(makes, kind), 0, "", slots) for kind in kinds]
    settle(slots, found)
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


def settle(slots: list[Slot], found: Parameters) -> None:
    """The text of each slot from the parameters there are."""
    for slot in slots:
        if slot.constant and not (slot.kind == "channels" or (slot.kind == "stride" and slot.value != 1)):
            continue
        known = next((p for p in found.found if p.kind == slot.kind and _agree(p.values, slot.values)), None)
        slot.text = known.name if known else "" if slot.constant else found.derived(slot) or _by_stride(slot, found)
        if not slot.text and not slot.constant:
            raise Inexpressible(slot, [p.values for p in found.found])


def _agree(a: list[Any], b: list[Any]) -> bool:
    return all(
        x is ANY or y is ANY or same(x, y) or (type(x) is int and type(y) is Classes) for x, y in zip(a, b, strict=True)
    )


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
