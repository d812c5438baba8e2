"""Cells: a plain chain, or a DAG of nodes whose edges are operations on the cell's inputs and earlier nodes.

Sources are counted from 0: the inputs in the order in which they are written, then the nodes.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nas.space.document import Template
from nas.space.expressions import UNKNOWN, ExpressionError, is_expression, parse
from nas.space.language import EDGE_SETS, NODE_KEYS, NODE_MERGES
from nas.space.lazy import is_lazy
from nas.space.output import cell_output
from nas.space.place import Answered, Choice, Flow, Place
from nas.space.problems import placing
from nas.space.values import bind, only, settle, shown
from nas.space.widths import CellPlan, merge_of, plan, presence

if TYPE_CHECKING:
    from nas.space.interpreter import Interpreter
    from nas.space.target import Target

MAX_NODES, MAX_SETS = 200, 100_000


@dataclass
class Cell:
    """A cell under way: its states so far (inputs, then nodes), and what its edges have read."""

    interpreter: "Interpreter"
    template: Template
    flow: Flow
    inputs: int = 0
    states: list[Flow] = field(default_factory=list)
    used: dict[int, list[Answered]] = field(default_factory=dict)  # of a state: what each of its uses hangs on
    outside: int = 0  # answers on which all of the cell hangs
    edges: int = 0
    plan: CellPlan | None = None  # where the cell has `widths`

    def use(self, number: int) -> None:
        self.used.setdefault(number, []).append(self.interpreter.target.hangs_on()[self.outside :])

    def part(self, flow: Flow, number: int, at: Place) -> Flow:
        return self.interpreter.target.part(flow, number, (), at)

    def copy(self) -> "Cell":
        return replace(self, states=list(self.states), used={number: list(uses) for number, uses in self.used.items()})


def walk_cell(interpreter: "Interpreter", template: Template, flow: Flow, at: Place) -> Flow:
    """The cell's output; the next cell finds this cell's input as its `before`."""
    if not template.is_dag:
        return interpreter.chain(template.body, flow, at, template.source, "body")._replace(before=flow)
    source = template.source
    specs, cell = source["nodes"], Cell(interpreter, template, flow, outside=len(interpreter.target.hangs_on()))
    with placing(source, "nodes", f"{at.path}.nodes"):
        if not isinstance(specs, list) or not specs:
            raise ExpressionError(f"a cell's nodes are a list, not {shown(specs)}")
    with placing(source, "inputs", f"{at.path}.inputs"):
        _inputs(cell, source.get("inputs"), at.child("inputs"))
    if "widths" in source:
        with placing(source, "widths", f"{at.path}.widths"):
            cell.plan = plan(cell, specs, source["widths"], at)
    return _nodes(cell, specs, 0, at)._replace(before=flow)


def _inputs(cell: Cell, written: Any, at: Place) -> None:
    flow, interpreter = cell.flow, cell.interpreter
    sources = {"before": flow.before or flow, "last": flow}
    chains = {"last": None} if written is None else written
    if not isinstance(chains, dict) or not chains:
        raise ExpressionError(f"a cell's inputs are 'before' and 'last' with their chains, not {shown(chains)}")
    only(chains, tuple(sources), "inputs")
    for name, chain in chains.items():
        place = at.child(name).knowing({**at.names, "scale": _scale(interpreter.target, sources[name], flow)})
        cell.states.append(
            sources[name] if chain is None else interpreter.chain(chain, sources[name], place, chains, name)
        )
    cell.inputs = len(cell.states)


def _nodes(cell: Cell, specs: Sequence[Any], position: int, at: Place) -> Flow:
    """The nodes from `position` on, and the output. How many nodes there are may be a choice on which these depend."""
    source = cell.template.source
    if position == len(specs):
        if "where" in source:
            with placing(source, "where", f"{at.path}.where"):
                _constrain(cell, source["where"], at)
        with placing(source, "output", f"{at.path}.output"):
            return cell_output(cell, source.get("output", "last"), at)
    spec, place = specs[position], at.child("nodes")
    with placing(specs, position, f"{place.path}.{position}"):
        if not isinstance(spec, dict):
            raise ExpressionError(f"a node is a mapping like {{add: edges}}, not {shown(spec)}")
        only({key: None for key in spec if not is_expression(key)}, NODE_KEYS, "a node")

    def turns(count: Any) -> Flow:
        inner = cell.copy()
        with placing(specs, position, f"{place.path}.{position}"):
            if type(count) is not int or not 0 <= count <= MAX_NODES:
                raise ExpressionError(f"repeat takes a whole number of nodes from 0 to {MAX_NODES}, not {shown(count)}")
            for turn in range(count):
                _node(inner, spec, at, turn)
        return _nodes(inner, specs, position + 1, at)

    repeat = place.child(f"repeat_{position}")
    return settle(cell.interpreter.target, spec.get("repeat", 1), cell.flow, repeat, turns, "number")


def _node(cell: Cell, spec: Mapping[str, Any], at: Place, turn: int) -> None:
    if len(cell.states) - cell.inputs >= MAX_NODES:
        raise ExpressionError(f"a cell has at most {MAX_NODES} nodes")
    written, interpreter, earlier = merge_of(spec), cell.interpreter, len(cell.states)
    merge = parse(written[1:]).value(at.names) if is_expression(written) else written
    if merge not in NODE_MERGES:
        raise ExpressionError(f"a node has one merge of its edges: add, concat or mean, not {shown(merge)}")
    options = {"drop": spec["drop"]} if "drop" in spec else {}
    if options and merge != "mean":
        raise ExpressionError(f"drop belongs to the merge mean, not {merge}")
    names = {**at.names, "earlier": list(range(earlier)), "index": turn}
    if cell.plan is not None:
        names["channels"] = cell.plan.width(earlier)
    place = at.child("nodes").child(earlier - cell.inputs).knowing(names)

    flows = _edges(cell, spec[written], place, merge == "concat")
    if not flows:  # no edge is present: zeros
        zeros = {"stride": at.names["stride"]} if cell.plan is None else {"channels": names["channels"]}
        state = interpreter.target.add("none", zeros, [cell.states[0]], place.child("none"))
    elif len(flows) == 1:
        state = flows[0]
    else:
        merged = lambda bound: interpreter.target.add(merge, bound, flows, place.child(merge))  # noqa: E731
        state = bind(interpreter.target, options.items(), cell.flow, place, None, merged)
    if "do" in spec:
        given = {"channels": names["channels"], "stride": 1}
        do = place.named(f"{place.answers}.operation", names, given)._replace(path=f"{place.path}.do")
        source = state
        state = _part(cell, spec["do"], source, do, lambda: interpreter.item(spec["do"], source, do, spec, "do"))
    cell.states.append(state)


def _edges(cell: Cell, spec: Any, at: Place, parts: bool) -> list[Flow]:
    """What the edges into a node give. parts: as those of a concat, of which some may be missing."""
    target = cell.interpreter.target
    if isinstance(spec, list):
        return [_written_edge(cell, spec, number, at.child(number)) for number in range(len(spec))]
    if not isinstance(spec, dict) or sum(word in spec for word in EDGE_SETS) != 1:
        raise ExpressionError(f"edges are a list, or one of all, choose and subset, not {shown(spec)}")
    word = next(word for word in EDGE_SETS if word in spec)
    only(spec, EDGE_SETS[word], f"'{word}'")
    operation = spec.get("operation", "identity")

    def taken(numbers: Any) -> list[Flow]:
        if not isinstance(numbers, list | tuple):
            raise ExpressionError(f"edges go over a list of sources, not {shown(numbers)}")
        return [_edge(cell, operation, number, at.child(number), spec, "operation") for number in numbers]

    def among(sources: Any) -> list[Flow]:
        if not isinstance(sources, list) or any(type(number) is not int for number in sources):
            raise ExpressionError(f"'{word}' goes over a list of sources, not {shown(sources)}")
        if len(set(sources)) < len(sources):
            raise ExpressionError(f"a source stands twice in {shown(sources)}")
        if word == "all":
            return taken(sources)
        if word == "subset":
            present = [_present(cell, operation, number, at.child(number), spec) for number in sources]
            always = settle(target, spec.get("with", []), cell.flow, at.child("with"), taken)
            edges = list(enumerate([*present, *always]))
            there = [(number, flow) for number, flow in edges if flow is not None] or _instead(cell, spec)
            return [cell.part(flow, number, at) if parts else flow for number, flow in there]
        return settle(target, spec["choose"], cell.flow, at.child("choose"), lambda count: chosen(count, sources))

    def chosen(count: Any, sources: list[int]) -> list[Flow]:
        if type(count) is not int or not 0 <= count <= len(sources):
            raise ExpressionError(f"cannot choose {shown(count)} of {len(sources)} sources")
        if math.comb(len(sources), count) > MAX_SETS:
            raise ExpressionError(f"more than {MAX_SETS} ways to choose {count} of {len(sources)} sources")
        sets = list(itertools.combinations(sorted(sources), count))
        return target.branch(Choice(f"{at.answers}.inputs", "input", sets, sets), cell.flow, taken)

    sources = spec.get("of") if word == "choose" else spec[word]
    return settle(target, sources, cell.flow, at.child(word), among)


def _instead(cell: Cell, spec: Mapping[str, Any]) -> list[tuple[int, Flow]]:
    """The source that a node reads, as it is, where no edge of a `subset` is present."""
    if "else" not in spec:
        return []
    number = spec["else"]
    if type(number) is not int or not 0 <= number < len(cell.states):
        raise ExpressionError(f"'else' is a source from 0 to {len(cell.states) - 1}, not {shown(number)}")
    cell.use(number)
    return [(number, cell.states[number])]


def _written_edge(cell: Cell, edges: Sequence[Any], position: int, at: Place) -> Flow:
    edge = edges[position]
    source = at.named(f"{at.answers}.input", at.names)
    with placing(edges, position, at.path):
        if not isinstance(edge, list) or len(edge) != 2:
            raise ExpressionError(f"an edge is [operation, source], not {shown(edge)}")

        def from_source(number: Any) -> Flow:
            # of an open source: where an operation stands does not depend on what it reads
            there = at._replace(path=f"{at.path}.{number}") if isinstance(edge[1], dict) else at
            return _edge(cell, edge[0], number, there, edge, 0)

        return settle(cell.interpreter.target, edge[1], cell.flow, source, from_source, "input")


def _present(cell: Cell, operation: Any, number: int, at: Place, spec: Mapping[str, Any]) -> Flow | None:
    def edge(present: bool) -> Flow | None:
        flow = _edge(cell, operation, number, at, spec, "operation") if present else None
        return flow if cell.plan is None or cell.plan.reads(len(cell.states), number) else None

    return cell.interpreter.target.branch(presence(at), cell.flow, edge)


def _edge(cell: Cell, operation: Any, number: Any, at: Place, container: Any, key: Any) -> Flow:
    """An operation on a source, called with the cell's channels and, on an input, its stride."""
    if type(number) is not int or not 0 <= number < len(cell.states):
        raise ExpressionError(
            f"source {shown(number)} is not one of 0 to {len(cell.states) - 1}, the inputs and earlier nodes"
        )
    interpreter, source = cell.interpreter, cell.states[number]
    cell.use(number)
    cell.edges += 1
    if "where" in cell.template.source:
        interpreter.target.edge()
    given = {"channels": at.names["channels"], "stride": at.names["stride"] if number < cell.inputs else 1}
    names = {**at.names, "source": number}
    place = at.named(f"{at.answers}.operation", names, given)
    after = cell.template.source.get("after_edge")

    def walk() -> Flow:
        out = interpreter.item(operation, source, place, container, key)
        if after is None or _is_identity(interpreter.target, source, out):
            return out
        chain = lambda: interpreter.chain(after, out, at.child("after_edge"), cell.template.source, "after_edge")  # noqa: E731
        return interpreter.target.either([chain], out) if interpreter.target.shape(out) is None else chain()

    return _part(cell, operation, source, place, walk)


