"""Which figures a network has: each different block once, with how often it occurs and where; cells; open choices."""

from collections.abc import Iterator, Sequence

from nas.graph.graph import Graph
from nas.report import labels
from nas.report.cellfigure import cell_figure
from nas.report.cells import is_cell, place_of
from nas.report.figure import Figure, choice_box, drawn, figure, inner
from nas.report.forms import difference, inside, parameters, sizes
from nas.report.outline import OutlinePart, outline
from nas.report.sheet import Titled
from nas.report.views import View
from nas.run.words import short
from nas.space.sketch import Open

KINDS, FIGURES, FORMS = 2, 12, 3  # figures of one block's different insides; in all; others that are told apart
Uses = list[OutlinePart]


def figures(views: Sequence[View]) -> list[Titled]:
    """Of a network, or of an open space under each word that decides its blocks."""
    found: dict[str, list[Titled]] = {}
    for view in views:
        for name, drawings in _of(view).items():
            found.setdefault(name, drawings)
    drawn = [drawing for drawings in found.values() for drawing in drawings][:FIGURES]
    return [*drawn, *_heads(views[0])]


def _of(view: View) -> dict[str, list[Titled]]:
    """By the name of the block, in order."""
    pruned = view.prune()
    graph = pruned.graph
    parts = outline(graph)
    parts += [one for part in parts if not is_cell(graph, place_of(graph, part)) for one in inner(graph, part)]
    blocks: dict[str, Uses] = {}
    for part in parts:
        name = part.name or _chosen(graph, part)
        if name:
            blocks.setdefault(name, []).append(part)
    found: dict[str, list[Titled]] = {}
    for name, uses in blocks.items():
        if not uses[0].name:
            _choices(pruned, name, uses, found)
        else:
            found[name] = list(_cells(view, pruned, name, uses)) or list(_blocks(pruned, name, uses))
    return found


def _chosen(graph: Graph, part: OutlinePart) -> str:
    """The name of a layer whose operation is not chosen yet, where its alternatives do not stand in it."""
    node = next((graph.nodes[i] for i in part.nodes if isinstance(graph.nodes[i].op, Open)), None)
    name, told = labels.choice(node) if node is not None else ("", True)
    return "" if told else name


def _choices(view: View, name: str, uses: Uses, found: dict[str, list[Titled]]) -> None:
    """The alternatives of a choice, and those of the choices that they make in their turn."""
    op = next(node.op for node in (view.graph.nodes[i] for i in uses[0].nodes) if isinstance(node.op, Open))
    todo = [(name, op)]
    times: tuple[str, ...] = (_times(view.count([place_of(view.graph, use) for use in uses])),)
    while todo:
        name, op = todo.pop(0)
        box = choice_box(op)
        alone = Figure(drawn(box, 0, 0, *box.size), *box.size)
        found.setdefault(name, [Titled(labels.words(name), "", times, alone)])
        todo += op.inside
        times = ()


def _cells(view: View, pruned: View, name: str, uses: Uses) -> Iterator[Titled]:
    groups: dict[object, Uses] = {}
    for use in uses:
        groups.setdefault(inside(pruned.graph, use), []).append(use)
    usual = max(groups.values(), key=len)
    shown = _distinct(pruned.graph, usual)
    drawing = cell_figure(view, place_of(pruned.graph, shown))
    if drawing is not None:
        notes = _occurrences(pruned, uses, shown)
        yield Titled(labels.words(name), "", (*notes, *drawing.notes), drawing.figure)


def _blocks(view: View, name: str, uses: Uses) -> Iterator[Titled]:
    """The most frequent forms of a block, or one where it is large; of the others, how many there are."""
    groups: dict[object, Uses] = {}
    for use in uses:
        groups.setdefault(inside(view.graph, use), []).append(use)
    ranked = sorted(groups.values(), key=len, reverse=True)
    drawings, left = list[tuple[Uses, OutlinePart, Figure]](), list[Uses]()
    for alike in ranked:
        shown = _distinct(view.graph, alike)
        drawing = figure(view, shown) if len(drawings) < KINDS else None
        if drawing is None or (drawings and not drawing.fine):
            left.append(alike)
        else:
            drawings.append((alike, shown, drawing))
    usual = ranked[0][0]
    ordered = sorted(drawings, key=lambda drawn: drawn[0][0].nodes)
    for alike, shown, drawing in ordered:
        notes = list(_occurrences(view, alike, shown))
        if left and alike is ordered[-1][0]:
            notes.append(_others(view, left, usual))
        aside = difference(view.graph, shown, usual) if alike is not ranked[0] else ""
        yield Titled(labels.words(name), aside, tuple(notes), drawing)


def _others(view: View, left: Sequence[Uses], usual: OutlinePart) -> str:
    """How many blocks of a name have forms that are not drawn."""
    apart = [difference(view.graph, alike[0], usual) for alike in left]
    said = [f"{len(alike)} {words}" for alike, words in zip(left, apart, strict=True) if words][:FORMS]
    total = sum(parameters(view.graph, use) for alike in left for use in alike)
    told = f"{sum(map(len, left))} more in {'other forms' if len(left) > 1 else 'another form'}"
    told += "" if view.sketch is not None else f", {short(total)} params"
    return told + (f" ({', '.join(said)})" if said else "")


def _occurrences(view: View, uses: Uses, shown: OutlinePart) -> list[str]:
    """How often a block occurs, and at which sizes; together that is all of its uses."""
    graph = view.graph
    at = labels.shape(graph.nodes[shown.nodes[-1]].shape)
    if view.sketch is not None:
        count = view.count([place_of(graph, use) for use in uses])
        ops = [node.op for node in graph.nodes if isinstance(node.op, Open)]
        more = sum(uses[0].name in [one.text for one in op.alternatives] for op in ops)
        count = f"{{{len(uses)} … {len(uses) + more}}}" if more else count
        said = view.say(shown.nodes[-1:], lambda graph, nodes: labels.shape(graph.nodes[nodes[0]].shape))
        return [f"{_times(count)}, drawn at {said}"]
    found = sizes(graph, uses)
    if len(found) == 1:
        times = f"{len(uses)} times" if len(uses) > 1 else "once"
        return [f"{times} at {found[0].shape}, {short(found[0].parameters)} params"]
    lines = [f"{size.times} at {size.shape}, {short(size.parameters)} params" for size in found]
    return [f"{len(uses)} times, drawn at {at}:", *lines]


def _times(count: str) -> str:
    return "once" if count == "1" else f"× {count}"


def _distinct(graph: Graph, uses: Uses) -> OutlinePart:
    """The first whose inputs are not the same."""
    return max(uses, key=lambda use: len({i for node in use.nodes for i in graph.nodes[node].inputs} - set(use.nodes)))


def _heads(view: View) -> Iterator[Titled]:
    pruned = view.prune()
    graph = pruned.graph
    if graph.auxiliary:
        head = sorted(graph.ancestors(graph.auxiliary[:1]) & graph.training_nodes)
        drawing = figure(pruned, OutlinePart(tuple(head), depth=1))
        if drawing is not None:
            times = "in training" if len(graph.auxiliary) == 1 else f"{len(graph.auxiliary)} of them, in training"
            yield Titled("auxiliary head", "", (times,), drawing)
