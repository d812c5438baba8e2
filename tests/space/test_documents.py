"""Every shipped document: at every size, and as a module that torch measures."""

import random
import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.graph.operations import OPERATIONS
from nas.network import compile
from nas.space import load, packaged
from nas.space.library import library
from tests.space.documents import FOLDER, graph_of, open_documents, small

NAMES = sorted(packaged())
OPEN = open_documents()
KEEP_SIZE = ("squeeze_excite", "fire", "scaled_residual", "global_max_pool")  # other blocks take stride and channels


def ran_out(error: UserError) -> bool:
    """Whether an error names the operation that a shape did not fit."""
    return any(re.search(rf": {word}: .*\d", str(error)) for word in OPERATIONS)


DENSE = ("unet", "unet_space")  # which give a class for each position, where its sizes are even often enough
SIZES = [(7, 3), (31, 11), (225, 3)]
REST = [(size, classes) for size in (7, 8, 31, 97, 225) for classes in (3, 11) if (size, classes) not in SIZES]


@pytest.mark.parametrize(("size", "classes"), [*SIZES, *(pytest.param(*one, marks=pytest.mark.slow) for one in REST)])
@pytest.mark.parametrize("name", NAMES)
def test_every_size_and_number_of_classes(name: str, size: int, classes: int):
    space = load(name, input=[3, size, size], classes=classes)
    try:
        for seed in range(1 if name not in OPEN else 3):
            graph = space.graph(space.sample(random.Random(seed)))
            assert graph.shape == ((classes, size, size) if name in DENSE else (classes,))
            assert graph.prune().input == (3, size, size)
    except UserError as error:
        assert ran_out(error), error


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("name", NAMES)
def test_other_channels_and_other_ranks(name: str, channels: int):
    for input in ([channels, 33], [channels, 17, 40], [channels, 16, 17, 18]):
        space = load(name, input=input, classes=4)
        try:
            assert space.graph(space.sample(random.Random(0))).shape == ((4, *input[1:]) if name in DENSE else (4,))
        except UserError as error:
            assert ran_out(error), error


def test_every_document_lies_in_a_folder_of_its_kind():
    assert {path.parent.name for path in FOLDER.rglob("*.yaml")} <= {"classics", "cells", "macro", "search_spaces"}


@pytest.mark.parametrize("block", sorted(library()))
def test_every_block_of_the_library_is_one(block: str):
    if block == "maxout_linear":  # the one that reads vectors
        measured(graph_of(f"input: [8, 9, 9]\nnetwork: [flatten, {block}]"))
        return
    plain = graph_of(f"input: [8, 9, 9]\nnetwork: [{block}]")
    measured(plain)
    if block not in KEEP_SIZE:
        assert graph_of(f"input: [8, 8, 8]\nnetwork: [{{{block}: {{stride: 2}}}}]").shape == (8, 4, 4)
    if block not in (*KEEP_SIZE, "max_pool_3x3", "avg_pool_3x3", "saf_pool"):
        channels = graph_of(f"input: [8, 8, 8]\nnetwork: [{{{block}: {{channels: 12, stride: 2}}}}]").shape[0]
        assert channels == 12


def measured(graph: Graph) -> None:
    """The module of a graph runs forward and backward, and has the shape, weights and mult-adds that the graph says."""
    pruned = graph.prune()
    model = compile(graph).eval()
    image = torch.randn(2, *graph.input, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = model(image)
    assert tuple(out.shape) == (2, *graph.shape)
    assert counter.get_total_flops() == 2 * 2 * pruned.mult_adds
    weights = sum(parameter.numel() for parameter in model.parameters())
    assert weights == pruned.parameters + pruned.auxiliary_parameters
    model.train()
    out = model(image.requires_grad_())
    (out[0] if isinstance(out, tuple) else out).sum().backward()
    assert image.grad is not None or "none" in {node.operation for node in pruned.nodes}  # zeros may cut the image off


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(OPEN), st.integers(0, 2**32), st.sampled_from([8, 9, 16]))
def test_any_genome_runs_and_is_what_torch_measures(name: str, seed: int, size: int):
    space = small(name, size)
    measured(space.graph(space.sample(random.Random(seed))))


@pytest.mark.parametrize("name", [name for name in NAMES if name in ("resnet18", "resnet50", "resnext50_32x4d")])
def test_fixed_networks_are_what_torch_measures(name: str):
    measured(load(name, input=[3, 33, 33], classes=5).graph())
