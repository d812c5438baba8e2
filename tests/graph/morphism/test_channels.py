from collections import Counter

import pytest

from nas.graph.morphism.channels import NEW, grouped_covered, kernel_offset, leading, moved, spread, spread_in_groups
from nas.graph.operations.convolution import Conv
from nas.graph.operations.crop import Slice, Split
from nas.graph.operations.tensor import ChannelShuffle, Flatten


def test_a_wider_layer_has_all_channels_and_copies_of_some() -> None:
    wider = spread(13, 8, 0)
    assert wider[:8] == tuple(range(8)) and set(wider[8:]) <= set(range(8))
    assert wider == spread(13, 8, 0) != spread(13, 8, 1)
    assert spread(5, 8, 0) == (0, 1, 2, 3, 4) and leading(4, 2) == (0, 1, NEW, NEW)
    counts = Counter(spread(8000, 8, 0))  # uniform
    assert all(850 < count < 1150 for count in counts.values())


def test_channels_stay_in_their_groups() -> None:
    assert [channel // 2 for channel in spread_in_groups(6, 4, (2, 2), 0)] == [0, 0, 0, 1, 1, 1]
    more = spread_in_groups(8, 4, (4, 2), 0)  # whole groups are copied
    assert more[:4] == (0, 1, 2, 3) and all(more[k + 1] == more[k] + 1 for k in (4, 6))


def test_a_group_reads_what_its_original_did() -> None:
    assert grouped_covered((0, 1, 2, 3), (0, 1, 2, 3), (2, 2), (4, 4))
    assert not grouped_covered((0, 2, 1, 3), (0, 1, 2, 3), (2, 2), (4, 4))  # 1 is in the other group
    assert grouped_covered((0, 2, 1, 3), (NEW, NEW, NEW, NEW), (2, 2), (4, 4))
    assert grouped_covered((1, 0, 0), (0, 1, 0), (1, 1), (2, 2)) and not grouped_covered((0, 0), (0,), (1, 1), (2, 1))


def test_what_only_moves_numbers() -> None:
    names = (5, 7, 5, 9)
    assert moved(Flatten(), (4, 1, 2), names) == [(5, 0), (5, 1), (7, 0), (7, 1), (5, 0), (5, 1), (9, 0), (9, 1)]
    assert moved(ChannelShuffle(2), (4, 3, 3), names) == [5, 5, 7, 9]
    assert moved(Split(2, 1), (4, 3, 3), names) == [5, 9] and moved(Slice(1, -1), (4, 3, 3), names) == [7, 5]
    assert moved(Conv(4, 3), (4, 3, 3), names) is None


@pytest.mark.parametrize(
    ("own", "theirs", "expected"),
    [
        ({"kernel": 5}, {"kernel": 3}, ((1, 1), True)),
        ({"kernel": 4}, {"kernel": 3}, ((0, 0), True)),  # pads (1, 2)
        ({"kernel": 3}, {"kernel": 5}, ((-1, -1), False)),
        ({"kernel": 5, "stride": 2}, {"kernel": 3, "stride": 2}, ((1, 1), True)),
        ({"kernel": 5, "dilation": 2}, {"kernel": 3, "dilation": 2}, ((1, 1), True)),
        ({"kernel": 3, "padding": 0}, {"kernel": 1}, ((0, 0), True)),  # the map is smaller, which is for others to see
        ({"kernel": 3, "stride": 2}, {"kernel": 3}, None),
    ],
)
def test_where_a_kernel_stands_in_a_larger_one(own: dict, theirs: dict, expected: object) -> None:
    assert kernel_offset(Conv(4, **own), Conv(4, **theirs), (8, 8)) == expected
