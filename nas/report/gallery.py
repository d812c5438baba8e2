"""The gallery in docs/: every packaged design by year, with its costs and a drawing, made from the documents alone.

`python -m nas.report.gallery docs` writes docs/gallery.md and docs/gallery/*.svg.
"""

import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from nas.errors import UserError
from nas.report.catalogue import Family, facts, families
from nas.report.drawing import draw_space
from nas.run.words import short

PAGE, DRAWINGS = "gallery.md", "gallery"
NUMBERS = ("parameters", "mult-adds", "genomes")
Facts = dict[str, Any]  # of one document or variant, as `nas.report.catalogue.facts` gives them
INTRODUCTION = """\
# Gallery

[All pages](README.md)

The history of convolutional networks as this project's documents tell it, and the spaces that architecture search looks
through. All of it is computed from the documents: `nas show NAME` describes one, `nas draw NAME --to FILE` draws it,
`nas list` lists them. In a drawing the stages stand from the top down, with the shape after each (channels × height ×
width); equal blocks are one box, and each different block is drawn once, with how often it occurs and where (of one
with many forms, the most frequent). A cell is drawn as its numbered nodes with the operations on the edges between
them; h<sub>k−1</sub> and h<sub>k−2</sub> are what the two cells before it give. A space is drawn with its choices open:
dashed boxes hold alternatives, dashed edges may be left out, and `{3, 5, 7}` is one of these numbers.
Parameters are trainable weights, auxiliary heads left out; mult-adds are those of convolutions and linear layers for
one image of the size that is drawn.

This page is made by `python -m nas.report.gallery docs`.
"""


def gallery() -> dict[str, str]:
    """The text of each file, by its path in docs/. Raises UserError for a document that does not load or expand."""
    everything = families()
    said = {family.name: list(facts(family)) for family in everything}
    text = [INTRODUCTION]
    for title, fixed in (("Networks", True), ("Search spaces", False)):
        kind = [family for family in everything if family.spaces[0].fixed == fixed]
        rows = [[family.year, f"[{family.name}](#{family.name})", _range(said[family.name])] for family in kind]
        rows = [[*row, _cell(family.source)] for row, family in zip(rows, kind, strict=True)]
        text += [f"## {title}\n", _table(("year", "family", "parameters" if fixed else "genomes", "source"), rows)]
        text += [section for family in kind for section in _section(family, said[family.name])]
    drawings = {f"{DRAWINGS}/{family.name}.svg": draw_space(family.spaces[0]) for family in everything}
    return {PAGE: "\n".join(text), **drawings}


def _range(said: Sequence[Facts]) -> str:
    """The fewest and most parameters of a family's networks, or how many genomes its spaces have."""
    if said[0]["kind"] == "space":
        return ", ".join(dict.fromkeys(_about(fact["size"]) for fact in said if fact["kind"] == "space"))
    least, most = (which(fact["parameters"] for fact in said if fact["parameters"]) for which in (min, max))
    return short(least) if least == most else f"{short(least)} to {short(most)}"


def _about(size: int) -> str:
    """`15,625`, `1.2e14`."""
    return f"{size:,}" if size < 1_000_000 else f"{Decimal(size):.1e}".replace("e+", "e")


def _section(family: Family, said: Sequence[Facts]) -> Iterator[str]:
    """A family: its citation, what its document notes, its drawing, and one row a variant."""
    space = family.spaces[0]
    yield f"### {family.name}\n"
    year = f"{family.year}: " if family.year else ""
    yield f"{year}{_line(family.source)} ([document](../search_spaces/{family.file}))\n"
    for key in ("description", "notes"):
        if key in space.document.data:
            yield f"{_line(str(space.document.data[key]))}\n"
    drawn = family.name if space.fixed else f"the space {family.name}"
    yield f"![{drawn}]({DRAWINGS}/{family.name}.svg)\n"
    rows = []
    for fact in said:
        fixed = fact["kind"] == "network"
        costs = [f"{fact['parameters']:,}", short(fact["mult_adds"])] if fixed else [f"{fact['size']:,}", ""]
        source = "" if fact["source"] == family.source else _cell(fact["source"])
        rows.append([fact["name"], fact["year"], *costs, source, _cell(fact["deviation"] or "")])
    counted = "parameters" if space.fixed else "genomes"
    yield _table(("name", "year", counted, "mult-adds", "source", "deviation"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table without the columns in which nothing stands."""
    kept = [at for at in range(len(heads)) if any(row[at] for row in rows)]
    lines = [[heads[at] for at in kept], ["---:" if heads[at] in NUMBERS else "---" for at in kept]]
    lines += [[str(row[at] or "") for at in kept] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _line(text: str) -> str:
    """Text of a document on one line, as it is written."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*")


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


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
