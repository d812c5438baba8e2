from xml.etree import ElementTree

from nas.graph.graph import Graph
from nas.report.figure import FINE, Figure, figure
from nas.report.outline import OutlinePart
from nas.report.views import View
from tests.space.documents import graph_of


def texts(found: Figure | None) -> list[str]:
    assert found is not None
    return [text.text or "" for text in ElementTree.fromstring(f"<g>{found.svg}</g>").iter("text")]


def inside(graph: Graph, depth: int = 1) -> Figure | None:
    return figure(View(graph), OutlinePart(tuple(range(1, len(graph.nodes))), "all", depth))


def test_layers_are_boxes_and_edges_join_them() -> None:
    graph = graph_of("network: [residual: [{conv_bn_relu: {kernel: 3}}, {conv_bn: {kernel: 1}}]]")
    found = inside(graph)
    assert texts(found) == ["input", "conv 3×3, 3", "BN · ReLU", "conv 1×1, 3", "BN", "+"]
    assert found is not None
    assert found.svg.count('class="edge"') == 4 + 1  # and the arrow out


def test_where_there_are_many_operations_templates_are_boxes() -> None:
    branch = "{sep_conv_3x3: {channels: 4}}"
    few = graph_of(f"network: [branches: [{branch}, {branch}]]")
    assert "sep conv 3×3" not in texts(inside(few))
    many = graph_of(f"network: [branches: [{', '.join([branch] * 6)}]]")
    assert texts(inside(many)) == ["input", *["sep conv 3×3"] * 6, "concat"]


def test_what_cannot_be_told_apart_is_not_drawn() -> None:
    flat = graph_of(f"network: {{repeat: {4 * FINE}, body: [{{conv: {{kernel: 3}}}}]}}")
    assert inside(flat) is None


def test_networks_side_by_side_are_their_rows() -> None:
    unit = "{residual: [{conv_bn_relu: {kernel: 3}}, {conv_bn: {kernel: 3}}]}"
    member = f"[{{repeat: 4, body: [{unit}]}}, {{conv: {{channels: 5, kernel: 1}}}}]"
    graph = graph_of(f"network: {{branches: [{member}, {member}, {member}], merge: mean}}")
    assert texts(inside(graph)) == ["input", *["network × 4"] * 3, *["conv 1×1, 5"] * 3, "mean"]
