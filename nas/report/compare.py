"""Networks side by side: what each costs, how long it takes here, how often it is right; as rows and as a page.

The chart is the one by which papers compare networks: accuracy against mult-adds, the area of a mark by parameters
(Canziani, Paszke and Culurciello 2016, An Analysis of Deep Neural Network Models, arXiv:1605.07678, Figure 2).
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.report.chart import COLOURS, Mark, axis, chart, marks, plain
from nas.report.page import page
from nas.run.interval import wilson
from nas.run.words import percent, short

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space import Genome, Space

LARGEST, SMALLEST = 56, 8  # pixels, the diameter of a mark
PUBLISHED = "published"
IMAGENET_IMAGES = 50_000  # of its validation set, on which accuracies are published
NOTHING = {"data": None, "split": None, "accuracy": None, "interval": None, "images": None}


def row(name: str, space: "Space", genome: "Genome | None", folder: Path | None = None) -> dict[str, Any]:
    """What is known of one network, and its latency, measured now, with one image on the CPU in float32.

    folder: a run, or what `nas train` left: its accuracy counts. Without one it is the published one of torchvision's
    weights for the network, else null.
    """
    import torch

    from nas.network import compile
    from nas.training import Recipe
    from nas.training.latency import latency_ms

    graph = space.graph(genome).prune()
    plain_recipe = Recipe().replace(precision="fp32", channels_last=False)
    return {
        "name": name,
        "network": graph.name,
        "input": list(graph.input),
        "parameters": graph.parameters,
        "mult_adds": graph.mult_adds,
        "depth": graph.depth,
        "latency_ms": latency_ms(compile(graph), [graph.input], plain_recipe, torch.device("cpu")),
        **NOTHING,
        **(_published(graph) if folder is None else _accuracy(folder)),
    }


def _published(graph: "Graph") -> dict[str, Any]:
    """What torchvision says of its first weights for the network of this name, where it is this network."""
    from torchvision import models

    if graph.name not in models.list_models(module=models):
        return {}
    weights = next(iter(models.get_model_weights(graph.name)))
    accuracy = weights.meta.get("_metrics", {}).get("ImageNet-1K", {}).get("acc@1")
    sizes = {graph.parameters, graph.parameters + graph.auxiliary_parameters}  # it counts auxiliary heads, or not
    if accuracy is None or weights.meta["num_params"] not in sizes or tuple(graph.shape) != (1000,):
        return {}
    found = {"data": "ImageNet", "split": PUBLISHED, "images": IMAGENET_IMAGES}
    return {**found, "accuracy": accuracy / 100, "interval": list(wilson(accuracy / 100, IMAGENET_IMAGES))}


def _accuracy(folder: Path) -> dict[str, Any]:
    """On the test set after the final training; of a search without one, of its best on the validation set."""
    if not (folder / "run.yaml").exists():
        return _of_training(folder)
    from nas.evaluators import trainer_of
    from nas.run import Run

    run = Run.open(folder)
    best = (run.best.result.metrics if run.best is not None and run.best.result is not None else None) or {}
    found = {"test": (run.final or {}).get("test_accuracy"), "valid": best.get("valid_accuracy")}
    data = str(trainer_of(run.config.evaluator).dataset)
    for split, accuracy in found.items():
        if accuracy is not None:
            images = run.images.get(split)
            interval = list(wilson(accuracy, images)) if images else None
            return {"data": data, "split": split, "accuracy": accuracy, "interval": interval, "images": images}
    return {"data": data}


def _of_training(folder: Path) -> dict[str, Any]:
    """As `nas train` noted it, which does not say on how many images."""
    try:
        noted = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        accuracies = {split: noted["final"].get(f"{split}_accuracy") for split in ("test", "valid")}
        data = str(noted["dataset"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    found = {split: value for split, value in accuracies.items() if isinstance(value, int | float)}
    split = next(iter(found), None)
    return {"data": data, "split": split, "accuracy": found[split] if split else None}


def remarks(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What keeps the numbers from being compared, a line each."""
    measured = [row for row in rows if row["accuracy"] is not None]
    said = []
    if len({row["data"] for row in measured}) > 1:
        said.append("The accuracies are of different data.")
    if any(row["split"] == PUBLISHED for row in measured):
        said.append("Published accuracies are those of torchvision's first weights, by its own account.")
    if len({row["split"] for row in measured if row["split"] != PUBLISHED}) > 1:
        said.append("Some accuracies are of validation images, by which the network was chosen: these flatter it.")
    if len({tuple(row["input"]) for row in rows}) > 1:
        said.append("Mult-adds and latencies are for the input of each network.")
    return said


