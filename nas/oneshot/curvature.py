"""The largest eigenvalue of the Hessian of the validation loss by alpha: Zela et al. 2020, arXiv:1909.09656, section 4.

Where it grows, a derived network loses much against its supernet, and often is one of skip connections. Chu et al.
(DARTS-, arXiv:2009.01027) show good cells with a growing one, so that it is worth a warning, no more.

The authors compute the whole matrix by a double backward for each alpha, and the largest of its eigenvalues. Here its
products with some vectors are enough, each one backward pass through the gradient. They are exact: differences of
gradients at two alphas are no way to them, for ReLUs that switch in between count as curvature, the more the nearer the
two are (on nasbench_digits 0.3 to 8 in place of 0.1). Of the products Lanczos' method makes the largest eigenvalue. A
power iteration would need more of them, would find the one of the largest magnitude, which may be negative, and would
need its last vector when a training is resumed.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from nas.network.supernet import Weights
from nas.oneshot.images import drawn

if TYPE_CHECKING:
    from nas.oneshot.training import Training

EVERY = 2  # epochs, as in the authors' code
PART = 4  # the fourth part of a batch: with the gradient's graph an image takes 2.6 times the memory (DARTS' space)
STEPS, ENOUGH = 20, 0.01  # of Lanczos' method; the relative error at which it ends before
WINDOW, EARLIER, FACTOR = 5, 4, 1.3  # values in a mean, how many values ago it was that much less


def curvature(training: "Training") -> float:
    """By alpha at the weights as they are, on images for architectures, always the same, not augmented.

    Nothing of the training changes, its random numbers neither. Of a method that draws mixtures it is at their mean,
    `mean_weights`, if it has one. NaN for a method without a loss that alpha alone decides: of single paths.
    """
    method, size = training.method, training.images.size
    alphas = list(method.modules["alphas"].parameters()) if "alphas" in method.modules else []
    with torch.random.fork_rng([training.device] if training.device.type == "cuda" else []):
        torch.manual_seed(drawn(f"{training.seed}/curvature"))
        weights: Callable[[], Weights | None] = getattr(method, "mean_weights", method.weights)
        if not alphas or not _is_function(weights):
            return math.nan
        batch = training.images.batch(1, training.images.order[: max(2, size // PART)], augmented=False)
        logits = training.net(batch.images, weights()).float()  # without autocast
        loss = functional.cross_entropy(logits, batch.labels)
        return largest_eigenvalue(*hessian(loss, alphas))


def _is_function(weights: Callable[[], Weights | None]) -> bool:
    """Whether the weights of the mixture follow from alpha, with a gradient, and nothing is drawn."""
    first, second = weights(), weights()
    if first is None or second is None or not any(weight.requires_grad for weight in first.values()):
        return False
    return all(torch.equal(weight, second[path]) for path, weight in first.items())


def hessian(loss: Tensor, parameters: Sequence[Tensor]) -> tuple[Callable[[Tensor], Tensor], int]:
    """The Hessian of a loss, as its product with a float64 vector, and how many rows it has."""
    gradient = _flat(
        torch.autograd.grad(loss, parameters, create_graph=True, allow_unused=True, materialize_grads=True)
    )

    def times(vector: Tensor) -> Tensor:
        with torch.enable_grad():
            along = gradient @ vector.to(gradient)
        rows = torch.autograd.grad(along, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        return _flat(rows).double().cpu()

    return times, len(gradient)


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def largest_eigenvalue(times: Callable[[Tensor], Tensor], size: int) -> float:
    """Of a symmetric matrix of `size` rows that is known by its products with float64 vectors: Lanczos 1950, every new
    direction made orthogonal to all before. The first is drawn from torch's generator."""
    start = torch.randn(size, dtype=torch.float64)
    basis = [start / start.norm()]
    diagonal, beside = list[float](), list[float]()
    while True:
        ahead = times(basis[-1])
        diagonal.append(float(ahead @ basis[-1]))
        orthonormal = torch.stack(basis)
        for _ in range(2):  # once leaves what rounding makes of it
            ahead = ahead - orthonormal.T @ (orthonormal @ ahead)
        left = float(ahead.norm())
        if not math.isfinite(left):
            return math.nan
        matrix = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
        if beside:
            matrix += torch.diag(torch.tensor(beside, dtype=torch.float64), -1)  # eigh reads the lower triangle
        values, vectors = torch.linalg.eigh(matrix)
        error = left * abs(float(vectors[-1, -1]))  # the residual of that eigenvector
        if error <= ENOUGH * abs(float(values[-1])) or len(basis) == min(STEPS, size):
            return float(values[-1])
        basis.append(ahead / left)
        beside.append(left)


def growth(values: Sequence[float]) -> float | None:
    """How many times its value four values ago the mean of the last five is; None: there are too few."""
    if len(values) < WINDOW + EARLIER:
        return None
    now, before = sum(values[-WINDOW:]), sum(values[-WINDOW - EARLIER : -EARLIER])
    return now / before if before > 0 else None
