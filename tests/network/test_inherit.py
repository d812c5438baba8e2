"""A child computes what its parent did, where it is wider, deeper, or has larger kernels; else it takes what fits.

In float64 and without noise, to 1e-10 of the largest output: what is compared is the copying, not the rounding.
"""

import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import nas
from nas.errors import ShapeError, UserError
from nas.graph.graph import Graph
from nas.graph.morphism import align
from nas.network import Network, compile
from nas.network.inherit import Inherited, inherit, settle
from tests.space.documents import small, space_of
from tests.space.random_documents import random_space

RESIDUAL = """
input: [3, 12, 12]
classes: 4
parameters: {width: 8, kernel: 3, depth: 2}
network:
  stem: {conv_bn_relu: {channels: =width, kernel: =kernel}}
  stage:
    repeat: =depth
    body:
      - residual: [{conv_bn_relu: {channels: =width, kernel: =kernel}}, {conv_bn: {channels: =width, kernel: 3}}]
      - relu
  last: {conv_bn_relu: {channels: =2 * width, kernel: 1, stride: 2}}
  head: [global_avg_pool, {linear: =classes}]
"""
CONCAT = """
input: [3, 8, 8]
classes: 4
parameters: {a: 4, b: 6, more: 0}
network:
  mixed:
    branches:
      - [{conv_bn_relu: {channels: =a, kernel: 3}}]
      - [{conv_bn_relu: {channels: =b, kernel: 1}}, {conv_bn_relu: {channels: =b, kernel: 3}}]
      - - repeat: =more
          body: [{conv_bn_relu: {channels: 5, kernel: 3}}]
    merge: concat
  last: {conv_bn_relu: {channels: 6, kernel: 3}}
  head: [{max_pool: {kernel: 2}}, flatten, {linear: 7}, relu, {linear: =classes}]
"""
SUM_OF_CONCAT = """
input: [3, 8, 8]
classes: 4
parameters: {width: 4}
network:
  mixed:
    branches: [[{conv_bn_relu: {channels: =width, kernel: 3}}], [{conv_bn_relu: {channels: =width, kernel: 1}}]]
    merge: concat
  unit: [{residual: [{conv_bn_relu: {channels: 6, kernel: 1}}, {conv: {channels: =2 * width, kernel: 3}}]}, relu]
  head: [global_avg_pool, {linear: =classes}]
"""
PLAIN = """
input: [3, 8, 8]
classes: 4
parameters: {depth: 1, width: 6, kernel: 3, groups: 1}
network:
  stem: {conv_bn_relu: {channels: 6, kernel: 3}}
  stage:
    repeat: =depth
    body: [{conv_bn_relu: {channels: =width, kernel: =kernel, groups: =groups}}]
  dense: [{max_pool: {kernel: 2}}, flatten, {repeat: =depth, body: [{linear: =width}, relu]}]
  head: {linear: =classes}
"""
GROUPED = """
input: [3, 8, 8]
classes: 4
parameters: {width: 8, groups: 2}
network:
  - conv_bn_relu: {channels: 6, kernel: 3}
  - residual:
      - conv_bn_relu: {channels: =width, kernel: 1}
      - conv_bn_relu: {channels: =width, kernel: 3, groups: =groups}
      - conv_bn: {channels: 6, kernel: 1}
  - global_avg_pool
  - linear: =classes
"""
INVERTED = """
input: [3, 8, 8]
classes: 4
parameters: {width: 6, expansion: 2, kernel: 3, squeeze: 3, units: 1}
network:
  stem: {conv_bn_act: {channels: =width, kernel: 3, activation: silu}}
  stage:
    repeat: =units
    body: [{inverted_residual: {expansion: =expansion, kernel: =kernel, squeeze: =squeeze, activation: silu}}]
  half: {inverted_residual: {channels: =2 * width, expansion: =expansion, stride: 2, squeeze: =squeeze}}
  head: [global_avg_pool, {linear: =classes}]
"""


