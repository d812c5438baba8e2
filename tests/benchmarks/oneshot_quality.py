"""What small supernets find on NAS-Bench-201, by the published accuracies: several seeds of several methods.

    python tests/benchmarks/oneshot_quality.py --table nasbench201.csv.gz --data DIR --methods darts drnas --seeds 5

The supernets are smaller than the benchmark's networks (channels, cells a stage, images, pixels), so that a CPU does:
what collapses there may not here, and the other way round. Of each seed's genomes (the derived one, the runner-up,
earlier ones) a search trains all for a short while and picks the best: here by the table's validation accuracy after 12
epochs. `--without nor_conv_3x3` leaves an operation out. Random cells tell what chance gives: as many as are trained,
and the average over many. `--space nasbench_digits` needs neither table nor data.
"""

import argparse
import dataclasses
import math
import random
import statistics
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from torch.nn.functional import avg_pool2d

from nas.data import Dataset
from nas.data import load as load_data
from nas.evaluators.data import placed
from nas.evaluators.lookup import TableEvaluator
from nas.evaluators.tables import packaged
from nas.oneshot import create_method
from nas.oneshot.acting import Guarded
from nas.oneshot.derive import runner_up
from nas.oneshot.guard import kept
from nas.oneshot.method import strengths
from nas.oneshot.training import RECIPE, Training
from nas.space import Genome, Space, load
from nas.types import Trial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="nasbench201")
    parser.add_argument("--table")
    parser.add_argument("--data")
    parser.add_argument("--methods", nargs="+", default=["darts", "drnas"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--cells", type=int, default=1)
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--pixels", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--rate", type=float, default=0.1, help="of the weights")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--set", nargs="*", default=[], help="NAME=VALUE of the methods")
    asked = parser.parse_args()

    table, data, size = prepared(asked)
    space = load(asked.space, **size)
    if asked.without:
        operations = [word for word in space.document.parameters["operations"] if word not in asked.without]
        space = load(asked.space, **size, operations=operations)
    print(f"{asked.space}, {space.size():,} genomes, without {asked.without}, supernets of {size or 'the same size'}")
    print(
        f"{len(data.labels['train']):,} images, {asked.epochs} epochs, batch {asked.batch}, rate {asked.rate}", end="; "
    )
    every = [worth(table, genome) for genome in _all(space)]
    print(
        f"best of the table: {max(every):.2f}, random: {statistics.mean(every):.2f} +- {statistics.stdev(every):.2f}",
        flush=True,
    )
    for name in asked.methods:
        scores, picks = [], []
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            began = time.process_time()
            genomes, curve, warned = derived(name, space, data, asked, seed)
            genome = genomes[0]
            scores.append(worth(table, genome))
            picks.append(worth(table, max(genomes, key=lambda one: at_first(table, one))))
            course = " ".join(f"{worth(table, one):.1f}" for one in curve)
            words = " ".join(str(answer) for answer in genome.answers.values())
            head = f"  {name} {seed}: {scores[-1]:.2f} (picked of {len(genomes)}: {picks[-1]:.2f})"
            print(f"{head} in {time.process_time() - began:.0f} s  {words}  [{course}]", flush=True)
            for epoch, lines in enumerate(warned, 1):
                for line in lines:
                    print(f"    epoch {epoch}: {line}", flush=True)
        rng = random.Random(asked.first_seed)
        chance = [worth(table, space.sample(rng)) for _ in scores]
        spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
        print(f"{name}: mean {statistics.mean(scores):.2f} +- {spread:.2f}, worst {min(scores):.2f}", end="; ")
        print(f"picked: mean {statistics.mean(picks):.2f}, worst {min(picks):.2f}", end="; ")
        print(f"{len(chance)} random cells: mean {statistics.mean(chance):.2f}, best {max(chance):.2f}", flush=True)


def derived(
    name: str, space: Space, data: Dataset, asked: argparse.Namespace, seed: int
) -> tuple[list[Genome], list[Genome], list[list[str]]]:
    """The genomes that a search would train by themselves, the derived one first; those of the epochs; the warnings."""
    method = create_method(name, {key: yaml.safe_load(text) for key, text in (one.split("=") for one in asked.set)})
    settings = {"epochs": asked.epochs, "batch_size": asked.batch, "learning_rate": asked.rate}
    recipe = RECIPE.replace(**{**method.recipe, **settings})
    training = Training(space, data, method, recipe, seed, threads=1)
    guarded = Guarded(training)
    with tempfile.TemporaryDirectory() as folder:
        genome = guarded.run(lambda epoch: True, Path(folder) / "checkpoint.safetensors", math.inf)
    second = runner_up(space, training.net.choices, strengths(method), genome, training.allowed)
    learnt = training.curve[round(getattr(method, "frozen_share", 0.0) * asked.epochs) :]
    return kept(space, learnt, genome, second), [epoch.genome for epoch in training.curve], guarded.lines()


def prepared(asked: argparse.Namespace) -> tuple[TableEvaluator, Dataset, dict[str, Any]]:
    """The table, the images, and the parameters of the smaller space."""
    digits = asked.space == "nasbench_digits"
    table = TableEvaluator(asked.table or packaged(asked.space), "digits" if digits else "cifar10")
    if digits:
        return table, load_data("digits"), {}
    data = shrunk(placed(load_data("cifar10", asked.data), asked.images, "cpu"), asked.pixels)
    return table, data, {"channels": asked.channels, "cells": asked.cells, "input": list(data.shape)}


def shrunk(data: Dataset, pixels: int) -> Dataset:
    """The same images of so many pixels a side, each the mean of a square."""
    kernel = data.shape[-1] // pixels
    smaller = {split: avg_pool2d(x.float(), kernel).round().to(x.dtype) for split, x in data.images.items()}
    return dataclasses.replace(data, images=smaller)


@cache
def benchmark(name: str) -> Space:
    return load(name)


def worth(table: TableEvaluator, genome: Genome) -> float:
    """In percent: the test accuracy after the longest training, or the validation accuracy where there is none."""
    try:
        metrics = table.final(whole(genome), 0, None, {}, Path("."), lambda epoch, metrics: True)
        return 100 * metrics["test_accuracy"]
    except (KeyError, NotImplementedError):
        return at_first(table, genome)


def at_first(table: TableEvaluator, genome: Genome) -> float:
    """In percent: the validation accuracy after a candidate's training."""
    return 100 * table(Trial(0, whole(genome), 0), lambda epoch, metrics: True)["valid_accuracy"]


def whole(genome: Genome) -> Genome:
    """Of the benchmark's space, whose networks are as large as those in the table."""
    return benchmark(genome.document.name).genome(genome.answers)


def _all(space: Space) -> list[Genome]:
    genomes = list(space.enumerate())
    return genomes if len(genomes) < 1000 else random.Random(0).sample(genomes, 1000)


if __name__ == "__main__":
    main()
