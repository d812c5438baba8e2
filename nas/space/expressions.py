"""Expressions in documents: `=width * 2 ** i`. Arithmetic over names, and nothing else that Python can do.

The text is parsed by Python's own parser and compiled node by node into closures over a mapping of names. Only the node
types below exist: no attribute access, no call but the functions listed, no comprehension, no assignment. Everything is
bounded: the text, the numbers, the lists.
"""

import ast
import keyword
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from nas.errors import did_you_mean

MAX_TEXT, MAX_NUMBER, MAX_LIST = 500, 10**15, 10_000
OWN_NAMES = ("in_channels", "relaxed")  # always the walk's own: no parameter or variable may have these names


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value."""


class Unknown:
    """The value of what depends on shapes while only names are known (see `nas.space.interpreter`)."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()
Evaluate = Callable[[Mapping[str, Any]], Any]


def divisible(value: float, divisor: int) -> int:
    """`value` rounded to a multiple of `divisor`, never below nine tenths of it (MobileNetV2's `_make_divisible`)."""
    if (carried := getattr(value, "rounded", None)) is not None:  # by a number that knows what it was computed from
        return carried(divisible(float(value), divisor))
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def _range(*bounds: int) -> list[int]:
    turns = range(*bounds)
    if len(turns) > MAX_LIST:
        raise ExpressionError(f"range of {len(turns)} numbers; at most {MAX_LIST}")
    return list(turns)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "ceil": math.ceil,
    "floor": math.floor,
    "log": math.log,
    "round": round,
    "len": len,
    "range": _range,
    "sum": sum,
    "divisible": divisible,
}


def _power(base: float, exponent: float) -> float:
    if abs(base) > 1 and abs(exponent) * math.log2(abs(base)) > 50:
        raise ExpressionError(f"{base} ** {exponent} is too large")
    return base**exponent


BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
UNARY: dict[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}


class Expression:
    """A parsed expression: `names` it reads, and `value(names)`."""

    __slots__ = ("_evaluate", "alias", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MAX_TEXT:
            raise ExpressionError(f"expression of {len(text)} characters; at most {MAX_TEXT}")
        if "\0" in text:  # no SyntaxError before Python 3.11.4
            raise ExpressionError(f"cannot read the expression {text!r}: it has a null byte")
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(text.strip(), mode="eval").body
            self._evaluate = _compile(tree)
        except (SyntaxError, MemoryError, RecursionError) as error:
            raise ExpressionError(
                f"cannot read the expression '{text}': {getattr(error, 'msg', None) or 'nested too deeply'}"
            ) from None
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)
        self.names = tuple(dict.fromkeys(node.id for node in names))
        self.alias = tree.id if isinstance(tree, ast.Name) else None  # a bare name: stands for what it names

    def value(self, names: Mapping[str, Any]) -> Any:
        """The value with these names; UNKNOWN where one of the names that it reads is; raises ExpressionError."""
        for name in self.names:
            if name not in names:
                raise ExpressionError(f"unknown name '{name}' in '={self.text}'; {did_you_mean(name, names)}")
            if names[name] is UNKNOWN:
                return UNKNOWN
        try:
            return bounded(self._evaluate(names))
        except ExpressionError:
            raise
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise ExpressionError(f"'={self.text}' has no value: {error}") from None


parse = lru_cache(maxsize=4096)(Expression)


def is_name(word: str) -> bool:
    """Whether an expression could read a parameter or variable of this name."""
    return word.isidentifier() and not keyword.iskeyword(word) and word not in OWN_NAMES


def is_expression(value: Any) -> bool:
    """Whether a document's value is an expression: text that begins with `=`."""
    return isinstance(value, str) and value.startswith("=")


