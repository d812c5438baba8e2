"""EvaNet's space-time network, against a reference as one would write it from the released specification."""

import torch
from torch import Tensor, nn

import nas
from tests.classics.comparison import assert_equal

# Each stage: repeats, the time of the pool before it, branches. "pool" and its time; "1x1"; or what follows a 1x1:
# convolutions with their kinds ("3d", "2+1") and times.
STAGES = [
    (2, 1, [("pool", 1), ("pool", 3), [("3d", 1), ("2+1", 9)], ("pool", 1), "1x1"]),
    (
        3,
        1,
        [("pool", 1), ("pool", 7), [("2+1", 5), ("3d", 1)], [("3d", 1), ("2+1", 11)], "1x1", [("2+1", 11), ("3d", 1)]],
    ),
    (5, 3, [("pool", 5), "1x1", ("pool", 9)]),
    (4, 9, [[("2+1", 1)], ("pool", 5)]),
]


def convolution(inputs: int, width: int, kernel: tuple[int, ...], stride: tuple[int, ...] = (1, 1, 1)) -> nn.Sequential:
    padding = tuple(size // 2 for size in kernel)
    return nn.Sequential(nn.Conv3d(inputs, width, kernel, stride, padding, bias=False), nn.BatchNorm3d(width))


def space_time(kind: str, inputs: int, width: int, time: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    if kind == "3d":
        return convolution(inputs, width, (time, size, size))
    first = convolution(inputs, width // 2, (time, 1, 1), (stride, 1, 1))
    return nn.Sequential(first, nn.ReLU(), convolution(width // 2, width, (1, size, size), (1, stride, stride)))


def branch(spec: object, inputs: int, width: int, timed: bool) -> nn.Sequential:
    if spec == "1x1":
        return convolution(inputs, width, (1, 1, 1))
    if isinstance(spec, tuple):
        time = spec[1]
        return nn.Sequential(nn.MaxPool3d((time, 3, 3), 1, (time // 2, 1, 1)), convolution(inputs, width, (1, 1, 1)))
    assert isinstance(spec, list)
    widths = [width // 2**left for left in range(len(spec), -1, -1)]
    layers: list[nn.Module] = [convolution(inputs, widths[0], (1, 1, 1))]
    for (kind, time), before, after in zip(spec, widths, widths[1:], strict=False):
        layers += [nn.ReLU(), space_time(kind, before, after, time if timed else 1)]
    return nn.Sequential(*layers)


class Module(nn.Module):
    def __init__(self, inputs: int, width: int, specs: list[object], turn: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList([branch(spec, inputs, width, turn % 2 == 0) for spec in specs])
        self.shortcut = convolution(inputs, width * len(specs), (1, 1, 1)) if turn == 0 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return (torch.cat([branch(x) for branch in self.branches], 1) + self.shortcut(x)).relu()


def evanet(width: int, classes: int) -> nn.Sequential:
    layers: list[nn.Module] = [space_time("2+1", 3, 64, 3, 7, 2), nn.ReLU()]
    layers += [nn.MaxPool3d((1, 3, 3), 2, (0, 1, 1))]
    inputs = 64
    for stage, (repeats, time, specs) in enumerate(STAGES):
        if stage:
            layers += [nn.MaxPool3d((time, 2, 2), (1, 2, 2), (time // 2, 0, 0), ceil_mode=True)]
        for turn in range(repeats):
            each = width * 2**stage // len(specs)
            layers += [Module(inputs, each, list(specs), turn)]
            inputs = each * len(specs)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Dropout(), nn.Linear(inputs, classes))


def test_a_narrow_evanet_is_its_reference():
    model = nas.build("evanet", widths=[32, 64, 128, 256], input=[3, 8, 32, 32], classes=11)
    assert_equal(evanet(32, 11), model)


def test_the_released_widths():
    with torch.device("meta"):
        reference = evanet(256, 400)
    graph = nas.load("evanet").graph()
    assert graph.parameters == sum(p.numel() for p in reference.parameters()) == 40_296_514
    assert graph.shape == (400,)
