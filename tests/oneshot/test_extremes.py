"""The largest and the smallest genome against enumeration; what choices change."""

import pytest

from nas.oneshot.extremes import DEPTH, KERNEL, WIDTH, extreme, kinds_of_change
from nas.space import Genome, Space, load
from tests.space.documents import space_of

ELASTIC = """
input: [1, 8, 8]
classes: 10
network:
  - {conv: {channels: {choice: [2, 4]}, kernel: {choice: [1, 3]}}}
  - repeat: {choice: [1, 2]}
    body: {conv: {channels: 4, kernel: {choice: [1, 3]}, groups: {choice: [1, 2]}}}
  - choice: [identity, {conv: {channels: 4, kernel: 3}}, {max_pool: {kernel: 3, stride: 1}}]
  - global_avg_pool
  - {linear: 10}
"""


def size(space: Space, genome: Genome) -> tuple[int, int]:
    graph = space.graph(genome)
    return graph.mult_adds, graph.parameters


@pytest.mark.parametrize("name", ["nasbench_digits", ELASTIC])
def test_they_are_those_of_all_genomes(name: str) -> None:
    space = space_of(name) if "\n" in name else load(name)
    sizes = [size(space, genome) for genome in space.enumerate()]
    assert size(space, extreme(space, True)) == max(sizes)
    assert size(space, extreme(space, False)) == min(sizes)


def test_more_groups_are_not_more() -> None:
    largest = extreme(space_of(ELASTIC), True).answers
    assert {answer for path, answer in largest.items() if path.endswith("groups")} == {1}
    assert {answer for path, answer in largest.items() if path.endswith("kernel")} == {3}


def test_a_where_is_kept() -> None:
    space = load("nasbench101")
    for largest in (True, False):
        genome = extreme(space, largest)
        assert space.genome(genome.answers) == genome
    assert size(space, extreme(space, True)) > size(space, extreme(space, False))


def test_choices_are_told_apart_by_what_they_change() -> None:
    space = space_of(ELASTIC)
    kinds = kinds_of_change(space, extreme(space, True), extreme(space, False))
    names = {path.rpartition(".")[2] if "@" in path else path: kind for path, kind in kinds.items()}
    assert names.pop("groups") == KERNEL
    assert names.pop("kernel") == KERNEL
    assert names.pop("channels") == WIDTH
    assert set(names.values()) == {DEPTH}, names
    assert len(names) == 2
