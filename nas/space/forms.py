"""The forms of the language, one function each: how each walks its parts. `FORM` maps a form's word to its function."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from nas.errors import did_you_mean
from nas.graph.operations import MaxPool
from nas.graph.shared import SHARED
from nas.space.dag import dag
from nas.space.expressions import UNKNOWN, ExpressionError, is_expression, is_name
from nas.space.language import FORMS, MERGES
from nas.space.lazy import force, is_lazy
from nas.space.place import Flow, Place
from nas.space.shortcut import residual
from nas.space.values import as_mapping, bind, choose, evaluate, only, relaxed_alternatives, settle, shown

if TYPE_CHECKING:
    from nas.space.interpreter import Interpreter
    from nas.space.target import Target

MAX_TURNS = 10_000


def choice(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place) -> Flow:
    """An operation, block or chain chosen. (What `relaxed` adds, only supernets walk: it has to exist always.)"""
    for word in relaxed_alternatives(item):
        if isinstance(word, str) and not is_expression(word) and not interpreter.knows(word):
            raise ExpressionError(
                f"unknown operation {shown(word)} in 'relaxed'; {did_you_mean(word, interpreter.words())}"
            )
    target, then = interpreter.target, lambda chosen, inner: interpreter.item(chosen, flow, inner)
    walk = lambda: choose(target, item, flow, at, "operation", then)  # noqa: E731
    if at.given is not None:
        return walk()  # an edge's: a part with what stands after it
    return target.reuse(None, (("choice", id(item)),), flow, at, walk)


def branches(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place) -> Flow:
    """Parallel paths and their merge. The paths of a loop (`repeat` or `for`) are its turns, beside each other."""
    paths = item["branches"]
    if not isinstance(paths, list | dict) or not paths:
        raise ExpressionError(f"branches is a list of chains, not {shown(paths)}")
    word = next((word for word in LOOPS if word in paths), "") if isinstance(paths, dict) else ""
    if isinstance(paths, dict) and word:
        only(paths, FORMS[word], f"'{word}'")
        return LOOPS[word](interpreter, paths, flow, at, lambda flows: _merge(interpreter, item, flows, flow, at))
    named = list(paths.items() if isinstance(paths, dict) else enumerate(paths))
    return _merge(
        interpreter,
        item,
        [interpreter.chain(path, flow, at.child(name), paths, name) for name, path in named],
        flow,
        at,
    )


def _merge(interpreter: "Interpreter", item: dict[str, Any], flows: list[Flow], flow: Flow, at: Place) -> Flow:
    target, options = interpreter.target, {"drop": item["drop"]} if "drop" in item else {}
    if not flows:
        raise ExpressionError("branches has no branch")

    def merged(word: Any) -> Flow:
        if not isinstance(word, str) or word not in MERGES:
            raise ExpressionError(f"unknown merge {shown(word)}; {did_you_mean(word, MERGES)}")
        if options and word != "mean":
            raise ExpressionError(f"drop belongs to the merge mean, not {word}")
        if word == "gate" and len(flows) != 2:
            raise ExpressionError(f"gate merges two branches [H, T], not {len(flows)}")
        sources = [*flows, flow] if word == "gate" else flows
        return bind(
            target, options.items(), flow, at, None, lambda bound: target.add(word, bound, sources, at.child(word))
        )

    out = settle(target, item.get("merge", "concat"), flow, at.child("merge"), merged)
    return out._replace(before=flow.before)


Join = Callable[[list[Flow]], Flow]  # what becomes of a loop's turns that stand beside each other


def _each_turn(flow: Flow, count: int, turn: Callable[[int, Flow], Flow], join: Join | None) -> Flow:
    """The turns of a loop one after the other, or all from `flow` on and then joined."""
    if join is not None:
        return join([turn(number, flow) for number in range(count)])
    out = flow
    for number in range(count):
        out = turn(number, out)
    return out


def repeat(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place, join: Join | None = None) -> Flow:
    """A body several times over; `index` is the turn."""
    if "body" not in item:
        raise ExpressionError("'repeat' needs a 'body'")
    shared = item.get("shared", False)
    if not isinstance(shared, bool):
        raise ExpressionError(f"shared is true or false, not {shown(shared)}")
    if shared and _chooses(interpreter, item["body"], frozenset()):
        raise ExpressionError("what a shared repeat holds cannot be chosen anew each turn; make the choice a parameter")

    def turn(number: int, source: Flow) -> Flow:
        interpreter.step()
        return interpreter.chain(item["body"], source, at.turn(number, SHARED if shared else "repeat"), item, "body")

    def turns(count: Any) -> Flow:
        if count is UNKNOWN:
            out = interpreter.target.either([lambda: turn(0, flow)], flow)
            return join([out]) if join else out
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_TURNS:
            raise ExpressionError(f"repeat takes a whole number from 0 to {MAX_TURNS}, not {shown(count)}")
        return _each_turn(flow, count, turn, join)

    return settle(interpreter.target, item["repeat"], flow, at.child("repeat"), turns, "number")


def _chooses(interpreter: "Interpreter", value: Any, seen: frozenset[str]) -> bool:
    """Whether a choice stands in a part of the document, or in a block that it calls."""
    if isinstance(value, str):
        template = interpreter.document.templates.get(value)
        if template is None or template.is_cell or value in seen:
            return False
        return _chooses(interpreter, dict(template.source), seen | {value})
    if isinstance(value, dict):
        return "choice" in value or any(_chooses(interpreter, each, seen) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(_chooses(interpreter, each, seen) for each in value)


def loop(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place, join: Join | None = None) -> Flow:
    """A body for each turn through lists of one length; a choice beside them is answered each turn."""
    variables = item["for"]
    if not isinstance(variables, dict) or not variables or "do" not in item:
        raise ExpressionError("'for' takes names with lists, and a 'do'")
    for name in variables:
        if not is_name(name):
            raise ExpressionError(f"'for' cannot name a variable '{name}'; choose another name")
    expressions = {name: raw for name, raw in variables.items() if is_expression(raw)}

    def turns(lists: Mapping[str, Any]) -> Flow:
        columns = {**variables, **lists}
        if UNKNOWN in lists.values():
            once = at.turn(0, "for")
            once = once.knowing({**once.names, **dict.fromkeys(variables, UNKNOWN)})
            out = interpreter.target.either([lambda: interpreter.chain(item["do"], flow, once, item, "do")], flow)
            return join([out]) if join else out
        sizes = {name: len(value) for name, value in columns.items() if isinstance(value, list)}
        for name, value in columns.items():
            if name not in sizes and not (isinstance(value, dict) and "choice" in value):
                raise ExpressionError(f"'for' {name} goes through a list, not {shown(value)}")
        if len(set(sizes.values())) != 1:
            written = ", ".join(f"{name} has {size}" for name, size in sizes.items()) or "none of these is a list"
            raise ExpressionError(f"the lists of a 'for' have one length; {written}")
        count = next(iter(sizes.values()))
        if count > MAX_TURNS:
            raise ExpressionError(f"'for' goes through {count} items; at most {MAX_TURNS}")

        def turn(number: int, source: Flow) -> Flow:
            interpreter.step()
            values = {name: value[number] if name in sizes else value for name, value in columns.items()}
            return _turn(interpreter, item, values, source, at.turn(number, "for"))

        return _each_turn(flow, count, turn, join)

    return _columns(interpreter.target, list(expressions.items()), {}, flow, at, turns)


def _turn(interpreter: "Interpreter", item: dict[str, Any], values: dict[str, Any], flow: Flow, at: Place) -> Flow:
    def body(bound: Mapping[str, Any]) -> Flow:
        return interpreter.chain(item["do"], flow, at.knowing({**at.names, **bound}), item, "do")

    return bind(interpreter.target, values.items(), flow, at.child("for"), None, body, under="")


def _columns(
    target: "Target",
    todo: list[tuple[str, str]],
    done: dict[str, Any],
    flow: Flow,
    at: Place,
    then: Callable[[dict[str, Any]], Flow],
) -> Flow:
    """`then(lists)` of the expressions in a `for`; the items of a list may be lazy."""
    if not todo:
        return then(done)
    (name, raw), *rest = todo

    def column(value: Any) -> Flow:
        return _columns(target, rest, {**done, name: value}, flow, at, then)

    value = evaluate(target, raw, flow, at.names)
    if target.lazy and not isinstance(value, list) and is_lazy(value):
        return force(target.lazy, value, column)
    return column(value)


def unpool(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place) -> Flow:
    """A max pooling, a body, and the unpooling that puts what it gives where the maxima were."""
    if "body" not in item:
        raise ExpressionError("'unpool' needs a 'body'")
    target, allowed = interpreter.target, tuple(field.name for field in fields(MaxPool))
    written = as_mapping("unpool", item["unpool"], allowed)
    only(written, allowed, "unpool")

    def both(bound: Mapping[str, Any]) -> Flow:
        pooled = target.add("max_pool", bound, [flow], at.child("pool"))
        out = interpreter.chain(item["body"], pooled, at.child("body"), item, "body")
        return target.add("max_unpool", bound, [out, flow], at.child("unpool"))._replace(before=flow.before)

    return bind(target, written.items(), flow, at, None, both)


def when(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place) -> Flow:
    """One of two chains."""
    if "do" not in item:
        raise ExpressionError("'when' needs a 'do'")

    def part(word: str) -> Flow:
        return interpreter.chain(item[word], flow, at.child(word), item, word) if word in item else flow

    def decide(truth: Any) -> Flow:
        if truth is UNKNOWN:
            return interpreter.target.either([lambda: part("do"), lambda: part("else")], flow)
        if not isinstance(truth, bool | int | float):
            raise ExpressionError(f"'when' takes a condition like depth > 3, not {shown(truth)}")
        return part("do" if truth else "else")

    condition = item["when"]
    if isinstance(condition, str) and not is_expression(condition):
        condition = f"={condition}"
    return settle(interpreter.target, condition, flow, at.child("when"), decide)


def auxiliary(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place) -> Flow:
    """A side head: the chain goes on from where it was."""
    interpreter.target.auxiliary(interpreter.chain(item["auxiliary"], flow, at.child("auxiliary"), item, "auxiliary"))
    return flow


LOOPS: dict[str, Callable[..., Flow]] = {"repeat": repeat, "for": loop}
FORM: dict[str, Callable[..., Flow]] = {
    "residual": residual,
    "branches": branches,
    "dag": dag,
    "repeat": repeat,
    "for": loop,
    "unpool": unpool,
    "when": when,
    "auxiliary": auxiliary,
    "choice": choice,
}
assert FORM.keys() == FORMS.keys()
