import pytest
import torch
from torch import nn

from nas.training import Recipe
from nas.training.optimizer import make_optimizer, set_learning_rate

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sgd", torch.optim.SGD),
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("rmsprop", torch.optim.RMSprop),
    ],
)
def test_the_recipes_words(name: str, kind: type[torch.optim.Optimizer]) -> None:
    recipe = Recipe(optimizer=name, learning_rate=0.02, weight_decay=0.03, momentum=0.5)
    optimizer = make_optimizer(nn.Linear(2, 2).parameters(), recipe, CPU)
    assert type(optimizer) is kind
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.02, 0.03)
    assert group.get("momentum", 0.5) == 0.5
    set_learning_rate(optimizer, 0.5)
    assert group["lr"] == 0.5


def test_a_graphs_learning_rate_is_filled_in_place() -> None:
    rate = torch.tensor(0.1)
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), rate)
    set_learning_rate(optimizer, 0.5)
    assert optimizer.param_groups[0]["lr"] is rate
    assert float(rate) == 0.5


def test_nesterov_without_momentum_is_plain() -> None:
    optimizer = make_optimizer(nn.Linear(2, 2).parameters(), Recipe(momentum=0.0, nesterov=True), CPU)
    assert optimizer.param_groups[0]["nesterov"] is False


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_in_channels_last_it_does_what_the_plain_one_does(name: str) -> None:
    torch.manual_seed(0)
    ours = nn.Conv2d(3, 5, 3)
    plain = nn.Conv2d(3, 5, 3)
    plain.load_state_dict(ours.state_dict())
    ours.to(memory_format=torch.channels_last)
    recipe = Recipe(optimizer=name, learning_rate=0.01)
    fast = make_optimizer(ours.parameters(), recipe, CPU)
    slow = {
        "sgd": lambda p: torch.optim.SGD(p, 0.01, 0.9, weight_decay=5e-4, nesterov=True, foreach=False, fused=False),
        "adam": lambda p: torch.optim.Adam(p, 0.01, weight_decay=5e-4, foreach=False, fused=False),
        "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=5e-4, foreach=False, fused=False),
        "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.9, weight_decay=5e-4, foreach=False),
    }[name](plain.parameters())
    for _ in range(3):
        x = torch.randn(2, 3, 6, 6)
        for model, optimizer in ((ours, fast), (plain, slow)):
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours.weight, plain.weight, rtol=1e-4, atol=1e-5)


def test_rmsprops_and_adams_details_are_the_recipes() -> None:
    recipe = Recipe(optimizer="rmsprop", alpha=0.9, eps=1.0, momentum=0.5)
    (group,) = make_optimizer(nn.Linear(2, 2).parameters(), recipe, CPU).param_groups
    assert (group["alpha"], group["eps"], group["momentum"], group["weight_decay"]) == (0.9, 1.0, 0.5, 5e-4)
    (group,) = make_optimizer(nn.Linear(2, 2).parameters(), recipe.replace(optimizer="adamw"), CPU).param_groups
    assert group["eps"] == 1.0
