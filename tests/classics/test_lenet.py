"""LeNet-5 against LeCun et al. 1998, section II.B, and against a plain network with the table's connections."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

import nas
from nas.graph.costs import by_module
from nas.graph.graph import Node

TABLE_1 = [  # row by row: which maps of C3 read each map of S2
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
]


def test_lenet5_as_it_is_built_today():
    graph = nas.load("lenet5").graph()
    assert by_module(graph) == {
        "c1": (156, 117_600, (6, 28, 28)),
        "s2": (0, 0, (6, 14, 14)),
        "c3": (2_416, 240_000, (16, 10, 10)),
        "s4": (0, 0, (16, 5, 5)),
        "c5": (48_120, 48_000, (120,)),
        "f6": (10_164, 10_080, (84,)),
        "classifier": (850, 840, (10,)),
    }
    assert (graph.parameters, graph.mult_adds) == (61_706, 416_520)


def test_lenet5_of_1998_has_60_000_weights():
    graph = nas.load("lenet5_1998").graph()
    weights = {name: cost.parameters for name, cost in by_module(graph).items()}
    assert weights == {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164, "classifier": 0}
    assert graph.parameters == 60_000


def connections(node: Node) -> int:
    """As the paper counts: every weight and bias as often as it is used; subsampling reads four values and a bias."""
    outputs = math.prod(node.shape)
    if node.operation == "scale":
        return 5 * outputs if node.parameters else 0
    return node.mult_adds + (outputs if node.parameters else 0)


def test_lenet5_of_1998_has_340_908_connections():
    found: dict[str, int] = {}
    for node in nas.load("lenet5_1998").graph().nodes[1:]:
        module = node.path.split(".")[1]
        found[module] = found.get(module, 0) + connections(node)
    assert list(found) == ["c1", "s2", "c3", "s4", "c5", "f6", "classifier"]
    assert list(found.values()) == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert sum(found.values()) == 340_908


class Plain(nn.Module):
    """The same with C3 as a convolution of all maps, of which those that Table I leaves out have no weight."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c3, self.c5 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.coefficients = nn.ParameterList(torch.rand(2, count, 1, 1) + 0.5 for count in (6, 16))
        reads = torch.tensor([[sign == "X" for sign in row] for row in TABLE_1]).T
        self.c3.weight.data *= reads[:, :, None, None]

    def forward(self, x: Tensor, points: Tensor) -> Tensor:
        for convolution, (weight, bias) in zip((self.c1, self.c3), self.coefficients, strict=True):
            x = functional.avg_pool2d(squash(convolution(x)), 2)
            x = squash(x * weight + bias)
        x = squash(self.f6(squash(self.c5(x)).flatten(1)))
        return -((x[:, None] - points) ** 2).sum(2)


def squash(x: Tensor) -> Tensor:
    return 1.7159 * torch.tanh(2 / 3 * x)


def test_lenet5_of_1998_computes_what_the_paper_says():
    torch.manual_seed(0)
    plain, model = Plain().double(), nas.build("lenet5_1998").double()
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name in ("c1", "c5", "f6"):
            for key in ("weight", "bias"):
                weights[f"{name}.0.{key}"].copy_(getattr(getattr(plain, name), key))
        first = 0
        for group in ("three", "four", "four_apart", "six"):
            part = weights[f"c3.0.do.{group}.1.weight"]
            for turn in range(part.shape[0]):
                reads = [row for row in range(6) if TABLE_1[row][first + turn] == "X"]
                part[turn] = plain.c3.weight[first + turn, reads]
            weights[f"c3.0.do.{group}.1.bias"].copy_(plain.c3.bias[first : first + part.shape[0]])
            first += part.shape[0]
        for name, (weight, bias) in zip(("s2", "s4"), plain.coefficients, strict=True):
            weights[f"{name}.learned.do.0.weight"].copy_(weight)
            weights[f"{name}.learned.do.0.bias"].copy_(bias)
    x = torch.randn(3, 1, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(model(x), plain(x, model.classifier.do.points))
