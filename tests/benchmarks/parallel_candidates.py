"""Images a second of N one-thread trainings on N cores over those of one training with N threads: 0.9 or more.

`python tests/benchmarks/parallel_candidates.py [--steps N] [--rounds N] [--batch N]`

Prints one ratio: the median over rounds in which the N and the one take turns, on a network of NAS-Bench-201.
"""

import argparse
import statistics
from multiprocessing import get_context
from multiprocessing.connection import Connection

import torch

import nas
from nas.data import Dataset
from nas.training import Recipe, fit, use_threads
from nas.training.threads import cores

CELL = ["nor_conv_3x3", "skip_connect", "nor_conv_1x1", "skip_connect", "nor_conv_3x3", "avg_pool_3x3"]


def serve(pipe: Connection, threads: int, recipe: Recipe) -> None:
    """Trains once for each message, and answers with its images a second."""
    use_threads(threads)
    images = torch.randint(256, (4 * recipe.batch_size, 3, 32, 32), dtype=torch.uint8)
    labels = torch.randint(10, (len(images),))
    sets = ("train", "valid", "test")
    parts = {split: images if split == "train" else images[:10] for split in sets}
    truths = {split: labels if split == "train" else labels[:10] for split in sets}
    data = Dataset("noise", parts, truths, tuple("0123456789"), (127.5,) * 3, (73.9,) * 3, flip=True, crop=4)
    space = nas.load("nasbench201")
    places = sorted(f"cells.cell.nodes.{node}.{edge}.operation" for node in range(3) for edge in range(node + 1))
    model = nas.build(space, space.genome(dict(zip(places, CELL, strict=True))))
    while pipe.recv():
        pipe.send(fit(model, data, recipe, 0, threads=threads)["images_per_second"])


def start(threads: int, recipe: Recipe) -> Connection:
    context = get_context("spawn")
    here, there = context.Pipe()
    context.Process(target=serve, args=(there, threads, recipe), daemon=True).start()
    return here


def together(pipes: list[Connection]) -> float:
    """Images a second of all, training at once."""
    for pipe in pipes:
        pipe.send(True)
    return sum(pipe.recv() for pipe in pipes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    options = parser.parse_args()
    recipe, count = Recipe(batch_size=options.batch, steps=options.steps), cores()
    many, one = [start(1, recipe) for _ in range(count)], [start(count, recipe)]
    ratios = [together(many) / together(one) for _ in range(options.rounds + 1)]
    for pipe in (*many, *one):
        pipe.send(False)
    found = statistics.median(ratios[1:])  # the first round warms up
    print(f"images a second, {count} one-thread trainings / one of {count} threads: {found:.2f} (0.9 or more)")


if __name__ == "__main__":
    main()
