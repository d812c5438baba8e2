"""The text of a forward pass: one expression for what is read once, a variable for what is read again."""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate

from nas.exports.code.words import TAKEN, WIDTH, Names

SEVERAL = 3  # values that wait for one reader, from which on they are named
DEEPEST = 5  # calls in each other
ATOM, PRODUCT, SUM, TEST = range(4)  # how tightly an expression holds together


@dataclass
class Expression:
    text: str
    binds: int = ATOM
    deep: int = 0
    uses: tuple[int, ...] = ()  # values that it reads from variables

    def within(self, binds: int) -> str:
        return self.text if self.binds <= binds else f"({self.text})"


MERGES = "+*|/~"


def called(code: str, parts: list[Expression], flag: str = "", instead: int = 0) -> Expression:
    """`code`: a module, a call with `{}` for its arguments, or the sign of a merge. flag: where that is false, the part
    `instead` stands in its place."""
    deep = max((part.deep for part in parts), default=0)
    uses = tuple(use for part in parts for use in part.uses)
    if "{}" in code:
        return Expression(code.format(", ".join(part.text for part in parts)), ATOM, deep + 2, uses)
    if code not in MERGES:
        return Expression(f"{code}({', '.join(part.text for part in parts)})", ATOM, deep + 1, uses)
    plain = [part.text.isidentifier() for part in parts]
    if code in "+*" and len(parts) == 2 and plain[1] and (not plain[0] or (flag and not instead)):
        text, binds = _merged(code, parts[::-1])  # x + self.body(x)
    else:
        text, binds = _merged(code, parts)
    if flag:
        text, binds = f"{text} if {flag} else {parts[instead].text}", TEST
    return Expression(text, binds, deep, uses)


def _merged(sign: str, parts: list[Expression]) -> tuple[str, int]:
    if sign == "+":
        return " + ".join(part.within(SUM) for part in parts), SUM
    if sign == "*":
        return " * ".join(part.within(PRODUCT) for part in parts), PRODUCT
    if sign == "|":
        return f"torch.cat(({', '.join(part.within(TEST) for part in parts)}), 1)", ATOM
    if sign == "/":
        return f"({' + '.join(part.within(SUM) for part in parts)}) / {len(parts)}", PRODUCT
    h, t, x = parts
    return f"{h.text} * {t.text} + {x.text} * (1 - {t.text})", SUM


@dataclass
class Forward:
    """Lines of a forward pass, written operation by operation.

    reads: how often each value is read. An operation that is read once may stand inside its reader, where nothing
    that came before it would then come after it: what is random draws in the order of the graph.
    """

    reads: Counter[int]
    indent: int = 8
    lines: list[str] = field(default_factory=list)
    variables: dict[int, str] = field(default_factory=dict)
    waiting: list[tuple[int, Expression]] = field(default_factory=list)
    names: Names = field(default_factory=lambda: Names(TAKEN))

    def __post_init__(self) -> None:
        self.left = Counter(self.reads)

    def begin(self, value: int, name: str) -> None:
        """An input."""
        self.variables[value] = name
        self.names.taken.add(name)

    def add(self, value: int, inputs: list[int], code: str, name: str = "", flag: str = "", instead: int = 0) -> None:
        """An operation. name: the variable that it shall be kept in."""
        inline = not flag and code != "~"
        parts, count = self._parts(inputs, inline)
        made = called(code, parts, flag, instead)
        if self._too_long(made):
            self.flush()
            parts, count = self._parts(inputs, inline)
            made = called(code, parts, flag, instead)
        del self.waiting[len(self.waiting) - count :]
        if self.reads[value] != 1 or name or self._too_long(made):
            self.flush()
            self._statement(value, made, name)
        else:
            self.waiting.append((value, made))

    def _too_long(self, made: Expression) -> bool:
        if made.text.startswith(CAT) and made.text.endswith(END) and _joined(made.text) <= WIDTH - self.indent:
            return False
        return made.deep > DEEPEST or len(made.text) + self.indent + 7 > WIDTH

    def _parts(self, inputs: list[int], inline: bool) -> tuple[list[Expression], int]:
        """Expressions of the inputs, and how many of them are the last that wait; the others get variables."""
        wanted = [i for i in inputs if i not in self.variables]
        values = [value for value, _ in self.waiting]
        count = len(wanted) if inline and len(set(wanted)) == len(wanted) else 0
        while count and values[-count:] != [i for i in wanted if i in values[-count:]]:
            count -= 1
        if before := [i for i in wanted if i not in values[len(values) - count :]]:
            self.flush(1 + max(map(values.index, before)))
        tail = dict(self.waiting[len(self.waiting) - count :])
        return [tail[i] if i in tail else Expression(self.variables[i], uses=(i,)) for i in inputs], count

    def flush(self, count: int | None = None) -> None:
        """Statements for what waits; several values get the names of what makes them."""
        ready, self.waiting = self.waiting[:count], self.waiting[len(self.waiting[:count]) :]
        for value, made in ready:
            self._statement(value, made, _outermost(made.text) if len(ready) >= SEVERAL else "")

    def _statement(self, value: int, made: Expression, name: str = "") -> None:
        self._spent(made)
        self.variables[value] = self.names.unique(name) if name else self._variable()
        text = f"{' ' * self.indent}{self.variables[value]} = {made.text}"
        self.lines += wrapped(text, self.indent)

    def keep(self, value: int) -> None:
        """Moves a value into a variable of its own."""
        held, self.variables[value] = self.variables[value], self._variable()
        self.lines.append(f"{' ' * self.indent}{self.variables[value]} = {held}")

    def _spent(self, made: Expression) -> None:
        for value in made.uses:
            self.left[value] -= 1

    def _variable(self) -> str:
        used = {name for value, name in self.variables.items() if self.left[value] > 0}
        return next(name for name in ("x", "y", "z", *(f"x{i}" for i in range(1, 10000))) if name not in used)

    def result(self, value: int) -> str:
        """The expression of a value at the end."""
        if value in self.variables:
            self.flush()
            return self.variables[value]
        *before, (last, made) = self.waiting
        assert last == value
        self.flush(len(before))
        self.waiting.clear()
        self._spent(made)
        return made.text


def _outermost(text: str) -> str:
    """The attribute whose call an expression is, if it is no more than that."""
    found = re.match(r"self\.([a-z]\w*)\(", text)
    depth = list(accumulate((c == "(") - (c == ")") for c in text))
    return found[1] if found and depth.index(0, found.end()) == len(text) - 1 else ""


CAT, END = "torch.cat((", "), 1)"


def wrapped(text: str, indent: int) -> list[str]:
    """A statement; one that is too long in brackets that it has or gets."""
    if len(text) <= WIDTH:
        return [text]
    space = " " * (indent + 4)
    start = next(
        start for start in (text.partition(" = ")[0] + " = ", " " * indent + "return ") if text.startswith(start)
    )
    rest = text.removeprefix(start)
    if rest.startswith(CAT) and rest.endswith(END) and _joined(rest) <= WIDTH - indent:
        inside = rest.removeprefix(CAT).removesuffix(END)
        return [f"{start}torch.cat(", f"{space}({inside}),", f"{space}1,", f"{' ' * indent})"]
    lines = [space]
    for word in rest.split(" "):
        if len(lines[-1]) + len(word) > WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append(space)
        lines[-1] += f"{word} "
    return [f"{start}(", *lines[:-1], lines[-1].rstrip(), f"{' ' * indent})"]


def _joined(text: str) -> int:
    """Columns of what torch.cat joins, on a line of its own."""
    return 4 + len(text) - len(CAT) - len(END) + 3
