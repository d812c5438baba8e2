"""Supernets of DARTS and PC-DARTS against the search network in plain torch: logits and gradients."""

from itertools import pairwise

import torch
from torch import Tensor, nn
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


def test_the_supernet_of_pc_darts_is_the_search_network_of_its_paper() -> None:
    torch.manual_seed(0)
    net = Supernet(load("pc_darts", channels=8, layers=3, input=[3, 8, 8])).double().to(memory_format=LAST)
    plain = SearchNetwork(8, 3, 10, partial=4).double()
    parameters = by_candidate(net)
    copy_weights(nn.ParameterList(parameters), plain)
    alphas = [torch.randn(EDGES, len(OPERATIONS), dtype=torch.double, requires_grad=True) for _ in range(2)]
    betas = torch.randn(2, EDGES, dtype=torch.double, requires_grad=True)  # those of edges into a node, one by one
    ends = [2, 5, 9, 14]
    (answers,) = {choice.answers for path, choice in net.choices.items() if path.endswith(".operation")}

    def outcome(ours: bool, images: torch.Tensor) -> list[torch.Tensor]:
        normal, reduction = (alpha.softmax(1) for alpha in alphas)
        shares = torch.cat([part.softmax(1) for part in betas.tensor_split(ends[:-1], 1)], 1)
        shares = torch.cat([torch.ones(2, 2, dtype=torch.double), shares[:, 2:]], 1)  # both edges of the first are kept
        if ours:
            weights = {f"{path}.@.operation": w for path, w in by_path(normal, reduction, answers).items()}
            for cell, own in zip(("normal", "reduction"), shares, strict=True):
                for node, (begin, end) in enumerate(pairwise(ends), 1):
                    weights[f"cells.{cell}.nodes.{node}.inputs"] = own[begin:end]
            logits = net(images.contiguous(memory_format=LAST), weights)
        else:
            logits = plain(images, normal, reduction, shares)
        loss = functional.cross_entropy(logits, torch.arange(len(images)))
        weights_of_it = parameters if ours else list(plain.parameters())
        return [logits, *torch.autograd.grad(loss, [*alphas, betas, *weights_of_it])]

    images = 1 + 2 * torch.randn(4, 3, 8, 8, dtype=torch.double)
    found, expected = outcome(True, images), outcome(False, images)
    assert max(differs(*pair) for pair in zip(found, expected, strict=True)) < 1e-9


def by_candidate(net: Supernet) -> list[Tensor]:
    """The weights in the order of the candidates: here both separable ones have their first halves first."""
    names = [name for name, _ in net.named_parameters()]
    for i, name in enumerate(names[:-3]):
        if name.endswith("first.depthwise_.weight") and names[i + 2].endswith("second.depthwise.weight"):
            names[i : i + 4] = [*names[i + 2 : i + 4], *names[i : i + 2]]
    return [net.get_parameter(name) for name in names]