def _part(cell: Cell, operation: Any, flow: Flow, at: Place, walk: Callable[[], Flow]) -> Flow:
    """What an edge or a node's `do` gives; where its operation is chosen that is a part, with what stands after it."""
    chosen = isinstance(operation, dict) and "choice" in operation
    return cell.interpreter.target.reuse(None, (("choice", id(operation)),), flow, at, walk) if chosen else walk()


def _is_identity(target: "Target", source: Flow, out: Flow) -> bool:
    """Whether an edge's operation passes on what it reads, or nothing at all."""
    operation = target.operation(out)
    return operation is not None and (operation == target.operation(source) or operation[1] == "none")


def _scale(target: "Target", flow: Flow, last: Flow) -> Any:
    """How much larger `flow` is than `last`, rounded up."""
    larger, smaller = target.shape(flow), target.shape(last)
    if larger is None or smaller is None:
        return UNKNOWN
    return max((math.ceil(a / b) for a, b in zip(larger[1:], smaller[1:], strict=False)), default=1)


def _constrain(cell: Cell, condition: Any, at: Place) -> None:
    if not isinstance(condition, str):
        raise ExpressionError(f"'where' is a condition on edges, like 'edges <= 9', not {shown(condition)}")
    expression = parse(condition.removeprefix("="))
    for name in expression.names:
        if is_lazy(at.names.get(name)) or at.names.get(name) is UNKNOWN:
            raise ExpressionError(f"'where' may not depend on '{name}', which is open or a shape")
    holds = lambda edges: expression.value({**at.names, "edges": edges})  # noqa: E731
    cell.interpreter.target.constrain(holds, cell.edges, at.answers)
