"""The loss of a batch is the mean over its parts by their mass: what several processes compute is what one does."""

import pytest
import torch
from torch import Tensor

from nas.tasks import Classification, MultiLabel, Regression, Segmentation
from nas.tasks.task import IGNORED, Task

DRAWN = torch.Generator().manual_seed(0)
LABELS = torch.randint(3, (7,), generator=DRAWN)
MASKS = torch.randint(3, (7, 4, 4), generator=DRAWN, dtype=torch.uint8)
MASKS[:3, :3] = IGNORED
WEIGHTS = torch.tensor([0.2, 1.0, 3.0])
FLAT, MAPS = torch.randn(7, 3, generator=DRAWN), torch.randn(7, 3, 4, 4, generator=DRAWN)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(
    ("task", "output", "targets", "weights"),
    [
        (Classification(), FLAT, LABELS, None),
        (Classification(), FLAT, LABELS, WEIGHTS),
        (Classification(), FLAT, torch.rand(7, 3, generator=DRAWN).softmax(1), WEIGHTS),
        (MultiLabel(), FLAT, (FLAT > 0.3).float(), WEIGHTS),
        (Regression((0.0,) * 3, (1.0,) * 3), FLAT, FLAT.flip(0), None),
        (Segmentation(), MAPS, MASKS, None),
        (Segmentation(), MAPS, MASKS, WEIGHTS),
    ],
)
def test_parts_by_their_mass(
    task: Task, output: Tensor, targets: Tensor, weights: Tensor | None, smoothing: float
) -> None:
    parts = [slice(0, 4), slice(4, 7)]
    masses = [float(task.mass(targets[part], weights)) for part in parts]
    losses = [float(task.loss(output[part], targets[part], weights, smoothing)) for part in parts]
    mean = sum(mass * loss for mass, loss in zip(masses, losses, strict=True)) / sum(masses)
    assert mean == pytest.approx(float(task.loss(output, targets, weights, smoothing)), rel=1e-5)
    assert sum(masses) == pytest.approx(float(task.mass(targets, weights)))
