"""The Neocognitron's layers have the sizes of Fukushima 1980, Figure 2."""

import torch

import nas
from nas.graph.costs import by_module


def test_layers():
    graph = nas.load("neocognitron").graph()
    assert by_module(graph) == {
        "s1": (25 * 24 + 24, 153_600, (24, 16, 16)),
        "c1": (0, 0, (24, 10, 10)),
        "s2": (24 * 25 * 24 + 24, 921_600, (24, 8, 8)),
        "c2": (0, 0, (24, 6, 6)),
        "s3": (24 * 25 * 24 + 24, 57_600, (24, 2, 2)),
        "c3": (0, 0, (24,)),
        "categories": (250, 240, (10,)),
    }
    assert graph.parameters == 29_722


def test_s_cells_are_rectified_and_a_shift_is_forgiven_more_the_deeper_the_layer():
    model = nas.build("neocognitron").eval()
    seen: dict[str, torch.Tensor] = {}
    for name in ("s1", "c1", "c3"):
        last = list(getattr(model, name).modules())[-1]
        last.register_forward_hook(lambda _m, _x, out, name=name: seen.__setitem__(name, out.detach()))
    image = torch.zeros(1, 1, 16, 16)
    image[..., 4:12, 7] = 1
    model(image)
    before = dict(seen)
    model(image.roll(1, 3))
    assert before["s1"].min() == 0 and before["s1"].max() > 0
    changes = {name: float((seen[name] - out).norm() / out.norm()) for name, out in before.items()}
    assert changes["c3"] < changes["c1"] < changes["s1"]
