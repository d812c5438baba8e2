"""What a trained network says of pictures, signals or clips, and how often it is right about a data set."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError
from nas.tasks import Classification, Task

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data import Dataset
    from nas.data.preprocessing import Preprocessing
    from nas.network import Network

BATCH = 64


def preprocessing_and_classes(model: "Network", where: str) -> "tuple[Preprocessing, tuple[str, ...]]":
    """How pictures become the network's input, and its outputs' names. Raises UserError where nobody noted them."""
    if model.preprocessing is None or model.classes is None:
        what = "it has no record of its preprocessing and classes: an older version trained it"
        raise UserError(where, what, f"train it again: nas train {where}")
    if tuple(model.graph.shape) != task_of(model).shape(len(model.classes), model.preprocessing.size):
        what = f"config.json has {len(model.classes)} classes, and the network {list(model.graph.shape)} outputs"
        raise UserError(where, what, "export or train it again")
    channels, size = model.preprocessing.channels, model.preprocessing.size
    if tuple(model.graph.input) != (channels, *size):
        what = f"config.json prepares {[channels, *size]}, and the network takes {list(model.graph.input)}"
        raise UserError(where, what, "export or train it again")
    return model.preprocessing, model.classes


def task_of(model: "Network") -> Task:
    """What its outputs mean: classes, where nobody noted anything else."""
    return model.task or Classification()


def predict(
    model: "Network", pictures: Sequence[Path], where: str, masks: Path | None = None
) -> Iterator[dict[str, Any] | UserError]:
    """`{image, class, probability}` of each picture in turn, or what else its task says (`nas.tasks.Task.answer`), or
    why it cannot be read; `signal` instead, of signals.

    masks: a folder, where that of each picture is written as a PNG of the numbers of classes, `mask` of its answer; of
    a network of segmentation.

    Raises UserError as `preprocessing_and_classes` does.
    """
    import torch

    preprocessing, classes = preprocessing_and_classes(model, where)
    model.eval()
    for start in range(0, len(pictures), BATCH):
        inputs, answers = [], dict[Path, Any]()
        for path in pictures[start : start + BATCH]:
            try:
                inputs.append(preprocessing(path))
                answers[path] = len(inputs) - 1
            except UserError as error:
                answers[path] = error
        with torch.inference_mode():
            outputs = model(torch.stack(inputs)) if inputs else None
        for path in pictures[start : start + BATCH]:
            at = answers[path]
            if isinstance(at, UserError) or outputs is None:
                yield at
                continue
            answer = {preprocessing.noun: str(path), **task_of(model).answer(outputs[at], classes)}
            if masks is not None:
                answer["mask"] = str(write_mask(outputs[at].argmax(0), masks, path.stem))
            yield answer


def write_mask(mask: "Tensor", folder: Path, name: str) -> Path:
    """A PNG with a palette, whose pixels are the numbers of classes. mask: int64 (height, width)."""
    import numpy
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    names = (f"{name}{f'-{n}' if n else ''}.png" for n in itertools.count())  # pictures of one name, of two folders
    path = next(folder / each for each in names if not (folder / each).exists())
    image = Image.fromarray(mask.to("cpu").numpy().astype(numpy.uint8))
    # Pascal VOC's colours: of a number every third bit is one of red, green or blue, the lowest the brightest
    every = ((number, channel) for number in range(256) for channel in range(3))
    image.putpalette([sum((n >> (3 * k + channel) & 1) << (7 - k) for k in range(3)) for n, channel in every])
    image.save(path)
    return path


def evaluate(model: "Network", source: Mapping[str, Any], split: str, where: str) -> dict[str, Any]:
    """`{split, images, accuracy, loss}` on one set of the data, which are prepared as the network's were; of another
    task than classification its measures in place of `accuracy`.

    source: the data, as arguments of `nas.data.load`. Classes are matched by their names, in whatever order the data
    have them. Raises UserError where these differ, and as `nas.data.load` and `preprocessing_and_classes` do.
    """
    from nas.training import Recipe
    from nas.training.loop import evaluate as measure

    task = task_of(model)
    data = images_for(source, *preprocessing_and_classes(model, where), task)
    measured = measure(model, data, split, Recipe().replace(precision="fp32"))
    images = len(data.labels[split])
    return {
        "split": split,
        "images": images,
        **{name: measured[f"{split}_{name}"] for name in (("accuracy",) if task.counts_hits else task.measures)},
        "loss": measured[f"{split}_loss"],
    }


def images_for(
    source: Mapping[str, Any], how: "Preprocessing", classes: tuple[str, ...], task: Task | None = None
) -> "Dataset":
    """The data as a network knows them. source: arguments of `nas.data.load`; its task is the network's, unless it is
    said. Raises UserError as `evaluate` does."""
    task = task or Classification()
    source = {**source, "task": source.get("task") or task.name}
    if source["task"] != task.name:
        raise UserError("task", f"is {source['task']}, and the network is of {task.name}", "leave it out")
    from nas.data import load

    if how.noun == "clip":
        source = {**source, "frames": source.get("frames") or how.size[0]}
    if how.resize != "none":
        size = {"length": how.size[0]} if how.noun == "signal" else {"image_size": how.size[-2:]}
        settings = {**size, "resize": how.resize}
        source = {**source, **{name: source.get(name) or setting for name, setting in settings.items()}}
    return _prepared(load(**source), how, classes, task)


def _prepared(data: "Dataset", how: "Preprocessing", classes: tuple[str, ...], task: Task) -> "Dataset":
    """The data as the network knows them: its channels, its mean and deviation, its classes' numbers."""
    import torch

    if set(data.classes) != set(classes):
        more, fewer = (sorted(set(a) - set(b)) for a, b in ((data.classes, classes), (classes, data.classes)))
        what = "; ".join(
            f"{words} {', '.join(map(repr, names[:5]))}{', ...' * (len(names) > 5)}"
            for words, names in (("the network does not know", more), ("the data have no", fewer))
            if names
        )
        noun = "classes" if task.noun == "class" else f"{task.noun}s"
        hint = "rename its folders" if task.counts_hits else "give them the network's names"
        raise UserError(f"data set '{data.name}'", f"other {noun} than the network's: {what}", hint)
    if data.shape[1:] != how.size:
        given, wanted = ("x".join(map(str, size)) for size in (data.shape[1:], how.size))
        unit = "steps" if how.noun == "signal" else "pixels"
        what = f"{data.preprocessing.noun}s of {given} where the network takes {wanted} {unit}"
        hint = "it was trained without resizing: bring them to that size first"
        raise UserError(f"data set '{data.name}'", what, hint)
    places = torch.tensor([classes.index(name) for name in data.classes])
    images = {split: _channels(tensor, how.channels) for split, tensor in data.images.items()}
    labels = {split: task.renamed(tensor, places) for split, tensor in data.labels.items()}
    if images["train"].shape[1] != how.channels:
        what = f"{how.noun}s of {data.shape[0]} channels where the network takes {how.channels}"
        raise UserError(f"data set '{data.name}'", what, "give others")
    mean, std = (tuple(how.unit * value for value in values) for values in (how.mean, how.std))
    return replace(data, images=images, labels=labels, classes=classes, mean=mean, std=std, task=task)


def _channels(images: Any, channels: int) -> Any:
    """Grey as colour, and colour as grey, by the weights of PIL (ITU-R 601); signals as they are."""
    if images.is_floating_point():
        return images
    if images.shape[1] == 1 and channels == 3:
        return images.expand(-1, 3, *images.shape[2:])
    if images.shape[1] == 3 and channels == 1:
        red, green, blue = images.int().unbind(1)
        return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).to(images.dtype)[:, None]
    return images
