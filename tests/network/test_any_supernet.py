"""Random documents as supernets: a path is the genome's own network, or an error of one line says why there is none."""

import random

import pytest
import torch

from nas.errors import UserError
from nas.network.supernet import Supernet
from nas.space import Genome, Space
from tests.network.test_supernet import path_differs, randomised
from tests.space.random_documents import random_space


def genomes(space: Space, count: int) -> list[Genome]:
    """Those of `count` that can be built: in some the map runs out, or shapes do not fit."""
    rng, found = random.Random(0), list[Genome]()
    for _ in range(count):
        try:
            genome = space.sample(rng)
            space.graph(genome)
        except UserError:
            continue
        found.append(genome)
    return found


def check(seed: int) -> int:
    """How many genomes were compared."""
    space = random_space(seed)
    found = genomes(space, 2)
    if not found:
        return 0
    try:
        net = randomised(Supernet(space, relaxed=seed % 2 == 0))
    except UserError as error:
        assert "\n" not in str(error)
        return 0
    compared = 0
    for genome in found:
        try:
            assert path_differs(net, genome) == 0
            compared += 1
        except UserError as error:
            assert "\n" not in str(error)
    if net.mixed:
        weights = {path: torch.ones(len(choice.answers), dtype=torch.double) for path, choice in net.choices.items()}
        out = net(torch.randn(2, *space.input, dtype=torch.double), weights)
        assert out.shape == (2, 3)
    else:
        assert "\n" not in str(net.problem)
    return compared


def test_paths_of_random_documents_are_their_genomes_networks() -> None:
    assert sum(check(seed) for seed in range(8)) >= 8


@pytest.mark.slow
def test_paths_of_more_random_documents_are_their_genomes_networks() -> None:
    assert sum(check(seed) for seed in range(8, 58)) >= 50
