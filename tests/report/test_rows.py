from nas.report.outline import outline
from nas.report.rows import rows
from nas.report.views import View
from tests.report.test_outline import UNITS
from tests.space.documents import graph_of


def labels(network: str) -> list[str]:
    graph = graph_of(f"{UNITS}\n    network: {network}").prune()
    return [row.label for row in rows(View(graph), outline(graph))]


def test_blocks_are_equal_within_a_stage_and_at_one_size() -> None:
    stage = "{for: {width: [8, 16]}, do: [{stage: {width: =width, depth: 3}}]}"
    assert labels(stage) == ["unit × 3", "unit × 3"]
    assert labels("{for: {width: [8, 16, 24]}, do: [{unit: {width: =width}}]}") == ["unit × 3"]
    assert labels("{for: {width: [8, 16, 24]}, do: [{unit: {width: =width, stride: 2}}]}") == ["unit"] * 3


def test_layers_are_equal_where_all_is_the_same() -> None:
    same = "{conv: {channels: 3, kernel: 3}}"
    assert labels(f"[{same}, relu, {same}, relu, {same}]") == ["conv 3×3, 3 × 2", "conv 3×3, 3"]
