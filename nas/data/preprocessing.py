"""How a picture, or a signal, becomes the input of a network: the record that travels with every trained and exported
network.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data import clip, picture, signal
from nas.errors import UserError, did_you_mean, shortened

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

INTERPOLATIONS = ("bilinear", "nearest")
RESIZES = ("none", *picture.WAYS)
NOUNS, LARGEST_SIDE = ("signal", "image", "clip"), max(picture.LARGEST, signal.LONGEST)
MOST_CHANNELS = 1024
LARGEST_NUMBER = 1e30


@dataclass(frozen=True)
class Preprocessing:
    """Called with a picture it gives what the network was trained on: float32 (channels, height, width), normalised; so
    with a signal, or a clip, where the network was trained on those: (channels, steps), or (channels, frames, height,
    width).

    size: (height, width), (steps,), or (frames, height, width). channels: of a picture 1, of grey, or 3, red, green and
    blue. mean, std: a number a channel, of pixels in 0..1, or of signals as they are. resize: how a picture of another
    size, or a signal of another length, is brought to `size`, as `picture.pixels` and `signal.fit` do; "none": it is an
    error.
    Raises UserError for values of a wrong kind or out of range.
    """

    size: tuple[int, ...]
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"
    resize: str = "none"

    def __post_init__(self) -> None:
        sides = self.size
        if not (
            _numbers(sides, int) and 0 < len(sides) <= len(NOUNS) and all(0 < side <= LARGEST_SIDE for side in sides)
        ):
            raise _wrong(
                "size",
                sides,
                "give the height and the width in pixels, the steps of a signal, or frames, height and width",
            )
        if type(self.channels) is not int or not 0 < self.channels <= MOST_CHANNELS:
            raise _wrong("channels", self.channels, "give the number of channels: 1 or 3")
        for name, least in (("mean", -math.inf), ("std", 0.0)):
            values = getattr(self, name)
            if not (_numbers(values, float) and len(values) == self.channels and all(v > least for v in values)):
                raise _wrong(name, values, "give a number a channel" + (", above 0" if name == "std" else ""))
            object.__setattr__(self, name, tuple(float(value) for value in values))
        for name, words in (("interpolation", INTERPOLATIONS), ("resize", RESIZES)):
            if (word := getattr(self, name)) not in words:
                raise _wrong(name, word, did_you_mean(word, words))
        object.__setattr__(self, "size", tuple(sides))

    @property
    def unit(self) -> int:
        """What `mean` and `std` count in, of the values that are normalised: 255 of pixels, 1 of signals."""
        return 1 if len(self.size) == 1 else 255

    @property
    def noun(self) -> str:
        """What one example is called."""
        return NOUNS[len(self.size) - 1]

    def __call__(self, source: Any) -> Tensor:
        """Of a picture, PIL's, or a signal, an array (steps,) or (channels, steps), or a clip, a sequence of pictures;
        or of the file, or folder of frames, that holds one.

        Raises UserError where it cannot be read or does not fit.
        """
        return self.normalise(self.values(source)[None])[0]

    def values(self, source: Any) -> Tensor:
        """As the call, before it is normalised: uint8 (channels, height, width) or (channels, frames, height, width),
        or float32 (channels, steps)."""
        return {"signal": self._signal, "image": self.pixels, "clip": self._clip}[self.noun](source)

    def pixels(self, source: str | Path | Image) -> Tensor:
        """Those of a picture: uint8 (channels, height, width)."""
        where = str(source) if isinstance(source, str | Path) else "picture"
        if len(self.size) != 2:
            raise UserError(where, "the network takes no pictures", f"its input is {[self.channels, *self.size]}")
        if self.channels not in (1, 3):
            raise UserError(where, f"the network's input has {self.channels} channels", "give it tensors of your own")
        image = picture.upright(source)
        try:
            return picture.pixels(image, self.channels, self.size, self.resize, self.interpolation)
        except ValueError as error:
            raise UserError(where, str(error), "the network takes pictures like those of its training") from error

    def _clip(self, source: Any) -> Tensor:
        import torch

        count = self.size[0]
        if isinstance(source, str | Path):
            frames: Any = clip.clip_at(Path(source)).frames(count)
        else:
            frames = [source[i] for i in clip.positions(len(source), count)]
        of_frame = replace(self, size=self.size[1:])
        return torch.stack([of_frame.pixels(frame) for frame in frames], 1)

    def _signal(self, source: Any) -> Tensor:
        where = str(source) if isinstance(source, str | Path) else "signal"
        values = signal.read(Path(source)).values if isinstance(source, str | Path) else signal.checked(source, where)
        if len(values) != self.channels:
            raise UserError(where, f"has {len(values)} channels, and the network takes {self.channels}", "give these")
        try:
            return signal.fit(values, self.size[0], self.resize)
        except ValueError as error:
            raise UserError(where, str(error), "the network takes signals like those of its training") from error

    def normalise(self, images: Tensor) -> Tensor:
        """uint8 (N, C, H, W) or (N, C, T, H, W), or float32 (N, C, L), to float32, as the training did."""
        import torch

        shape = (1, -1, *(1 for _ in self.size))
        mean = torch.tensor([self.unit * value for value in self.mean], device=images.device).view(shape)
        scale = 1 / torch.tensor([self.unit * value for value in self.std], device=images.device).view(shape)
        return (images.float() - mean) * scale

    def to_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Any) -> Preprocessing:
        """From what anyone may have written. Raises UserError for what is no such record."""
        names = [field.name for field in fields(cls)]
        if not isinstance(values, dict):
            raise UserError("preprocessing", f"is {shortened(repr(values))}", f"give a mapping of {', '.join(names)}")
        for name in values:
            if name not in names:
                raise UserError("preprocessing", f"unknown key '{name}'", did_you_mean(name, names))
        if missing := [name for name in names[:4] if name not in values]:
            raise UserError("preprocessing", f"has no {', '.join(missing)}", "restore the file from a copy")
        return cls(**values)


def _numbers(values: Any, kind: type) -> bool:
    """Whether it is a sequence of finite numbers; of whole ones where `kind` is int."""
    kinds = (int,) if kind is int else (int, float)
    return isinstance(values, tuple | list) and all(type(v) in kinds and abs(v) < LARGEST_NUMBER for v in values)


def _wrong(name: str, value: Any, hint: str) -> UserError:
    return UserError(f"preprocessing.{name}", f"is {shortened(repr(value))}", hint)
