"""README.md of a bundle: a model card, as Hugging Face's Hub and readers of a folder know them."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data.preprocessing import NOUNS
from nas.exports.int8 import FILE as INT8
from nas.run.words import HEADLINES, clean, in_words, number, percent

if TYPE_CHECKING:
    from nas.exports.source import Source
    from nas.run import Run

HUB = {  # what Hugging Face calls a classification, and a tag
    "signal": ("other", "time-series-classification"),
    "image": ("image-classification", "image-classification"),
    "clip": ("video-classification", "video-classification"),
}
AXES = {"signal": "steps", "image": "height, width", "clip": "frames, height, width"}
MOST_CLASSES = 20  # that are named
REPEAT = "command"  # the fact that is no row of a table: what repeats the search
TASKS = {  # of what is no image of one class: what Hugging Face calls it, and a tag; and of all, what the network does
    "classification": ("", "", "It classifies {noun}s of {shape}: {outputs}, a logit each"),
    "multi_label": (
        "image-classification",
        "multi-label-classification",
        "It says which of {outputs} images of {shape} have: a logit each, above 0 where they have it",
    ),
    "regression": (
        "other",
        "image-regression",
        "It gives {outputs} of images of {shape}, less the mean and divided by the deviation of the training set "
        "(config.json: task)",
    ),
    "segmentation": (
        "image-segmentation",
        "image-segmentation",
        "It classifies each pixel of images of {shape}: {outputs}, a logit each",
    ),
}
SHOWN = ("searcher", "trials", "epochs", "final_epochs", "seed", "limits", "objectives")


def card(source: "Source", name: str, entry: str, drawing: str) -> str:
    """Markdown. name: the class in model.py. entry: what torch.hub calls it. drawing: the file beside it, or "".

    Texts of a document, its classes' names among them, are escaped: none is markup.
    """
    graph = source.graph
    origin = str(source.genome.document.data.get("source", "")) if source.genome else ""
    shape = "x".join(map(str, source.record.input))
    noun = NOUNS[len(source.record.input) - 2]
    hub, tag = HUB[noun] if source.record.task.counts_hits else TASKS[source.record.task.name][:2]
    does = TASKS[source.record.task.name][2].format(
        noun=noun, shape=f"{shape} (channels, {AXES[noun]})", outputs=source.record.task.count(graph.shape[0])
    )
    lines = [
        "---",
        "library_name: pytorch",
        f"pipeline_tag: {hub}",
        f"tags: [neural-architecture-search, {tag}]",
        "---",
        "",
        f"# {name}",
        "",
        _plain(f"{graph.name}. {origin.rstrip(' .')}." if origin else f"A network called {graph.name}."),
        f"{does}.",
        "",
        *_table({in_words(cost): f"{value:,}" for cost, value in graph.costs.items() if value}),
    ]
    facts = {key: value for key, value in source.facts.items() if key != REPEAT}
    facts |= {f"as {name}": of_accuracy(found) for name, found in source.measured.items()}
    if facts:
        lines += ["", "## How it was found and what it reached", "", *_table(facts)]
    if REPEAT in source.facts:
        lines += ["", "The search again:", "", f"    {clean(source.facts[REPEAT])}"]
    lines += ["", "## Use", "", "```python", *_use(name, entry), *_runtime(source), "```", *_input(source)]
    if drawing:
        lines += ["", "## Drawing", "", f"![the network]({drawing})"]
    return "\n".join(lines) + "\n"


def of_run(run: "Run") -> dict[str, str]:
    """What is known of a search and its winner."""
    from nas.evaluators import trainer_of
    from nas.run.command import command
    from nas.run.interval import wilson

    facts = {"space": run.space.name, "data": Path(str(trainer_of(run.config.evaluator).dataset)).name}
    sets = {"train": "to train on", "valid": "to choose by", "test": "to test on"}
    counts = [f"{run.images[split]:,} {purpose}" for split, purpose in sets.items() if run.images.get(split)]
    facts |= {"images": ", ".join(counts)} if counts else {}
    final, images = run.final or {}, run.images.get("test")
    accuracy = final.get("test_accuracy")
    if accuracy is not None:
        interval = ""
        if images:
            low, high = (percent(end) for end in wilson(accuracy, images))
            interval = f" on {images:,} images; the 95 % interval is {low} to {high}"
        facts["test accuracy"] = f"{percent(accuracy)}{interval}"
    else:
        facts |= {in_words(name): number(name, value) for name, value in final.items() if name.endswith(HEADLINES)}
    best = run.best.result.metrics if run.best is not None and run.best.result is not None else None
    if best and run.best is not None:
        facts["as a candidate"] = f"trial {run.best.trial.number}, " + ", ".join(
            f"{in_words(metric)} {number(metric, value)}"
            for metric, value in best.items()
            if metric.startswith("valid_") and metric.endswith(HEADLINES) and not metric.endswith("balanced_accuracy")
        )
    asked = {name: getattr(run.config, name) for name in SHOWN}
    facts |= {in_words(name): _said(value) for name, value in asked.items() if value not in (None, {}, [], ())}
    return facts | {REPEAT: command(run)}


def of_accuracy(found: Mapping[str, Any]) -> str:
    """What quantisation cost, as `int8.measured` has it."""
    from nas.run.interval import wilson

    if "metric" in found:
        name = found["metric"]
        both = f"{number(name, found['value'])}, in float32 {number(name, found['network'])}"
        return f"{in_words(name)} on {found['images']:,} {found['split']} images {both}"
    low, high = (percent(end) for end in wilson(found["accuracy"], found["images"]))
    right = f"right about {percent(found['accuracy'])} of {found['images']:,} {found['split']} images"
    return (
        f"{right}; the 95 % interval is {low} to {high}; in float32 about {percent(found['network'])}; "
        f"both say the same of {percent(found['agree'])}"
    )


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one:,.10g}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def of_training(folder: Path) -> dict[str, str]:
    """What `nas train` noted in a folder; nothing where it did not."""
    try:
        noted = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        metrics = {name: value for name, value in noted["final"].items() if name.endswith(HEADLINES)}
        return {
            "data": Path(str(noted["dataset"])).name,
            **{in_words(name): number(name, value) for name, value in metrics.items()},
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _use(name: str, entry: str) -> list[str]:
    return [
        "import torch",
        "",
        f'model = torch.hub.load("FOLDER", "{entry}", source="local")  # trained, in evaluation mode',
        f'model = torch.hub.load("FOLDER", "{entry}", source="local", pretrained=False, num_classes=5)',
        "",
        "# or without torch.hub, in the folder:",
        "from safetensors.torch import load_file",
        f"from model import {name}",
        "",
        f"model = {name}()",
        'model.load_state_dict(load_file("model.safetensors"))',
        "",
        "# or with huggingface_hub, from the folder or from where it was uploaded to:",
        "from huggingface_hub import PyTorchModelHubMixin",
        f'model = type("{name}", ({name}, PyTorchModelHubMixin), {{}}).from_pretrained("FOLDER")',
    ]


def _runtime(source: "Source") -> list[str]:
    """With onnxruntime, where such files lie beside the card."""
    files = [name for format, name in (("onnx", "model.onnx"), ("int8", INT8)) if format in source.formats]
    if not files:
        return []
    takes = source.takes(raw=True) if source.raw else "as preprocess gives them"
    return [
        "",
        "# or with onnxruntime alone:",
        "import onnxruntime",
        "",
        *(f'session = onnxruntime.InferenceSession("{name}")' for name in files),
        f'(logits,) = session.run(["logits"], {{"images": images}})  # {takes}, in a numpy array',
    ]


def _input(source: "Source") -> list[str]:
    record, lines = source.record, list[str]()
    if record.preprocessing is not None:
        what = "picture" if record.preprocessing.noun == "image" else record.preprocessing.noun
        lines += ["", f"`preprocess` of model.py makes its input of a {what}; config.json says how."]
    if record.classes is not None:
        named = [_plain(name) for name in record.classes[:MOST_CLASSES]]
        more = len(record.classes) - len(named)
        noun = {"class": "Classes"}.get(record.task.noun, f"{record.task.noun.capitalize()}s")
        lines += ["", f"{noun}: {', '.join(named)}{f' and {more} more (config.json)' if more > 0 else ''}."]
    return lines


def _table(facts: Mapping[str, Any]) -> list[str]:
    rows = [f"| {_plain(name)} | {_plain(value)} |" for name, value in facts.items()]
    return ["| | |", "|---|---|", *rows]


def _plain(text: object) -> str:
    """As text of one line, whatever is in it."""
    said = escape(clean(text), quote=False)
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+!|~" else c for c in said)
