"""What machines hold; and a search on two of them, of which one is lost and comes back."""

import pytest

from nas.executors.cluster import Machine, room, shares


@pytest.mark.parametrize(
    ("nodes", "cpus", "gpus", "held"),
    [
        ([(4, 0)], 1, 0, 4),
        ([(4, 0)], 3, 0, 1),
        ([(4, 1)], 1, 0.5, 2),
        ([(64, 4)], 1, 0.3, 12),  # three on each GPU, a third one never spans two
        ([(64, 4)], 1, 0.1, 40),
        ([(4, 1), (4, 1)], 1, 2, 0),  # two GPUs, but not on one machine
        ([(4, 3)], 1, 2, 1),
        ([], 1, 0, 0),
    ],
)
def test_room(nodes: list[tuple[float, float]], cpus: int, gpus: float, held: int) -> None:
    assert room([Machine(*node) for node in nodes], cpus, gpus) == held


def test_shares() -> None:
    def of(nodes: list[tuple[float, float]], workers: int | None, gpus: float) -> tuple[int, int]:
        return shares([Machine(*node) for node in nodes], workers, gpus)

    assert of([(16, 0)], None, 0) == (16, 1)
    assert of([(16, 0)], 3, 0) == (3, 5)
    assert of([(4, 0), (4, 0), (4, 0)], 2, 0) == (2, 4)  # six would fit no machine
    assert of([(16, 2)], None, 0.5) == (4, 4)