def bounded(value: Any) -> Any:
    """The value itself. Raises ExpressionError for numbers and lists (all their items counted) that are too large."""
    if isinstance(value, int | float):
        if not -MAX_NUMBER <= value <= MAX_NUMBER:  # also refuses NaN
            raise ExpressionError(f"a number beyond {MAX_NUMBER:.0e}")
    elif isinstance(value, str):
        if len(value) > MAX_LIST:
            raise ExpressionError(f"a text of {len(value)} characters; at most {MAX_LIST}")
    elif isinstance(value, list):
        if _items(value, MAX_LIST) > MAX_LIST:
            raise ExpressionError(f"a list of more than {MAX_LIST} items; make it shorter")
    elif isinstance(value, complex):
        raise ExpressionError("a root of a negative number")
    return value


def _items(value: list[Any], most: int) -> int:
    """How many items a list has, all the way down (one list may stand in many places); stops soon after `most`."""
    count = len(value)
    for item in value:
        if count > most:
            break
        if isinstance(item, list):
            count += _items(item, most - count)
    return count


def _compile(node: ast.AST) -> Evaluate:
    match node:
        case ast.Constant(value=value) if isinstance(value, bool | int | float | str):
            bounded(value)
            return lambda names: value
        case ast.Name(id=name):
            return lambda names: names[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            parts = [_compile(item) for item in items]
            return lambda names: [part(names) for part in parts]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return _binary(BINARY[type(op)], _compile(left), _compile(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            apply, inner = UNARY[type(op)], _compile(operand)
            return lambda names: apply(inner(names))
        case ast.BoolOp(op=op, values=values):
            parts, stop = [_compile(value) for value in values], isinstance(op, ast.Or)
            return lambda names: _first(parts, names, stop)
        case ast.Compare(left=left, ops=ops, comparators=rights) if all(type(op) in COMPARE for op in ops):
            steps = [(COMPARE[type(op)], _compile(right)) for op, right in zip(ops, rights, strict=True)]
            return _comparison(_compile(left), steps)
        case ast.IfExp(test=test, body=body, orelse=other):
            condition, yes, no = _compile(test), _compile(body), _compile(other)
            return lambda names: yes(names) if condition(names) else no(names)
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            source = _compile(value)
            bounds = [_compile(bound) if bound else None for bound in (lower, upper, step)]
            return lambda names: source(names)[slice(*(bound(names) if bound else None for bound in bounds))]
        case ast.Subscript(value=value, slice=index):
            source, at = _compile(value), _compile(index)
            return lambda names: source(names)[at(names)]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in FUNCTIONS:
                raise ExpressionError(f"unknown function '{name}'; {did_you_mean(name, FUNCTIONS)}")
            function, parts = FUNCTIONS[name], [_compile(argument) for argument in arguments]
            return lambda names: function(*[part(names) for part in parts])
    raise ExpressionError(
        f"{type(node).__name__} is not part of expressions; "
        f"arithmetic, comparison, indexing and {', '.join(FUNCTIONS)} are"
    )


def _binary(apply: Callable[[Any, Any], Any], left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(names: Mapping[str, Any]) -> Any:
        a, b = left(names), right(names)
        if isinstance(a, str | list) or isinstance(b, str | list):
            if apply is not operator.add and not (apply is operator.mul and isinstance(a, list) and isinstance(b, int)):
                raise ExpressionError("text and lists can only be added, and a list multiplied by a whole number")
            if apply is operator.mul and len(a) * b > MAX_LIST:
                raise ExpressionError(f"a list of {len(a) * b}; at most {MAX_LIST}")
        return bounded(apply(a, b))

    return evaluate


def _first(parts: list[Evaluate], names: Mapping[str, Any], stop: bool) -> Any:
    value: Any = not stop
    for part in parts:
        value = part(names)
        if bool(value) is stop:
            break
    return value


def _comparison(left: Evaluate, steps: list[tuple[Callable[[Any, Any], bool], Evaluate]]) -> Evaluate:
    def evaluate(names: Mapping[str, Any]) -> bool:
        a = left(names)
        for compare, right in steps:
            b = right(names)
            if not compare(a, b):
                return False
            a = b
        return True

    return evaluate
