"""Standardised weights: the batch norm of a weight is the oracle."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

import nas
from nas.errors import ArgumentError, ShapeError
from nas.graph.operations import Conv
from tests.graph.test_operations import agrees
from tests.space.documents import space_of


@pytest.mark.parametrize("sizes", [(9,), (9, 8), (5, 6, 5)])
@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_the_weights_of_each_channel_have_mean_zero_and_variance_one(sizes: tuple[int, ...], kernel: int) -> None:
    shape, x = (4, *sizes), torch.randn(2, 4, *sizes)
    plain, op = Conv(6, kernel, groups=2), Conv(6, kernel, groups=2, standardised=True)
    conv, standardised = plain.module(shape), op.module(shape)
    rows = standardised.weight.flatten(1)[None]  # a channel's weights are normalised as a batch of one would be
    weight = functional.batch_norm(rows, None, None, training=True) if rows.shape[2] > 1 else torch.zeros_like(rows)
    conv.load_state_dict({"weight": weight[0].view_as(conv.weight), "bias": standardised.bias})
    torch.testing.assert_close(standardised(x), conv(x), atol=1e-4, rtol=1e-4)
    agrees(op, shape)
    assert (op.parameters(shape), op.mult_adds(shape)) == (plain.parameters(shape), plain.mult_adds(shape))


def test_a_flag_of_all_convolutions_of_a_document(tmp_path: Path) -> None:
    path = tmp_path / "standardised.yaml"
    path.write_text("{extends: resnet20, defaults: {conv: {standardised: true}}}")
    plain, standardised = nas.load("resnet20"), nas.load(path)
    assert plain.graph().parameters == standardised.graph().parameters == 269_722
    assert plain.graph().fingerprint() != standardised.graph().fingerprint()
    convs = [module for module in nas.build(standardised).modules() if isinstance(module, torch.nn.Conv2d)]
    assert convs and all(type(module).__name__ == "StandardisedConv2d" for module in convs)


def test_fingerprints_of_plain_convolutions_are_as_before_there_was_the_flag() -> None:
    graph = space_of("{input: [4, 8, 8], classes: 2, network: [{conv: {kernel: 3}}]}").graph()
    assert graph.fingerprint() == graph.fingerprint(training=True) == "61750c51220f558bcbe3ac1fb5256ece"


def test_mistakes() -> None:
    with pytest.raises(ArgumentError):
        Conv(4, 3, standardised=1)
    with pytest.raises(ShapeError, match="pads both sides alike; put pad before it"):
        Conv(4, 3, stride=2, padding="same", standardised=True).shape((4, 8, 8))
    assert Conv(4, 3, stride=2, padding="same", standardised=True).shape((4, 9, 9)) == (4, 5, 5)
