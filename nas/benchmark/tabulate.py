"""A benchmark table of one's own: every distinct network of a small space trained, several times.

The form is `nas.evaluators.tables.answers`: one row a genome and seed. Genomes whose networks train alike share
their trainings. A row is written as soon as it is known, and rows that the file has already are not made again.
"""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

from nas.errors import UserError
from nas.space import Genome, Space
from nas.types import Metrics

SHOWN = (1, 2, 3, 6, 12, 25, 50, 100, 200)  # epochs with a column, up to the last


def networks(space: Space) -> list[list[Genome]]:
    """The genomes that can be built, those whose networks train alike together."""
    groups: dict[str, list[Genome]] = {}
    for genome in filter(space.can_be_built, space.enumerate()):
        groups.setdefault(space.graph(genome).fingerprint(training=True), []).append(genome)
    return list(groups.values())


def train(genome: Genome, dataset: str, data: str | None, epochs: int, seed: int) -> Metrics:
    """`METRIC@EPOCHS`: validation accuracy and seconds after the shown epochs, test accuracy after the last."""
    from nas.data import load as load_data
    from nas.network import compile
    from nas.training.document import applied
    from nas.training.loop import evaluate, fit
    from nas.training.recipe import Recipe

    images = load_data(dataset, data)
    graph = Space(genome.document).graph(genome)
    model = compile(graph, seed)
    recipe = applied(Recipe.named("search"), dict(graph.recipe)).for_epochs(epochs)
    row: Metrics = {}
    start = time.process_time()

    def report(epoch: int, metrics: Metrics) -> bool:
        if epoch in SHOWN or epoch == epochs:
            row[f"valid_accuracy@{epoch}"] = round(metrics["valid_accuracy"], 5)
            row[f"seconds@{epoch}"] = round(time.process_time() - start, 3)
        return True

    fit(model, images, recipe, seed, report=report)
    row[f"test_accuracy@{epochs}"] = round(evaluate(model, images, "test", recipe)["test_accuracy"], 5)
    return row


def tabulate(space: Space, dataset: str, data: str | None, epochs: int, seeds: int, path: Path) -> Iterator[str]:
    """Writes the table, or what is left of it; yields a line on each training.

    Raises UserError where the file is one of other columns.
    """
    epochs_shown = [epoch for epoch in SHOWN if epoch < epochs] + [epochs]
    measured = [f"{metric}@{epoch}" for metric in ("valid_accuracy", "seconds") for epoch in epochs_shown]
    groups = networks(space)
    choices = list(dict.fromkeys(choice for group in groups for genome in group for choice in genome.answers))
    columns = [*choices, "seed", *measured, f"test_accuracy@{epochs}"]
    made: set[tuple[str, ...]] = set()
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            before = csv.DictReader(file)
            if before.fieldnames not in (None, columns):
                raise UserError(str(path), "its columns are those of another table", "give another file")
            made = {tuple(row[column] for column in (*choices, "seed")) for row in before}
    with path.open("a", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns)
        if not file.tell():
            table.writeheader()
        for number, group in enumerate(groups):
            for seed in range(seeds):
                rows = [{**genome.answers, "seed": seed} for genome in group]
                left = [row for row in rows if tuple(str(row.get(c, "")) for c in (*choices, "seed")) not in made]
                if left:
                    metrics = train(group[0], dataset, data, epochs, seed)
                    table.writerows({**row, **metrics} for row in left)
                    file.flush()
                    yield f"{number + 1} of {len(groups)}, seed {seed}: {metrics[f'test_accuracy@{epochs}']:.4f}"
