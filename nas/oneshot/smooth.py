"""SmoothDARTS: Chen and Hsieh 2020, arXiv:2002.05283. Section 4, equations 5 to 8.

The weights are trained at shares near those of alpha, so that the loss is smooth there and the derived answers lose
less. Two things are as in the authors' code: shares are brought back to the simplex by clamping and dividing by their
sum (which is no Euclidean projection), and an attack that does not raise the loss is undone. Their attack runs in
evaluation mode; batch norms here go by the batch in the whole search, so it runs in training mode.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from nas.training.ranks import averaged

Shares = dict[str, Tensor]  # by a choice's path: a number an answer, of sum 1
Loss = Callable[[Shares], Tensor]

FIRST, LAST = 0.03, 0.3  # how far a share may be moved in the first and the last epoch
ATTACKS = 7  # steps


def epsilon(epoch: int, epochs: int) -> float:
    """Rises linearly from the first epoch, 0, to the last."""
    return FIRST + (LAST - FIRST) * epoch / max(1, epochs - 1)


def random_smoothing(shares: Shares, reach: float, loss: Loss) -> Shares:
    """SDARTS-RS (equation 6): shares moved by uniform draws in [-reach, reach]. `loss` is not looked at."""
    with torch.no_grad():
        return {path: on_simplex(p + torch.empty_like(p).uniform_(-reach, reach)) for path, p in shares.items()}


def adversarial(shares: Shares, reach: float, loss: Loss) -> Shares:
    """SDARTS-ADV (equation 7): the shares within `reach` of these where the loss is high, by signed gradients."""
    start = {path: share.detach() for path, share in shares.items()}
    moved = random_smoothing(start, reach, loss)
    for _ in range(ATTACKS):
        leaves = {path: share.requires_grad_() for path, share in moved.items()}
        own = torch.autograd.grad(loss(leaves), list(leaves.values()), allow_unused=True, materialize_grads=True)
        with torch.no_grad():
            for (path, share), gradient in zip(leaves.items(), averaged(own), strict=True):
                ahead = share + 2 * reach / ATTACKS * gradient.sign()
                moved[path] = on_simplex(start[path] + (ahead - start[path]).clamp(-reach, reach))
    with torch.no_grad():
        (rise,) = averaged([loss(moved) - loss(start)])
        return {path: share.detach() for path, share in moved.items()} if rise > 0 else start


def on_simplex(shares: Tensor) -> Tensor:
    """Numbers between 0 and 1 of sum 1."""
    shares = shares.clamp(0, 1)
    return shares / shares.sum().clamp_min(1e-12)


PERTURBATIONS: Mapping[str, Callable[[Shares, float, Loss], Shares]] = {"rs": random_smoothing, "adv": adversarial}
