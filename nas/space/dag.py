"""Any directed acyclic graph: named chains, each of which reads the input or chains before it."""

from typing import TYPE_CHECKING, Any

from nas.errors import did_you_mean
from nas.space.expressions import ExpressionError
from nas.space.language import DAG_KEYS, MERGES
from nas.space.place import Flow, Place
from nas.space.problems import placing
from nas.space.values import only, shown

if TYPE_CHECKING:
    from nas.space.interpreter import Interpreter

INPUT = "input"


def dag(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place) -> Flow:
    """Named nodes in order. A node is a chain that reads the node before it, or says what it reads:

    `{from: name, do: chain}` one earlier node, `{add: [names], do: chain}` several, merged; `input` is what comes in.
    The output is the last node, or the one that `output` names.
    """
    nodes = item["dag"]
    if not isinstance(nodes, dict) or not nodes:
        raise ExpressionError(f"dag is a mapping of names to what stands there, not {shown(nodes)}")
    states, last = {INPUT: flow}, flow
    for name, written in nodes.items():
        with placing(nodes, name, at.child(name).path):
            if name == INPUT:
                raise ExpressionError("'input' is what comes in and cannot name a node; choose another name")
            last = states[name] = _node(interpreter, written, states, last, at.child(name), nodes, name)
    out = _state(states, item["output"]) if "output" in item else last
    return out._replace(before=flow.before)


def _node(
    interpreter: "Interpreter",
    written: Any,
    states: dict[str, Flow],
    last: Flow,
    at: Place,
    nodes: dict[str, Any],
    name: str,
) -> Flow:
    words = [word for word in DAG_KEYS if word != "do" and word in written] if isinstance(written, dict) else []
    if not words:
        return interpreter.chain(written, last, at, nodes, name)
    only(written, DAG_KEYS, f"'{words[0]}'")
    if len(words) > 1:
        raise ExpressionError(f"a node reads in one way, not by both '{words[0]}' and '{words[1]}'")
    (word,) = words
    if word in MERGES:
        names = written[word]
        if not isinstance(names, list) or not names:
            raise ExpressionError(f"{word} takes a list of names of earlier nodes, not {shown(names)}")
        sources = [_state(states, source) for source in names]
        flow = interpreter.target.add(word, {}, sources, at.child(word))
    else:
        flow = _state(states, written["from"])
    return interpreter.chain(written["do"], flow, at, written, "do") if "do" in written else flow


def _state(states: dict[str, Flow], name: Any) -> Flow:
    if not isinstance(name, str) or name not in states:
        raise ExpressionError(f"no earlier node is called {shown(name)}; {did_you_mean(name, states)}")
    return states[name]
