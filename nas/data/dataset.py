"""What every data set is once loaded, and how one set is split into two."""

from __future__ import annotations

import functools
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nas.data.picture import pixels
from nas.data.preprocessing import Preprocessing
from nas.errors import UserError
from nas.tasks import Classification, Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nas.data.pages import Pages

SPLITS = ("train", "valid", "test")
PART = 2**23  # values that are computed with at once


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels of the three sets, keyed "train", "valid" and "test".

    `images`: uint8 (N, C, H, W), or clips, uint8 (N, C, T, H, W), or signals, float32 (N, C, L); `labels`: int64 (N,),
    positions in `classes`, or the targets of another `task`, whose outputs `classes` names. `mean` and `std`: of the
    training images, a number a channel, in pixel values (0..255), or of the signals as they are. `flip` and `crop` are
    facts about the images that augmentation goes by: whether a mirrored image is still one of its class, and by how
    many pixels, or steps of a signal, it may be shifted. `resize`: how pictures of other sizes were brought to this
    one, as `Preprocessing` names it. `notes`: what a person should know of how the data were read, a line each: what
    was left out or changed, and what is too little. `pages`: where the images lie if they are mapped from a file, and
    not in memory.
    """

    name: str
    images: dict[str, Tensor]
    labels: dict[str, Tensor]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    flip: bool
    crop: int
    resize: str = "none"
    notes: tuple[str, ...] = ()
    pages: Pages | None = None
    task: Task = field(default_factory=Classification)

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width) of an image, (channels, steps) of a signal, (channels, frames, height, width) of a
        clip."""
        return tuple(self.images["train"].shape[1:])

    @property
    def preprocessing(self) -> Preprocessing:
        """How a picture becomes what a network that was trained on these images takes."""
        channels, *size = self.shape
        unit = 1 if len(size) == 1 else 255
        mean, std = (tuple(value / unit for value in values) for values in (self.mean, self.std))
        return Preprocessing(tuple(size), channels, mean, std, resize=self.resize)

    @functools.cached_property
    def digest(self) -> dict[str, Any]:
        """What tells these data from others, wherever they lie: plain values, equal where the data are.

        `shape` of an image, `classes`, the number of `images` of each set, the `task` unless it is classification, and
        `hash`: of all labels and pixels.
        """
        images = {split: len(self.labels[split]) for split in SPLITS if split in self.labels}
        facts = {"shape": list(self.shape), "classes": list(self.classes), "images": images}
        facts |= {"task": self.task.name} if self.task != Classification() else {}
        hasher = hashlib.blake2b(json.dumps(facts).encode(), digest_size=16)
        for split in images:
            for tensor in (self.labels[split], self.images[split]):
                for part in in_parts(tensor):
                    hasher.update(part.cpu().numpy().tobytes())
                    self.release()
        return {**facts, "hash": hasher.hexdigest()}

    def to(self, device: torch.device | str) -> Dataset:
        """The same data set with its tensors on `device`; no copy where they are there already. Mapped images stay
        where they are: `take` brings batches of them."""
        images = self.images if self.pages else {split: tensor.to(device) for split, tensor in self.images.items()}
        labels = {split: tensor.to(device) for split, tensor in self.labels.items()}
        return replace(self, images=images, labels=labels)

    def release(self) -> None:
        """Called now and then by who goes through all images: those that are mapped fill no memory then."""
        if self.pages is not None:
            self.pages.release()

    def resized(self, size: tuple[int, ...], resize: str) -> Dataset:
        """The same data set with its images brought to `size` (height, width), or signals to (steps,), as a folder's
        are."""
        from PIL.Image import fromarray

        def bring(images: Tensor) -> Tensor:
            if len(size) == 1:
                return torch.stack([fit(values, *size, resize) for values in images])
            if images.ndim == 5:
                frames = images.transpose(1, 2)
                return bring(frames.flatten(0, 1)).unflatten(0, frames.shape[:2]).transpose(1, 2)
            resized = torch.empty((len(images), images.shape[1], *size), dtype=torch.uint8)
            for place, image in zip(resized, images, strict=True):
                place.copy_(pixels(fromarray(image.permute(1, 2, 0).squeeze(2).numpy()), len(image), size, resize))
            return resized

        import torch

        from nas.data.signal import fit

        images = {split: bring(tensor) for split, tensor in self.images.items()}
        mean, std = statistics(images["train"])
        crop = round(self.crop * min(size) / min(self.shape[-len(size) :]))
        return replace(self, images=images, mean=mean, std=std, crop=crop, resize=resize)

    def sampled(self, frames: int) -> Dataset:
        """The same data set with so many frames of each clip, evenly spaced."""
        from nas.data.clip import sampled

        return replace(self, images={split: sampled(tensor, frames) for split, tensor in self.images.items()})

    def with_train_images(self, count: int) -> Dataset:
        """The same data set with `count` of its training images, for cheap budgets: always the same ones, so that
        candidates compare; classes keep their proportions. All of them where there are no more than `count`."""
        labels = self.labels["train"]
        if count < 1:
            raise UserError("train_images", f"{count} images cannot be trained on", "give 1 or more")
        if count >= len(labels):
            return self
        _, kept = stratified(self.task.groups(labels), count, seed=1)
        images = {**self.images, "train": self.images["train"][kept]}
        return replace(self, images=images, labels={**self.labels, "train": labels[kept]})


def take(images: Tensor, chosen: Tensor) -> Tensor:
    """The images at these positions, on the device of the positions."""
    return images[chosen.to(images.device)].to(chosen.device)


