"""A whole network as one SVG: its stages from the top down, and each different block once beside them."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import NamedTuple

from nas.graph.graph import Graph
from nas.report import labels
from nas.report.figure import Box, Figure, arrow, drawn, figure, inner, kind
from nas.report.outline import OutlinePart, outline
from nas.report.rows import Row, rows
from nas.run.words import short

WIDTH, MARGIN = 900, 14  # pixels
ITEM, BOX, SHAPE = 14, 90, 286  # where the stages' names, their boxes and their shapes begin
BOX_WIDTH, BOX_HEIGHT, RISE = 184, 27, 17
LEFT, TOP = 450, 46  # of the figures beside the stages
TITLE, BETWEEN = 42, 24  # above a figure, between figures
KINDS, FIGURES = 2, 10  # figures of one block's different insides; in all
SCALE = 0.8  # the least at which a figure is still read


def draw(graph: Graph, name: str) -> str:
    """A network as a self-contained SVG, no wider than 900 pixels, for light pages and dark ones."""
    graph = graph.prune()
    parts = outline(graph)
    chain, bottom = _chain(graph, rows(graph, parts))
    figures = _figures(graph, [*parts, *(one for part in parts for one in inner(graph, part))])
    beside, rest, side = _packed(figures, LEFT, TOP, bottom)
    below, _, y = _packed(rest, MARGIN, max(bottom, side))
    wide = WIDTH if figures else LEFT
    style = files("nas.report").joinpath("drawing.css").read_text(encoding="utf-8")
    head = f'<text class="name" x="{ITEM}" y="26">{escape(_cut(name, 40))}</text>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="network" width="{wide}" height="{y:.0f}" '
            f'viewBox="0 0 {wide} {y:.0f}" role="img" aria-label="{escape(name)}">',
            f"<style>{style}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" '
            'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
            f'<rect class="paper" width="{wide}" height="{y:.0f}" rx="8"/>',
            head,
            chain,
            *beside,
            *below,
            "</svg>\n",
        ]
    )


def _chain(graph: Graph, rows: Sequence[Row]) -> tuple[str, float]:
    """The stages from the top down, and where they end."""
    middle, y, item = BOX + BOX_WIDTH / 2, float(TOP), ""
    image = Box(("", labels.shape(graph.input), ""), "input")
    svg = [drawn(image, middle - image.size[0] / 2, y, *image.size)]
    starts = [min(graph.ancestors([head]) & graph.training_nodes) for head in graph.auxiliary]
    sources = [source for start in starts for source in graph.nodes[start].inputs]
    y += image.size[1]
    for row in rows:
        svg.append(arrow(middle, y, RISE))
        y += RISE
        word = graph.nodes[row.nodes[0]].path.split(".")[1:2]
        if word and word[0] != item:
            item = word[0]
            if not item.isdecimal():
                svg.append(f'<text class="item" x="{ITEM}" y="{y + 18:.1f}">{escape(_cut(item, 11))}</text>')
        parameters = sum(graph.nodes[i].parameters for i in row.nodes)
        title = f"{row.label}: {parameters:,} parameters" + (f"; {row.aside}" if row.aside else "")
        count = row.label.removeprefix(row.name)
        label = _cut(row.name, 27 - len(count)) + count
        style = "block" if row.is_block else kind(graph, row.parts[0].nodes)
        if len(row.parts) > 1:  # a second sheet behind it: there are several
            sheet = f'x="{BOX + 4}" y="{y + 4:.1f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="5"'
            svg.append(f'<g class="{style}"><rect {sheet}/></g>')
        svg.append(drawn(Box(("", label, ""), style, title), BOX, y, BOX_WIDTH, BOX_HEIGHT))
        shape, heads = _shape(graph, row), sum(source in row.nodes for source in sources)
        said = [short(parameters) + ("" if heads else " parameters")] if parameters else []
        said += [f"{heads} auxiliary heads" if heads > 1 else "auxiliary head"] if heads else []
        svg.append(f'<text class="shape" x="{SHAPE}" y="{y + (12 if said else 18):.1f}">{escape(shape)}</text>')
        svg.append(f'<text class="small left" x="{SHAPE}" y="{y + 25:.1f}">{" + ".join(said)}</text>' if said else "")
        y += BOX_HEIGHT
    return "\n".join(svg), y + BETWEEN


def _cut(text: str, most: int) -> str:
    """What there is room for."""
    return text if len(text) <= most else text[: most - 2] + "…"


def _shape(graph: Graph, row: Row) -> str:
    """The shape after a row; `16 … 240 × 28 × 28` where the channels grow on the way."""
    channels = [graph.nodes[part.nodes[-1]].shape[0] for part in row.parts]
    last = graph.nodes[row.parts[-1].nodes[-1]].shape
    first = f"{channels[0]} … " if channels[0] != channels[-1] else ""
    return first + labels.shape(last)


class Titled(NamedTuple):
    """A figure with what stands above it."""

    title: str
    note: str
    figure: Figure

    @property
    def width(self) -> float:
        return max(self.figure.width, 8.6 * len(self.title), 6.2 * len(self.note))


def _figures(graph: Graph, parts: Sequence[OutlinePart]) -> list[Titled]:
    """Each different block, in order; of a block with many insides the most frequent two, or one where it is large."""
    groups: dict[tuple[str, object], list[OutlinePart]] = {}
    for part in parts:
        if part.name:
            groups.setdefault((part.name, _inside(graph, part)), []).append(part)
    drawings: list[tuple[tuple[int, ...], Titled]] = []
    for name in dict.fromkeys(name for name, _ in groups):
        ranked = sorted((uses for (other, _), uses in groups.items() if other == name), key=len, reverse=True)
        for uses in ranked[:KINDS]:
            shown = max(uses, key=lambda use: len(_sources(graph, use)))  # the first whose inputs are not the same
            drawing = figure(graph, shown)
            if drawing is None or (uses is not ranked[0] and not drawing.fine):
                continue
            times = f"{len(uses)} times" if len(uses) > 1 else "once"
            note = f"{times}, drawn at {labels.shape(graph.nodes[shown.nodes[-1]].shape)}"
            drawings.append((uses[0].nodes, Titled(labels.words(name), note, drawing)))
    figures = [drawing for _, drawing in sorted(drawings, key=lambda pair: pair[0])[:FIGURES]]
    if graph.auxiliary:
        head = sorted(graph.ancestors(graph.auxiliary[:1]) & graph.training_nodes)
        drawing = figure(graph, OutlinePart(tuple(head), depth=1))
        if drawing is not None:
            times = "in training" if len(graph.auxiliary) == 1 else f"{len(graph.auxiliary)} of them, in training"
            figures.append(Titled("auxiliary head", times, drawing))
    return figures


def _sources(graph: Graph, part: OutlinePart) -> set[int]:
    """What a part reads."""
    return {i for node in part.nodes for i in graph.nodes[node].inputs} - set(part.nodes)


def _inside(graph: Graph, part: OutlinePart) -> object:
    """What tells blocks of one name apart: the operations and their edges, not sizes."""
    place = {node: at for at, node in enumerate(part.nodes)}
    return tuple(
        (graph.nodes[node].operation, tuple(place.get(i, -1) for i in graph.nodes[node].inputs)) for node in part.nodes
    )


def _packed(
    figures: Sequence[Titled], left: float, top: float, until: float = float("inf")
) -> tuple[list[str], list[Titled], float]:
    """Figures in lines from the left, as many in a line as fit (a little smaller where need be), and where they end.

    What is too wide for this place, or would begin below `until`, is left over.
    """
    svg: list[str] = []
    room, y = WIDTH - left - MARGIN, top
    waiting = [one for one in figures if one.width <= room / SCALE or until == float("inf")]
    left_over = [one for one in figures if one not in waiting]
    while waiting and y + TITLE <= until:
        line = [waiting.pop(0)]
        total = line[0].width
        while waiting and total + BETWEEN + waiting[0].width <= room / SCALE:
            total += BETWEEN + waiting[0].width
            line.append(waiting.pop(0))
        scale, x, height = min(1.0, room / total), left, 0.0
        for one in line:
            svg.append(f'<text class="title" x="{x:.1f}" y="{y + 13:.1f}">{escape(one.title)}</text>')
            svg.append(f'<text class="note" x="{x:.1f}" y="{y + 29:.1f}">{escape(one.note)}</text>')
            moved = f"translate({x:.1f} {y + TITLE:.1f})" + (f" scale({scale:.3f})" if scale < 1 else "")
            svg.append(f'<g transform="{moved}">{one.figure.svg}</g>')
            x += (one.width + BETWEEN) * scale
            height = max(height, TITLE + one.figure.height * scale)
        y += height + BETWEEN
    return svg, [one for one in figures if one in left_over or one in waiting], y
