"""The training of one supernet as a job for an executor: it leaves a checkpoint and what it found in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError, did_you_mean
from nas.graph.limits import broken
from nas.oneshot import METHODS, create_method, known_options

if TYPE_CHECKING:
    from nas.evaluators.train import Train
    from nas.oneshot.epoch import Epoch
    from nas.space import Genome, Space
    from nas.types import Metrics, Report, Trial

CHECKPOINT, DESCRIPTION = "supernet.safetensors", "oneshot.json"
SAVE_EVERY = 60.0  # seconds


@dataclass(frozen=True)
class SupernetSettings:
    """How supernets are trained, whatever the method; None: as its paper does. Raises UserError.

    seeds: how many are trained, each from another seed. share: of the training images, for weights; the rest chooses.
    guard: what is done where one collapses: "warn", "stop" or "skip" (`nas.oneshot.acting`).
    """

    seeds: int = 1
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    share: float = 0.5
    guard: str = "warn"

    def __post_init__(self) -> None:
        for name in ("seeds", "epochs", "batch_size"):
            if (value := getattr(self, name)) is not None and (type(value) is not int or value < 1):
                raise UserError("searcher", f"{name} is {value!r}", "give a whole number of at least 1")
        for name, most in (("learning_rate", float("inf")), ("share", 1.0)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise UserError("searcher", f"{name} is {value!r}", "give a number")
            if value is not None and not 0 < value < most:
                raise UserError("searcher", f"{name} is {value}", f"give more than 0 and less than {most:g}")

    @property
    def of_recipe(self) -> dict[str, Any]:
        """Those of the weights' recipe that are given."""
        names = ("epochs", "batch_size", "learning_rate")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def settings_of(method: str, options: Mapping[str, Any]) -> tuple[SupernetSettings, dict[str, Any]]:
    """The supernets' settings among the searcher's options, and the method's own. Raises UserError."""
    general = {item.name for item in fields(SupernetSettings)}
    own = set(known_options(method))
    for option in options:
        if option not in own | general:
            hint = did_you_mean(option, own | general)
            raise UserError(f"searcher {method}", f"unknown option '{option}'", hint)
    settings = SupernetSettings(**{name: value for name, value in options.items() if name in general - own})
    rest = {name: value for name, value in options.items() if name in own}
    from nas.oneshot.acting import check_action

    made = create_method(method, rest)
    check_action(settings.guard, "auxiliary_skip" in own and not getattr(made, "auxiliary_skip", True))
    return settings, rest


@dataclass(frozen=True)
class SupernetJob:
    """Trains a supernet of `space` by `method` on the images of `trainer`, seeded by the trial, whose genome is none.

    What it finds is `oneshot.json` beside the checkpoint: `genomes`, their answers, best first, and the `curve`.
    """

    space: Space
    method: str
    options: Mapping[str, Any]
    trainer: Train
    limits: Mapping[str, float]

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        from nas.oneshot.acting import Guarded
        from nas.oneshot.derive import runner_up
        from nas.oneshot.guard import kept
        from nas.oneshot.method import strengths
        from nas.oneshot.preflight import check_memory
        from nas.oneshot.training import RECIPE, Training
        from nas.training.precision import default_device
        from nas.training.threads import use_threads

        assert checkpoint is not None
        use_threads(self.trainer.threads)
        settings, own = settings_of(self.method, self.options)
        method = create_method(self.method, own)
        recipe = RECIPE.replace(**{**method.recipe, **settings.of_recipe})
        same = {name: getattr(self.trainer.recipe, name) for name in ("flip", "crop", "precision", "channels_last")}
        training = Training(
            self.space,
            self.trainer.read_data(),
            method,
            recipe.replace(**same),
            trial.seed,
            share=settings.share,
            device=self.trainer.device or default_device(),
            threads=self.trainer.threads,
            allowed=self.allows,
        )
        check_memory(training)
        guarded = Guarded(training, settings.guard)
        about = {
            "format": 1,
            "method": self.method,
            "options": own,
            "relaxed": method.relaxed,
            "recipe": training.recipe.to_json(),
            "seed": trial.seed,
            "space": self.space.document.data,
        }

        def describe(genomes: list[Genome]) -> None:
            points = zip(training.curve, guarded.lines(), strict=True)
            curve = [{**one.to_json(), "warnings": lines} for one, lines in points]
            path = checkpoint.with_name(DESCRIPTION)
            scratch = path.with_suffix(".new")
            text = json.dumps({**about, "genomes": [dict(one.answers) for one in genomes], "curve": curve})
            scratch.write_text(text, encoding="utf-8")
            scratch.replace(path)

        def told(epoch: Epoch) -> bool:
            describe([epoch.genome])  # so far: who watches reads the warnings there
            return report(epoch.epoch, dict(epoch.metrics))

        genome = guarded.run(told, checkpoint, SAVE_EVERY)
        second = runner_up(self.space, training.net.choices, strengths(method), genome, self.allows)
        describe(kept(self.space, training.curve, genome, second))
        return dict(training.curve[-1].metrics)

    def allows(self, genome: Genome) -> bool:
        """Whether its network keeps the limits."""
        return not self.limits or broken(self.space.graph(genome).prune(), self.limits) is None


def is_oneshot(searcher: str) -> bool:
    """Whether a searcher trains supernets."""
    return searcher in METHODS
