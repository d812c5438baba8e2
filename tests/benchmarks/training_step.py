"""Images a second of the training loop (bf16, channels_last) over those of a plain fp32 NCHW eager loop, side by side.

usage: python tests/benchmarks/training_step.py [--steps N] [--rounds N] [--accuracy]

Prints one ratio: the median over rounds in which the two take turns. With --accuracy both also train on the digits from the
same initial weights, and their validation accuracies are printed, each the mean over seeds.
"""

import argparse
import copy
import statistics
import time

import torch
from torch import nn
from torch.nn import functional

from nas.data import Dataset, load
from nas.training import Recipe, fit, use_threads

BATCH = 128


class Convolution(nn.Sequential):
    """The ReLU-conv-BN of NAS-Bench-201."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        super().__init__(nn.ReLU(), convolution, nn.BatchNorm2d(after))


class Cell(nn.Module):
    """The table's best cell: four convolutions of 3x3 and one of 1x1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.edges = nn.ModuleList(Convolution(width, width, kernel) for kernel in (3, 3, 3, 3, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        one = self.edges[0](x)
        two = self.edges[1](x) + self.edges[2](one)
        return x + self.edges[3](one) + self.edges[4](two)


class Reduction(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.body = nn.Sequential(Convolution(before, after, 3, 2), Convolution(after, after, 3))
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(before, after, 1, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + self.shortcut(x)


def network(channels: int, cells: int = 5, width: int = 16) -> nn.Sequential:
    """NAS-Bench-201's skeleton for 10 classes."""
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
    for stage in range(3):
        if stage:
            layers.append(Reduction(width << (stage - 1), width << stage))
        layers += [Cell(width << stage) for _ in range(cells)]
    head = [nn.BatchNorm2d(4 * width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10)]
    return nn.Sequential(*layers, *head)


def random_data(images: int) -> Dataset:
    """Noise of CIFAR's shape: what is measured does not depend on the pixels."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (images, 3, 32, 32), generator=generator, dtype=torch.uint8)
    labels = torch.randint(10, (images,), generator=generator)
    sets = {"train": slice(None), "valid": slice(0, 10), "test": slice(0, 10)}
    split = {name: pixels[part] for name, part in sets.items()}, {name: labels[part] for name, part in sets.items()}
    return Dataset("noise", *split, tuple("0123456789"), (127.5,) * 3, (73.9,) * 3, flip=True, crop=4)


def plain(model: nn.Module, data: Dataset, recipe: Recipe, steps: int) -> float:
    """The loop that one writes first: fp32, NCHW, torch's defaults, the same augmentation. Returns seconds."""
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    images, labels = data.images["train"], data.labels["train"]
    mean, std = (torch.tensor(value).view(1, -1, 1, 1) for value in (data.mean, data.std))
    model.train()
    began = time.perf_counter()
    for step in range(steps):
        chosen = torch.randint(len(images), (recipe.batch_size,))
        batch = functional.pad((images[chosen].float() - mean) / std, (data.crop,) * 4)
        top, left = torch.randint(2 * data.crop + 1, (2,)).tolist()
        batch = batch[:, :, top : top + data.shape[1], left : left + data.shape[2]].contiguous()
        optimizer.zero_grad()
        functional.cross_entropy(model(batch), labels[chosen]).backward()
        optimizer.step()
    return time.perf_counter() - began


def speed(steps: int, rounds: int) -> float:
    data, recipe = random_data(4096), Recipe(batch_size=BATCH, steps=steps)
    torch.manual_seed(0)
    ours = network(3)
    theirs = copy.deepcopy(ours)
    ratios = []
    for number in range(rounds + 1):
        slow = plain(theirs, data, recipe, steps)
        fast = fit(ours, data, recipe, number)["train_seconds"]
        if number:  # the first round warms up
            ratios.append(slow / fast)
    return statistics.median(ratios)


def accuracy(seeds: int = 3) -> tuple[float, float]:
    """Mean validation accuracy on the digits: (bf16 channels_last, fp32 NCHW)."""
    data, recipe = load("digits"), Recipe(epochs=20, batch_size=64, learning_rate=0.05, warmup_epochs=1)
    means = []
    for variant in (recipe, recipe.replace(precision="fp32", channels_last=False)):
        scores = []
        for seed in range(seeds):
            torch.manual_seed(seed)
            scores.append(fit(network(1, cells=1), data, variant, seed)["valid_accuracy"])
        means.append(statistics.mean(scores))
    return means[0], means[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--accuracy", action="store_true")
    options = parser.parse_args()
    use_threads()
    print(f"training step, ours over plain fp32 NCHW: {speed(options.steps, options.rounds):.2f}")
    if options.accuracy:
        print("valid_accuracy on digits, ours and fp32 NCHW: {:.4f} {:.4f}".format(*accuracy()))
