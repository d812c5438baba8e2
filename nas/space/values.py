"""Reading the values of a document: plain ones, expressions, choices, lists of those, and operations passed as values.

A value is read where it stands. Where a walk takes several answers, one that hangs on a choice is lazy; what depends on
it (`settle`, `bind`) is a function of the value, which is called for each.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nas.errors import did_you_mean, shortened
from nas.space import reader
from nas.space.expressions import UNKNOWN, ExpressionError, Unknown, bounded, is_expression, parse
from nas.space.lazy import Deferred, Open, force, is_lazy
from nas.space.place import Choice, Closure, Flow, Place
from nas.space.target import End, Target


def read_value(target: Target, raw: Any, flow: Flow, at: Place, opened: list[Open], kind: str | None = None) -> Any:
    """The value of what is written at `at`. What stays open in it is added to `opened`."""
    if is_expression(raw):
        return evaluate(target, raw, flow, at.names)
    if isinstance(raw, dict):
        if "choice" in raw:
            return _open(target, raw, flow, at, opened, kind)
        # An operation in the document's own parameters sees the names of where it is used, `channels` among them.
        return Closure(raw, None if at.path.startswith("parameters.") else at.names)
    if isinstance(raw, list) and not is_plain(raw):
        return bounded([read_value(target, item, flow, at.child(index), opened) for index, item in enumerate(raw)])
    return raw


def _open(target: Target, raw: Mapping[str, Any], flow: Flow, at: Place, opened: list[Open], kind: str | None) -> Any:
    if target.lazy is None:
        return choose(
            target, raw, flow, at, kind, lambda chosen, inner: read_value(target, chosen, flow, inner, opened, kind)
        )
    opened.append(target.lazy.open(raw, flow, at))
    return opened[-1]


def evaluate(target: Target, raw: str, flow: Flow, names: Mapping[str, Any]) -> Any:
    """The value of an expression; lazy where a value is that it does not only pass on by name."""
    expression = parse(raw[1:])
    if "in_channels" in expression.names:
        names = {**names, "in_channels": channels(target, flow)}
    if target.lazy and expression.alias is None and any(is_lazy(names.get(name)) for name in expression.names):
        return Deferred(raw, dict(names))
    return expression.value(names)


def channels(target: Target, flow: Flow) -> int | Unknown:
    """How many flow here."""
    shape = target.shape(flow)
    return UNKNOWN if shape is None else shape[0]


def settle(target: Target, raw: Any, flow: Flow, at: Place, then: Callable[[Any], End], kind: str | None = None) -> End:
    """`then(value)` of what is written at `at`, for each that it can have: what the walk itself depends on."""
    if isinstance(raw, dict) and "choice" in raw:
        return choose(
            target, raw, flow, at, kind, lambda chosen, inner: settle(target, chosen, flow, inner, then, kind)
        )
    if target.lazy is None:
        return then(read_value(target, raw, flow, at, [], kind))
    lazy, opened = target.lazy, list[Open]()
    value = read_value(target, raw, flow, at, opened, kind)
    if not opened:
        return force(lazy, value, then)
    return lazy.closing(opened, [value], lambda values: force(lazy, values[0], then))


def choose(
    target: Target, raw: Mapping[str, Any], flow: Flow, at: Place, kind: str | None, then: Callable[[Any, Place], End]
) -> End:
    """`then(alternative, its place)` of a `{choice: [...]}`."""
    only(raw, ("choice", "relaxed"), "a choice")
    extra = relaxed_alternatives(raw)

    def among(alternatives: Any) -> End:
        more = 0
        if target.relaxed and extra and isinstance(alternatives, list):
            alternatives = [*alternatives, *(added := [one for one in extra if one not in alternatives])]
            more = len(added)
        answers, places, usual = _alternatives(alternatives)

        def chosen(answer: Any) -> End:
            return then(alternatives[places[answer]], at.child(label(answer)))

        return target.branch(Choice(at.answers, kind or usual, alternatives, answers, more), flow, chosen)

    return settle(target, raw["choice"], flow, at, among) if is_expression(raw["choice"]) else among(raw["choice"])


def relaxed_alternatives(raw: Mapping[str, Any]) -> list[Any]:
    """Those that a choice has in a supernet alone."""
    extra = raw.get("relaxed", [])
    if not isinstance(extra, list):
        raise ExpressionError(f"'relaxed' is a list of alternatives, not {shown(extra)}")
    return extra


def _alternatives(alternatives: Any) -> tuple[list[Any], dict[Any, int], str]:
    """(answers, the position of each, the kind of choice that they make by themselves)."""
    reading = getattr(alternatives, "answers", None)
    if reading is None:
        answers = answers_of(alternatives)
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in alternatives)
        places = {answer: position for position, answer in enumerate(answers)}
        reading = answers, places, "number" if numbers else "operation"
        if isinstance(alternatives, reader.Sequence):  # written in the document: met again for each genome
            alternatives.answers = reading
    return reading


def bind(
    target: Target,
    values: Iterable[tuple[str, Any]],
    flow: Flow,
    at: Place,
    bound: Mapping[str, Any] | None,
    then: Callable[[dict[str, Any]], End],
    under: str = "@",
) -> End:
    """`then(names to values)`; lazy values among them stay so.

    Each value sees `bound` and those before it (parameters), or, with None, only what `at` knows (arguments). Choices
    among them are answered `under` this segment of the path.
    """
    done, opened = dict(bound or {}), list[Open]()
    for name, raw in values:
        if not isinstance(raw, str | list | dict) or is_plain(raw):
            done[name] = raw
        elif isinstance(raw, str):  # an expression
            done[name] = evaluate(target, raw, flow, at.names if bound is None else done)
        else:
            inner = at.child(under).child(name) if under else at.child(name)
            inner = inner if bound is None else inner.knowing(dict(done))
            done[name] = read_value(target, raw, flow, inner, opened)
    if not (target.lazy and opened):
        return then(done)
    return target.lazy.closing(opened, list(done.values()), lambda settled: then(dict(zip(done, settled, strict=True))))


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
