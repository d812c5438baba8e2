"""How a network is trained: plain values, so that a recipe is JSON and part of what identifies a result.

Those that come with the project are read from `recipes.yaml` when the first one is asked for.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from nas.errors import UserError, did_you_mean

FILE = Path(__file__).with_name("recipes.yaml")
WORDS = {
    "optimizer": ("sgd", "adam", "adamw", "rmsprop"),
    "schedule": ("cosine", "constant", "step", "plateau", "exponential"),
    "precision": ("auto", "fp32", "bf16"),
    "class_weights": ("none", "balanced"),
    "auto_augment": ("none", "randaugment", "trivialaugment"),
}


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of one training.

    Attributes:
        epochs: passes over the training images.
        steps: the number of optimizer steps, which then decides; None: epochs do.
        batch_size: None is 128, or a 32nd of the training images where that is less: batch norm needs steps to settle.
        optimizer: "sgd", "adam", "adamw" or "rmsprop".
        learning_rate: the largest.
        momentum: of sgd and rmsprop.
        nesterov: of sgd.
        alpha: rmsprop's decay of squared gradients.
        eps: of all but sgd.
        weight_decay: of all parameters, as in torch.
        schedule: of the learning rate after the warmup: "cosine" falls to `final_learning_rate`, "constant" stays, and
            the others multiply by `decay`: "step" after a half and three quarters (He et al. 2015), "exponential" every
            `decay_epochs`, "plateau" each time that `patience` evaluations in a row are no better than the best before
            (of the validation accuracy; where none is measured, of the epoch's training loss).
        final_learning_rate: of "cosine".
        decay: the factor of "step", "exponential" and "plateau".
        decay_epochs: of "exponential".
        patience: of "plateau".
        warmup_epochs: the learning rate rises linearly from 0 during them.
        label_smoothing: of the loss.
        class_weights: of the loss; "balanced": each class counts alike, however many training images it has.
        cutout: side in pixels of the square that is blanked, 0 for none.
        flip: whether images are mirrored; None: what suits the data set.
        crop: pixels of padding to crop from, or steps by which signals are shifted; None: what suits the data set.
        color_pca: deviation of the shifts along the pixels' principal components (Krizhevsky et al. 2012), 0 for none.
        random_resized_crop: the least share of an image's area that a crop of any size and a shape of 3/4 to 4/3 has,
            which becomes the image, in place of `crop`; 0 for none (Szegedy et al. 2014 have 0.08).
        rotation: largest angle in degrees by which images are turned either way, 0 for none.
        elastic: strength of elastic distortions (torchvision's alpha, 50 is its default), 0 for none.
        color_jitter: largest change of brightness, contrast and saturation, a factor of 1 plus or minus it, and a
            quarter of it of hue; 0 for none.
        auto_augment: "randaugment" or "trivialaugment", with torchvision's defaults; "none".
        random_erasing: chance that a rectangle of an image is blanked (Zhong et al. 2017).
        mixup: alpha of the mixtures of two images and their labels (Zhang et al. 2017), 0 for none.
        cutmix: alpha of images with a rectangle of another (Yun et al. 2019), 0 for none; with mixup, either by chance.
        jitter: deviation of the noise that is added to signals, in deviations of their channel, 0 for none (Um et al.
            2017).
        scaling: deviation of the factor, about 1, of each channel of a signal, 0 for none (Um et al. 2017).
        time_masking: most steps of a signal that are blanked, 0 for none (Park et al. 2019, SpecAugment).
        drop_path: rate at the end of the training, rising linearly (DARTS).
        auxiliary: weight of each auxiliary head's loss.
        gradient_clip: largest norm, 0 for none.
        ema: decay a step of the averaged weights that are evaluated and kept, 0 for none; in the first steps n it is
            (1 + n) / (10 + n) where that is less, so that the start is forgotten.
        precision: "auto" is bf16 where the device is faster with it.
        channels_last: the memory format of images.
        cuda_graphs: replay the training step as one CUDA graph (not with drop_path, whose rate changes).
        evaluate_every: epochs between evaluations during the training, 0 for none; there is always one at its end.
        freeze: parts of the network that stay as they are, with their norms' statistics, separated by commas, such as
            "backbone", "upto:stages.2" or "norms" (`nas.network.parts.layers_in`); "none".
        part_rates: learning rates of parts by their names, in place of `learning_rate`; the schedule acts on all alike,
            and of two parts with a layer in common the later holds.

    Raises:
        UserError: a value is of a wrong kind or out of range.
    """

    epochs: int = 12
    steps: int | None = None
    batch_size: int | None = None
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    alpha: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    final_learning_rate: float = 0.0
    decay: float = 0.1
    decay_epochs: float = 1.0
    patience: int = 5
    warmup_epochs: float = 0.0
    label_smoothing: float = 0.0
    class_weights: str = "none"
    cutout: int = 0
    flip: bool | None = None
    crop: int | None = None
    color_pca: float = 0.0
    random_resized_crop: float = 0.0
    rotation: float = 0.0
    elastic: float = 0.0
    color_jitter: float = 0.0
    auto_augment: str = "none"
    random_erasing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    jitter: float = 0.0
    scaling: float = 0.0
    time_masking: int = 0
    drop_path: float = 0.0
    auxiliary: float = 0.4
    gradient_clip: float = 0.0
    ema: float = 0.0
    precision: str = "auto"
    channels_last: bool = True
    cuda_graphs: bool = False
    evaluate_every: int = 1
    freeze: str = "none"
    part_rates: dict[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for item in fields(self):
            _check_kind(item.name, str(item.type), getattr(self, item.name))
        for name, words in WORDS.items():
            if (value := getattr(self, name)) not in words:
                raise UserError(f"recipe.{name}", f"unknown word '{value}'", did_you_mean(value, words))
        for name in ("epochs", "steps", "batch_size", "patience"):
            if (count := getattr(self, name)) is not None and count < 1:
                raise UserError(f"recipe.{name}", f"is {count}", "give 1 or more")
        for name in ("random_resized_crop", "random_erasing", "color_jitter"):
            if not 0 <= (part := getattr(self, name)) <= 1:
                raise UserError(f"recipe.{name}", f"is {part}", "give 0 to 1")
        for name in ("label_smoothing", "drop_path", "ema", "momentum", "alpha"):
            if not 0 <= (part := getattr(self, name)) < 1:
                raise UserError(f"recipe.{name}", f"is {part}", "give 0 or more and less than 1")
        for name in (
            *("learning_rate", "final_learning_rate", "weight_decay", "warmup_epochs"),
            *("cutout", "crop", "auxiliary", "gradient_clip", "eps", "color_pca", "evaluate_every"),
            *("rotation", "elastic", "mixup", "cutmix", "jitter", "scaling", "time_masking"),
        ):
            if (amount := getattr(self, name)) is not None and not 0 <= amount < float("inf"):
                raise UserError(f"recipe.{name}", f"is {amount}", "give 0 or more")
        if not 0 < self.decay <= 1:
            raise UserError("recipe.decay", f"is {self.decay}", "give more than 0 and at most 1")
        for part, rate in self.part_rates.items():
            if type(rate) not in (int, float) or not 0 <= rate < float("inf"):
                raise UserError(f"recipe.part_rates.{part}", f"is {rate!r}", "give a learning rate of 0 or more")
        if self.part_rates and not self.learning_rate:
            raise UserError("recipe.part_rates", "the schedule has no learning rate to go by", "give learning_rate too")
        if not 0 < self.decay_epochs < float("inf"):
            raise UserError("recipe.decay_epochs", f"is {self.decay_epochs}", "give more than 0")

    @classmethod
    def named(cls, name: str) -> Recipe:
        """One of the recipes that come with the project.

        Args:
            name: "search", "final", "resnet_cifar" ...

        Raises:
            UserError: there is no such recipe.
        """
        if name not in recipes():
            raise UserError(f"recipe '{name}'", "no such recipe", did_you_mean(name, recipes()))
        return recipes()[name].recipe

    def replace(self, **values: Any) -> Recipe:
        """The same recipe with other values.

        Args:
            values: by name; numbers may be text, as YAML reads `1e-3`.

        Raises:
            UserError: there is no such setting, or it cannot have this value.
        """
        kinds = {item.name: str(item.type) for item in fields(self)}
        for name in values:
            if name not in kinds:
                raise UserError(f"recipe.{name}", "no such setting", did_you_mean(name, kinds))
        return replace(self, **{name: _number(value, kinds[name]) for name, value in values.items()})

    def for_epochs(self, epochs: int) -> Recipe:
        """The same recipe for so many epochs, where it counts steps too.

        Args:
            epochs: passes over the training images.
        """
        return self.replace(epochs=epochs, steps=None)

    def to_json(self) -> dict[str, Any]:
        """All values by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Recipe:
        """The recipe of which `to_json` gave these values.

        Args:
            values: by name; what is left out has its default.

        Raises:
            UserError: as `replace`.
        """
        return cls().replace(**values)


@dataclass(frozen=True)
class Named:
    """A recipe, where it is from, and what of its source it leaves out or reads between the lines."""

    source: str
    notes: str
    recipe: Recipe


@functools.cache
def recipes() -> dict[str, Named]:
    """By name, in the file's order. Raises UserError for a mistake in the file."""
    from nas.space.reader import read_yaml

    by_name = {}
    for name, entry in read_yaml(FILE.read_text(encoding="utf-8"), FILE.name).items():
        settings = {key: value for key, value in entry.items() if key not in ("source", "notes")}
        try:
            by_name[name] = Named(entry["source"], entry.get("notes", ""), Recipe.from_json(settings))
        except UserError as error:
            raise UserError(f"{FILE.name}: {name}: {error.where}", error.what, error.hint) from None
    return by_name


def _number(value: Any, kind: str) -> Any:
    """Text and whole numbers as the floats they stand for; anything else as it is, for the check to judge."""
    if kind.startswith("dict") and isinstance(value, dict):
        return {name: _number(each, "float") for name, each in value.items()}
    if not kind.startswith("float") or not isinstance(value, int | str) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _check_kind(name: str, kind: str, value: Any) -> None:
    """`kind` is the annotation's text, such as "int | None"."""
    kinds: dict[str, tuple[type, str]] = {
        "int": (int, "a whole number"),
        "float": (float, "a number"),
        "bool": (bool, "true or false"),
        "str": (str, "a word"),
        "dict[str, float]": (dict, "a mapping of numbers"),
    }
    if value is None and kind.endswith("None"):
        return
    expected, words = kinds[kind.split(" |")[0]]
    right = isinstance(value, (float, int) if expected is float else expected)
    if not right or (isinstance(value, bool) and expected is not bool):
        raise UserError(f"recipe.{name}", f"is {value!r}", f"give {words}")
