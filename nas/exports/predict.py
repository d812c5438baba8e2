"""What a trained network says of pictures, signals or clips, and how often it is right about a data set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.data import Dataset
    from nas.data.preprocessing import Preprocessing
    from nas.network import Network

BATCH = 64


def preprocessing_and_classes(model: "Network", where: str) -> "tuple[Preprocessing, tuple[str, ...]]":
    """How pictures become the network's input, and its classes. Raises UserError where nobody noted them."""
    if model.preprocessing is None or model.classes is None:
        what = "it has no record of its preprocessing and classes: an older version trained it"
        raise UserError(where, what, f"train it again: nas train {where}")
    if tuple(model.graph.shape) != (len(model.classes),):
        what = f"config.json has {len(model.classes)} classes, and the network {list(model.graph.shape)} outputs"
        raise UserError(where, what, "export or train it again")
    channels, size = model.preprocessing.channels, model.preprocessing.size
    if tuple(model.graph.input) != (channels, *size):
        what = f"config.json prepares {[channels, *size]}, and the network takes {list(model.graph.input)}"
        raise UserError(where, what, "export or train it again")
    return model.preprocessing, model.classes


def predict(model: "Network", pictures: Sequence[Path], where: str) -> Iterator[dict[str, Any] | UserError]:
    """`{image, class, probability}` of each picture in turn, or why it cannot be read; `signal` instead, of signals.

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
            likeliest = model(torch.stack(inputs)).softmax(1).max(1) if inputs else None
        for path in pictures[start : start + BATCH]:
            at = answers[path]
            if isinstance(at, UserError) or likeliest is None:
                yield at
            else:
                chosen = classes[int(likeliest.indices[at])]
                yield {preprocessing.noun: str(path), "class": chosen, "probability": float(likeliest.values[at])}


def evaluate(model: "Network", source: Mapping[str, Any], split: str, where: str) -> dict[str, Any]:
    """`{split, images, accuracy, loss}` on one set of the data, which are prepared as the network's were.

    source: the data, as arguments of `nas.data.load`. Classes are matched by their names, in whatever order the data
    have them. Raises UserError where these differ, and as `nas.data.load` and `preprocessing_and_classes` do.
    """
    from nas.training import Recipe
    from nas.training.loop import evaluate as measure

    data = images_for(source, *preprocessing_and_classes(model, where))
    measured = measure(model, data, split, Recipe().replace(precision="fp32"))
    images = len(data.labels[split])
    return {
        "split": split,
        "images": images,
        "accuracy": measured[f"{split}_accuracy"],
        "loss": measured[f"{split}_loss"],
    }


def images_for(source: Mapping[str, Any], how: "Preprocessing", classes: tuple[str, ...]) -> "Dataset":
    """The data as a network knows them. source: arguments of `nas.data.load`. Raises UserError as `evaluate` does."""
    from nas.data import load

    if how.noun == "clip":
        source = {**source, "frames": source.get("frames") or how.size[0]}
    if how.resize != "none":
        size = {"length": how.size[0]} if how.noun == "signal" else {"image_size": how.size[-2:]}
        settings = {**size, "resize": how.resize}
        source = {**source, **{name: source.get(name) or setting for name, setting in settings.items()}}
    return _prepared(load(**source), how, classes)


def _prepared(data: "Dataset", how: "Preprocessing", classes: tuple[str, ...]) -> "Dataset":
    """The data as the network knows them: its channels, its mean and deviation, its classes' numbers."""
    import torch

    if set(data.classes) != set(classes):
        more, fewer = (sorted(set(a) - set(b)) for a, b in ((data.classes, classes), (classes, data.classes)))
        what = "; ".join(
            f"{words} {', '.join(map(repr, names[:5]))}{', ...' * (len(names) > 5)}"
            for words, names in (("the network does not know", more), ("the data have no", fewer))
            if names
        )
        raise UserError(f"data set '{data.name}'", f"other classes than the network's: {what}", "rename its folders")
    if data.shape[1:] != how.size:
        given, wanted = ("x".join(map(str, size)) for size in (data.shape[1:], how.size))
        unit = "steps" if how.noun == "signal" else "pixels"
        what = f"{data.preprocessing.noun}s of {given} where the network takes {wanted} {unit}"
        hint = "it was trained without resizing: bring them to that size first"
        raise UserError(f"data set '{data.name}'", what, hint)
    places = torch.tensor([classes.index(name) for name in data.classes])
    images = {split: _channels(tensor, how.channels) for split, tensor in data.images.items()}
    labels = {split: places[tensor] for split, tensor in data.labels.items()}
    if images["train"].shape[1] != how.channels:
        what = f"{how.noun}s of {data.shape[0]} channels where the network takes {how.channels}"
        raise UserError(f"data set '{data.name}'", what, "give others")
    mean, std = (tuple(how.unit * value for value in values) for values in (how.mean, how.std))
    return replace(data, images=images, labels=labels, classes=classes, mean=mean, std=std)


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
