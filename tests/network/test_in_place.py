import pytest
import torch
from torch import nn

from nas.network import compile
from nas.network.in_place import AddInto, overwrites
from tests.graph.building import Builder


def test_activations_write_over_what_nobody_else_reads():
    b = Builder()
    x = b("conv", 0, channels=3, kernel=1)
    alone = b("relu", b("batch_norm", x))
    after = b("relu", b("sigmoid", x))  # the gradient of a sigmoid needs what it returned
    b("concat", alone, after, b("relu", x), b("relu", 0))
    model = compile(b.graph())
    assert [module.inplace for module in model.modules() if isinstance(module, nn.ReLU)] == [True, False, False, False]


def test_sums_write_over_one_of_their_first_two_inputs():
    b = Builder()
    x = b("relu", 0)
    bodies = [b("conv", x, channels=3, kernel=3) for _ in range(6)]
    small = b("conv", b("adaptive_avg_pool", x, size=1), channels=3, kernel=1)
    first = b("add", bodies[0], bodies[1])
    second = b("add", x, bodies[2])
    third = b("add", x, small)  # as large as the other input makes it
    fourth = b("add", bodies[3], bodies[3])
    fifth = b("add", x, x, bodies[4])
    graph = b.graph(auxiliary=[first, second, third, fourth, fifth, bodies[5]])
    assert overwrites(graph) == {first: 0, second: 1}


def test_the_input_of_the_network_and_outputs_of_heads_stay():
    b = Builder()
    x = b("conv", 0, channels=3, kernel=3)
    y = b("relu", x)
    b("add", b("relu", 0), y)
    model, image = compile(b.graph(auxiliary=[x])), torch.randn(2, 3, 8, 8)
    kept = image.clone()
    _, [head] = model(image)
    assert torch.equal(image, kept)
    assert (head < 0).any()


@pytest.mark.parametrize("into", [0, 1])
def test_sums_are_those_of_plain_addition(into):
    inputs = [torch.randn(4, 3, 5, 5) for _ in range(4)]
    expected = inputs[0] + inputs[1] + inputs[2] + inputs[3]
    assert torch.equal(AddInto(into)(*[x.clone() for x in inputs]), expected)
    mixed = [inputs[0].bfloat16(), inputs[1]]
    assert torch.equal(AddInto(into)(*[x.clone() for x in mixed]), mixed[0] + mixed[1])
