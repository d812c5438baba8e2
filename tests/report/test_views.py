import pytest

from nas.report import labels
from nas.report.views import LEAST, View, merged, views
from tests.space.documents import space_of


@pytest.mark.parametrize(
    ("text", "others", "said"),
    [
        ("conv 3×3, 64", [], "conv 3×3, 64"),
        ("conv 5×5, 64", [("k", "conv 3×3, 64")], "conv {3×3, 5×5}, 64"),
        ("conv 5×5, 64", [("h", "conv 3×5, 64"), ("w", "conv 5×3, 64")], "conv {3, 5}×{3, 5}, 64"),
        ("16 × 8 × 8", [("s", "16 × 16 × 16")], "16 × {8 × 8, 16 × 16}"),
        ("64", [("a", "32"), ("b", "16")], "{16 … 64}"),
        ("64", [("a", "32"), ("b", "16"), (LEAST, "8")], "{8 … 64}"),
        ("64", [("a", "32"), (LEAST, "32")], "{32, 64}"),
        ("conv 3×3, 8", [("s", "conv 3×3 / 2, 8")], "conv 3×3 / {1, 2}, 8"),
        ("conv 3×3, 8", [("g", "conv 3×3, 8, 4 groups")], "conv 3×3, 8, {1, 4} groups"),
        ("ReLU", [("a", "SiLU")], "{ReLU, SiLU}"),
        ("9", [("n", str(n)) for n in range(2, 9)], "{2, 3, …, 9}"),
    ],
)
def test_what_differs_is_listed(text: str, others: list[tuple[str, str]], said: str) -> None:
    assert merged(text, others) == said


def view(text: str) -> View:
    return next(views(space_of(text))).prune()


def test_a_count_is_what_the_choices_leave() -> None:
    unit = "{conv: {channels: 3, kernel: 3}}"
    one = view(f"network: [{{repeat: {{choice: [1, 2, 4]}}, body: [{unit}]}}]")
    paths = [node.path for node in one.graph.nodes[1:]]
    assert one.count(paths) == "{1, 2, 4}"
    two = view(f"network: [{{repeat: 3, body: [{{repeat: {{choice: [0, 1]}}, body: [{unit}]}}]}}]")
    assert two.count([node.path for node in two.graph.nodes[1:]]) == "{0 … 3}"
    assert view(f"network: [{unit}]").count(["network.0"]) == "1"


def test_what_no_answer_changes_does_not_vary() -> None:
    found = view("network: [{conv: {channels: 4, kernel: 3}}, {conv: {channels: {choice: [4, 8]}, kernel: 1}}, relu]")
    assert [found.varies([i]) for i in (1, 2, 3)] == [False, True, True]
    shape = found.say([3], lambda graph, nodes: labels.shape(graph.nodes[nodes[0]].shape))
    assert shape == "{4, 8} × 32 × 32"


def test_the_end_of_a_part_is_that_of_any_block_there() -> None:
    space = space_of("""
        parameters: {unit: {choice: [one, two]}}
        blocks: {one: [{conv: {channels: 4, kernel: 1}}, relu], two: [{conv: {channels: 6, kernel: 1}}]}
        network: [{=unit: {}}, relu]
    """)
    found = next(views(space)).prune()
    assert found.end("network.0", 2) == "{4, 6} × 32 × 32"
    assert found.names("network.0", "one") == "{one, two}"
    assert found.say([1], lambda graph, nodes: labels.layer(graph, nodes)[1]) == "conv 1×1, 4"  # of that block alone
