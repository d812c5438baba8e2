"""The inside of a block as a figure: its operations as boxes, layer under layer, with the edges between them."""

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from nas.graph.graph import Graph
from nas.report import labels
from nas.report.escaped import escape
from nas.report.layout import RISE, Edge, arrange
from nas.report.outline import OutlinePart, light, within
from nas.report.rows import Row, rows
from nas.report.views import View
from nas.space.sketch import Open

FINE, MOST = 22, 70  # boxes: of a figure that shows each operation; of one that is read
LETTER, TINY, LINE = 6.7, 5.6, 15.0  # widths of letters of 12 and 10 pixels, height of a line
STUB = 16.0  # the arrow out
STYLES = ("choice", "conv", "linear", "pool", "merge")  # of boxes that are not light
INDEX = re.compile(r"_\{(.*?)\}")
Keys = dict[int, Hashable]


class Box(NamedTuple):
    """A box: lines of text (small, main, small), its kind (a style class), what its tooltip says, more main lines."""

    lines: tuple[str, str, str]
    kind: str
    title: str = ""
    more: tuple[str, ...] = ()

    @property
    def shown(self) -> list[tuple[str, str]]:
        """(text, class) of each line."""
        before, main, after = self.lines
        rows = [(before, "small"), (main, "main"), *((text, "main") for text in self.more), (after, "small")]
        return [(text, size) for text, size in rows if text]

    @property
    def size(self) -> tuple[float, float]:
        """(width, height) in pixels."""
        main = self.lines[1]
        if (len(main) <= 2 and main.isdecimal()) or len(main) == 1:
            return 24.0, 24.0
        width = max(len(plain(text)) * (LETTER if size == "main" else TINY) for text, size in self.shown)
        width += 22 if self.kind.startswith(("label", "input")) else 14
        return width, 9 + LINE * len(self.shown)


class Figure(NamedTuple):
    """SVG elements, their size in pixels, and whether each operation is shown."""

    svg: str
    width: float
    height: float
    fine: bool = True


def figure(view: View, block: OutlinePart) -> Figure | None:
    """The figure of a block: of its operations, or, where those would be many, of its rows (a block of networks), of
    its templates, or of the parts that the paths tell apart. None where even these are too many."""
    graph, nodes = view.graph, block.nodes
    fine = _by_operation(graph, nodes)
    template = _by_template(graph, nodes, block.depth, fine)
    tries = ((FINE, fine), (MOST, _by_row(view, block)), (MOST, template), (MOST, _by_part(graph, nodes)))
    for limit, key in tries:
        boxes, edges = _contracted(view, nodes, key)
        if 1 < len(boxes) <= limit:
            return placed(boxes, edges)._replace(fine=key is fine)
    return None


def _by_operation(graph: Graph, nodes: Sequence[int]) -> Keys:
    """Each operation that computes is a box, with the light ones beside it."""
    heads = graph.training_nodes - set(nodes)  # an auxiliary head that reads one of them does not part a layer
    readers = Counter(i for member, node in enumerate(graph.nodes) if member not in heads for i in node.inputs)
    box: Keys = {}
    full: set[Hashable] = set()  # boxes that compute already
    for member in nodes:
        node = graph.nodes[member]
        source = node.inputs[0] if len(node.inputs) == 1 and not node.op.merges else None
        beside = light(node)
        alone = source in box and readers[source] == 1 and not graph.nodes[source].op.merges
        box[member] = box[source] if alone and (beside or box[source] not in full) else member  # type: ignore[index]
        if not beside:
            full.add(box[member])
    return box


def inner(graph: Graph, block: OutlinePart) -> list[OutlinePart]:
    """The parts of the paths side by side in a block, where those are networks: many operations, blocks among them."""
    many = len(set(_by_operation(graph, block.nodes).values())) > FINE
    return [part for path in within(graph, block) for part in path] if many else []


def _by_row(view: View, block: OutlinePart) -> Keys:
    """Equal parts that follow each other are one box, in each of the paths that are side by side; or nothing."""
    return {i: row for path in within(view.graph, block) for row in rows(view, path) for i in row.nodes}


