"""PC-DARTS' edge weights: in the network, in the derivation, in training."""

from types import SimpleNamespace

import pytest
import torch

from nas.data import load as load_data
from nas.network.supernet import Supernet
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.training import Training, recipe_of
from nas.space import load


@pytest.fixture(scope="module")
def searched() -> tuple[Supernet, Darts]:
    space = load("darts", channels=2, layers=3)
    net = Supernet(space)
    method = create_method("pc_darts", {"alpha_scale": 1.0})
    assert isinstance(method, Darts)
    method.begin(
        SimpleNamespace(
            net=net, seed=0, steps=100, device=torch.device("cpu"), space=space, allowed=lambda _: True, ended=False
        )  # type: ignore[arg-type]
    )
    return net, method


def test_the_edges_into_a_node_share_1(searched: tuple[Supernet, Darts]) -> None:
    net, method = searched
    sets = {path: weight for path, weight in method.shares().items() if net.choices[path].sets}
    assert sorted(len(weight) for weight in sets.values()) == [3, 3, 4, 4, 5, 5]
    assert all(weight.sum().item() == pytest.approx(1.0) for weight in sets.values())


def test_an_edge_is_times_its_weight(searched: tuple[Supernet, Darts]) -> None:
    """Weights of 1 for two edges and 0 for the others are the network of these two edges."""
    net, method = searched
    net.train()
    images, path = torch.randn(4, 3, 32, 32), "cells.normal.nodes.2.inputs"
    weights = {name: weight.detach() for name, weight in method.shares().items()}
    two = {**weights, path: torch.tensor([0.0, 1.0, 0.0, 1.0])}
    whole = {name: weight for name, weight in weights.items() if name != path}
    assert torch.allclose(net(images, two), net(images, whole, {path: (1, 3)}), atol=1e-4)
    assert not torch.allclose(net(images, two), net(images, weights), atol=1e-3)


def test_the_derivation_is_by_the_product(searched: tuple[Supernet, Darts]) -> None:
    net, method = searched
    shares = {path: share.tolist() for path, share in method.shares().items()}
    answers = method.derive().answers
    for cell in ("normal", "reduction"):
        for node in (1, 2, 3):
            at = f"cells.{cell}.nodes.{node}"
            strength = [
                own * max(shares[f"{at}.{source}.operation"][:-1]) for source, own in enumerate(shares[f"{at}.inputs"])
            ]
            best = sorted(range(len(strength)), key=lambda source: -strength[source])[:2]
            assert answers[f"{at}.inputs"] == tuple(sorted(best))
    assert net.choices["cells.normal.nodes.0.inputs"].is_open is False


def test_alpha_waits_for_three_tenths_of_the_epochs() -> None:
    method = create_method("pc_darts")
    assert isinstance(method, Darts)
    recipe = recipe_of(method).replace(epochs=10)
    training = Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1, device="cpu")
    training.net.train()
    batches = [training.images.batch(part, torch.arange(16)) for part in (0, 1)]
    moved = []
    for epoch in (0, 2, 3):
        training.done = epoch * training.plan.per_epoch
        before = torch.cat(list(method.alphas.parameters())).clone()
        method.step(*batches)
        moved.append(not torch.equal(before, torch.cat(list(method.alphas.parameters()))))
    assert moved == [False, False, True]
