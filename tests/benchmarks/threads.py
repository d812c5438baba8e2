"""Images a second with the threads that a training chooses, over those with the best fixed number: 0.9 or more.

`python tests/benchmarks/threads.py [--epochs N] [--rounds N]`

For a small network on the digits and a larger one on images of CIFAR's size, alone and beside one process that computes
without pause: medians over rounds in which the trainings take turns, each in a process of its own. It needs two cores.
"""

import argparse
import statistics
from multiprocessing import Process, get_context
from multiprocessing.connection import Connection

import torch

import nas
from nas.data import Dataset
from nas.training import Recipe, fit, use_threads
from nas.training.threads import cores

CELL = ["nor_conv_3x3", "skip_connect", "nor_conv_1x1", "skip_connect", "nor_conv_3x3", "avg_pool_3x3"]
CASES = {"small": ([1, 8, 8], 1400, 46), "large": ([3, 32, 32], 2560, 64)}  # shape, images, batch


def serve(pipe: Connection, case: str, threads: int | None, recipe: Recipe) -> None:
    """Trains once for each message, and answers with its images a second."""
    shape, count, _ = CASES[case]
    use_threads(threads)
    images, labels = torch.randint(256, (count, *shape), dtype=torch.uint8), torch.randint(10, (count,))
    parts = {split: images if split == "train" else images[:10] for split in ("train", "valid", "test")}
    truths = {split: labels[: len(part)] for split, part in parts.items()}
    mean, std = (127.5,) * shape[0], (73.9,) * shape[0]
    data = Dataset("noise", parts, truths, tuple("0123456789"), mean, std, flip=True, crop=1)
    space = nas.load("nasbench201", input=shape, classes=10)
    places = sorted(f"cells.cell.nodes.{node}.{edge}.operation" for node in range(3) for edge in range(node + 1))
    model = nas.build(space, space.genome(dict(zip(places, CELL, strict=True))))
    while pipe.recv():
        pipe.send(fit(model, data, recipe, 0, threads=threads)["images_per_second"])


def busy() -> None:
    while True:
        pass


def speeds(case: str, epochs: int, rounds: int) -> dict[int | None, float]:
    """Images a second by the number of threads; None: the one chosen."""
    context = get_context("spawn")
    recipe = Recipe(epochs=epochs, batch_size=CASES[case][2])
    pipes: dict[int | None, Connection] = {}
    for threads in (None, *range(1, cores() + 1)):
        here, there = context.Pipe()
        context.Process(target=serve, args=(there, case, threads, recipe), daemon=True).start()
        pipes[threads] = here
    found: dict[int | None, list[float]] = {threads: [] for threads in pipes}
    for _ in range(rounds):
        for threads, pipe in pipes.items():
            pipe.send(True)
            found[threads].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(False)
    return {threads: statistics.median(values) for threads, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for beside in (False, True):
        other = Process(target=busy, daemon=True)
        if beside:
            other.start()
        for case in CASES:
            by = speeds(case, options.epochs, options.rounds)
            best = max(value for threads, value in by.items() if threads)
            told = ", ".join(f"{threads} threads {value:.0f}" for threads, value in by.items() if threads)
            where = "beside a busy process" if beside else "alone"
            print(
                f"{case}, {where}: chosen / best {by[None] / best:.2f} (0.9 or more); {told} images a second",
                flush=True,
            )
        if beside:
            other.terminate()


if __name__ == "__main__":
    main()
