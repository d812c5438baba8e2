"""Channels by number: shapes, values, mistakes. (Pad, slice and split stand in test_operations.)"""

import pytest
import torch

from nas.errors import ArgumentError, ShapeError
from nas.graph.operations import Select


def test_select_takes_channels_in_order_and_as_often_as_they_are_listed() -> None:
    op, x = Select([2, 0, 0]), torch.randn(2, 3, 4, 5)
    assert op.shape((3, 4, 5)) == (3, 4, 5) and Select([1]).shape((3, 4)) == (1, 4)
    module = op.module((3, 4, 5))
    torch.testing.assert_close(module(x), x[:, [2, 0, 0]])
    assert not module.state_dict() and op.parameters((3, 4, 5)) == 0
    assert torch.equal(module.double()(x.double()), x.double()[:, [2, 0, 0]])


def test_select_names_the_channel_that_is_not_there() -> None:
    with pytest.raises(ShapeError, match="no channel 3 in 3x4x5"):
        Select([0, 3]).shape((3, 4, 5))


@pytest.mark.parametrize("indices", [[], 3, [-1], [1.5], ["a"]])
def test_indices_are_a_list_of_whole_numbers(indices: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        Select(indices)  # type: ignore[arg-type]
    assert caught.value.argument == "indices"
