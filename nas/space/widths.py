"""A cell's `widths`: channels of each node by a rule over all of the cell's edges, as NAS-Bench-101 has one.

The edges of all nodes are asked first. Those on no way from an input to the output are dead: what they give is dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nas.errors import ShapeError
from nas.space.expressions import UNKNOWN, ExpressionError
from nas.space.place import Choice, Place
from nas.space.values import read_value, shown

if TYPE_CHECKING:
    from nas.space.cell import Cell

NOT_MERGES = ("repeat", "do", "drop")  # keys of a node beside that of its edges
MAX_STATES = 202  # inputs and nodes
Reads = list[list[int]]  # of each state: those that it reads


@dataclass(frozen=True)
class CellPlan:
    """What is known of a cell before its nodes are walked. edges: live ones; None: answers are counted, not taken."""

    edges: Reads | None
    widths: Mapping[int, int] | None  # of live nodes, by state; None: only names are known

    def width(self, state: int) -> Any:
        """Channels of a node; a dead one has a single one."""
        return UNKNOWN if self.widths is None else self.widths.get(state, 1)

    def reads(self, state: int, source: int) -> bool:
        """Whether a present edge is live."""
        return self.edges is None or source in self.edges[state]


def plan(cell: "Cell", specs: Sequence[Any], rule: Any, at: Place) -> CellPlan:
    """The plan of a cell whose nodes have the widths that `rule` gives, from the last node to the first.

    It knows `state` (the node's number), `readers` (the live states that read it), `after` (their widths), `reads` (of
    each state, the live ones that it reads), and what the cell knows. Raises ShapeError where no input reaches the
    output.
    """
    target = cell.interpreter.target
    if target.lazy and target.shape(cell.flow) is not None:
        raise ExpressionError("channels follow from all of the cell's edges: these cannot have several answers at once")
    if target.lazy:
        return CellPlan(None, None)
    edges = _live(_edges(cell, specs, at), cell.inputs, _outputs(cell, at))
    if target.shape(cell.flow) is None:
        return CellPlan(edges, None)
    if not any(edges):
        raise ShapeError("widths: no edges lead from the cell's inputs to its output")
    widths: dict[int, int] = {}
    for state in range(len(edges) - 1, cell.inputs - 1, -1):
        if edges[state]:
            readers = [reader for reader in range(state + 1, len(edges)) if state in edges[reader]]
            after = [widths[reader] for reader in readers]
            names = {**at.names, "state": state, "readers": readers, "after": after, "reads": edges}
            width = read_value(target, rule, cell.flow, at.knowing(names), [])
            if type(width) is not int:
                raise ExpressionError(f"a width is a whole number, not {shown(width)}")
            if width < 1:
                raise ShapeError(f"widths: {width} channels for state {state}")
            widths[state] = width
    return CellPlan(edges, widths)


def _itself(value: Any) -> Any:
    return value


def _edges(cell: "Cell", specs: Sequence[Any], at: Place) -> Reads:
    """What each state reads, live or not: asks for the edges by the paths that the walk of the nodes asks by."""
    target, reads = cell.interpreter.target, [list[int]() for _ in range(cell.inputs)]
    for position, spec in enumerate(specs):
        if not isinstance(spec, dict):
            break  # refused by the walk of the nodes
        turns = read_value(target, spec.get("repeat", 1), cell.flow, at.child("nodes").child(f"repeat_{position}"), [])
        if type(turns) is not int or len(reads) + turns > MAX_STATES:
            break  # as well
        for turn in range(turns):
            names = {**at.names, "earlier": list(range(len(reads))), "index": turn}
            place = at.child("nodes").child(len(reads) - cell.inputs).knowing(names)
            reads.append(_sources(cell, spec[merge_of(spec)], place))
    return reads


def _sources(cell: "Cell", edges: Any, at: Place) -> list[int]:
    target = cell.interpreter.target
    if not isinstance(edges, dict) or "subset" not in edges or "with" in edges:
        raise ExpressionError("the edges of a cell with 'widths' are {subset: ...}")
    among = read_value(target, edges["subset"], cell.flow, at.child("subset"), [])
    if not isinstance(among, list) or not all(type(number) is int for number in among):
        raise ExpressionError(f"'subset' goes over a list of sources, not {shown(among)}")
    return [number for number in among if target.branch(presence(at.child(number)), cell.flow, _itself)]


def merge_of(node: Mapping[str, Any]) -> str:
    """The key of a node that holds its edges: a merge, or an expression that gives one."""
    words = [key for key in node if key not in NOT_MERGES]
    if len(words) != 1:
        raise ExpressionError("a node has one merge of its edges: add, concat or mean")
    return words[0]


def presence(at: Place) -> Choice:
    """The choice whether an edge of a `subset` is there."""
    return Choice(f"{at.answers}.present", "input", (False, True), (False, True))


def _outputs(cell: "Cell", at: Place) -> list[int] | None:
    """The states that the cell's output reads; None: the last one."""
    output = cell.template.source.get("output", "last")
    if not isinstance(output, dict) or not output:
        return None
    which = read_value(cell.interpreter.target, next(iter(output.values())), cell.flow, at.child("output"), [])
    if not isinstance(which, list):
        raise ExpressionError("the output of a cell with 'widths' is 'last', or a list of states")
    return which


def _live(reads: Reads, inputs: int, outputs: list[int] | None) -> Reads:
    """The edges alone that lie on a way from an input to the output."""
    fed = set(range(inputs))
    for state in range(inputs, len(reads)):
        if not fed.isdisjoint(reads[state]):
            fed.add(state)
    wanted = {len(reads) - 1} if outputs is None else set(outputs)
    for state in range(len(reads) - 1, inputs - 1, -1):
        if state in wanted & fed:
            wanted.update(reads[state])
    live = fed & wanted
    return [[source for source in sources if {source, state} <= live] for state, sources in enumerate(reads)]
