from xml.etree import ElementTree

from nas.graph.graph import Graph, Node, Scope
from nas.graph.operation import Operation
from nas.report.drawing import MOST_BOXES, draw

CELL = Scope("network.0", "normal")


class Named(Operation):
    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]

    @property
    def arguments(self) -> dict[str, object]:
        return {}


def node(name: str, inputs: tuple[int, ...], *scopes: Scope) -> Node:
    return Node(Named(name), inputs, (4, 8, 8), scopes=scopes)


def block(path: str, template: str) -> tuple[Scope, Scope]:
    return CELL, Scope(f"network.0.{path}", template)


def labels(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(f"<div>{svg}</div>").iter("text")]


def test_a_cell_is_its_blocks() -> None:
    graph = Graph(
        (
            node("input", ()),
            node("stem", (0,)),
            node("relu", (1,), *block("a", "nor_conv_3x3")),
            node("conv", (2,), *block("a", "nor_conv_3x3")),
            node("add", (3, 1), CELL),
            node("relu", (4,), Scope("network.1", "normal")),
        ),
        5,
    )
    svg = draw(graph, ["normal", "reduction"])
    assert labels(svg) == ["input", "nor_conv_3x3", "+"]  # of the first use alone
    assert svg.count('class="edge"') == 3
    assert labels(draw(graph, [])) == ["input", "stem", "normal", "normal"]


def test_what_nobody_could_read_is_not_drawn() -> None:
    chain = (node("input", ()), *(node("relu", (i,)) for i in range(MOST_BOXES + 1)))
    assert draw(Graph(chain, len(chain) - 1), []) == ""
