"""Images a second of the training loop over those of a plain fp32 NCHW eager loop, on NAS-Bench-201's best network.

`python tests/benchmarks/training_step.py [--steps N] [--rounds N] [--batch N] [--accuracy]`

Prints one ratio: the median over rounds in which the two take turns, each in a process of its own, since the loop
changes how its process allocates memory. With --accuracy it then trains both on the digits, and prints the accuracies.
"""

import argparse
import statistics
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection

import torch
from torch import nn
from torch.nn import functional

import nas
from nas.data import Dataset, load
from nas.training import Recipe, fit, use_threads
from nas.training.threads import cores

BEST = ["nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_1x1"]


class Convolution(nn.Sequential):
    """The ReLU-conv-BN of NAS-Bench-201."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        super().__init__(nn.ReLU(), convolution, nn.BatchNorm2d(after))


class Cell(nn.Module):
    """The table's best cell, by hand: what BEST says."""

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
        return self.shortcut(x) + self.body(x)


def by_hand(channels: int, cells: int = 5, width: int = 16) -> nn.Sequential:
    """NAS-Bench-201's network as one would write it."""
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
    for stage in range(3):
        if stage:
            layers.append(Reduction(width << (stage - 1), width << stage))
        layers += [Cell(width << stage) for _ in range(cells)]
    head = [nn.BatchNorm2d(4 * width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10)]
    return nn.Sequential(*layers, *head)


def compiled(**parameters: object) -> nn.Module:
    """The same network from the packaged document."""
    space = nas.load("nasbench201", **parameters)
    places = sorted(f"cells.cell.nodes.{node}.{edge}.operation" for node in range(3) for edge in range(node + 1))
    return nas.build(space, space.genome(dict(zip(places, BEST, strict=True))))


def noise(images: int) -> Dataset:
    """Random images of CIFAR's shape: the time does not depend on the pixels."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (images, 3, 32, 32), generator=generator, dtype=torch.uint8)
    labels = torch.randint(10, (images,), generator=generator)
    sets = {"train": slice(None), "valid": slice(0, 10), "test": slice(0, 10)}
    split = {name: pixels[part] for name, part in sets.items()}, {name: labels[part] for name, part in sets.items()}
    return Dataset("noise", *split, tuple("0123456789"), (127.5,) * 3, (73.9,) * 3, flip=True, crop=4)


def plain(model: nn.Module, data: Dataset, recipe: Recipe) -> float:
    """The loop that one writes first: fp32, NCHW, torch's defaults. Returns the seconds that `recipe.steps` took."""
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    images, labels = data.images["train"], data.labels["train"]
    mean, std = (torch.tensor(value).view(1, -1, 1, 1) for value in (data.mean, data.std))
    model.train()
    began = time.perf_counter()
    for _ in range(recipe.steps or 1):
        chosen = torch.randint(len(images), (recipe.batch_size,))
        batch = functional.pad((images[chosen].float() - mean) / std, (data.crop,) * 4)
        top, left = torch.randint(2 * data.crop + 1, (2,)).tolist()
        batch = batch[:, :, top : top + data.shape[1], left : left + data.shape[2]].contiguous()
        optimizer.zero_grad()
        functional.cross_entropy(model(batch), labels[chosen]).backward()
        optimizer.step()
    return time.perf_counter() - began


def serve(pipe: Connection, ours: bool, recipe: Recipe) -> None:
    """Trains once for each message, and answers with the seconds."""
    use_threads()
    data = noise(4 * recipe.batch_size)
    model = compiled() if ours else by_hand(3)
    while pipe.recv():
        pipe.send(fit(model, data, recipe, 0, threads=cores())["train_seconds"] if ours else plain(model, data, recipe))


def ratio(recipe: Recipe, rounds: int) -> float:
    context = get_context("spawn")
    pipes = []
    for ours in (False, True):
        here, there = context.Pipe()
        context.Process(target=serve, args=(there, ours, recipe), daemon=True).start()
        pipes.append(here)
    ratios = []
    for _ in range(rounds + 1):
        seconds = []
        for pipe in pipes:
            pipe.send(True)
            seconds.append(pipe.recv())
        ratios.append(seconds[0] / seconds[1])
    for pipe in pipes:
        pipe.send(False)
    return statistics.median(ratios[1:])  # the first round warms up


def accuracies(seeds: int = 3) -> list[float]:
    """Mean validation accuracy on the digits: as the recipe has it by default, and in fp32 NCHW."""
    data, recipe = load("digits"), Recipe(epochs=20, batch_size=64, learning_rate=0.05, warmup_epochs=1)
    means = []
    for variant in (recipe, recipe.replace(precision="fp32", channels_last=False)):
        models = [compiled(input=[1, 8, 8], cells=1) for _ in range(seeds)]
        scores = [fit(model, data, variant, seed)["valid_accuracy"] for seed, model in enumerate(models)]
        means.append(statistics.mean(scores))
    return means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=Recipe.named("nasbench201").batch_size)
    parser.add_argument("--accuracy", action="store_true")
    options = parser.parse_args()
    found = ratio(Recipe(batch_size=options.batch, steps=options.steps), options.rounds)
    print(f"training step, images a second, ours / plain fp32 NCHW: {found:.2f} (2.5 or more on a CPU with bf16)")
    if options.accuracy:
        use_threads()
        print("valid_accuracy on the digits, ours and fp32 NCHW: {:.4f} {:.4f}".format(*accuracies()))


if __name__ == "__main__":
    main()
