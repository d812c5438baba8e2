"""A network or an open space as one SVG: its stages from the top down, each different block once, and a legend."""

import re
import textwrap
from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files

from nas.graph.graph import Graph
from nas.report import labels
from nas.report.cells import place_of
from nas.report.escaped import escape
from nas.report.figure import Box, arrow, costs, drawn, kind
from nas.report.figures import figures
from nas.report.outline import outline
from nas.report.rows import Row, rows
from nas.report.sheet import BETWEEN, MARGIN, WIDTH, legend, packed
from nas.report.views import View, views
from nas.run.words import short
from nas.space import Space
from nas.space.sketch import worded

ITEM, BOX = 14, 90  # where the stages' names and their boxes begin
BOX_WIDTH, BOX_WIDEST, BOX_HEIGHT, RISE = 184, 270, 27, 17
SHAPE_WIDTH, SHAPE_WIDEST = 164, 250  # of what stands beside the boxes
TOP = 46
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def draw(graph: Graph, name: str) -> str:
    """A network as a self-contained SVG, no wider than 900 pixels, for light pages and dark ones.

    graph: best not pruned, for what a cell passes on as it is belongs to its picture.
    """
    return _svg([View(graph)], name, ())


def draw_space(space: Space) -> str:
    """An open space in the same way, with its choices open; of a space without choices its network."""
    if space.fixed:
        return draw(space.graph(), space.name)
    found = list(views(space))
    size = space.size()
    alone = ["drawn as one of them, for not all alternatives fit in one network"] if found[0].sketch is None else []
    return _svg(found, space.name, [f"{_number(size)} genomes", *_parameters(found[0]), *alone])


def _number(size: int) -> str:
    """`15,625`, `1.1 × 10¹⁸`."""
    if size < 10**9:
        return f"{size:,}"
    digits, _, power = f"{Decimal(size):.1e}".partition("e+")
    return f"{digits} × 10{power.translate(RAISED)}"


def _parameters(view: View) -> list[str]:
    """The parameters of the document that are open: `width ∈ {16, 32}`."""
    found: dict[str, dict[str, None]] = {}
    for path, choice in (view.sketch.answered if view.sketch else {}).items():
        if path.startswith("parameters."):
            values = "{" + ", ".join(labels.words(worded(one)) for one in choice.alternatives) + "}"
            found.setdefault(path.split(".")[1], {})[values] = None
    return [f"{labels.words(name)} ∈ {' or '.join(among)}" for name, among in found.items()]


def _svg(found: Sequence[View], name: str, said: Sequence[str]) -> str:
    view = found[0].prune()
    lines = textwrap.wrap("  ·  ".join(said), 130)
    top = TOP + 15 * len(lines)
    chain, bottom, left = _chain(view, rows(view, outline(view.graph)), top)
    titled = figures(found)
    beside, rest, side = packed(titled, left, top, bottom)
    under, rest, low = packed(rest, MARGIN, bottom, side, left - BETWEEN) if beside else ([], rest, bottom)
    below, _, y = packed(rest, MARGIN, max(bottom, side if beside else 0, low if under else 0))
    body = [chain, *beside, *under, *below]
    wide = WIDTH if titled else max(left, 420)
    kinds = {word for words in re.findall(r'class="([a-z ]+)"', "\n".join(body)) for word in words.split()}
    key, y = legend(sorted(kinds), y, wide)
    style = files("nas.report").joinpath("drawing.css").read_text(encoding="utf-8")
    notes = [f'<text class="note" x="{ITEM}" y="{44 + 15 * at}">{escape(line)}</text>' for at, line in enumerate(lines)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="network" width="{wide:.0f}" height="{y:.0f}" '
            f'viewBox="0 0 {wide:.0f} {y:.0f}" role="img" aria-label="{escape(name)}">',
            f"<style>{style}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" '
            'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
            f'<rect class="paper" width="{wide:.0f}" height="{y:.0f}" rx="8"/>',
            f'<text class="name" x="{ITEM}" y="26">{escape(_cut(name, 40))}</text>',
            *notes,
            *body,
            key,
            "</svg>\n",
        ]
    )


