import pytest

from nas.report.labels import layer, operation, words
from tests.space.documents import graph_of


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("{conv: {channels: 16, kernel: 3}}", "conv 3×3, 16"),
        ("{conv: {channels: 16, kernel: [1, 7], stride: [1, 2]}}", "conv 1×7 / 1×2, 16"),
        ("{conv: {kernel: 3, stride: 2, groups: 8}}", "conv 3×3 / 2, 8 depthwise"),
        ("{conv: {channels: 8, kernel: 3, groups: 4, dilation: 2}}", "conv 3×3, 8, 4 groups, dilated 2"),
        ("{conv: {channels: 16, kernel: whole}}", "conv whole map, 16"),
        ("{max_pool: {kernel: 2}}", "max pool 2×2 / 2"),
        ("{avg_pool: {kernel: 3, stride: 1, padding: 1}}", "average pool 3×3"),
        ("{adaptive_avg_pool: 4}", "average pool to 4×4"),
        ("global_avg_pool", "global average pool"),
    ],
)
def test_an_operation_in_few_letters(written: str, label: str) -> None:
    graph = graph_of(f"input: [8, 32, 32]\nnetwork: [{written}]")
    assert operation(graph, graph.nodes[1]) == label


def test_a_layer_says_what_comes_before_and_after() -> None:
    graph = graph_of("network: [batch_norm, relu, {linear: 7}, {dropout: 0.5}, identity]\ninput: [4]")
    assert layer(graph, range(1, 6)) == ("BN · ReLU", "linear 7", "dropout")
    assert layer(graph, (1, 2)) == ("", "BN · ReLU", "")


def test_names_as_people_write_them() -> None:
    assert words("sep_conv_3x3") == "sep conv 3×3"
    assert words("max_pool") == "max pool"
