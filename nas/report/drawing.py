"""A network's cells as inline SVG: one box for each use of a block, so that a cell looks as its paper draws it."""

from collections.abc import Hashable, Iterable, Mapping
from html import escape

from nas.graph.graph import Graph, Node
from nas.report.layout import Edge, Point, place

Span = tuple[float, float, float]  # left, right, middle height

BOX_HEIGHT, GAP, ROW = 30, 48, 44
MOST_BOXES = 60  # beyond it nobody reads a drawing
SYMBOLS = {"add": "+", "multiply": "×"}


def draw(graph: Graph, cells: Iterable[str]) -> str:
    """Figures of the first use of each of these templates in the pruned graph; without any, of the whole network."""
    found = {cell: use for cell in cells if (use := _first_use(graph, cell)) is not None}
    if not found:
        found = {"network": (list(range(1, len(graph.nodes))), 0)}
    figures = []
    for name, (nodes, depth) in found.items():
        drawing = _contracted(graph, nodes, depth)
        if drawing:
            figures.append(f'<h3>{escape(name)}</h3><div class="scroll">{drawing}</div>')
    return "".join(figures)


def _first_use(graph: Graph, template: str) -> tuple[list[int], int] | None:
    """The nodes of a template's first use, and how deep its scope lies."""
    for node in graph.nodes:
        for depth, scope in enumerate(node.scopes):
            if scope.template == template and scope.turn is None:
                inside = [
                    i for i, other in enumerate(graph.nodes) if other.scopes[: depth + 1] == node.scopes[: depth + 1]
                ]
                return inside, depth + 1
    return None


def _box(node: Node, here: int, depth: int) -> tuple[Hashable, str]:
    """Which box a node belongs to, and its label: the outermost block inside the cell, or the operation itself."""
    for scope in node.scopes[depth:]:
        if scope.turn is None:
            return scope.path, scope.template
    kernel = node.arguments.get("kernel")
    label = f"{node.operation} {kernel}" if isinstance(kernel, int) else node.operation
    return here, SYMBOLS.get(node.operation, label)


def _contracted(graph: Graph, members: Iterable[int], depth: int) -> str:
    """The drawing of some of a graph's nodes, those of one block in one box; empty if too many or too few."""
    inside = set(members)
    boxes = {here: _box(graph.nodes[here], here, depth)[0] for here in sorted(inside)}
    labels: dict[Hashable, str] = {}
    edges: list[Edge] = []
    outside = sorted({i for here in inside for i in graph.nodes[here].inputs} - inside)
    for position, source in enumerate(outside):
        boxes[source] = ("input", source)
        behind = len(outside) - 1 - position
        labels[boxes[source]] = (
            "input" if len(outside) == 1 else "last cell" if behind == 0 else f"{behind + 1} cells back"
        )
    for here in sorted(inside):
        box, label = _box(graph.nodes[here], here, depth)
        labels[box] = label
        edges += [(boxes[i], box) for i in graph.nodes[here].inputs if boxes[i] != box]
    if len(labels) > MOST_BOXES or len(labels) < 2:
        return ""
    return _svg(labels, *place(_topological(labels, edges), edges))


def _svg(labels: Mapping[Hashable, str], places: Mapping[Hashable, Point], ways: Mapping[Edge, list[Point]]) -> str:
    sizes = {box: 30 if len(label) == 1 else 128 for box, label in labels.items()}
    columns = [
        max(sizes[box] for box, (at, _) in places.items() if at == column) for column in range(_last(places) + 1)
    ]
    lefts = [2 + sum(columns[:at]) + GAP * at for at in range(len(columns))]
    rows = [row for _, row in [*places.values(), *(point for way in ways.values() for point in way)]]
    width, height = lefts[-1] + columns[-1] + 2, (max(rows) - min(rows)) * ROW + BOX_HEIGHT + 4

    def span(point: Point, size: int | None = None) -> Span:
        """What stands at a point, centred in its column; a line passes the whole width of it."""
        column = columns[point[0]]
        left = lefts[point[0]] + (column - (size or column)) / 2
        return left, left + (size or column), 2 + BOX_HEIGHT / 2 + (point[1] - min(rows)) * ROW

    parts = [f'<svg class="drawing" style="width: {width}px" viewBox="0 0 {width} {height:g}" role="img">']
    for (source, target), way in ways.items():
        ends = [span(places[box], sizes[box]) for box in (source, target)]
        parts.append(f'<path class="edge" d="{_curve([ends[0], *map(span, way), ends[1]])}"/>')
    for box, point in places.items():
        left, right, middle = span(point, sizes[box])
        kind = "box input" if isinstance(box, tuple) else "box"
        size = f'width="{right - left:g}" height="{BOX_HEIGHT}" rx="{6 if right - left > BOX_HEIGHT else 15}"'
        parts.append(f'<rect class="{kind}" x="{left:g}" y="{middle - BOX_HEIGHT / 2:g}" {size}/>')
        label = escape(labels[box] if len(labels[box]) <= 18 else labels[box][:17] + "…")
        place_of = f'x="{(left + right) / 2:g}" y="{middle + 4:g}" text-anchor="middle"'
        parts.append(f"<text {place_of}>{label}<title>{escape(labels[box])}</title></text>")
    return "\n".join([*parts, "</svg>"])


def _last(places: Mapping[Hashable, Point]) -> int:
    return max(at for at, _ in places.values())


def _topological(boxes: Iterable[Hashable], edges: list[Edge]) -> list[Hashable]:
    """The boxes, each after those it reads."""
    order: list[Hashable] = []
    waiting = list(boxes)
    while waiting:
        ready = [box for box in waiting if all(source in order for source, target in edges if target == box)]
        order += ready or waiting  # a block that is entered twice may read itself through others: draw it anyway
        waiting = [box for box in waiting if box not in order]
    return order


def _curve(spans: list[Span]) -> str:
    """From the right side of the first box to the left side of the last, level where it passes between others."""
    (_, x, y), *rest = spans
    path = f"M{x:g} {y:g}"
    for left, right, middle in rest:
        path += f"C{x + GAP / 2:g} {y:g} {left - GAP / 2:g} {middle:g} {left:g} {middle:g}"
        if (left, right, middle) != rest[-1]:
            path += f"H{right:g}"
        x, y = right, middle
    return path