def trained(graph: Graph, seed: int) -> Network:
    """In float64, with statistics and norms as after a training."""
    model, generator = compile(graph, seed).double().eval(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor, low, high in ((module.running_var, 0.5, 1.5), (module.running_mean, -0.3, 0.3)):
                    tensor.uniform_(low, high, generator=generator)
                if module.weight is not None:
                    module.weight.uniform_(0.5, 1.5, generator=generator)
                    module.bias.uniform_(-0.3, 0.3, generator=generator)
    return model


def difference(child: Network, parent: Network) -> float:
    images = torch.randn(3, *parent.graph.input, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = parent(images)
        return float((child(images) - expected).abs().max() / expected.abs().max().clamp(min=1e-3))


def pair(document: str, before: dict[str, Any], after: dict[str, Any]) -> tuple[Network, Network]:
    space = space_of(document)
    return (
        trained(space.with_parameters(**before).graph(), 0),
        trained(space.with_parameters(**{**before, **after}).graph(), 1),
    )


@pytest.mark.parametrize(
    ("document", "before", "after"),
    [
        (RESIDUAL, {}, {}),
        (RESIDUAL, {}, {"width": 13}),
        (RESIDUAL, {}, {"kernel": 5}),
        (RESIDUAL, {}, {"depth": 4}),
        (RESIDUAL, {}, {"width": 12, "kernel": 7, "depth": 3}),
        (CONCAT, {}, {"a": 7}),
        (CONCAT, {}, {"a": 5, "b": 9}),
        (CONCAT, {"more": 1}, {"a": 6, "more": 2}),
        (SUM_OF_CONCAT, {}, {"width": 7}),  # the sum's other branch takes the mapping of the concat
        (PLAIN, {}, {"depth": 3}),
        (PLAIN, {}, {"depth": 2, "kernel": 5}),
        (PLAIN, {"groups": 6}, {"depth": 3}),
        (PLAIN, {"depth": 2}, {"width": 11}),
        (GROUPED, {}, {"width": 12}),
        (GROUPED, {}, {"width": 12, "groups": 3}),
        (GROUPED, {"groups": 8}, {"width": 11, "groups": 11}),
        (INVERTED, {}, {"expansion": 3, "kernel": 5}),
        (INVERTED, {}, {"width": 9, "squeeze": 4}),
        (INVERTED, {}, {"units": 3}),
    ],
)
def test_it_computes_what_its_parent_did(document: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    parent, child = pair(document, before, after)
    assert not after or difference(child, parent) > 1e-2
    found = inherit(child, parent, seed=3, noise=0)
    assert found.preserved
    assert difference(child, parent) < 1e-10


def test_the_parts_that_are_the_parents() -> None:
    for change, expected in (({"width": 13}, 1.0), ({"depth": 4}, None), ({"kernel": 5}, None)):
        parent, child = pair(RESIDUAL, {}, change)
        whole, own = (sum(p.numel() for p in model.parameters()) for model in (parent, child))
        assert inherit(child, parent).share == pytest.approx(expected or whole / own)


def test_net2wider_by_hand() -> None:
    """Figure 2 of the paper: a unit that is copied halves what goes out of it, and keeps what comes in."""
    document = "{input: [2], classes: 2, parameters: {width: 2}, network: [{linear: =width}, relu, {linear: 2}]}"
    parent, child = pair(document, {}, {"width": 3})
    first, second = (parent.get_submodule(name) for name in (parent.names[1], parent.names[3]))
    inherit(child, parent, seed=0, noise=0)
    wide, out = (child.get_submodule(name) for name in (child.names[1], child.names[3]))
    copied = 0 if torch.equal(wide.weight[2], first.weight[0]) else 1
    assert torch.equal(wide.weight, first.weight[[0, 1, copied]]) and torch.equal(wide.bias, first.bias[[0, 1, copied]])
    halves = torch.tensor([0.5 if unit == copied else 1 for unit in (0, 1, copied)], dtype=torch.float64)
    assert torch.equal(out.weight, second.weight[:, [0, 1, copied]] * halves) and torch.equal(out.bias, second.bias)


def test_net2deeper_by_hand() -> None:
    parent, child = pair(PLAIN, {}, {"depth": 2})
    norms = inherit(child, parent, noise=0).identities
    convolution, norm = child.get_submodule("stage.1.0.convolution"), child.get_submodule("stage.1.0.norm")
    expected = torch.zeros(6, 6, 3, 3, dtype=torch.float64)
    expected[range(6), range(6), 1, 1] = 1
    assert norms == ("stage.1.0.norm",) and torch.equal(convolution.weight, expected)
    assert torch.equal(norm.weight, (norm.running_var + norm.eps).sqrt()) and not norm.bias.any()
    images = torch.randn(64, 3, 8, 8, dtype=torch.float64)
    settle(child, norms, images)
    seen: list[Tensor] = []
    norm.register_forward_hook(lambda module, inputs, output: seen.extend((inputs[0], output)))
    assert difference(child, parent) < 1e-10
    seen.clear()
    child.train()
    for module in child.modules():
        module.train(module is norm)
    child(images)  # by the statistics of the batch, now
    assert torch.allclose(*seen, atol=1e-3) and seen[0].abs().max() > 1


def test_copies_part() -> None:
    """They learn the same for ever unless their weights differ a little."""

    def learned(noise: float) -> tuple[float, float]:
        parent, child = pair(PLAIN, {}, {"width": 9})
        inherit(child, parent, noise=noise)
        before = difference(child, parent)
        optimizer = torch.optim.SGD(child.train().parameters(), 0.1)
        for step in range(5):
            optimizer.zero_grad()
            images = torch.randn(8, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(step))
            nn.functional.cross_entropy(child(images), torch.arange(8) % 4).backward()
            optimizer.step()
        weight = child.get_submodule("stage.0.0.convolution").weight.detach().flatten(1)
        apart = torch.cdist(weight, weight) + torch.eye(9) * 9
        return before, float(apart.min())

    (exact, same), (near, apart) = learned(0), learned(0.01)
    assert exact < 1e-10 < near < 0.1
    assert same < 1e-8 < 1e-3 < apart


@pytest.mark.parametrize("change", [{"width": 13}, {"depth": 4}])
def test_all_of_it_learns(change: dict[str, int]) -> None:
    """Zeros are no dead ends: every weight has a gradient after one step."""
    parent, child = pair(RESIDUAL, {}, change)
    inherit(child.train(), parent)
    optimizer = torch.optim.SGD(child.parameters(), 0.1)
    for _ in range(2):
        optimizer.zero_grad()
        child(torch.randn(8, 3, 12, 12, dtype=torch.float64)).square().sum().backward()
        optimizer.step()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in child.parameters())


@pytest.mark.parametrize("change", [{"width": 5}, {"kernel": 1}, {"depth": 1}])
def test_one_that_is_smaller_takes_what_fits(change: dict[str, int]) -> None:
    parent, child = pair(RESIDUAL, {}, change)
    found = inherit(child, parent)
    assert found.share == 1 and not found.preserved
    stem, theirs = child.state_dict()["stem.convolution.weight"], parent.state_dict()["stem.convolution.weight"]
    size, kernel = stem.shape[0], stem.shape[-1]
    middle = slice((3 - kernel) // 2, (3 - kernel) // 2 + kernel)
    assert torch.equal(stem, theirs[:size, :, middle, middle])


def test_an_operation_that_was_chosen_anew_is_known_by_what_it_reads() -> None:
    """In NAS-Bench-201 a 1x1 convolution that becomes a 3x3 one, an edge that is added, and one that goes."""
    space = nas.load("nasbench201", channels=4, cells=1)
    edges = [f"cells.cell.nodes.{node}.{edge}.operation" for node in range(3) for edge in range(node + 1)]

    def begun(edge: int, before: str, after: str) -> Inherited:
        words = ["nor_conv_3x3", "skip_connect", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_3x3"]
        answers = [{**dict(zip(edges, words, strict=True)), edges[edge]: word} for word in (before, after)]
        parent, child = (trained(space.graph(given), seed) for seed, given in enumerate(answers))
        found = inherit(child, parent, noise=0)
        assert found.preserved == (difference(child, parent) < 1e-10)
        return found

    assert begun(2, "nor_conv_1x1", "nor_conv_3x3").preserved
    assert begun(3, "none", "nor_conv_3x3").preserved
    assert not begun(3, "nor_conv_3x3", "none").preserved
    assert not begun(4, "skip_connect", "avg_pool_3x3").preserved


@pytest.mark.parametrize("name", ["mobilenet", "nasbench_macro"])
def test_where_blocks_are_residual_all_that_grows_is_preserved(name: str) -> None:
    space, grown = small(name, 32), 0
    for seed in range(30):
        rng = random.Random(seed)
        genome = space.sample(rng)
        child = space.mutate(genome, rng)
        before, after = (space.graph(each).prune() for each in (genome, child))
        if name == "mobilenet" and after.parameters > before.parameters:
            grown += 1
            assert align(before, after).preserves, seed
        assert align(before, before).preserves
    assert grown > 8 or name != "mobilenet"


PLACES = (
    "plain",
    "nasbench201",
    "nasbench101",
    "inception_space",
    "darts",
    "enas_macro",
    "zoph_le",
    "random",
    "random",
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PLACES), st.integers(0, 10**6), st.integers(1, 2))
def test_what_is_said_to_be_preserved_is(place: str, seed: int, mutations: int) -> None:
    rng = random.Random(seed)
    try:
        space = random_space(seed) if place == "random" else small(place, 16 if place == "plain" else 32)
        genome = child = space.sample(rng)
        for _ in range(mutations):
            child = space.mutate(child, rng)
        graphs = space.graph(genome).prune(), space.graph(child).prune()
    except (UserError, ShapeError):
        return
    parent, network = (trained(graph, seed) for seed, graph in enumerate(graphs))
    found = inherit(network, parent, seed, noise=0)
    assert 0 <= found.share <= 1
    if found.preserved:
        assert difference(network, parent) < 1e-10


def test_the_same_twice_is_the_same_and_nothing_of_a_stranger_is_taken() -> None:
    parent, child = pair(RESIDUAL, {}, {"width": 13})
    inherit(child, parent, seed=2)
    once = {name: tensor.clone() for name, tensor in child.state_dict().items()}
    inherit(child, parent, seed=2)
    assert all(torch.equal(tensor, once[name]) for name, tensor in child.state_dict().items())
    stranger = trained(space_of("{input: [3], classes: 2, network: [{linear: =classes}]}").graph(), 0)
    assert inherit(child, stranger) == Inherited(0.0, False)
    assert all(torch.equal(tensor, once[name]) for name, tensor in child.state_dict().items())
