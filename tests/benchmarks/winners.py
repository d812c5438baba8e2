"""Did the search find anything? The best networks of a run and as many random ones, all trained longer the same way.

    python tests/benchmarks/winners.py RUN --epochs 4 --count 10 [--data DIR] [--workers 2]

Trains on the training images alone, by the run's own recipe with more epochs, and measures on the test images, which
the search never saw. Prints one line a network and writes RUN/winners.json. The random genomes have their own seed.
"""

import argparse
import json
import random
import statistics
from dataclasses import dataclass
from pathlib import Path

from nas.evaluators import Train
from nas.executors import create_executor
from nas.run.results import Run
from nas.space import Space
from nas.types import Metrics, Report, Trial


@dataclass(frozen=True)
class OnTest:
    """Trains as a search's candidates are, and measures on the test set."""

    train: Train

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        from nas.training.loop import fit

        model, data = self.train._ready(Space(trial.genome.document).graph(trial.genome), trial.seed, None)
        recipe = self.train.recipe.replace(epochs=trial.budget)
        metrics = fit(model, data, recipe, trial.seed, evaluate_on="test")
        return {"valid_accuracy": metrics["test_accuracy"], **metrics}  # what an executor asks for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--data")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    run = Run.open(args.run)
    rng, space = random.Random("winners"), run.space
    found = [space.genome(entry["genome"]) for entry in run.results()[: args.count]]
    drawn = [space.sample(rng) for _ in range(args.count)]
    trials = [Trial(number, genome, 1000 + number, args.epochs) for number, genome in enumerate([*found, *drawn])]
    dataset = run.config.evaluator["dataset"]
    evaluator = OnTest(Train(dataset=dataset, data=args.data))
    executor, accuracies, waiting = create_executor("ray", workers=args.workers), {}, list(trials)
    while len(accuracies) < len(trials):
        while waiting and executor.free():
            executor.submit(evaluator, waiting.pop(0))
        result = executor.next()
        number = result.trial.number
        accuracies[number] = result.metrics["test_accuracy"] if result.metrics else None
        name = f"found, rank {number + 1}" if number < args.count else f"random {number - args.count + 1}"
        print(f"{name}: {accuracies[number] or result.error}, {result.seconds:.0f} s", flush=True)
    executor.close()
    groups = {"found": range(args.count), "random": range(args.count, 2 * args.count)}
    summary: dict[str, object] = {"epochs": args.epochs}
    for group, numbers in groups.items():
        values = [value for number in numbers if (value := accuracies[number]) is not None]
        summary[group] = values
        mean, deviation = statistics.mean(values), statistics.stdev(values)
        print(f"{group}: mean {mean:.4f}, deviation {deviation:.4f}, best {max(values):.4f}, worst {min(values):.4f}")
    (args.run / "winners.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
