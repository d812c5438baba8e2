import pickle
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import nas
from nas.errors import UserError
from nas.evaluators import Train, data, train
from nas.space import Genome, Space
from nas.training import Recipe
from nas.types import Trial

SPACE = """
name: tiny
input: [1, 8, 8]
classes: 10
parameters: {width: 4}
final: {width: 6}
network:
  - {choice: [{conv_bn_relu: {channels: =width, kernel: 3}}, {conv_bn_relu: {channels: =width, kernel: 1}}]}
  - flatten
  - {linear: =classes}
"""
QUICK = Recipe(epochs=2, batch_size=64, learning_rate=0.05)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_THREADS", "1")


@pytest.fixture
def space(tmp_path: Path) -> Space:
    path = tmp_path / "tiny.yaml"
    path.write_text(SPACE)
    return nas.load(path)


def genome(space: Space) -> Genome:
    return space.sample(random.Random(0))


def go_on(epoch: int, metrics: dict[str, float]) -> bool:
    return True


def test_it_trains_the_genomes_network_on_the_data(space: Space) -> None:
    told: list[int] = []
    metrics = Train(recipe=QUICK)(Trial(0, genome(space), seed=3), lambda epoch, metrics: told.append(epoch) is None)
    assert metrics["valid_accuracy"] > 0.6
    assert told == [1, 2]
    assert not any(name.startswith("test") for name in metrics)


def test_the_seed_decides_and_the_budget_replaces_the_epochs(space: Space) -> None:
    evaluator = Train(recipe=QUICK)
    one, same, other = (evaluator(Trial(0, genome(space), seed, budget=1), go_on) for seed in (3, 3, 2**60))
    assert one["epochs"] == 1
    assert one["valid_loss"] == same["valid_loss"] != other["valid_loss"]


def test_the_budget_replaces_steps_too(space: Space) -> None:
    metrics = Train(recipe=QUICK.replace(steps=3))(Trial(0, genome(space), 0, budget=1), go_on)
    assert metrics["steps"] == 1078 // 64


def test_class_weights_are_the_winners_too() -> None:
    weighed = Train(recipe=QUICK.replace(class_weights="balanced"))
    assert weighed.last_recipe(None).class_weights == "balanced"
    assert Train(recipe=QUICK).last_recipe(None).class_weights == "none"
    document = {"class_weights": "balanced", "precision": "fp32"}  # what it says of both decides
    told = Train(recipe=QUICK).last_recipe(None, document)
    assert (told.class_weights, told.precision) == ("balanced", "fp32")


