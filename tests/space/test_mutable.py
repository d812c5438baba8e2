import random
from pathlib import Path

import pytest

import nas
from nas.space.files import packaged
from nas.space.mutable import KINDS, around, unchanged
from tests.space.documents import space_of

TEN = ("resnet20", "resnet18", "vgg11", "zfnet", "mobilenet_v2", "efficientnet_b0", "resnext29_8x64d", "lenet5")
TEN += ("squeezenet1_1", "highway")

IMPORTED = """
input: [3, 16, 16]
classes: 5
blocks:
  basic:
    parameters: {channels: =in_channels, stride: 1}
    body:
      - residual: [{conv_bn_relu: {channels: =channels, kernel: 3, stride: =stride}}, {conv_bn: {kernel: 3}}]
        shortcut: projection
      - relu
network:
  dag:
    stem: {conv_bn_relu: {channels: 16, kernel: 3}}
    first: [basic, basic]
    left: {from: first, do: [{conv_bn: {channels: 24, kernel: 1}}]}
    right: {from: first, do: [{conv_bn: {channels: 24, kernel: 3}}]}
    both: {add: [left, right]}
    head: [global_avg_pool, {linear: =classes}]
"""


def check(space: nas.Space, draws: int = 5) -> nas.Space:
    """Opens a network: its first genome is the network itself, and others can be built."""
    opened = nas.mutable(space)
    genome, plain = unchanged(opened), space.graph().prune()
    assert opened.graph(genome).prune().fingerprint(training=True) == plain.fingerprint(training=True)
    rng = random.Random(0)
    for _ in range(draws):
        assert opened.graph(opened.sample(rng)).parameters > 0
    return opened


@pytest.mark.parametrize("name", TEN)
def test_the_neighbourhood_of_a_network_holds_it_and_others(name: str) -> None:
    opened = check(nas.load(name))
    assert opened.name == f"{name}_mutable" and opened.size() > 10


def test_layers_keep_their_names_so_that_weights_find_them() -> None:
    space = nas.load("resnet18")
    opened = nas.mutable(space)
    names = [node.path for node in opened.graph(unchanged(opened)).nodes]
    assert names == [node.path for node in space.graph().nodes]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(packaged()))
def test_every_packaged_network_can_be_opened(name: str) -> None:
    space = nas.load(name)
    if not space.fixed:
        pytest.skip("a space, not a network")
    check(space)


def test_an_imported_graph_is_opened_and_what_is_added_keeps_one_width() -> None:
    space = space_of(IMPORTED)
    opened = check(space, draws=20)
    parameters = opened.document.data["parameters"]
    assert {"choice": [24, 18, 30]} in parameters.values()
    nodes = opened.document.data["network"]["dag"]
    left, right = (nodes[name]["do"][0] for name in ("left", "right"))
    (first,), (second,) = left.values(), right.values()
    assert first["channels"] == second["channels"] and first["channels"].startswith("=width_")


def test_the_kinds_that_are_asked_for_alone_are_opened() -> None:
    opened = nas.mutable(nas.load("resnet18"), "kernels")
    genome = unchanged(opened)
    assert {choice.kind for choice in opened.choices(genome)} == {"number"}
    assert next(choice.answers for choice in opened.choices(genome)) == [7, 5, 9]
    assert all(3 in choice.answers for choice in opened.choices(genome)[1:])
    both = nas.mutable(nas.load("resnet18"), ["widths", "depths"]).document.data["parameters"]
    assert both["width"] == {"choice": [64, 48, 80]} and both["depths"] == [{"choice": [2, 1, 3]}] * 4


def test_what_cannot_be_opened_is_said() -> None:
    """What is added to the image has as many channels as the image."""
    unit = "{residual: [{conv: {channels: 3, kernel: 3}}]}"
    space = space_of(f"{{input: [3, 8, 8], classes: 3, network: [{unit}, global_avg_pool, {{linear: =classes}}]}}")
    opened, closed = around(space, ["kernels", "widths"])
    assert opened.size() == 3
    where = "widths: network.0.residual.0.conv.channels stays as it is: "
    assert closed[0].startswith(where) and "do not fit together" in closed[0]
    assert closed[1:] == ["widths: nothing of document is opened"]


def test_mistakes_are_named() -> None:
    with pytest.raises(nas.UserError, match="unknown kind 'kernel'; did you mean"):
        nas.mutable(nas.load("resnet20"), "kernel")
    with pytest.raises(nas.UserError, match="has open choices already"):
        nas.mutable(nas.load("nasbench201"))
    plain = space_of("{input: [3, 8, 8], classes: 3, network: [global_avg_pool, {linear: =classes}]}")
    with pytest.raises(nas.UserError, match="nothing of it can be opened"):
        nas.mutable(plain)


def test_a_search_begins_with_the_network_itself(tmp_path: Path) -> None:
    run = nas.search(
        "resnet20", mutate="kernels,depths", trials=3, evaluator=parameters, runs=tmp_path, progress=False, seed=1
    )
    plain = nas.load("resnet20")
    first = run.trials[0].trial.genome
    assert run.space.graph(first).prune().fingerprint() == plain.graph().prune().fingerprint()
    assert len({trial["fingerprint"] for trial in run.results()}) == 3
    assert set(KINDS) > {"kernels", "depths"} and "depth" in run.config.space["parameters"]


def parameters(genome: nas.Genome) -> float:
    return -float(nas.Space(genome.document).graph(genome).parameters)
