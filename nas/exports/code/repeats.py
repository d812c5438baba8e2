"""Modules that repeat, as a loop: `*(Bottleneck(256, 64) for _ in range(2))`."""

from itertools import groupby, pairwise
from typing import NamedTuple

from nas.exports.code.words import Call

FEW = 3  # from which a loop is shorter
LARGEST = 10_000  # of divisors


def compact(calls: list[Call]) -> list[Call]:
    """The calls, with loops in place of those that repeat."""
    equal = [(flat, list(group)) for flat, group in groupby(calls, Call.flat)]
    short: list[Call] = []
    for flat, group in equal:
        if len(group) >= FEW or (len(group) == 2 and len(flat) > 30):
            short.append(loop(group[0], f" for _ in range({len(group)})"))
        else:
            short += group
    return _progressions(short)


def loop(call: Call, over: str) -> Call:
    return Call("*", [Call(call.head, call.arguments, call.tail + over)])


def _progressions(calls: list[Call]) -> list[Call]:
    """Runs of calls of one class whose arguments differ in one number that grows by equal steps, or in few."""
    done: list[Call] = []
    at = 0
    while at < len(calls):
        end = at + 1
        while end < len(calls) and _comparable(calls[at], calls[end]):
            end += 1
        run = calls[at:end]
        done += _loop(run) or run
        at = end
    return done


def _comparable(a: Call, b: Call) -> bool:
    if a.head != b.head or a.tail or b.tail or len(a.arguments) != len(b.arguments) or a.head == "*":
        return False
    pairs = zip(a.arguments, b.arguments, strict=True)
    return all(isinstance(x, str) and isinstance(y, str) and _name(x) == _name(y) for x, y in pairs)


def _name(argument: str) -> str:
    return argument.partition("=")[0] if "=" in argument else ""


class Line(NamedTuple):
    """Numbers of equal steps: (first + step * k) / divisor."""

    first: int
    step: int
    divisor: int = 1


def _line(texts: list[str]) -> Line | None:
    """The numbers that texts say, where their steps are equal."""
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return None
    for divisor in (1,) if all(text.isdecimal() for text in texts) else range(2, LARGEST):
        whole = [round(number * divisor) for number in numbers]
        steps = {b - a for a, b in pairwise(whole)}
        if len(steps) == 1 and all(abs(w / divisor - n) < 1e-11 for w, n in zip(whole, numbers, strict=True)):
            return Line(whole[0], steps.pop(), divisor)
    return None


def _loop(run: list[Call]) -> list[Call]:
    """One loop over a number `n` of which all arguments that differ are made; nothing where there is none."""
    columns = [list(map(str, column)) for column in zip(*[call.arguments for call in run], strict=True)]
    varying = [at for at, column in enumerate(columns) if len(set(column)) > 1]
    lines = {at: _line([text.rpartition("=")[2] for text in columns[at]]) for at in varying}
    if len(run) < FEW or not varying or None in lines.values():
        return []
    found = {at: line for at, line in lines.items() if line is not None}
    base = min(found.values(), key=lambda line: (line.step < 1, line.step))
    if base.step < 1 or any(line.step % base.step for line in found.values()):
        return []
    arguments = list(run[0].arguments)
    for at, line in found.items():
        name = _name(str(arguments[at]))
        text = _of_n(line, base)
        arguments[at] = f"{name}={text}" if name else text
    end = base.first + base.step * len(run)
    over = f"{base.first}, {end}, {base.step}" if base.step > 1 else f"{base.first}, {end}"
    return [loop(Call(run[0].head, arguments), f" for n in range({over})")]


def _of_n(line: Line, base: Line) -> str:
    """The numbers of a line, by those of `base`, which are n."""
    times = line.step // base.step
    rest = line.first - times * base.first
    if (times, rest) == (-1, line.divisor):
        return f"1 - n / {line.divisor}"
    product = "n" if times == 1 else "-n" if times == -1 else f"{times} * n"
    text = product if not rest else f"{product} {'+' if rest > 0 else '-'} {abs(rest)}"
    if line.divisor == 1:
        return text
    return f"{f'({text})' if rest else text} / {line.divisor}"
