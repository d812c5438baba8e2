import math
import random

import pytest
import torch

from nas.searchers.ppo import PPO, clipped
from nas.space import Genome, Space
from nas.types import Result, Trial
from tests.space.documents import space_of

BANDIT = """
name: bandit
input: [3, 4, 4]
classes: 2
network: [{choice: [relu, tanh]}, global_avg_pool, {linear: =classes}]
"""


@pytest.mark.parametrize(
    ("ratio", "advantage", "value", "slope"),  # the slope is in log P: r A where the objective is r A, else none
    [
        (1.0, 2.0, 2.0, 2.0),
        (1.1, 2.0, 2.2, 2.2),
        (1.5, 2.0, 2.4, 0.0),  # far enough up
        (0.5, 2.0, 1.0, 1.0),  # a good one that lost probability is taken back, however far
        (0.5, -2.0, -1.6, 0.0),  # far enough down
        (0.9, -2.0, -1.8, -1.8),
        (1.5, -2.0, -3.0, -3.0),
    ],
)
def test_the_clipped_objective(ratio: float, advantage: float, value: float, slope: float) -> None:
    log = torch.tensor(math.log(0.3 * ratio), dtype=torch.float64, requires_grad=True)
    objective = clipped(log, math.log(0.3), advantage, 0.2)
    objective.backward()
    assert log.grad is not None
    assert objective.item() == pytest.approx(value)
    assert log.grad.item() == pytest.approx(slope)


def arms(space: Space) -> tuple[Genome, Genome]:
    relu, tanh = space.enumerate()
    return relu, tanh


def probability(searcher: PPO, genome: Genome) -> float:
    return searcher.controller.log_probability(genome)[0].exp().item()


def test_the_steps_on_a_two_armed_bandit() -> None:
    """Rewards 1 and 0, b = 1/2: the first epoch's gradient is REINFORCE's, and none is left outside the clip."""
    space = space_of(BANDIT)
    relu, tanh = arms(space)
    searcher = PPO(space, hidden=3, spread=1.0, entropy=0, batch=2, epochs=3, clip=0.2, decay=0.0)
    p = probability(searcher, relu)
    logits = next(weight for name, weight in searcher.controller.weights.items() if name.startswith("logits"))
    slopes: list[torch.Tensor] = []

    def descend(loss: torch.Tensor) -> None:
        """Follows the gradient in the logits' weights alone, far enough to leave the clip at once."""
        (slope,) = torch.autograd.grad(-loss, logits)
        slopes.append(slope)
        with torch.no_grad():
            logits.add_(1000 * slope)

    searcher.controller.descend = descend  # type: ignore[method-assign]
    from nas.searchers.controller import Episode

    episode = Episode(searcher.controller)
    episode.step()
    h = episode.h[0].detach()
    for genome, reward in ((relu, 1.0), (tanh, 0.0)):
        searcher.b = 0.5
        searcher.tell(Result(Trial(0, genome, 0), {"valid_accuracy": reward}))
    # d log p / d logit = (1 - p, -p...) of each arm; the mean over both of A grad log p, A = +-1/2
    up = (0.5 * (1 - p) + 0.5 * p) / 2
    torch.testing.assert_close(slopes[0], torch.stack([h * up, -h * up], dim=1), rtol=0, atol=1e-12)
    assert probability(searcher, relu) > 1.2 * p
    assert probability(searcher, tanh) < 0.8 * (1 - p)
    assert len(slopes) == 3
    assert not slopes[1].any()
    assert not slopes[2].any()


def test_finds_the_better_arm() -> None:
    space = space_of(BANDIT)
    _, tanh = arms(space)
    searcher = PPO(space, learning_rate=0.01, batch=4, epochs=4, hidden=10)
    assert probability(searcher, tanh) == pytest.approx(0.5, abs=0.05)
    for number in range(100):
        genome = searcher.ask(random.Random(number), ())
        rng = random.Random(f"reward {number}")
        accuracy = rng.gauss(0.6 if genome == tanh else 0.4, 0.05)
        searcher.tell(Result(Trial(number, genome, 0), {"valid_accuracy": accuracy}))
    assert probability(searcher, tanh) > 0.9
