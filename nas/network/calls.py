"""The order in which a network calls its modules, and where values are kept meanwhile."""

from typing import Any, NamedTuple

from torch import Tensor, nn

from nas.graph.graph import Graph


class Call(NamedTuple):
    """Run `parent[name]` on the values in `reads`, put what it returns into `write`, and let go of `frees`."""

    node: int  # of the graph, whose module it is
    parent: dict[str, nn.Module]  # a container's own `_modules`: a submodule that is replaced is replaced here too
    name: str
    read: int  # the only input, or -1 where `reads` has several
    reads: tuple[int, ...]
    write: int
    frees: tuple[int, ...]


def in_order(
    graph: Graph, homes: dict[int, tuple[dict[str, nn.Module], str]], ends: tuple[int, ...]
) -> tuple[list[Call], tuple[int, ...], int]:
    """Calls that compute `ends`, the slots that hold these in the end, and how many slots there are.

    A value lives from its call to that of its last reader; its slot is then used again.
    """
    needed = sorted(graph.ancestors(ends) - {0})
    last: dict[int, int] = {}
    for number in needed:
        for source in graph.nodes[number].inputs:
            last[source] = number
    calls: list[Call] = []
    slot, slots, free = {0: 0}, 1, list[int]()
    for number in needed:
        inputs = graph.nodes[number].inputs
        reads = tuple(slot[i] for i in inputs)
        done = sorted({slot[i] for i in inputs if last[i] == number and i not in ends})
        if done:
            write, *done = done
        elif free:
            write = free.pop()
        else:
            write, slots = slots, slots + 1
        free.extend(done)
        slot[number] = write
        calls.append(Call(number, *homes[number], reads[0] if len(reads) == 1 else -1, reads, write, tuple(done)))
    return calls, tuple(slot[i] for i in ends), slots


def called(calls: list[Call], ends: tuple[int, ...], slots: int, x: Tensor) -> list[Tensor]:
    """What the calls of `in_order` make of a batch."""
    values: list[Any] = [None] * slots
    values[0] = x
    for _, parent, name, read, reads, write, frees in calls:
        if read >= 0:
            values[write] = parent[name](values[read])
        else:
            values[write] = parent[name](*[values[i] for i in reads])
        for slot in frees:
            values[slot] = None
    return [values[i] for i in ends]
