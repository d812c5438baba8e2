"""A data set of two classes that a tiny network learns in a few steps, and such networks."""

from typing import Any

import torch
from torch import Tensor, nn

from nas.data import Dataset
from nas.training import Recipe

FAST = Recipe(epochs=3, batch_size=16, learning_rate=0.05, weight_decay=1e-4, warmup_epochs=0.5, crop=0, flip=False)


def small_data(train: int = 50, valid: int = 20, side: int = 6) -> Dataset:
    """Noise, brighter in the upper half for class 0 and in the lower for class 1."""
    generator = torch.Generator().manual_seed(0)
    images, labels = {}, {}
    for split, count in (("train", train), ("valid", valid), ("test", 30)):
        labels[split] = torch.arange(count) % 2
        pixels = torch.randint(100, (count, 1, side, side), generator=generator, dtype=torch.uint8)
        for image, label in zip(pixels, labels[split].tolist(), strict=True):
            image[:, label * side // 2 : (label + 1) * side // 2] += 100
        images[split] = pixels
    return Dataset("small", images, labels, ("up", "down"), (100.0,), (60.0,), flip=False, crop=1)


def small_network(seed: int = 0, dropout: float = 0.0) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(4 * 36, 2),
        )


class WithHead(nn.Module):
    """A network with an auxiliary head, which gives logits of its own while training."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.out, self.side = nn.Flatten(), nn.Linear(36, 2), nn.Linear(36, 2)

    def forward(self, x: Tensor) -> Any:
        x = self.body(x)
        return (self.out(x), [self.side(x)]) if self.training else self.out(x)


class Broken(nn.Module):
    """Gives no numbers any more once it has been called `after` times in training."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.linear, self.calls, self.after = nn.Linear(36, 2), 0, after

    def forward(self, x: Tensor) -> Tensor:
        self.calls += self.training
        out: Tensor = self.linear(x.flatten(1))
        return out * float("nan") if self.calls > self.after else out


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def timeless(metrics: dict[str, float]) -> dict[str, float]:
    """Metrics but for those of the clock."""
    return {name: value for name, value in metrics.items() if name not in ("train_seconds", "images_per_second")}
