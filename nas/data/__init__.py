"""Data sets: images or clips as uint8 tensors, or signals as float32 ones, in three sets (train, valid, test).

One file a data set.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from nas.data.clip import parse_frames
from nas.data.dataset import Dataset
from nas.data.export import as_folder
from nas.data.given import NAME as GIVEN
from nas.data.given import collect
from nas.data.listing import SUFFIXES
from nas.data.picture import check_way, parse_size
from nas.data.preprocessing import Preprocessing
from nas.data.signal import parse_length
from nas.data.signal_table import SUFFIXES as TABLES
from nas.errors import UserError, did_you_mean

NAMES: dict[str, tuple[str, tuple[int, ...], int]] = {  # the file that loads it, an example's shape, and the classes
    "digits": ("digits", (1, 8, 8), 10),
    "cifar10": ("cifar", (3, 32, 32), 10),
    "cifar100": ("cifar", (3, 32, 32), 100),
    "mnist": ("published", (1, 28, 28), 10),
    "fashion_mnist": ("published", (1, 28, 28), 10),
    "svhn": ("published", (3, 32, 32), 10),
    "stl10": ("published", (3, 96, 96), 10),
    "flowers102": ("published", (3, 0, 0), 102),  # photographs of many sizes, which have to be given one
    "cylinder_bell_funnel": ("cylinder_bell_funnel", (1, 128), 3),
    "moving_digits": ("moving_digits", (1, 8, 16, 16), 4),
}
SIZES = {"signal": "length", "image": "image_size", "clip": "image_size"}  # the setting of each kind

__all__ = ["GIVEN", "NAMES", "Dataset", "Preprocessing", "as_folder", "collect", "describe", "load", "task_of"]


def load(
    name: str,
    directory: str | Path | None = None,
    valid_fraction: float | None = None,
    *,
    image_size: Any = None,
    resize: str | None = None,
    length: int | None = None,
    frames: int | None = None,
    skip_unreadable: bool = False,
    task: str | None = None,
) -> Dataset:
    """The data set `name`: one of NAMES, a folder of class folders, a list of files, or a table of signals.

    `directory` is where published ones lie or are downloaded to (default: $NAS_DATA, or ~/.cache/nas); a relative
    folder's name is also looked for in it. `valid_fraction` is the part of the training examples that becomes the
    validation set where the data set brings none (default: each data set's own, a tenth for CIFAR as in Real et al.
    2019).
    `image_size`: N, "HxW" or (height, width), to which every image is brought by `resize`: "crop" (the default: scaled
    until it covers the size, the middle taken), "stretch" or "pad"; without it images of several sizes are an error.
    `length`: the steps to which every signal is brought: by "crop" (the default: the middle of longer ones, zeros after
    shorter ones), "stretch" (interpolated) or "pad" (nothing is cut).
    `frames`: of each clip, evenly spaced; given, a folder's classes hold video files, or folders of frames.
    `skip_unreadable`: leave out files of a folder that cannot be read, which are an error otherwise.
    `task`: what the images are to give, one of `nas.tasks.TASKS`; None: what the data say by themselves (`task_of`).
    Raises UserError for an unknown name and for missing or damaged files.
    """
    if valid_fraction is not None and not 0 < valid_fraction < 1:
        raise UserError("valid_fraction", f"{valid_fraction} leaves an empty set", "give a number between 0 and 1")
    place, kind = _found(name, directory, frames, task)
    size, way = _size(name, kind, {"image_size": image_size, "length": length, "frames": frames}, resize)
    if place is None:
        module, shape, _ = NAMES[name]
        loader = import_module(f"nas.data.{module}")
        data: Dataset
        if 0 in shape:
            data = loader.load_files(name, directory, valid_fraction, size, way, skip_unreadable)
            return data
        data = loader.load(name, directory, valid_fraction)
        data = data.sampled(frames) if frames else data
        return data.resized(size, way) if size else data
    if kind == "signal":
        from nas.data import signal_folder

        return signal_folder.load(place, valid_fraction, length, way, skip_unreadable)
    if frames is not None:
        from nas.data import clip_folder

        return clip_folder.load(place, frames, valid_fraction, size, way, skip_unreadable)
    from nas.data import folder

    return folder.load(place, valid_fraction, size, way, skip_unreadable, task)


def describe(
    name: str,
    directory: str | Path | None = None,
    *,
    image_size: Any = None,
    resize: str | None = None,
    length: int | None = None,
    frames: int | None = None,
    task: str | None = None,
) -> tuple[tuple[int, ...], int]:
    """The shape of an example of data set `name`, (channels, height, width) of an image, (channels, steps) of a signal,
    (channels, frames, height, width) of a clip, and its number of classes, or outputs.

    Cheap for images: reads the heads of a folder's files, up to the first in colour, and never imports torch. Raises
    UserError as `load` does.
    """
    place, kind = _found(name, directory, frames, task)
    size, _ = _size(name, kind, {"image_size": image_size, "length": length, "frames": frames}, resize)
    if place is None:
        _, shape, classes = NAMES[name]
        shape = (shape[0], frames, *shape[2:]) if frames else shape
        return (*shape[: len(shape) - len(size)], *size) if size else shape, classes
    if kind == "signal":
        from nas.data import signal_folder

        return signal_folder.describe(place, length)
    if frames is not None:
        from nas.data import clip_folder

        return clip_folder.describe(place, frames, size)
    from nas.data import folder

    return folder.describe(place, size, task)


def task_of(name: str, directory: str | Path | None = None) -> str:
    """The task (`nas.tasks`) that the data set `name` says by itself. Raises UserError where it does not."""
    from nas.data import targets

    place, kind = _found(name, directory, None)
    return "classification" if place is None or kind != "image" else targets.task_of(place)


def _found(
    name: str, directory: str | Path | None, frames: int | None, task: str | None = None
) -> tuple[Path | None, str]:
    """(where it lies; None: it has a name, what it holds). Raises UserError for a task that it cannot be of."""
    from nas.data.kind import KINDS, kind_of

    place = None if name in NAMES else _folder(name, directory)
    kind = KINDS[len(NAMES[name][1]) - 1] if place is None else kind_of(place, frames)
    if task not in (None, "classification") and (place is None or kind != "image"):
        raise UserError("task", f"is {task}, and {name} is of classification", "leave it out")
    return place, kind


def _size(name: str, kind: str, given: Mapping[str, Any], resize: str | None) -> tuple[tuple[int, ...] | None, str]:
    """(the size that is asked for, without channels and frames; None: none, and the way to it)."""
    right, frames = SIZES[kind], given["frames"]
    option = f"--{right.replace('_', '-')}"
    for setting, value in given.items():
        if value is not None and setting != right and (kind, setting) != ("clip", "frames"):
            raise UserError(setting, f"is {value!r}, and {name} holds {kind}s", f"give {option} ({right}=...)")
    if resize is not None and given[right] is None:
        raise UserError("resize", f"is {resize!r}, and to which size is not said", f"give {right} too ({option})")
    way = check_way(resize or "crop")
    if given[right] is None and name in NAMES and 0 in NAMES[name][1]:
        raise UserError(f"data set '{name}'", f"its {kind}s have several sizes", f"give {option} N ({right}=...)")
    if frames is not None:
        parse_frames(frames)
    elif kind == "clip" and name not in NAMES:
        raise UserError("frames", f"are not said, and {name} holds clips", "give --frames N (frames=...)")
    if (value := given[right]) is None:
        return None, way
    return (parse_length(value),) if kind == "signal" else parse_size(value), way


def _folder(name: str, directory: str | Path | None) -> Path:
    if name == GIVEN:
        hint = "give them again: nas.resume(run, train=...); or name a folder or table of the same (--dataset)"
        raise UserError("data", f"were {GIVEN}, and nobody keeps those", hint)
    places = [Path(name).expanduser()] + ([Path(directory).expanduser() / name] if directory is not None else [])
    for place in places:
        if place.is_dir() or (place.suffix.lower() in (*SUFFIXES, *TABLES) and place.is_file()):
            return place
    hint = (
        f"{did_you_mean(name, NAMES)}; or give a folder of class folders (DIR/class/image.png), or a table of pictures"
    )
    raise UserError(f"data set '{name}'", "no such data set or folder", hint)
