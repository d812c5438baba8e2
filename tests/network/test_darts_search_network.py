"""DARTS' supernet against the search network in plain torch: logits, and gradients of alphas and weights."""

import torch
from torch.nn import functional

from nas.network.supernet import Supernet
from nas.space import load
from tests.network.darts_network import EDGES, OPERATIONS, SearchNetwork, by_path, copy_weights

LAST = torch.channels_last


def differs(one: torch.Tensor, other: torch.Tensor) -> float:
    """Relative to the largest."""
    return ((one - other).abs().max() / other.abs().max()).item()


def test_the_supernet_of_darts_is_the_search_network_of_the_paper() -> None:
    torch.manual_seed(0)
    net = Supernet(load("darts", channels=4, layers=3, input=[3, 8, 8])).double().to(memory_format=LAST)
    plain = SearchNetwork(4, 3, 10).double()
    copy_weights(net, plain)
    alphas = [torch.randn(EDGES, len(OPERATIONS), dtype=torch.double, requires_grad=True) for _ in range(2)]
    (answers,) = {choice.answers for path, choice in net.choices.items() if path.endswith(".operation")}

    def outcome(ours: bool, images: torch.Tensor) -> list[torch.Tensor]:
        normal, reduction = (alpha.softmax(1) for alpha in alphas)
        if ours:
            logits = net(images.contiguous(memory_format=LAST), by_path(normal, reduction, answers))
        else:
            logits = plain(images, normal, reduction)
        weights = list((net if ours else plain).parameters())
        loss = functional.cross_entropy(logits, torch.arange(len(images)))
        return [logits, *torch.autograd.grad(loss, [*alphas, *weights])]

    for training in (True, False):  # statistics have moved where they are read
        net.train(training)
        plain.train(training)
        images = 1 + 2 * torch.randn(4, 3, 8, 8, dtype=torch.double)
        found, expected = outcome(True, images), outcome(False, images)
        assert max(differs(*pair) for pair in zip(found, expected, strict=True)) < 1e-9
