"""Reading the values of a document: plain ones, expressions, choices, lists of those, and operations passed as values.

Continuation style, as everywhere in the walk: a function here ends in `then(value)`, so that a target may take one
answer or all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nas.errors import did_you_mean, shortened
from nas.space import reader
from nas.space.expressions import ExpressionError, bounded, is_expression, parse
from nas.space.walk import Choice, Closure, Flow, Place, Target, Then


def read(target: Target, raw: Any, flow: Flow, at: Place, then: Then, kind: str | None = None) -> Any:
    """`then(value)` of what is written at `at`."""
    if is_expression(raw):
        return evaluate(target, raw, flow, at, then)
    if isinstance(raw, dict):
        if "choice" in raw:
            return choose(
                target, raw, flow, at, kind, lambda chosen, inner: read(target, chosen, flow, inner, then, kind)
            )
        # An operation in the document's own parameters sees the names of where it is used, `channels` among them.
        return then(Closure(raw, None if at.path.startswith("parameters.") else at.names))
    if isinstance(raw, list) and not is_plain(raw):
        return _read_items(target, raw, [], flow, at, then)
    return then(raw)


def _read_items(target: Target, raw: list[Any], done: list[Any], flow: Flow, at: Place, then: Then) -> Any:
    if not target.holds:  # one answer each: no need to go on inside
        items = enumerate(raw)
        return then(bounded([read(target, item, flow, at.child(index), _itself) for index, item in items]))
    if len(done) == len(raw):
        return then(bounded(done))

    def more(value: Any) -> Any:
        return _read_items(target, raw, [*done, value], flow, at, then)

    return read(target, raw[len(done)], flow, at.child(len(done)), more)


def _itself(value: Any) -> Any:
    return value


def evaluate(target: Target, raw: str, flow: Flow, at: Place, then: Then) -> Any:
    """`then(value)` of an expression; what it reads is forced first, unless it only passes it on by name."""
    if target.holds:
        expression = parse(raw[1:])
        for name in expression.names if expression.alias is None else ():
            if target.pending(at.names.get(name)):
                return target.force(at.names[name], flow, at, _again(target, raw, flow, at, name, then))
    return then(_value(target, raw, flow, at.names))


def _again(target: Target, raw: str, flow: Flow, at: Place, name: str, then: Then) -> Then:
    return lambda value: evaluate(target, raw, flow, at.knowing({**at.names, name: value}), then)


def _value(target: Target, raw: str, flow: Flow, names: Mapping[str, Any]) -> Any:
    expression = parse(raw[1:])
    if "in_channels" in expression.names:
        names = {**names, "in_channels": target.channels(flow)}
    return expression.value(names)


def settle(target: Target, raw: Any, flow: Flow, at: Place, then: Then, kind: str | None = None) -> Any:
    """`read`, for what the walk itself depends on: a value held open is forced."""

    if not target.holds:
        return read(target, raw, flow, at, then, kind)

    def settled(value: Any) -> Any:
        return target.force(value, flow, at, settled) if target.pending(value) else then(value)

    return read(target, raw, flow, at, settled, kind)


def choose(
    target: Target, raw: Mapping[str, Any], flow: Flow, at: Place, kind: str | None, then: Callable[[Any, Place], Any]
) -> Any:
    """`then(alternative, its place)` of a `{choice: [...]}`."""
    only(raw, ("choice", "relaxed"), "a choice")

    def among(alternatives: Any) -> Any:
        answers, places, usual = _alternatives(alternatives)

        def chosen(answer: Any) -> Any:
            return then(alternatives[places[answer]], at.child(label(answer)))

        return target.branch(Choice(at.answers, kind or usual, alternatives, answers), flow, chosen)

    return settle(target, raw["choice"], flow, at, among) if is_expression(raw["choice"]) else among(raw["choice"])


def _alternatives(alternatives: Any) -> tuple[list[Any], dict[Any, int], str]:
    """(answers, the position of each, the kind of choice that they make by themselves)."""
    known = getattr(alternatives, "answers", None)
    if known is None:
        answers = answers_of(alternatives)
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in alternatives)
        places = {answer: position for position, answer in enumerate(answers)}
        known = answers, places, "number" if numbers else "operation"
        if isinstance(alternatives, reader.Sequence):  # written in the document: met again for each genome
            alternatives.answers = known
    return known


def bind(
    target: Target,
    values: Iterable[tuple[str, Any]],
    flow: Flow,
    at: Place,
    bound: Mapping[str, Any] | None,
    then: Then,
    under: str = "@",
) -> Any:
    """`then(names to values)`.

    Each value sees `bound` and those before it (parameters), or, with None, only what `at` knows (arguments). Choices
    among them are answered `under` this segment of the path.
    """
    done = dict(bound or {})
    opened: list[Any] = []
    for name, raw in values:
        if not isinstance(raw, str | list | dict) or is_plain(raw):
            done[name] = raw
        elif isinstance(raw, str) and not target.holds:  # an expression
            done[name] = _value(target, raw, flow, at.names if bound is None else done)
        else:
            inner = at.child(under).child(name) if under else at.child(name)
            inner = inner if bound is None else inner.knowing(dict(done))
            done[name] = target.hold(raw, flow, inner, opened)
    return target.closing(opened, lambda: then(done)) if opened else then(done)


def is_plain(raw: Any) -> bool:
    """Whether a value is what it says: no expression, no choice, no operation in it."""
    if isinstance(raw, str):
        return not raw.startswith("=")
    if isinstance(raw, list):
        return all(is_plain(item) for item in raw)
    return not isinstance(raw, dict)


def answers_of(alternatives: Any) -> list[Any]:
    """The answer that stands for each alternative: itself where it is a number or a word, else its position.

    All are positions where one of the numbers could be taken for a position.
    """
    if not isinstance(alternatives, list) or not alternatives:
        raise ExpressionError(f"a choice is between the items of a list that is not empty, not {shown(alternatives)}")
    literal = [isinstance(value, str | int | float) and not is_expression(value) for value in alternatives]
    words: dict[Any, None] = {}
    for value, itself in zip(alternatives, literal, strict=True):
        if itself and value in words:
            raise ExpressionError(f"the alternatives of a choice must differ; {shown(value)} stands twice")
        if itself:
            words[value] = None
    positions = {position for position, itself in enumerate(literal) if not itself}
    if any(value in positions for value in words):  # a number here could be taken for a position
        return list(range(len(alternatives)))
    return [
        value if itself else position
        for position, (value, itself) in enumerate(zip(alternatives, literal, strict=True))
    ]


def label(answer: Any) -> str:
    """An answer as a segment of a path."""
    return str(answer).replace(".", "_")


def as_mapping(name: str, arguments: Any, declared: Sequence[str]) -> Mapping[str, Any]:
    """Arguments as written: a mapping, nothing, or the value of the first declared one."""
    if arguments is None:
        return {}
    if isinstance(arguments, dict) and "choice" not in arguments:
        return arguments
    if not declared:
        raise ExpressionError(f"{name} takes no argument, {shown(arguments)} is given")
    return {declared[0]: arguments}


def only(item: Mapping[str, Any], allowed: Sequence[str], what: str) -> None:
    """Refuses keys that a form does not have."""
    for key in item:
        if key not in allowed:
            raise ExpressionError(f"{what} has no '{key}'; {did_you_mean(key, allowed)}")


def shown(value: Any) -> str:
    """A value as an error shows it: short."""
    return "an operation" if isinstance(value, Closure) else shortened(repr(value))