def test_training_images_can_be_capped(space: Space) -> None:
    metrics = Train(recipe=QUICK, train_images=200, valid_fraction=0.5)(Trial(0, genome(space), 0), go_on)
    assert metrics["steps"] == 2 * (200 // 64)


def test_it_is_picklable_json_and_holds_no_tensors(space: Space) -> None:
    evaluator = Train(recipe=QUICK)
    evaluator(Trial(0, genome(space), 0, budget=1), go_on)
    assert len(pickle.dumps(evaluator)) < 2000
    assert pickle.loads(pickle.dumps(evaluator)) == evaluator


def test_the_data_set_is_read_once_a_process(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    real = nas.data.load
    data.load.cache_clear()
    monkeypatch.setattr("nas.data.load", lambda name, *rest, **more: reads.append(name) or real(name, *rest, **more))
    for seed in (1, 2):
        Train(recipe=QUICK.replace(steps=1))(Trial(0, genome(space), seed), go_on)
    assert reads == ["digits"]


def test_a_network_for_other_images_says_what_to_set(space: Space) -> None:
    other = space.with_parameters(input=[3, 16, 16], classes=4)
    with pytest.raises(UserError, match=r"network: maps \[3, 16, 16\] to \[4\].*set input=\[1, 8, 8\] and classes=10"):
        Train(recipe=QUICK)(Trial(0, genome(other), 0), go_on)


def test_a_checkpoint_is_gone_on_from(space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "SAVE_EVERY", 0.0)
    path, trial = tmp_path / "checkpoint.safetensors", Trial(0, genome(space), 0)

    def interrupt(epoch: int, metrics: dict[str, float]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Train(recipe=QUICK)(trial, interrupt, path)
    written = path.stat().st_mtime_ns
    told: list[tuple[int, float, int]] = []

    def report(epoch: int, metrics: dict[str, float]) -> bool:
        told.append((epoch, metrics["valid_loss"], path.stat().st_mtime_ns))
        return True

    found = Train(recipe=QUICK)(trial, report, path)
    whole: list[float] = []
    Train(recipe=QUICK)(trial, lambda epoch, metrics: whole.append(metrics["valid_loss"]) is None)
    assert [epoch for epoch, _, _ in told] == [1, 2]  # the first is reported again, not trained again
    assert [loss for _, loss, _ in told] == whole
    assert told[0][2] == written < told[1][2]
    assert found["valid_loss"] == whole[-1]


@pytest.mark.parametrize("changes", [{}, {"evaluate_every": 0}, {"ema": 0.9, "schedule": "plateau", "patience": 1}])
def test_paused_and_gone_on_it_is_the_uninterrupted_training(
    space: Space, tmp_path: Path, changes: dict[str, Any]
) -> None:
    evaluator = Train(recipe=QUICK.replace(epochs=2, **changes), threads=1)
    curves: dict[int, list[dict[str, float]]] = {1: [], 3: [], 4: [], 0: []}
    found = {}
    for budget in (1, 3, 4):
        trial = Trial(0, genome(space), 5, budget=budget, horizon=4)
        found[budget] = evaluator(
            trial, lambda _, metrics, to=budget: curves[to].append(metrics) is None, tmp_path / "checkpoint"
        )
        assert found[budget]["epochs"] == budget
        assert "valid_accuracy" in found[budget]
    whole = evaluator(Trial(0, genome(space), 5, budget=4), lambda _, metrics: curves[0].append(metrics) is None)
    assert timeless(found[4]) == timeless(whole)
    for budget in (1, 3, 4):
        assert [*map(timeless, curves[budget])] == [*map(timeless, curves[0][:budget])]
    rates = [point["learning_rate"] for point in curves[4]]
    assert changes.get("schedule") == "plateau" or rates[0] > rates[1] > rates[2] > rates[3]  # falls to the fourth


def timeless(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name not in ("train_seconds", "images_per_second")}


def test_the_final_training_leaves_weights_and_a_test_accuracy(space: Space, tmp_path: Path) -> None:
    told: list[set[str]] = []
    metrics = Train(recipe=QUICK.replace(precision="fp32")).final(
        genome(space), 1, 2, {}, tmp_path, lambda epoch, metrics: told.append(set(metrics)) is None
    )
    assert metrics["test_accuracy"] > 0.5
    assert ["test_accuracy" in names for names in told] == [False, True]  # looked at once
    assert metrics["steps"] == 2 * (1438 // 45)  # a 32nd of the images a batch
    final = space.final()
    model = nas.build(final, final.genome(genome(space).answers))
    model.load_state_dict(load_file(tmp_path / "weights.safetensors"))  # the document's final width
    data = nas.data.load("digits")
    recipe = Recipe(precision="fp32")
    assert nas.training.evaluate(model, data, "test", recipe)["test_accuracy"] == metrics["test_accuracy"]
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["weights.safetensors"]


def test_the_last_training_is_by_the_given_recipe(space: Space, tmp_path: Path) -> None:
    told: list[set[str]] = []
    last = QUICK.replace(steps=25, batch_size=96, schedule="plateau")
    metrics = Train(recipe=QUICK, final_recipe=last).final(
        genome(space), 1, None, {}, tmp_path, lambda epoch, metrics: told.append(set(metrics)) is None
    )
    assert metrics["steps"] == 25
    assert ["test_accuracy" in names for names in told] == [False, True]  # of 14 and 11 steps


def test_the_last_recipe() -> None:
    quick, last = QUICK.replace(precision="fp32"), Recipe.named("resnet_cifar")
    assert Train(recipe=quick).last_recipe(None) == Recipe.named("final").replace(precision="fp32", evaluate_every=0)
    assert Train(recipe=quick, final_recipe=last).last_recipe(None) == last.replace(evaluate_every=0)
    assert Train(recipe=quick, final_recipe=last).last_recipe(4) == last.replace(evaluate_every=0, epochs=4, steps=None)


def test_the_last_recipe_mirrors_and_crops_as_the_candidates_does_unless_it_says() -> None:
    as_asked = QUICK.replace(flip=False, crop=3)
    for last in (None, Recipe.named("resnet_cifar")):
        found = Train(recipe=as_asked, final_recipe=last).last_recipe(None)
        assert (found.flip, found.crop) == (False, 3)
    found = Train(recipe=as_asked, final_recipe=Recipe(flip=True, crop=0)).last_recipe(None)
    assert (found.flip, found.crop) == (True, 0)


def test_a_size_is_that_of_the_network(space: Space) -> None:
    sized = Train(recipe=QUICK, image_size="6x10", resize="stretch")
    assert sized == Train(recipe=QUICK, image_size=[6, 10], resize="stretch")
    assert sized.parameters() == {"input": [1, 6, 10], "classes": 10}
    assert sized.read_data().shape == (1, 6, 10)
    sized.check(space.with_parameters(input=[1, 6, 10]))
    with pytest.raises(UserError, match=r"the data has images \[1, 6, 10\]"):
        sized.check(space)


def test_a_crop_that_leaves_nothing_is_found_before_a_search(space: Space) -> None:
    with pytest.raises(UserError, match=r"recipe.crop: 8 pixels leave nothing"):
        Train(recipe=QUICK.replace(crop=8)).check(space)
    with pytest.raises(UserError, match=r"recipe.cutout: 8 pixels leave nothing"):
        Train(recipe=QUICK, final_recipe=QUICK.replace(cutout=8)).check(space)


def test_without_memory_torchs_error_goes_through(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **named: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("nas.training.loop.fit", fail)
    with pytest.raises(torch.OutOfMemoryError):
        Train(recipe=QUICK)(Trial(0, genome(space), 0), go_on)


@pytest.mark.parametrize(
    "wrong",
    [
        {"dataset": 3},
        {"dataset": None},
        {"data": 5},
        {"threads": "2"},
        {"valid_fraction": "x"},
        {"train_images": "x"},
        {"skip_unreadable": None},
        {"resize": 1},
        {"image_size": 0},
    ],
)
def test_values_of_a_wrong_kind(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError, match=f"{next(iter(wrong))}:? is "):
        Train(**wrong)


def test_data_and_networks_that_do_not_fit_are_found_before_a_search(space: Space, tmp_path: Path) -> None:
    Train().check(space)
    with pytest.raises(UserError, match=r"maps \[1, 8, 8\] to \[3\]"):
        Train().check(space.with_parameters(classes=3))
    (tmp_path / "cifar-10-batches-bin").mkdir()
    with pytest.raises(UserError, match=r"data_batch_1\.bin"):
        Train("cifar10", str(tmp_path)).check(space)
