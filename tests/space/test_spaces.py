"""The packaged spaces against their papers: how many genomes, what networks cost, and that each of them runs."""

import random
from typing import Any

import pytest

from nas.space import Space, load

SIZES = {
    "nasbench201": 5**6,
    "darts": (180 * 7**8) ** 2,  # a node of i sources: i(i - 1) / 2 pairs, 7 operations each: 1 * 3 * 6 * 10 pairs
    "pc_darts": (180 * 7**8) ** 2,
    "enas": (25 * 25 * 25 * 25 * 25 * (2 * 3 * 4 * 5 * 6) ** 2) ** 2,
    "enas_macro": 6**12 * 2**66,
    "nasbench_macro": 6561,
    "transnas_micro": 4096,
    "mobilenet": 6**6 * 7**15,
    "zoph_le": (4 * 4 * 4) ** 6 * 2**15,
}
TINY: dict[str, dict[str, Any]] = {
    "enas_macro": {"channels": 4, "layers": 6},
    "nasbench_macro": {"channels": 4, "features": 8},
    "transnas_micro": {"channels": 4, "cells": 1},
    "mobilenet": {"width": 0.25, "layers": [2, 1, 1, 1, 1, 1]},
    "zoph_le": {"layers": 3, "counts": [2, 4]},
}
# Parameters and mult-adds in the authors' table (github.com/xiusu/NAS-Bench-Macro), by their digits.
NASBENCH_MACRO = {
    "02012100": (890_666, 47_327_744),
    "11111221": (2_181_386, 65_012_224),
    "00011110": (1_118_378, 31_390_208),
}


@pytest.mark.parametrize("name", SIZES)
def test_there_are_as_many_genomes_as_the_paper_counts(name: str):
    assert load(name).size() == SIZES[name]


@pytest.mark.parametrize("name", TINY)
def test_it_samples_mutates_crosses_and_runs(name: str):
    import torch

    from nas.network import compile

    space, rng = load(name, input=[3, 16, 16], classes=5, **TINY[name]), random.Random(0)
    genome = space.sample(rng)
    for _ in range(3):
        genome = space.crossover(space.mutate(genome, rng), space.sample(rng), rng)
        assert space.genome(genome.answers) == genome
        assert compile(space.graph(genome))(torch.randn(2, 3, 16, 16)).shape == (2, 5)
        final = space.final()
        assert final.graph(final.genome(genome.answers)).shape == (5,)


@pytest.mark.parametrize("digits", NASBENCH_MACRO)
def test_nasbench_macro_costs_what_its_table_says(digits: str):
    space = load("nasbench_macro")
    paths = [choice.path for choice in space.choices(space.sample(random.Random(0)))]
    operations = [space.document.parameters["operations"][int(digit)] for digit in digits]
    graph = space.graph(space.genome(dict(zip(paths, operations, strict=True)))).prune()
    assert (graph.parameters, graph.mult_adds) == NASBENCH_MACRO[digits]


def transnas(operation: str) -> Space:
    return load("transnas_micro", operations=[operation])


def test_transnas_micro_by_hand():
    """Ten cells: at 128 channels, which the first one makes of 64; at 256, 256 and 512 likewise."""
    stem = 3 * 32 * 9 + 2 * 32 + 32 * 64 * 9 + 2 * 64
    cells = [(64, 128), *[(128, 128)] * 3, (128, 256), *[(256, 256)] * 3, (256, 512), (512, 512)]
    head = 512 * 75 + 75
    for operation, area in (("nor_conv_1x1", 1), ("nor_conv_3x3", 9)):
        edges = sum(3 * (a * b * area + 2 * b) + 3 * (b * b * area + 2 * b) for a, b in cells)
        assert transnas(operation).graph(next(transnas(operation).enumerate())).parameters == stem + edges + head
    halved = sum(3 * (a * b + 2 * b) for a, b in cells if a != b)  # a strided skip is a factorized reduction
    graph = transnas("skip_connect").graph(next(transnas("skip_connect").enumerate())).prune()
    assert graph.parameters == stem + halved + head
    assert [node.shape[1:] for node in graph.nodes if node.operation == "global_avg_pool"] == [()]
    assert graph.nodes[-3].shape == (512, 8, 8)


class Last(random.Random):
    """Takes the last of the alternatives."""

    def choice(self, seq: Any) -> Any:
        return seq[-1]


def test_mobilenet_has_mobilenet_v2_in_it():
    stages = {"channels": [24, 32, 64, 96, 160, 320], "layers": [2, 3, 4, 3, 3, 1]}
    space = load("mobilenet", **stages, kernels=[7, 5, 3], expansions=[3, 6], dropout=0.2)
    graph = space.graph(space.sample(Last())).prune()
    assert graph.parameters == 3_504_872
    assert graph.fingerprint() == load("mobilenet_v2").graph().prune().fingerprint()


def test_a_layer_of_enas_macro_adds_what_it_skips_from():
    space = load("enas_macro", layers=3, channels=4)
    genome = space.sample(random.Random(0))
    assert sorted(path for path in genome.answers if path.endswith("present")) == [
        f"cells.layers.nodes.{edge}.present" for edge in ("3.2", "7.5", "7.6")
    ]
    some = {
        path: path.endswith("7.6.present") if path.endswith("present") else answer
        for path, answer in genome.answers.items()
    }
    graph = space.graph(space.genome(some)).prune()
    assert [len(node.inputs) for node in graph.nodes if node.operation == "add"] == [2]
    graph = space.final().graph(space.final().genome(some)).prune()
    assert [len(node.inputs) for node in graph.nodes if node.operation == "concat"][-1] == 2
    assert max(node.shape[0] for node in graph.nodes) == 2 * 4 * 96


def test_partial_channels_are_the_supernets_alone() -> None:
    partial, plain = load("pc_darts"), load("darts")
    genome = partial.sample(random.Random(0))
    same = plain.genome({path.replace("operation.@.operation", "operation"): a for path, a in genome.answers.items()})
    assert partial.graph(genome).fingerprint() == plain.graph(same).fingerprint()
