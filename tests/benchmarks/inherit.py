"""Evolution whose children begin with their parents' weights, beside evolution from new weights, at equal cost.

    python tests/benchmarks/inherit.py --data DIR --table nasbench201.csv.gz --seeds 3

Regularized evolution over small networks of NAS-Bench-201 (8 channels, one cell a stage) on a part of CIFAR-10, every
candidate with the same few epochs both ways. What counts is not the accuracy of the search's best, which inherited
weights flatter, but what the cell that it found is worth: the published test accuracy of the full network after 200
epochs.
"""

import argparse
import statistics
import tempfile
from dataclasses import replace

import nas
from nas.evaluators import Train
from nas.evaluators.lookup import TableEvaluator
from nas.training import Recipe
from tests.benchmarks.oneshot_quality import worth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="where CIFAR-10 lies")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--table", required=True)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--images", type=int, default=4000)
    asked = parser.parse_args()
    recipe = Recipe.named("search")
    train = Train("cifar10", asked.data, recipe=recipe, train_images=asked.images, threads=1)
    table = TableEvaluator(asked.table, "cifar10")
    scores: dict[bool, list[float]] = {False: [], True: []}
    for seed in range(asked.seeds):
        for inherit in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                run = nas.search(
                    nas.load("nasbench201", channels=8, cells=1),
                    evaluator=replace(train, inherit=inherit),
                    searcher_options={"population": 10, "sample": 5},
                    trials=asked.trials,
                    epochs=asked.epochs,
                    final_epochs=0,
                    seed=seed,
                    runs=folder,
                    progress=False,
                )
                assert run.best is not None and run.best.result is not None and run.best.result.metrics is not None
                best = run.best.result.metrics
                seconds = sum(entry.result.seconds for entry in run.trials if entry.result)
            found = worth(table, run.best.trial.genome)
            scores[inherit].append(found)
            way = "inherited" if inherit else "new weights"
            print(
                f"seed {seed}, {way}: {100 * best['valid_accuracy']:.2f} % in the search ({seconds:.0f} s); "
                f"found: {found:.2f} %, "
                f"{' '.join(map(str, run.best.trial.genome.answers.values()))}",
                flush=True,
            )
    gains = [b - a for a, b in zip(scores[False], scores[True], strict=True)]
    for inherit, values in scores.items():
        print(f"{'inherited' if inherit else 'new weights'}: {statistics.mean(values):.2f} % on average")
    spread = statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
    print(f"gain: {statistics.mean(gains):+.2f} points, standard error {spread:.2f}")


if __name__ == "__main__":
    main()