def _chain(view: View, rows: Sequence[Row], top: float) -> tuple[str, float, float]:
    """The stages from the top down, where they end, and where figures beside them begin."""
    graph = view.graph
    width = min(max([BOX_WIDTH, *(6.8 * len(row.label) + 16 for row in rows)]), BOX_WIDEST)
    at = BOX + width + 12
    shapes = [_shape(view, row) for row in rows]
    left = at + min(max([SHAPE_WIDTH, *(6.8 * len(shape) + 20 for shape in shapes)]), SHAPE_WIDEST)
    middle, y, item = BOX + width / 2, top, ""
    image = Box(("", labels.shape(graph.input), ""), "input", "the input")
    svg = [drawn(image, middle - image.size[0] / 2, y, *image.size)]
    starts = [min(graph.ancestors([head]) & graph.training_nodes) for head in graph.auxiliary]
    sources = [source for start in starts for source in graph.nodes[start].inputs]
    y += image.size[1]
    for row, shape in zip(rows, shapes, strict=True):
        svg.append(arrow(middle, y, RISE))
        y += RISE
        word = graph.nodes[row.nodes[0]].path.split(".")[1:2]
        if word and word[0] != item:
            item = word[0]
            if not item.isdecimal():
                svg.append(f'<text class="item" x="{ITEM}" y="{y + 18:.1f}">{escape(_cut(item, 11))}</text>')
        style = "block" if row.is_block else kind(graph, row.parts[0].nodes)
        if len(row.parts) > 1:  # a second sheet behind it: there are several
            sheet = f'x="{BOX + 4}" y="{y + 4:.1f}" width="{width:.1f}" height="{BOX_HEIGHT}" rx="5"'
            svg.append(f'<g class="{style}"><rect {sheet}/></g>')
        svg.append(drawn(_row_box(view, row, style, int((width - 2) / 6.8)), BOX, y, width, BOX_HEIGHT))
        parameters, heads = sum(graph.nodes[i].parameters for i in row.nodes), sum(one in row.nodes for one in sources)
        said = (
            [short(parameters) + ("" if heads else " parameters")] if parameters and not view.varies(row.nodes) else []
        )
        said += [f"{heads} auxiliary heads" if heads > 1 else "auxiliary head"] if heads else []
        svg.append(
            f'<text class="shape" x="{at:.1f}" y="{y + (12 if said else 18):.1f}">{escape(_cut(shape, 38))}</text>'
        )
        svg.append(f'<text class="small left" x="{at:.1f}" y="{y + 25:.1f}">{" + ".join(said)}</text>' if said else "")
        y += BOX_HEIGHT
    return "\n".join(svg), y + BETWEEN, left


def _row_box(view: View, row: Row, style: str, letters: int) -> Box:
    title = f"{row.label}: {costs(view, row.nodes)}" + (f"; {row.aside}" if row.aside else "")
    count = row.label.removeprefix(row.name)
    return Box(("", _cut(row.name, letters - len(count)) + count, ""), style, title)


def _cut(text: str, most: int) -> str:
    """What there is room for."""
    return text if len(text) <= most else text[: most - 2] + "…"


def _shape(view: View, row: Row) -> str:
    """The shape after a row; `16 … 240 × 28 × 28` where the channels grow on the way."""
    graph, last = view.graph, row.parts[-1]
    channels = [graph.nodes[part.nodes[-1]].shape[0] for part in row.parts]
    first = f"{channels[0]} … " if channels[0] != channels[-1] and view.sketch is None else ""
    return first + view.end(place_of(graph, last) if last.name else graph.nodes[last.nodes[-1]].path, last.nodes[-1])
