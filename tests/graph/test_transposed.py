"""Transposed convolutions: what torch's give, and numbers worked out by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import nas
from nas.errors import ArgumentError, ShapeError
from nas.graph.operations import ConvTranspose
from nas.network import transfer_weights
from tests.graph.test_operations import agrees, axes, maps, quick, small
from tests.space.documents import space_of


def test_its_shape_and_costs_by_hand() -> None:
    op = ConvTranspose(6, 3, stride=2, padding=1, output_padding=1)
    assert op.shape((4, 5, 7)) == (6, 10, 14)  # (5 - 1) * 2 - 2 + 3 + 1
    assert op.parameters((4, 5, 7)) == 4 * 6 * 9 + 6
    assert op.mult_adds((4, 5, 7)) == 4 * 5 * 7 * 6 * 9
    grouped = ConvTranspose(kernel=[2, 1], stride=[2, 1], groups=2, bias=False)
    assert grouped.shape((4, 5, 7)) == (4, 10, 7)
    assert grouped.parameters((4, 5, 7)) == 4 * 2 * 2 and grouped.mult_adds((4, 5, 7)) == 4 * 35 * 2 * 2
    assert op.window((4, 5, 7)) == ((2, 2), (1, 1))


@quick
@given(st.data())
def test_it_is_torchs(data: st.DataObject) -> None:
    groups = data.draw(st.integers(1, 2))
    shape = data.draw(maps(small.map(lambda n: n * groups), 5))
    strides = data.draw(axes(shape, st.integers(1, 3)))
    op = ConvTranspose(
        data.draw(st.none() | small.map(lambda n: n * groups)),
        kernel=data.draw(axes(shape, st.integers(1, 4))),
        stride=strides,
        padding=data.draw(axes(shape, st.integers(0, 2))),
        output_padding=data.draw(axes(shape, st.integers(0, 1))),
        groups=groups,
        bias=data.draw(st.booleans()),
    )
    try:
        op.shape(shape)
    except ShapeError:  # torch's own, in some dimensions, gives maps without a position
        return
    agrees(op, shape)


def test_equal_layers_have_equal_fingerprints_and_others_not() -> None:
    def fingerprint(layer: str) -> str:
        head = "global_avg_pool, {linear: 2}"
        return space_of(f"{{input: [4, 8, 8], classes: 2, network: [{layer}, {head}]}}").graph().fingerprint()

    plain = fingerprint("{conv_transpose: {kernel: 2, stride: 2}}")
    assert plain == fingerprint("{conv_transpose: {channels: 4, kernel: [2, 2], stride: [2, 2], padding: 0}}")
    others = [
        "{conv_transpose: {kernel: 2, stride: 2, output_padding: 1}}",
        "{conv_transpose: {kernel: 2, stride: 2, padding: 1}}",
        "{conv_transpose: {kernel: 2, stride: 2, groups: 2}}",
        "{conv_transpose: {kernel: 2, stride: 2, bias: false}}",
        "{conv: {kernel: 2, stride: 2}}",
    ]
    assert len({plain, *map(fingerprint, others)}) == 6


def test_weights_of_torchs_layers_are_transferred() -> None:
    layers = "[{conv_transpose: {channels: 6, kernel: 2, stride: 2}}, relu, {conv_transpose: {kernel: 3}}]"
    model = nas.build(space_of(f"{{input: [4, 4, 4], classes: 2, network: [{layers}, flatten, {{linear: 2}}]}}"))
    ups = nn.ConvTranspose2d(4, 6, 2, 2), nn.ReLU(), nn.ConvTranspose2d(6, 6, 3)
    reference = nn.Sequential(*ups, nn.Flatten(), nn.Linear(600, 2))
    transfer_weights(reference, model)
    x = torch.randn(2, 4, 4, 4)
    torch.testing.assert_close(model.eval()(x), reference(x))


def test_new_weights_keep_the_variance_of_gradients() -> None:
    layer = nas.build(space_of("{input: [64, 8, 8], classes: 2, network: [{conv_transpose: {kernel: 4}}]}"))[0]
    assert layer.weight.std().item() == pytest.approx((2 / (64 * 16)) ** 0.5, rel=0.02)
    assert not layer.bias.any()


def test_mistakes() -> None:
    with pytest.raises(ShapeError, match="output_padding 2 is to be less than the stride, 2"):
        ConvTranspose(4, 2, stride=2, output_padding=2).shape((4, 5, 5))
    with pytest.raises(ShapeError, match=r"nothing is left of 1x1 \(kernel 1, padding 1\)"):
        ConvTranspose(4, 1, padding=1).shape((4, 1, 1))
    with pytest.raises(ShapeError, match="groups 3 does not divide the 4 input channels"):
        ConvTranspose(6, 1, groups=3).shape((4, 1, 1))
    with pytest.raises(ShapeError, match="takes a feature map"):
        ConvTranspose(6, 1).shape((4,))
    with pytest.raises(ArgumentError):
        ConvTranspose(6)