def html(rows: Sequence[Mapping[str, Any]]) -> str:
    """One self-contained page: the charts and the table. Files and folders are named without their place."""
    rows = [{**row, "name": name} for row, name in zip(rows, _briefly([row["name"] for row in rows]), strict=True)]
    charts = [
        _chart(rows, "accuracy", "Accuracy against mult-adds", "accuracy (%)", lambda value: 100 * value),
        _chart(rows, "latency_ms", "Latency against mult-adds", "ms for one image on this CPU", float),
    ]
    bars = "; bars are 95 % intervals" * any(row["interval"] for row in rows)
    notes = [*remarks(rows), f"The area of a mark is by parameters{bars}."]
    return page("Networks compared", [f'<div class="figures">{"".join(charts)}</div>', _table(rows)], notes=notes)


def _briefly(names: Sequence[str]) -> list[str]:
    """The last parts of paths, as many as tell them apart."""
    parts = [Path(name).parts for name in names]
    count = next((n for n in range(1, 20) if len({own[-n:] for own in parts}) == len(parts)), 20)
    return ["/".join(own[-count:]).replace("//", "/") for own in parts]


def _chart(rows: Sequence[Mapping[str, Any]], key: str, title: str, unit: str, scaled: Any) -> str:
    """Nothing where no network has a value."""
    shown = [(number, row) for number, row in enumerate(rows) if row[key] is not None]
    if not shown:
        return ""
    most = max(row["parameters"] for row in rows) or 1
    traces = []
    for number, row in shown:
        size = max(SMALLEST, LARGEST * sqrt(row["parameters"] / most))
        mark = Mark(row["mult_adds"], scaled(row[key]), _said(row))
        trace = marks(row["name"], [mark], f"c{number % COLOURS}", size, opacity=0.5)
        trace |= {"mode": "markers+text", "text": [plain(row["name"])], "hovertext": [plain(_said(row))]}
        trace |= {"textposition": "top center", "cliponaxis": False, "showlegend": False}
        if key == "accuracy" and row["interval"]:
            above, below = (abs(scaled(end) - scaled(row[key])) for end in reversed(row["interval"]))
            trace["error_y"] = {"type": "data", "symmetric": False, "array": [above], "arrayminus": [below]}
            trace["error_y"] |= {"thickness": 1.2, "color": f"--c{number % COLOURS}"}
        traces.append(trace)
    places, heights = [row["mult_adds"] for _, row in shown], [scaled(row[key]) for _, row in shown]
    layout = {"xaxis": axis("mult-adds", places, log=min(places) > 0), "yaxis": axis(unit, heights)}
    return chart(title, "", traces, layout, 440)


def _said(row: Mapping[str, Any]) -> str:
    costs = f"{short(row['parameters'])} parameters, {short(row['mult_adds'])} mult-adds, {row['latency_ms']:.3g} ms"
    accuracy = f", {row['split']} accuracy {percent(row['accuracy'])}" if row["accuracy"] is not None else ""
    return f"{row['name']}: {costs}{accuracy}"


def table(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """Heads and cells; None where there is nothing to say. Columns of nothing are left out."""
    every = list(map(_cells, rows))
    kept = [at for at in range(len(HEADS)) if any(cells[at] is not None for cells in every)]
    return [HEADS[at] for at in kept], [[cells[at] for at in kept] for cells in every]


def _cells(row: Mapping[str, Any]) -> list[Any]:
    low, high = row["interval"] or (None, None)
    data = Path(str(row["data"])).name
    accuracy = None if row["accuracy"] is None else f"{percent(row['accuracy'])} ({row['split']}, {data})"
    interval = None if low is None else f"{percent(low)} to {percent(high)}"
    latency = f"{row['latency_ms']:.3g}"
    size = "x".join(map(str, row["input"]))
    return [row["name"], size, row["parameters"], row["mult_adds"], row["depth"], latency, accuracy, interval]


HEADS = ("network", "input", "parameters", "mult-adds", "depth", "latency (ms)", "accuracy", "95 % interval")


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    def text(cell: Any) -> str:
        return "" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell)

    def line(kind: str, cells: Sequence[Any]) -> str:
        first, *rest = (escape(text(cell)) for cell in cells)
        others = "".join(f"<{kind}>{cell}</{kind}>" for cell in rest)
        return f'<tr><{kind} style="text-align: left">{first}</{kind}>{others}</tr>'

    heads, body = table(rows)
    lines = "".join(line("td", cells) for cells in body)
    made = f'<table class="numbers"><thead>{line("th", heads)}</thead><tbody>{lines}</tbody></table>'
    return f'<section><div class="scroll">{made}</div></section>'