def _by_template(graph: Graph, nodes: Sequence[int], depth: int, fine: Keys) -> Keys:
    """A template of several operations that compute is one box."""
    inside = {i: _inner_scope(graph, i, depth) for i in nodes}
    members = Counter(inside[i] for i in nodes if graph.nodes[i].mult_adds or graph.nodes[i].op.merges)
    chosen = {i: scope for i, scope in inside.items() if scope and members[scope] > 1}
    return {i: chosen.get(i) or chosen.get(fine[i]) or fine[i] for i in nodes}  # type: ignore[call-overload]


def _inner_scope(graph: Graph, i: int, depth: int) -> str | None:
    scopes = graph.nodes[i].scopes
    return next((s.path for s in scopes if s.turn is None and s.path.count(".") >= depth), None)


def _by_part(graph: Graph, nodes: Sequence[int]) -> Keys:
    """What the first segment of the paths that differs tells apart."""
    paths = [graph.nodes[i].path.split(".") for i in nodes]
    same = next((at for at, words in enumerate(zip(*paths, strict=False)) if len(set(words)) > 1), 0)
    return {i: ".".join(path[: same + 1]) for i, path in zip(nodes, paths, strict=True)}


def _contracted(view: View, nodes: Sequence[int], keys: Keys) -> tuple[dict[Hashable, Box], list[Edge]]:
    """Boxes in topological order, what flows in among them, and the edges between them; nothing without keys."""
    graph = view.graph
    groups: dict[Hashable, list[int]] = {}
    for member in nodes if keys else ():
        groups.setdefault(keys[member], []).append(member)
    kept = [member for members in groups.values() for member in members if graph.nodes[member].operation != "none"]
    reads = [(member, i) for member in kept for i in graph.nodes[member].inputs]
    outside = sorted({i for _, i in reads if i not in keys})
    names = {1: ("input",), 2: ("before", "last")}.get(len(outside), tuple(f"input {i}" for i in range(len(outside))))
    boxes: dict[Hashable, Box] = {
        ("in", i): Box(("", name, ""), "input") for i, name in zip(outside, names, strict=True)
    }
    boxes.update((key, _box(view, key, members)) for key, members in groups.items())
    edges = [(keys.get(i, ("in", i)), keys[member]) for member, i in reads]
    edges = [(source, target) for source, target in edges if source != target]
    order: list[Hashable] = []
    while len(order) < len(boxes):
        left = [box for box in boxes if box not in order]
        waiting = {target for source, target in edges if source in left and target in left}
        ready = [box for box in left if box not in waiting]
        order += ready or left  # what is entered twice may read itself through others: drawn all the same
    place = {box: at for at, box in enumerate(order)}
    return {box: boxes[box] for box in order}, [(s, t) for s, t in edges if place[s] < place[t]]


def _box(view: View, key: Hashable, members: Sequence[int]) -> Box:
    graph = view.graph
    title = costs(view, members)
    if isinstance(key, Row) and (key.is_block or len(key.parts) > 1):
        return Box(("", key.label, ""), "block" if key.is_block else kind(graph, members), title)
    if isinstance(key, str):
        scope = next((s for s in graph.nodes[members[0]].scopes if s.path == key and s.turn is None), None)
        name = scope.template if scope else " ".join(key.split(".")[-2:])
        return Box(("", labels.words(name), ""), "block", title)
    return layer(view, members)


def layer(view: View, members: Sequence[int]) -> Box:
    """The box of a layer; of an operation that is not chosen yet, with its alternatives."""
    before, main, after = (
        view.say(members, lambda graph, nodes, at=at: labels.layer(graph, nodes)[at])  # type: ignore[misc]
        for at in range(3)
    )
    title = costs(view, members)
    op = next((view.graph.nodes[i].op for i in members if view.graph.nodes[i].op.drawn == "choice"), None)
    if isinstance(op, Open):
        box = choice_box(op)
        return box._replace(lines=(" · ".join(filter(None, (before, "one of"))), box.lines[1], after), title=title)
    return Box((before, main, after), kind(view.graph, members), title)


