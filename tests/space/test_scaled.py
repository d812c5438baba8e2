import pytest

import nas
from nas.space import Space
from nas.space.rewrite import multiple, wider
from nas.space.scaled import parameter_names, scalable
from tests.space.documents import space_of

PLAIN = """
input: [3, 12, 8]
classes: 10
network:
  stem: {conv: {channels: 64, kernel: 1}}
  trunk: {repeat: 3, body: [{conv: {channels: 64, kernel: 1}}, relu]}
  head: [global_avg_pool, {linear: =classes}]
"""


def scaled(space: Space, phi: float, alpha: float, beta: float, gamma: float) -> Space:
    document = scalable(space.document)
    names = parameter_names(document)
    values = {"phi": phi, "alpha": alpha, "beta": beta, "gamma": gamma}
    return Space(document).with_parameters(**{names[name]: value for name, value in values.items()})


def test_the_papers_numbers_give_its_networks() -> None:
    """With alpha 1.2, beta 1.1 and gamma 1.15, phi = 1 has the depth and width that were published as B2.

    The published B1 is no point of the formula: it has depth 1.1 at the width of B0, and 240 pixels.
    """
    base = nas.load("efficientnet_b0")
    graph = scaled(base, 1, 1.2, 1.1, 1.15).graph().prune()
    published = nas.load("efficientnet_b2")
    assert graph.parameters == published.graph().parameters == 9_109_994  # torchvision's count
    ours, theirs = (
        [node.shape[0] for node in one.nodes if node.operation == "conv"] for one in (graph, published.graph())
    )
    assert ours == theirs
    resized = next(node for node in graph.nodes if node.operation == "resize")
    assert resized.shape == (3, 258, 258)  # 224 * 1.15; published: 260
    b1 = nas.load("efficientnet_b1").document.data["parameters"]
    assert (b1["width"], b1["depth"]) == (1.0, 1.1)


def test_phi_0_is_the_network_itself() -> None:
    for name in ("resnet20", "efficientnet_b0", "densenet121", "darts_v2"):
        space = nas.load(name)
        graph = scaled(space, 0, 1.3, 1.2, 1.1).graph()
        assert (graph.parameters, graph.mult_adds) == (space.graph().parameters, space.graph().mult_adds), name


def test_a_document_without_multipliers_is_scaled_by_its_numbers() -> None:
    """By hand: 64 * 1.1 = 70.4 is 72 in eights; 3 repeats times 1.2 are 4; 12x8 times 1.15 are 14x9."""
    space = space_of(PLAIN)
    graph = scaled(space, 1, 1.2, 1.1, 1.15).graph().prune()
    convolutions = [node.shape for node in graph.nodes if node.operation == "conv"]
    assert convolutions == [(72, 14, 9)] * 5
    assert graph.mult_adds == 14 * 9 * (3 * 72 + 4 * 72 * 72) + 72 * 10
    assert scalable(space.document).data["network"]["trunk"]["repeat"] == "=ceil(3 * deeper)"


@pytest.mark.parametrize(
    ("number", "factor", "expected"),
    [
        (64, 1.1, 72),
        (32, 1.1, 36),
        (24, 1.1, 26),
        (16, 1.45, 24),
        (12, 1.1, 13),
        (100, 1.0, 100),
        (65, 1.1, 72),
        (8, 0.01, 1),
    ],
)
def test_channels_are_rounded_as_the_document_says(number: int, factor: float, expected: int) -> None:
    from nas.space.expressions import parse

    assert wider(number, factor) == expected
    assert parse(multiple(number, "wider")[1:]).value({"wider": factor}) == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mobilenet_v1", "it has no depth to scale"),
        ("network_in_network", "the 192 channels of network.mlpconv3.convolution.0 cannot be scaled"),
        ("nasbench201", "this choice is open"),
    ],
)
def test_what_cannot_be_scaled_is_named(name: str, message: str) -> None:
    with pytest.raises(nas.UserError, match=message):
        scalable(nas.load(name).document)


@pytest.mark.parametrize(
    "name", ["resnet50", "resnet20", "vgg16", "wide_resnet_28_10", "shufflenet_v2_x1_0", "convnext_tiny"]
)
def test_twice_the_width_is_four_times_the_cost(name: str) -> None:
    space = nas.load(name)
    wide = scaled(space, 1, 1.0, 2.0, 1.0).graph()
    assert wide.mult_adds / space.graph().mult_adds == pytest.approx(4, abs=0.5)