def in_parts(images: Tensor) -> tuple[Tensor, ...]:
    """So many images at once that what is computed of them takes little memory beside all of them."""
    return images.split(max(1, PART // max(1, images[:1].numel())))


def joined(parts: list[Tensor]) -> Tensor:
    """Tensors one after the other; without a copy where they lie so in memory."""
    import torch

    first, *others = parts
    count = len(first)
    for part in others:
        after = first.data_ptr() + count * first.stride(0) * first.element_size() if count else None
        whole = part.untyped_storage().data_ptr() == first.untyped_storage().data_ptr() and part.data_ptr() == after
        if not (whole and first.stride() == part.stride()):
            return torch.cat(parts)
        count += len(part)
    return first.as_strided((count, *first.shape[1:]), first.stride(), first.storage_offset())


def stratified(labels: list[int], count: int, seed: int = 0, enough: int | None = None) -> tuple[list[int], list[int]]:
    """Splits positions into (the rest, `count` chosen ones) with each class in its proportion, both sorted.

    The split depends on the labels and the seed alone. Classes share out what rounding leaves over in a random order.
    `enough`: of a class of so many at least one is chosen, even where that makes more than `count`; of no class all.
    """
    rng = random.Random(seed)
    members: dict[int, list[int]] = {}
    for position, label in enumerate(labels):
        members.setdefault(label, []).append(position)
    chosen: list[int] = []
    spare: list[int] = []
    for label in sorted(members):
        positions = members[label]
        rng.shuffle(positions)
        whole, part = divmod(len(positions) * count, len(labels))
        if enough is not None:
            if not whole and len(positions) >= enough:
                whole, part = 1, 0
            part *= whole + 1 < len(positions)
        chosen += positions[:whole]
        spare += positions[whole : whole + (part > 0)]
    rng.shuffle(spare)
    chosen += spare[: max(0, count - len(chosen))]
    taken = set(chosen)
    return [position for position in range(len(labels)) if position not in taken], sorted(chosen)


def cut(
    name: str, labels: dict[str, list[int]], valid_fraction: float, test_fraction: float, noun: str = "image"
) -> dict[str, tuple[str, list[int]]]:
    """Of which positions of which given set each of the three consists.

    `labels` are those of "train" and of the sets that the data bring; "test" and "valid" are cut out of "train" where
    missing, with at least one image of each class that has enough. Raises UserError where they would be empty.
    """
    sets = {split: (split, list(range(len(each)))) for split, each in labels.items()}
    for split, fraction in (("test", test_fraction), ("valid", valid_fraction)):
        if split in sets:
            continue
        left = sets["train"][1]
        # valid_fraction is of the training images that are left, test_fraction of all: a test set must not shrink
        enough = 3 if split == "test" and "valid" not in sets else 2
        rest, chosen = stratified([labels["train"][i] for i in left], round(len(left) * fraction), enough=enough)
        if not rest or not chosen:
            what = f"{len(left)} training {noun}s are too few to cut a {split} set of {fraction:g} out of them"
            raise UserError(f"data set '{name}'", what, f"add {noun}s")
        sets[split] = ("train", [left[i] for i in chosen])
        sets["train"] = ("train", [left[i] for i in rest])
    return sets


def build(
    name: str,
    images: dict[str, Tensor],
    labels: dict[str, Tensor],
    classes: tuple[str, ...],
    *,
    valid_fraction: float,
    test_fraction: float = 0.0,
    flip: bool = False,
    crop: int = 0,
) -> Dataset:
    """A Dataset from its "train" set and those it brings; "test" and "valid" are cut out of "train" where missing."""
    sets = cut(name, {split: each.tolist() for split, each in labels.items()}, valid_fraction, test_fraction)
    whole = {split: source == split and len(chosen) == len(labels[source]) for split, (source, chosen) in sets.items()}
    images = {s: images[source] if whole[s] else images[source][chosen] for s, (source, chosen) in sets.items()}
    labels = {s: labels[source] if whole[s] else labels[source][chosen] for s, (source, chosen) in sets.items()}
    mean, std = statistics(images["train"])
    return Dataset(name, images, labels, classes, mean, std, flip, crop)


def shortcomings(labels: dict[str, Tensor], classes: tuple[str, ...], noun: str = "image") -> list[str]:
    """A line on each of the validation and test sets that has no images of a class."""
    notes = []
    for split in ("valid", "test"):
        present = set(labels[split].tolist())
        if absent := [name for label, name in enumerate(classes) if label not in present]:
            more = f" and {len(absent) - 5:,} more" if len(absent) > 5 else ""
            notes.append(f"no {split} {noun}s of {len(absent):,} of the classes: {', '.join(absent[:5])}{more}")
    return notes


def statistics(images: Tensor, rest: Callable[[], None] = lambda: None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation a channel of uint8 images (N, C, H, W), exactly, from the channels' histograms; of
    signals, float32 (N, C, L), in float64.

    rest: is called now and then.
    """
    import torch

    if images.is_floating_point():
        channels = images.double().transpose(0, 1).flatten(1)
        deviations = channels.std(1, correction=0).tolist()
        return tuple(channels.mean(1).tolist()), tuple(each or 1.0 for each in deviations)
    values = torch.arange(256, dtype=torch.float64)
    mean, std = [], []
    totals = torch.zeros(images.shape[1], 256, dtype=torch.long)
    for part in in_parts(images):
        for channel, total in enumerate(totals):
            total += torch.bincount(part[:, channel].flatten(), minlength=256)
        rest()
    for counts in totals.double():
        average = float((counts * values).sum() / counts.sum())
        variance = float((counts * (values - average) ** 2).sum() / counts.sum())
        mean.append(average)
        std.append(max(variance**0.5, 1.0))  # a constant channel is left as it is, not blown up
    return tuple(mean), tuple(std)