def choice_box(op: Open) -> Box:
    """The alternatives of an operation, a line each."""
    main, *more = map(labels.alternative, op.alternatives)
    return Box(("one of", main, ""), "choice", "an open choice", tuple(more))


def costs(view: View, members: Sequence[int]) -> str:
    """What a tooltip says: the shape, and where these are known, the parameters and mult-adds."""
    said = [view.say(members[-1:], lambda graph, nodes: labels.shape(graph.nodes[nodes[0]].shape))]
    if not view.varies(members):
        nodes = [view.graph.nodes[i] for i in members]
        said += [f"{sum(node.parameters for node in nodes):,} parameters"]
        said += [f"{sum(node.mult_adds for node in nodes):,} mult-adds"]
    return ", ".join(said)


def kind(graph: Graph, members: Sequence[int]) -> str:
    """The style class of a layer."""
    styles = [graph.nodes[i].op.drawn for i in members]
    return next((style for style in styles if style in STYLES), "light")


def placed(boxes: Mapping[Hashable, Box], edges: Sequence[Edge], styles: Mapping[Edge, str] | None = None) -> Figure:
    """Boxes in topological order and their edges, laid out; an edge may have style classes of its own."""
    at = arrange(list(boxes), edges, {key: box.size for key, box in boxes.items()})
    parts = []
    for (source, target), way in at.ways.items():
        x, top = at.boxes[source]
        points = [*way, (*at.boxes[target], 0.0)]
        parts.append(_curve(x, top + boxes[source].size[1], points, (styles or {}).get((source, target), "edge")))
    ends = set(boxes) - {source for source, _ in edges}
    for key, box in boxes.items():
        x, top = at.boxes[key]
        parts.append(drawn(box, x - box.size[0] / 2, top, *box.size))
        if key in ends:
            parts.append(arrow(x, top + box.size[1], STUB))
    return Figure("\n".join(parts), at.width, at.height + STUB)


def _curve(x: float, y: float, points: Sequence[tuple[float, float, float]], style: str) -> str:
    """From the bottom of a box, along the ways of others, to the top of another."""
    path = f"M{x:.1f} {y:.1f}"
    for to, top, bottom in points:
        bend = min(RISE, top - y) / 2
        path += f"C{x:.1f} {y + bend:.1f} {to:.1f} {top - bend:.1f} {to:.1f} {top:.1f}"
        x, y = to, bottom or top
        path += f"V{y:.1f}" if bottom else ""
    head = "" if "plain" in style.split() else ' marker-end="url(#head)"'
    return f'<path class="{style}"{head} d="{path}"/>'


def arrow(x: float, y: float, length: float) -> str:
    """A short arrow down."""
    return f'<path class="edge" marker-end="url(#head)" d="M{x:.1f} {y:.1f}v{length:.1f}"/>'


def drawn(box: Box, x: float, y: float, width: float, height: float) -> str:
    """A box with its lines of text, at its upper left corner."""
    main, shown = box.lines[1], box.shown
    radius = height / 2 if box.size == (24.0, 24.0) or "input" in box.kind or "label" in box.kind else 5
    top = y + (height - LINE * len(shown)) / 2
    lines = "".join(
        f'<text class="{size}" x="{x + width / 2:.1f}" y="{top + LINE * (row + 0.78):.1f}">{lowered(text)}</text>'
        for row, (text, size) in enumerate(shown)
    )
    rect = f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"/>'
    return f'<g class="{box.kind}"><title>{escape(box.title or plain(main))}</title>{rect}{lines}</g>'


def plain(text: str) -> str:
    """A text with an index (`h_{k−1}`) as it is read."""
    return INDEX.sub(r"\1", text)


def lowered(text: str) -> str:
    """The same as SVG text, escaped, with its index lower and smaller."""
    return INDEX.sub(r'<tspan class="index" dy="3">\1</tspan><tspan dy="-3">&#8203;</tspan>', escape(text))
