"""torchvision's residual networks of clips: parameters, outputs and gradients, in float64, with dropped-in weights."""

import random

import pytest
import torch
from torchvision import models

import nas
from tests.classics.comparison import assert_equal

SIZES = {"r3d_18": 33_371_472, "mc3_18": 11_695_440, "r2plus1d_18": 31_505_325}


@pytest.mark.parametrize("name", SIZES)
def test_it_is_torchvisions(name: str) -> None:
    torch.manual_seed(0)
    reference = models.get_model(name, num_classes=5)
    assert_equal(reference, nas.build(name, input=[3, 5, 18, 18], classes=5))


@pytest.mark.parametrize("name", SIZES)
def test_it_has_the_published_size_and_cost(name: str) -> None:
    graph = nas.load(name).graph()
    weights = models.get_model_weights(name).DEFAULT
    assert graph.parameters == SIZES[name] == weights.meta["num_params"]
    assert graph.mult_adds / 1e9 == pytest.approx(weights.meta["_ops"], abs=0.01)


def test_the_space_has_networks_that_see_frames_alone() -> None:
    space = nas.load("video_space")
    graphs = [space.graph(space.sample(random.Random(seed))) for seed in range(8)]
    assert len({graph.parameters for graph in graphs}) > 1
    assert all(graph.shape == (4,) for graph in graphs)
    kernels = {node.arguments["kernel"] for graph in graphs for node in graph.nodes if node.operation == "conv"}
    assert {(1, 3, 3), (3, 1, 1)} <= {kernel if isinstance(kernel, tuple) else (kernel,) * 3 for kernel in kernels}


@pytest.mark.parametrize("shape", [[2, 96], [3, 8, 32, 32]], ids=["signals", "clips"])
@pytest.mark.parametrize(
    "name", ["nasbench201", "darts", "nasnet", "enas", "pnasnet", "nasbench101", "mobilenet", "resnet_space", "plain"]
)
def test_spaces_of_images_take_signals_and_clips(name: str, shape: list[int]) -> None:
    space = nas.load(name, input=shape, classes=4)
    graph = space.graph(space.sample(random.Random(1)))
    assert (graph.input, graph.shape) == (tuple(shape), (4,))
