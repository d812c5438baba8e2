"""Locally connected layers: a convolution for each position, by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

import nas
from nas.errors import ArgumentError, ShapeError
from nas.graph.operations import Conv, LocallyConnected
from tests.graph.test_operations import agrees, axes, maps, quick, small
from tests.space.documents import space_of


def test_its_shape_and_costs_by_hand() -> None:
    op = LocallyConnected(16, 9, padding=0)  # DeepFace's L4 reads 16 maps of 71x71 and gives 16 of 63x63
    assert op.shape((16, 71, 71)) == (16, 63, 63)
    assert op.parameters((16, 71, 71)) == 63 * 63 * 16 * (16 * 81 + 1)
    assert op.mult_adds((16, 71, 71)) == 63 * 63 * 16 * 16 * 81
    assert LocallyConnected(2, 3, bias=False).parameters((4, 5)) == 5 * 2 * 4 * 3


@quick
@given(st.data())
def test_its_costs_are_torchs(data: st.DataObject) -> None:
    shape = data.draw(maps())
    op = LocallyConnected(
        data.draw(st.none() | small),
        data.draw(st.just("whole") | axes(shape, st.integers(1, 4))),
        data.draw(axes(shape, st.integers(1, 3))),
        data.draw(st.none() | st.just("same") | axes(shape, st.integers(0, 2))),
        data.draw(st.booleans()),
    )
    try:
        op.shape(shape)
    except ShapeError:
        return
    if op.parameters(shape) > (1 + op.bias) * math.prod(op.shape(shape)):  # of one factor torch counts no product
        agrees(op, shape)


@pytest.mark.parametrize("padding", [None, 0, "same"])
@pytest.mark.parametrize("sizes", [(7,), (7, 6), (4, 3, 5)])
def test_each_position_is_a_convolution_of_its_own(sizes: tuple[int, ...], padding: str | int | None) -> None:
    shape, x = (3, *sizes), torch.randn(2, 3, *sizes)
    local = LocallyConnected(4, 2, 2, padding).module(shape)
    torch.nn.init.normal_(local.bias)
    conv = Conv(4, 2, 2, padding).module(shape)
    y = local(x)
    rank = len(sizes)
    for at in torch.cartesian_prod(*(torch.arange(n) for n in y.shape[2:])).reshape(-1, rank).tolist():
        conv.weight.data = local.weight[(..., *at)]
        conv.bias.data = local.bias[(..., *at)]
        torch.testing.assert_close(conv(x)[(..., *at)], y[(..., *at)])


def test_equal_layers_have_equal_fingerprints_and_a_convolution_another() -> None:
    def fingerprint(layer: str) -> str:
        head = "global_avg_pool, {linear: 2}"
        return space_of(f"{{input: [4, 8, 8], classes: 2, network: [{layer}, {head}]}}").graph().fingerprint()

    plain = fingerprint("{locally_connected: {kernel: 3}}")
    assert plain == fingerprint("{locally_connected: {channels: 4, kernel: [3, 3], padding: 1, stride: 1}}")
    assert plain != fingerprint("{conv: {kernel: 3}}") != fingerprint("{locally_connected: {kernel: 3, padding: 0}}")


def test_new_weights_are_those_of_a_convolution_of_its_size() -> None:
    model = nas.build(space_of("{input: [8, 6, 6], classes: 2, network: [{locally_connected: {kernel: 3}}]}"))
    assert model[0].weight.std().item() == pytest.approx((2 / (8 * 9)) ** 0.5, rel=0.02)
    assert not model[0].bias.any()
    x = torch.randn(64, 8, 6, 6)
    assert model(x).std().item() == pytest.approx(
        functional.conv2d(x, model[0].weight[..., 3, 3]).std().item(), rel=0.3
    )


def test_mistakes() -> None:
    with pytest.raises(ArgumentError, match="kernel"):
        LocallyConnected(4)
    with pytest.raises(ShapeError, match="kernel 9 does not fit in 5x5"):
        LocallyConnected(4, 9, padding=0).shape((4, 5, 5))
