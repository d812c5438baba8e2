"""Unpooling with switches: torch's own unpooling, and the gradient of a pooling, are the oracles."""

import pytest
import torch
from torch import nn

import nas
from nas.errors import ShapeError, UserError
from nas.graph.operations import MaxPool, MaxUnpool
from tests.graph.building import Builder
from tests.graph.test_operations import agrees
from tests.space.documents import space_of


@pytest.mark.parametrize("sizes", [(8,), (8, 6), (4, 6, 8), (7, 9)])
def test_windows_that_do_not_overlap_are_unpooled_as_in_torch(sizes: tuple[int, ...]) -> None:
    shape, rank = (3, *sizes), len(sizes)
    x = torch.randn(2, *shape)
    pooled, switches = getattr(nn, f"MaxPool{rank}d")(2, return_indices=True)(x)
    numbers = torch.randn_like(pooled)
    op = MaxUnpool(2)
    expected = getattr(nn, f"MaxUnpool{rank}d")(2)(numbers, switches, output_size=x.shape)
    small = MaxPool(2).shape(shape)
    torch.testing.assert_close(op.module(small, shape)(numbers, x), expected)
    agrees(op, small, shape)


@pytest.mark.parametrize(
    "arguments", [{"kernel": 3, "stride": 2, "padding": 1}, {"kernel": 3, "stride": 2, "padding": "same"}]
)
@pytest.mark.parametrize("sizes", [(9, 8), (9,), (5, 6, 7)])
def test_any_pooling_is_undone_as_its_gradient_does(sizes: tuple[int, ...], arguments: dict[str, object]) -> None:
    shape = (3, *sizes)
    x = torch.randn(2, *shape, requires_grad=True)
    pooled = MaxPool(**arguments).module(shape)(x)
    numbers = torch.randn_like(pooled)
    (expected,) = torch.autograd.grad(pooled, x, numbers)
    op, small = MaxUnpool(**arguments), tuple(pooled.shape[1:])
    torch.testing.assert_close(op.module(small, shape)(numbers, x), expected)
    agrees(op, small, shape)


def test_a_segnet_is_a_document() -> None:
    inner = "{unpool: 2, body: [{conv: {channels: 8, kernel: 3}}]}"
    conv = "{conv: {channels: 8, kernel: 3}}"
    outer = f"{{unpool: {{kernel: 2}}, body: {{down: {conv}, deeper: {inner}, up: {conv}}}}}"
    space = space_of(f"{{input: [8, 13, 12], classes: 2, network: [{outer}, global_avg_pool, {{linear: 2}}]}}")
    graph = space.graph()
    read = [(node.operation, node.shape, node.inputs) for node in graph.nodes[1:8]]
    assert read == [
        ("max_pool", (8, 6, 6), (0,)),
        ("conv", (8, 6, 6), (1,)),
        ("max_pool", (8, 3, 3), (2,)),
        ("conv", (8, 3, 3), (3,)),
        ("max_unpool", (8, 6, 6), (4, 2)),
        ("conv", (8, 6, 6), (5,)),
        ("max_unpool", (8, 13, 12), (6, 0)),
    ]
    x = torch.randn(2, 8, 13, 12)
    model = nas.build(space).eval()
    first, switches = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
    convs = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    down = convs[0](first)
    second, inner_switches = torch.nn.functional.max_pool2d(down, 2, return_indices=True)
    up = torch.nn.functional.max_unpool2d(convs[1](second), inner_switches, 2, output_size=down.shape)
    out = torch.nn.functional.max_unpool2d(convs[2](up), switches, 2, output_size=x.shape)
    head = next(module for module in model.modules() if isinstance(module, nn.Linear))
    torch.testing.assert_close(model(x), head(out.mean((2, 3))))


def test_fingerprints_tell_what_is_unpooled_by_which_switches() -> None:
    def fingerprint(first: int, second: int, **arguments: object) -> str:
        b = Builder((4, 8, 8))
        image = b("tanh", 0)
        small = b("max_pool", image, kernel=2)
        maps = [image, b("sigmoid", 0), small, b("gelu", small)]
        b("linear", b("global_avg_pool", b("max_unpool", maps[first], maps[second], **arguments)), features=2)
        return b.graph().prune().fingerprint()

    usual = fingerprint(2, 0, kernel=2)
    assert usual == fingerprint(2, 0, kernel=[2, 2], stride=2, padding="same")
    assert len({usual, fingerprint(3, 0, kernel=2), fingerprint(2, 1, kernel=2)}) == 3
    assert usual != fingerprint(2, 0, kernel=1, stride=2)


def test_a_body_is_searched() -> None:
    body = "{choice: [identity, {conv: {kernel: {choice: [1, 3]}}}]}"
    unpool = f"{{unpool: {{kernel: {{choice: [2, 4]}}}}, body: [{body}]}}"
    space = space_of(f"{{input: [4, 8, 8], classes: 2, network: [{unpool}, global_avg_pool, {{linear: 2}}]}}")
    assert space.size() == 6
    genomes = list(space.enumerate())
    assert len({space.graph(genome).fingerprint() for genome in genomes}) == 6
    net = nas.supernet(space).eval()
    x = torch.randn(2, 4, 8, 8)
    for genome in genomes:
        torch.testing.assert_close(net(x, genome=genome), net.extract(genome).eval()(x))


def test_mistakes() -> None:
    def made(layer: str) -> None:
        space_of(f"{{input: [4, 8, 8], classes: 2, network: [{layer}]}}").graph()

    with pytest.raises(ShapeError, match="the pooling of 4x8x8 gives 4x4x4, not 4x2x2"):
        MaxUnpool(2).shape((4, 2, 2), (4, 8, 8))
    with pytest.raises(UserError, match="the pooling of 4x8x8 gives 4x4x4, not 6x4x4"):
        made("{unpool: 2, body: [{conv: {channels: 6, kernel: 1}}]}")
    with pytest.raises(UserError, match="'unpool' needs a 'body'"):
        made("{unpool: 2}")
    with pytest.raises(UserError, match="unpool has no 'size'"):
        made("{unpool: {size: 2}, body: []}")
    with pytest.raises(UserError, match="unknown merge 'max_unpool'"):
        made("{branches: [[{max_pool: 2}], []], merge: max_unpool}")
