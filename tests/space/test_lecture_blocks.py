"""Library blocks of the lectures: maxout and SAF-pooling."""

import torch

import nas
from tests.space.documents import graph_of, space_of


def test_maxout_over_channels_is_the_largest_of_its_pieces() -> None:
    space = space_of("{input: [3, 8, 8], classes: 2, network: [{maxout: {channels: 5, kernel: 3, pieces: 4}}]}")
    graph = space.graph()
    assert graph.shape == (5, 8, 8)
    assert graph.parameters == 4 * 5 * (3 * 9 + 1) and graph.mult_adds == 64 * 20 * 27
    x, model = torch.randn(2, 3, 8, 8), nas.build(space)
    conv = next(module for module in model.modules() if isinstance(module, torch.nn.Conv2d))
    torch.testing.assert_close(model(x), conv(x).view(2, 5, 4, 8, 8).amax(2))


def test_maxout_over_features_is_the_largest_of_its_pieces() -> None:
    space = space_of("{input: [3, 2, 2], classes: 2, network: [flatten, {maxout_linear: {features: 5, pieces: 3}}]}")
    graph = space.graph()
    assert graph.shape == (5,) and graph.parameters == 15 * 13 and graph.mult_adds == 15 * 12
    x, model = torch.randn(4, 3, 2, 2), nas.build(space)
    linear = next(module for module in model.modules() if isinstance(module, torch.nn.Linear))
    torch.testing.assert_close(model(x), linear(x.flatten(1)).view(4, 5, 3).amax(2))


def test_saf_pooling_is_a_pooling_and_then_dropout() -> None:
    space = space_of("{input: [3, 8, 8], classes: 2, network: [saf_pool]}")
    assert [node.operation for node in space.graph().nodes] == ["input", "max_pool", "dropout"]
    assert (
        space.graph().fingerprint()
        == graph_of("{input: [3, 8, 8], classes: 2, network: [{max_pool: 2}]}").fingerprint()
    )
    x, model = torch.rand(50, 3, 8, 8) + 1, nas.build(space)
    pooled = torch.nn.functional.max_pool2d(x, 2)
    torch.testing.assert_close(model.eval()(x), pooled)
    dropped = model.train()(x)
    assert abs((dropped == 0).float().mean().item() - 0.2) < 0.03
    torch.testing.assert_close(dropped[dropped > 0], (pooled / 0.8)[dropped > 0])
