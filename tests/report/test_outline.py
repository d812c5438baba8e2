from nas.report.outline import outline
from tests.space.documents import graph_of

UNITS = """
    blocks:
      unit:
        parameters: {width: 8, stride: 1}
        body:
          - residual: [{conv_bn_relu: {channels: =width, kernel: 3, stride: =stride}}, {conv_bn: {kernel: 3}}]
            shortcut: projection
          - relu
      stage:
        parameters: {width: 8, depth: 2}
        body:
          - unit: {width: =width, stride: 2}
          - {repeat: =depth - 1, body: [{unit: {width: =width}}]}
"""


def read(text: str) -> list[tuple[str, int, str]]:
    """(name, nodes, stage) of each part."""
    return [(part.name, len(part.nodes), part.stage) for part in outline(graph_of(text).prune())]


def test_a_template_with_a_sum_is_a_block_and_a_template_of_blocks_is_not() -> None:
    parts = read(
        UNITS
        + """
    network:
      stem: [{conv: {channels: 8, kernel: 3}}, relu, {max_pool: {kernel: 2}}]
      stages: {for: {width: [8, 16]}, do: [{stage: {width: =width}}]}
      head: [global_avg_pool, {linear: =classes}]
    """
    )
    assert parts == [
        ("", 2, ""),
        ("", 1, ""),
        ("unit", 9, "network.stages.0"),
        ("unit", 7, "network.stages.0"),
        ("unit", 9, "network.stages.1"),
        ("unit", 7, "network.stages.1"),
        ("", 1, ""),
        ("", 1, ""),
    ]


def test_what_has_no_name_is_called_after_its_loop_or_item() -> None:
    text = """
    network:
      start: {branches: [{conv: {channels: 4, kernel: 1}}, {conv: {channels: 4, kernel: 3}}]}
      trunk:
        repeat: 2
        body: [{residual: [{conv_bn_relu: {kernel: 3}}]}, relu]
      head: [batch_norm, relu, {conv: {channels: 4, kernel: 1}}]
    """
    assert [(name, nodes) for name, nodes, _ in read(text)] == [("start", 3), ("trunk", 5), ("trunk", 5), ("", 3)]


def test_a_chain_used_again_and_again_is_a_block() -> None:
    text = """
    blocks: {{two: [{{conv: {{channels: 4, kernel: 3}}}}, relu, {{conv: {{channels: 4, kernel: 1}}}}]}}
    network: {{repeat: {times}, body: [two]}}
    """
    assert [name for name, *_ in read(text.format(times=3))] == ["two"] * 3
    assert [name for name, *_ in read(text.format(times=2))] == [""] * 4


def test_cells_that_read_the_cell_before_are_still_a_chain() -> None:
    text = """
    cells:
      normal:
        inputs: {before: [{conv: {channels: 4, kernel: 1}}], last: [{conv: {channels: 4, kernel: 1}}]}
        nodes: [add: [[identity, 0], [{conv: {channels: 4, kernel: 3}}, 1]]]
    network: {stem: {conv: {channels: 4, kernel: 3}}, cells: {repeat: 3, body: [normal]}}
    """
    assert [name for name, *_ in read(text)] == ["", "normal", "normal", "normal"]


def test_auxiliary_heads_are_left_out() -> None:
    text = "network: [{conv: {channels: 4, kernel: 3}}, {auxiliary: [global_avg_pool, {linear: 3}]}, global_avg_pool]"
    assert len(read(text)) == 2


def test_a_border_belongs_to_the_layer_after_it_where_a_new_item_begins() -> None:
    conv, pad = "{conv: {channels: 4, kernel: 3}}", "{pad: {spatial: -1}}"
    parts = outline(graph_of(f"network: {{a: [{conv}, relu], b: [{pad}, {{avg_pool: 2}}]}}").prune())
    assert [part.nodes for part in parts] == [(1, 2), (3, 4)]
    parts = outline(graph_of(f"network: {{a: [{conv}, {pad}], b: {{avg_pool: 2}}}}").prune())
    assert [part.nodes for part in parts] == [(1, 2), (3,)]
