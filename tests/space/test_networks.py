"""Packaged spaces: networks that train alike compute the same, and the other way round."""

import random

import pytest

from nas.space import load

SPACES = ["nasbench_digits", "nasbench201", "nasbench101", "darts", "enas_macro", "resnet_space"]


@pytest.mark.parametrize("name", SPACES)
def test_what_trains_alike_computes_the_same(name: str) -> None:
    space, rng = load(name), random.Random(0)
    genomes = [space.sample(rng) for _ in range(12)]
    genomes += [space.mutate(genome, rng) for genome in genomes for _ in range(2)]
    prints = {(graph.fingerprint(training=True), graph.fingerprint()) for graph in map(space.graph, genomes)}
    assert len(prints) == len({one for one, _ in prints}) == len({other for _, other in prints})
