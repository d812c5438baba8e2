"""The gallery in docs/: every packaged design by year, with its costs and a drawing, made from the documents alone.

`python -m nas.report.gallery docs` writes docs/gallery.md and docs/gallery/*.svg.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.report.catalogue import Family, facts, families
from nas.report.drawing import draw
from nas.report.svg import short
from nas.space import Space

PAGE, DRAWINGS = "gallery.md", "gallery"
TRIES = 100  # genomes of a space, until one of them is a network
INTRODUCTION = """\
# Gallery

The history of convolutional networks as this project's documents tell it, and the spaces that architecture search looks
through. All of it is computed from the documents: `nas show NAME` describes one, `nas show NAME --svg FILE` draws it,
`nas list` lists them. In a drawing the stages stand from the top down, with the shape after each (channels × height ×
width); equal blocks are one box, and each different block is drawn once. Parameters are trainable weights, auxiliary
heads left out; mult-adds are those of convolutions and linear layers for one image of the size that is drawn.

This page is made by `python -m nas.report.gallery docs`.
"""


def gallery() -> dict[str, str]:
    """The text of each file, by its path in docs/. Raises UserError for a document that does not load or expand."""
    found = families()
    networks = [family for family in found if family.spaces[0].fixed]
    spaces = [family for family in found if not family.spaces[0].fixed]
    text = [INTRODUCTION, "## Networks\n", *_overview(networks)]
    for family in networks:
        text += _section(family)
    text += ["## Search spaces\n", *_overview(spaces)]
    for family in spaces:
        text += _section(family)
    drawings = {f"{DRAWINGS}/{family.name}.svg": draw(_drawn(family.spaces[0]), family.name) for family in found}
    return {PAGE: "\n".join(text), **drawings}


def _overview(found: Sequence[Family]) -> Iterator[str]:
    """One row a family."""
    yield "| year | family | names | source |"
    yield "|---|---|---:|---|"
    for family in found:
        link = f"[{family.name}](#{family.name})"
        yield f"| {family.year or ''} | {link} | {len(family.spaces)} | {_cell(family.source)} |"
    yield ""


def _section(family: Family) -> Iterator[str]:
    """A family: its citation, what its document notes, its drawing, and one row a variant."""
    space = family.spaces[0]
    yield f"### {family.name}\n"
    year = f"{family.year}. " if family.year else ""
    yield f"{year}{_line(family.source)} ([document](../search_spaces/{family.file}))\n"
    for said in ("description", "notes"):
        if said in space.document.data:
            yield f"{_line(str(space.document.data[said]))}\n"
    drawn = family.name if space.fixed else f"one network of the space {family.name}, drawn at random"
    yield f"![{drawn}]({DRAWINGS}/{family.name}.svg)\n"
    yield "| name | year | parameters | mult-adds | source | deviation |"
    yield "|---|---|---:|---:|---|---|"
    for fact in facts(family):
        source = "" if fact["source"] == family.source else fact["source"]
        costs = f"{fact['parameters']:,} | {short(fact['mult_adds'])}" if fact["kind"] == "network" else ""
        costs = costs or f"a space of {fact['size']:,} genomes | "
        year = fact["year"] or ""
        yield f"| {fact['name']} | {year} | {costs} | {_cell(source)} | {_cell(fact['deviation'] or '')} |"
    yield ""


def _line(text: str) -> str:
    """Text of a document on one line, as it is written."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*")


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _drawn(space: Space) -> Graph:
    """The network, or the first of a space's genomes, drawn from one seed, that is one."""
    if space.fixed:
        return space.graph()
    rng = random.Random(0)
    for _ in range(TRIES):
        try:
            return space.graph(space.sample(rng))
        except UserError:  # whose shapes do not fit each other
            continue
    raise UserError(space.name, f"none of {TRIES} genomes is a network")


def write(folder: Path) -> None:
    """Writes the gallery; drawings of what is no longer packaged are removed."""
    files = gallery()
    (folder / DRAWINGS).mkdir(parents=True, exist_ok=True)
    for path in (folder / DRAWINGS).glob("*.svg"):
        if f"{DRAWINGS}/{path.name}" not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
    except UserError as error:
        sys.exit(f"error: {error}")
