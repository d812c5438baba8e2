"""The trainer of supernets: parts of the images, resuming, what it reports."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nas.data import load as load_data
from nas.errors import UserError
from nas.oneshot import METHODS, create_method, known_options
from nas.oneshot.epoch import Epoch
from nas.oneshot.images import halves
from nas.oneshot.training import RECIPE, Training
from nas.space import load
from nas.training.recipe import Recipe

SHORT = RECIPE.replace(epochs=3, batch_size=128)


def training(seed: int = 0, name: str = "darts", recipe: Recipe = SHORT, **options: object) -> Training:
    method = create_method(name, options)
    return Training(load("nasbench_digits"), load_data("digits"), method, recipe, seed, threads=1)


def test_the_parts_are_disjoint_and_hold_each_class_in_proportion() -> None:
    labels = torch.tensor([0] * 40 + [1] * 20 + [2])
    first, second = halves(labels, 0.5, seed=0)
    assert sorted([*first.tolist(), *second.tolist()]) == list(range(61))
    assert [int((labels[part] == label).sum()) for part in (first, second) for label in (0, 1)] == [20, 10, 20, 10]


def test_batches_that_are_measured_by_hold_all_classes() -> None:
    """Also where the data set has its images class by class, as a folder does."""
    data = load_data("digits")
    order = data.labels["train"].argsort(stable=True)
    data = replace(
        data,
        images={**data.images, "train": data.images["train"][order]},
        labels={**data.labels, "train": data.labels["train"][order]},
    )
    run = Training(load("nasbench_digits"), data, create_method("darts"), SHORT, threads=1)
    for chosen in run.images.order.split(128)[:2]:
        assert len(run.images.batch(1, chosen).labels.unique()) == 10


class Stopped(Exception):
    pass


def stopped_at(step: int, inner: Callable[..., None]) -> Callable[..., None]:
    count = iter(range(1000))

    def run(*batches: object) -> None:
        if next(count) == step:
            raise Stopped
        inner(*batches)

    return run


@pytest.mark.parametrize("name", METHODS)
def test_a_training_that_was_cut_off_in_an_epoch_ends_as_if_it_had_not_been(name: str, tmp_path: Path) -> None:
    """In the second step of the second epoch; what the method learned is the same, too."""
    few = {"candidates": 3, "controller_steps": 3, "alpha_every": 1}
    few = {option: number for option, number in few.items() if option in known_options(name)}
    whole, cut, again = (training(name=name, recipe=SHORT.replace(epochs=2, batch_size=256), **few) for _ in range(3))
    assert whole.plan.per_epoch == 2
    epochs: list[Epoch] = []
    genome = whole.run(lambda epoch: epochs.append(epoch) or True)  # type: ignore[func-returns-value]
    cut.method.step = stopped_at(3, cut.method.step)  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        cut.run(checkpoint=tmp_path / "state", save_every=0)
    assert again.run(checkpoint=tmp_path / "state", save_every=0) == genome
    for one, other in zip(whole._models().values(), again._models().values(), strict=True):
        for key, tensor in one.state_dict().items():
            assert torch.equal(tensor, other.state_dict()[key]), key
    assert again.curve == epochs
    assert [epoch.epoch for epoch in epochs] == [1, 2]


def test_a_training_that_was_cut_off_between_an_epoch_and_its_measurements_makes_them(tmp_path: Path) -> None:
    whole, cut, again = (training(recipe=SHORT.replace(epochs=2, batch_size=256)) for _ in range(3))
    genome = whole.run()

    def stopped(*_: object, **__: object) -> float:
        raise Stopped

    cut.accuracy = stopped  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        cut.run(checkpoint=tmp_path / "state", save_every=0)
    assert again.run(checkpoint=tmp_path / "state", save_every=0) == genome
    assert again.curve == whole.curve


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    training().run(checkpoint=tmp_path / "state")
    with pytest.raises(UserError, match="is a checkpoint of another training"):
        training(seed=1).run(checkpoint=tmp_path / "state")
    with pytest.raises(UserError, match="is a checkpoint of another training"):
        training(alpha_learning_rate=0.1).run(checkpoint=tmp_path / "state")


def test_options_that_a_method_does_not_have_are_errors() -> None:
    with pytest.raises(UserError, match="unknown option 'ordr'; did you mean 'order'"):
        create_method("darts", {"ordr": 2})
    with pytest.raises(UserError, match="order is '2'"):
        create_method("darts", {"order": "2"})


def test_batch_norms_go_by_the_batch_and_keep_no_statistics() -> None:
    run = training()
    before = {name: buffer.clone() for name, buffer in run.net.named_buffers()}
    run.run(lambda epoch: False)
    for name, buffer in run.net.named_buffers():
        assert torch.equal(buffer, before[name]), name
