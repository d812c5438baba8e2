"""The one training loop: candidates of a search and final networks alike."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nas.data import Dataset
from nas.data.dataset import joined, take
from nas.errors import UserError
from nas.tasks.criterion import Criterion
from nas.training import ranks
from nas.training.augmentation import Augmentation
from nas.training.average import Average
from nas.training.checkpoint import load_checkpoint, save_checkpoint
from nas.training.frozen import freeze
from nas.training.memory import keep_freed_memory
from nas.training.optimizer import set_learning_rate
from nas.training.pace import Pace, mult_adds, training_pace
from nas.training.precision import autocast, concrete, default_device, place_model
from nas.training.recipe import Recipe
from nas.training.schedule import Plateau, StepPlan
from nas.training.step import MAIN, FastStep, GraphedStep, MakeStep, Run, Supervised

if TYPE_CHECKING:
    from nas.types import Metrics, Report

CHECK_EVERY = 50  # steps between looks at the loss: each look waits for the device
PACE_IMAGES = 32  # images with which an evaluation finds its number of threads
EVALUATION_BATCH = {"cpu": 256, "cuda": 2048}


class Diverged(RuntimeError):
    """The loss is no finite number any more; the text says in which epoch (counted from 1)."""


def fit(
    model: nn.Module,
    data: Dataset,
    recipe: Recipe,
    seed: int,
    *,
    report: Report | None = None,
    checkpoint: Path | None = None,
    save_every: float = 0.0,
    pause_after: int | None = None,
    report_all: bool = False,
    train_on: Sequence[str] = ("train",),
    evaluate_on: str = "valid",
    device: torch.device | str | None = None,
    threads: int | None = None,
    step: MakeStep = Supervised,
) -> Metrics:
    """Train a model in place, and measure it. The same seed gives the same result on the same device and number of
    threads. The processes of an initialised `torch.distributed` group train one model together, by batches of the
    recipe's size (`nas.training.parallel`); all have it in the end, and the first writes the checkpoint.

    Args:
        model: takes float32 images (N, channels, height, width) and gives what the task of the data asks for, logits
            (N, classes) in classification (`nas.tasks`).
        data: the images and labels of its sets.
        recipe: how.
        seed: of the order of the images, their augmentation and all else.
        report: is called with each epoch, counted from 1, and its metrics; where it returns False the training ends
            there.
        checkpoint: a file in which the state is saved after each epoch. A training whose file is there already goes on
            from it to the same end as an uninterrupted one.
        save_every: the seconds that have to pass before it is saved again.
        pause_after: after so many epochs of the recipe's the state is saved and the network measured as it is then; the
            same call with a larger one goes on with the recipe, none of whose steps depends on where it was paused.
        report_all: a training that goes on reports first what was reported before, so that the curve is whole.
        train_on: the sets to train on.
        evaluate_on: the set to measure on. A plateau is one of `valid_accuracy`, or what else the task watches, or of
            `train_loss` where the training sees the validation set or this is another: the test set decides nothing.
        device: None: a GPU, if there is one.
        threads: of a CPU; None: as many of torch.get_num_threads() as are measured to be fastest (`nas.training.pace`).
        step: makes the step of training, anew where that is measured: see `nas.training.step`.

    Returns:
        What `evaluate` measures on `evaluate_on` after the last epoch; `train_loss` and, in classification,
        `train_accuracy` (of the last epoch, as it was trained, the loss with its class weights); `learning_rate` (of
        the last step), `epochs`, `steps`, `train_seconds` and `images_per_second`.

    Raises:
        Diverged: the loss became NaN or infinite.
        UserError: the checkpoint is one of another training, or a setting of the recipe means nothing to the task.
    """
    task = data.task
    task.check(recipe)
    device = torch.device(device) if device is not None else default_device()
    if device.type == "cpu":
        keep_freed_memory()
    data = data.to(device)
    identity = {"recipe": recipe.to_json(), "seed": seed, "train_on": list(train_on)}
    recipe = concrete(recipe, model, device)
    place_model(model, recipe, device)
    images, labels = (joined([part[split] for split in train_on]) for part in (data.images, data.labels))
    plan = StepPlan.of(recipe, len(images))
    augmentation = Augmentation(data, recipe, device)
    frozen = freeze(model, recipe)
    weights = task.weights(labels, len(data.classes)) if recipe.class_weights == "balanced" else None
    criterion = Criterion(task, weights)
    run = step(model, recipe, device, criterion)
    drops = bool(recipe.drop_path) and any(getattr(module, "scheduled", False) for module in model.modules())
    # a graph replays the drop-path rate it was recorded with
    graphed = recipe.cuda_graphs and device.type == "cuda" and not drops and ranks.count() == 1
    run_step: Run = GraphedStep(run, device) if graphed else FastStep(run, model) if device.type == "cpu" else run
    if ranks.count() > 1:
        from nas.training.parallel import ParallelStep

        assert isinstance(run, Supervised)
        run_step = ParallelStep(run, run_step, model)
        threads = threads or torch.get_num_threads()  # each would measure another number, at another time
    average = Average(model, recipe.ema) if recipe.ema else None
    judged: nn.Module = average.module if average else model
    models: dict[str, nn.Module] = {"model": model} | ({"average": judged} if average else {})
    plateau = Plateau(recipe.patience)
    validated = evaluate_on == "valid" and "valid" not in train_on and recipe.evaluate_every > 0
    watched = report is not None or (recipe.schedule == "plateau" and validated)

    identity["images"] = len(images)
    metrics: Metrics = {}
    curve: list[Metrics] = []
    done, threads_before = 0, None
    end = min(plan.steps, pause_after * plan.per_epoch) if pause_after else plan.steps
    if checkpoint is not None and checkpoint.exists():
        state = load_checkpoint(checkpoint, models, run.optimizers, identity)
        done, metrics, plateau = state["done"], state["metrics"], Plateau(**state["plateau"])
        curve, threads_before = state.get("curve", []), state.get("threads")
    if not ranks.agreed(done, device):
        raise UserError(str(checkpoint), "not all processes see it", "put the folder on a disk that all machines share")
    reported = curve if report_all and report is not None else []
    pace = training_pace(
        model,
        lambda copied: FastStep(step(copied, recipe, device, criterion), copied),
        lambda: (augmentation.normalise(images[: plan.batch].to(device)), labels[: plan.batch]),
        mult_adds(model, plan.batch, data.shape),
        device,
        threads,
        threads_before,
    )
    going = all(report is None or report(int(point["epochs"]), dict(point)) for point in reported)
    saved = time.monotonic()

    # dropout reads torch's own generator
    with torch.random.fork_rng([device] if device.type == "cuda" else []), pace:
        while done < end and going:
            epoch = done // plan.per_epoch + 1
            drawn = random.Random(f"{seed}/{epoch}").getrandbits(63)  # an epoch's own, so that training resumes there
            generator = torch.Generator(device).manual_seed(drawn)
            torch.manual_seed(drawn + ranks.rank())
            if drops:
                from nas.network import set_drop_path

                set_drop_path(model, recipe.drop_path * done / plan.steps)
            model.train()
            for layer in frozen:
                layer.eval()
            run.reset()
            began = time.perf_counter()
            batches = plan.batches(done, generator)
            for number, chosen in enumerate(batches, 1):
                rate = plan.learning_rate(done, plateau.falls)
                set_learning_rate(run.optimizers[MAIN], rate)
                pace.step(end - done)
                batch = augmentation.batch(take(images, chosen), labels[chosen], generator)
                data.release()
                run_step(*batch)
                done += 1
                if average:
                    average.update(model, done)
                if number % CHECK_EVERY == 0 or number == len(batches):
                    _check(ranks.averaged([run.loss])[0], epoch)
            pace.rest()
            loss, hits = ranks.averaged([run.loss])[0], ranks.summed(run.correct)
            seen = len(batches) * plan.batch
            seconds = time.perf_counter() - began + metrics.get("train_seconds", 0.0)
            right = {"train_accuracy": float(hits) / seen} if task.counts_hits else {}
            metrics = {
                "train_loss": float(loss) / len(batches),
                **right,
                "learning_rate": rate,
                "epochs": epoch,
                "steps": done,
                "train_seconds": seconds,
                "images_per_second": done * plan.batch / seconds,
            }
            if done == plan.steps or (watched and recipe.evaluate_every and epoch % recipe.evaluate_every == 0):
                metrics |= _measure(judged, data, evaluate_on, recipe, epoch, pace.count)
            if not validated:
                plateau.tell(-metrics["train_loss"])
            elif (value := metrics.get(f"valid_{task.watched}")) is not None:
                plateau.tell(-value if task.smaller else value)
            curve.append(dict(metrics))
            if checkpoint is not None and (done == end < plan.steps or time.monotonic() >= saved + save_every):
                state = {**identity, "done": done, "metrics": metrics, "plateau": asdict(plateau), "curve": curve}
                state["threads"] = pace.count
                if ranks.rank() == 0:
                    save_checkpoint(checkpoint, models, run.optimizers, state)
                saved = time.monotonic()
            going = report is None or report(epoch, dict(metrics))
    ranks.check_alike(models.values(), device)
    for layer in frozen:
        layer.requires_grad_(True)
    if average:
        model.load_state_dict(average.module.state_dict())
    if f"{evaluate_on}_loss" not in metrics:  # stopped between two evaluations
        metrics |= _measure(model, data, evaluate_on, recipe, int(metrics["epochs"]), pace.count)
    return metrics


def evaluate(
    model: nn.Module, data: Dataset, split: str, recipe: Recipe | None = None, threads: int | None = None
) -> Metrics:
    """Measure a model, which is left in evaluation mode.

    Args:
        model: takes float32 images (N, channels, height, width) and gives what the task of the data asks for.
        data: the images and labels of its sets.
        split: the set: "train", "valid" or "test".
        recipe: how it was trained, for its precision.
        threads: as in `fit`.

    Returns:
        `{split}_loss` and what the task measures: in classification `_accuracy` (top-1, a fraction) and, with each
        class weighing alike, `_balanced_accuracy` and `_macro_f1`.
    """
    recipe = recipe or Recipe()
    device = next(model.parameters()).device
    augmentation = Augmentation(data, recipe, device)
    images, labels = data.images[split], data.labels[split]
    size = EVALUATION_BATCH.get(device.type, 256)
    loss, criterion = torch.zeros((), device=device), Criterion(data.task)
    tally = None

    def forward(batch: Tensor) -> Tensor:
        with autocast(recipe, device):
            output: Tensor = model(augmentation.normalise(batch.to(device)))
        return output

    model.eval()
    # a step of training goes back through the network too, which costs about twice as much again
    cost = mult_adds(model, min(size, len(labels)), data.shape) / 3
    pace = Pace(lambda: (model, lambda: forward(images[:PACE_IMAGES])), cost, device, threads)
    with torch.inference_mode(), pace:
        for start in range(0, len(labels), size):
            pace.step((len(labels) - start) / PACE_IMAGES)
            output, truth = forward(images[start : start + size]).float(), labels[start : start + size].to(device)
            loss += criterion.total(output, truth)
            data.release()
            tally = tally or criterion.tally(output.shape[1], device)
            tally.add(output, truth)
    assert tally is not None  # no set is empty
    scores = {f"{split}_{name}": value for name, value in tally.scores().items()}
    return {**scores, f"{split}_loss": float(loss) / len(labels)}


def _measure(model: nn.Module, data: Dataset, split: str, recipe: Recipe, epoch: int, threads: int) -> Metrics:
    if split == "test":  # what is told of a network in the end is told of the one that is exported, in float32
        recipe = recipe.replace(precision="fp32")
    metrics = evaluate(model, data, split, recipe, threads)
    _check(torch.tensor(metrics[f"{split}_loss"]), epoch)
    return metrics


def _check(loss: Tensor, epoch: int) -> None:
    if not math.isfinite(value := float(loss)):
        raise Diverged(f"diverged in epoch {epoch}: the loss is {value}")
