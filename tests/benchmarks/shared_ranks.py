"""Whether accuracies on a supernet's shared weights rank networks as a table's do: Kendall's tau, by batch norms.

    python tests/benchmarks/shared_ranks.py --space nasbench_digits --method spos --genomes 100 --epochs 20
    python tests/benchmarks/shared_ranks.py --table nasbench201.csv.gz --data DIR --channels 8 --cells 1 --images 4000

A supernet is trained by single paths, and the same random genomes are scored on the images for architectures, with the
batch norms going by

- recalibrated: the statistics of the genome's own network, measured on training images;
- batch: those of the batch that is scored;
- running: what all paths together left, each step moving it by a tenth.

Beside them stands the tau of a network's parameters, which costs nothing.

The supernets are smaller than the benchmark's networks; `--space nasbench_digits` needs neither table nor data.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from oneshot_quality import prepared, worth
from scipy.stats import kendalltau

from nas.oneshot import create_method
from nas.oneshot.statistics import keep_statistics, recalibrate
from nas.oneshot.training import RECIPE, Training
from nas.space import Genome, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="nasbench201")
    parser.add_argument("--table")
    parser.add_argument("--data")
    parser.add_argument("--method", default="spos", help="one of single paths: spos, fairnas, enas or ofa")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--genomes", type=int, default=100)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--cells", type=int, default=1)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--pixels", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, help="learning rate; else the method's")
    parser.add_argument("--measured", type=int, default=2000, help="training images of which statistics are measured")
    asked = parser.parse_args()

    table, data, size = prepared(asked)
    space = load(asked.space, **size)
    taus: dict[str, list[float]] = {}
    for seed in range(asked.seeds):
        began = time.process_time()
        method = create_method(asked.method)
        recipe = RECIPE.replace(**{**method.recipe, "epochs": asked.epochs, "batch_size": asked.batch})
        recipe = recipe.replace(learning_rate=asked.rate) if asked.rate else recipe
        training = Training(space, data, method, recipe, seed, threads=1)
        method.step = tracking(training, method.step)  # type: ignore[method-assign]
        training.run()
        print(f"{asked.method} {seed}: {asked.epochs} epochs in {time.process_time() - began:.0f} s", flush=True)
        rng = random.Random(seed)
        genomes = list({space.sample(rng): None for _ in range(asked.genomes)})
        truth = [worth(table, genome) for genome in genomes]
        sizes = [space.graph(genome).prune().parameters for genome in genomes]
        taus.setdefault("parameters", []).append(float(kendalltau(sizes, truth).statistic))
        for name, score in scores(training, asked.measured).items():  # recalibration last: it writes what others read
            began = time.process_time()
            scored = [score(genome) for genome in genomes]
            tau = float(kendalltau(scored, truth).statistic)
            taus.setdefault(name, []).append(tau)
            each = 1000 * (time.process_time() - began) / len(genomes)
            print(f"  {name}: tau {tau:.3f} over {len(genomes)} genomes", end=", ")
            print(f"mean accuracy {statistics.mean(scored):.3f}, {each:.0f} ms each", flush=True)
    for name, of_seeds in taus.items():
        spread = statistics.stdev(of_seeds) if len(of_seeds) > 1 else 0.0
        print(f"{name}: tau {statistics.mean(of_seeds):.3f} +- {spread:.3f} over {len(of_seeds)} supernets")


def tracking(training: Training, step: Callable[..., None]) -> Callable[..., None]:
    """The method's step, in which batch norms keep running statistics; they go by the batch all the same."""

    def tracked(*batches: Any) -> None:
        keep_statistics(training.net, True)
        step(*batches)
        keep_statistics(training.net, False)

    return tracked


def scores(training: Training, measured: int) -> dict[str, Callable[[Genome], float]]:
    """The three ways to score a genome."""
    net, images = training.net, training.images
    first = torch.arange(min(measured, len(images.parts[0])), device=training.device)
    own = [images.batch(0, part, augmented=False).images for part in first.split(200)]

    def running(genome: Genome) -> float:
        net.eval()
        return training.accuracy(genome=genome)

    def batch(genome: Genome) -> float:
        net.train()
        return training.accuracy(genome=genome)

    def recalibrated(genome: Genome) -> float:
        recalibrate(net, genome, own)
        return training.accuracy(genome=genome)

    return {"running": running, "batch": batch, "recalibrated": recalibrated}


if __name__ == "__main__":
    main()
