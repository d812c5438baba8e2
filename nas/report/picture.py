"""A drawing as a file: SVG as it is made, PNG and PDF of it by Typst, which comes with the extra `draw`."""

from pathlib import Path

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.report import drawing
from nas.space import Genome, Space

FORMATS = ("svg", "png", "pdf")
DENSITY = 288.0  # dots per inch of a PNG: three for each of a drawing's pixels
PAGE = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.drawing), format: "svg")'


def draw(thing: Space | Genome | Graph, path: str | Path | None = None) -> str:
    """Draw a search space with its choices open, or the network of a genome or graph.

    Args:
        thing: a space, a genome or a graph.
        path: where it is written, as SVG, PNG or PDF by its ending; None: nowhere.

    Returns:
        The drawing as SVG.

    Raises:
        UserError: the ending is another one, or Typst is missing.
    """
    kind = "svg" if path is None else Path(path).suffix[1:].lower()
    if kind not in FORMATS:
        raise UserError(str(path), "the file's ending says no format of a drawing", f"known: {', '.join(FORMATS)}")
    if isinstance(thing, Genome):
        thing = Space(thing.document).graph(thing)
    svg = drawing.draw(thing, thing.name) if isinstance(thing, Graph) else drawing.draw_space(thing)
    if path is not None:
        Path(path).write_bytes(svg.encode() if kind == "svg" else _converted(svg, kind, str(path)))
    return svg


def _converted(svg: str, kind: str, path: str) -> bytes:
    try:
        import typst
    except ImportError:
        raise UserError(path, f"a {kind.upper()} needs Typst", "pip install 'nas[draw]', or write an .svg") from None
    inputs = {"drawing": svg}
    if kind == "png":
        return typst.compile(PAGE, format="png", ppi=DENSITY, sys_inputs=inputs)
    return typst.compile(PAGE, format="pdf", sys_inputs=inputs)
