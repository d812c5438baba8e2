"""What a cell gives: its last state, or a merge of some of its states, brought to one size."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nas.errors import did_you_mean
from nas.space.expressions import ExpressionError
from nas.space.language import NODE_MERGES
from nas.space.place import Flow, Place
from nas.space.values import settle, shown

if TYPE_CHECKING:
    from nas.space.cell import Cell


def cell_output(cell: "Cell", output: Any, at: Place) -> Flow:
    if output == "last":
        return cell.states[-1]
    if not isinstance(output, dict) or len(output) != 1 or next(iter(output)) not in NODE_MERGES:
        hint = did_you_mean(output, ("last",)) if isinstance(output, str) else "write last, or {concat: nodes}"
        raise ExpressionError(f"unknown cell output {shown(output)}; {hint}")
    ((merge, which),) = output.items()

    def merged(which: Any) -> Flow:
        parts = which == "unused"
        if which == "nodes":
            numbers = list(range(cell.inputs, len(cell.states)))
        elif which == "unused":
            # used whatever the answers; what only some of several answers use is left to the walk
            surely = {number for number, uses in cell.used.items() if () in uses}
            numbers = [number for number in range(len(cell.states)) if number not in surely]
        elif isinstance(which, list) and all(type(n) is int and 0 <= n < len(cell.states) for n in which) and which:
            numbers = which
        else:
            raise ExpressionError(
                f"a cell gives nodes, unused, or a list of states from 0 to {len(cell.states) - 1}, not {shown(which)}"
            )
        flows = _aligned(cell, [cell.states[number] for number in numbers], at.child("output"))
        if parts:
            uses = [cell.used.get(number, []) for number in numbers]
            there = zip(flows, numbers, uses, strict=False)
            flows = [cell.interpreter.target.part(flow, number, use, at.child("output")) for flow, number, use in there]
        if len(flows) == 1:
            return flows[0]
        return cell.interpreter.target.add(merge, {}, flows, at.child("output").child(merge))

    return settle(cell.interpreter.target, which, cell.flow, at.child("output"), merged)


def _aligned(cell: "Cell", flows: Sequence[Flow], at: Place) -> Sequence[Flow]:
    """States brought to the size of the smallest: larger ones pass a factorized reduction (NASNet)."""
    interpreter, channels = cell.interpreter, {"channels": at.names["channels"]}
    sizes = [shape[1:] for flow in flows if (shape := interpreter.target.shape(flow)) is not None]
    if interpreter.target.shape(cell.flow) is None:
        return flows or [cell.flow]
    if not sizes:
        raise ExpressionError("the cell's output reads no state")
    return [
        flow
        if size == min(sizes)
        else interpreter.call("factorized_reduce", channels, flow, at.child(f"reduce_{position}"))
        for position, (flow, size) in enumerate(zip(flows, sizes, strict=True))
    ]
