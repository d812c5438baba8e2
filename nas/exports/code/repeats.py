"""Modules that repeat, as a loop: `*(Bottleneck(256, 64) for _ in range(2))`."""

from itertools import groupby, pairwise

from nas.exports.code.words import Call

FEW = 3  # from which a loop is shorter


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


def _loop(run: list[Call]) -> list[Call]:
    if len(run) < FEW:
        return []
    columns = list(zip(*[call.arguments for call in run], strict=True))
    varying = [at for at, column in enumerate(columns) if len(set(column)) > 1]
    values = [[str(each).rpartition("=")[2] for each in columns[at]] for at in varying]
    if len(varying) == 1 and all(value.isdecimal() for value in values[0]):
        numbers = list(map(int, values[0]))
        steps = {b - a for a, b in pairwise(numbers)}
        if len(steps) == 1 and (step := steps.pop()) > 0:
            arguments = list(run[0].arguments)
            name = _name(str(arguments[varying[0]]))
            arguments[varying[0]] = f"{name}=n" if name else "n"
            over = f" for n in range({numbers[0]}, {numbers[-1] + step}, {step})"
            return [Call("*", [Call(run[0].head, arguments, over)])]
    return []
