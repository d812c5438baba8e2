import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from nas.data import Dataset
from nas.errors import UserError
from nas.training import Diverged, Recipe, evaluate, fit
from tests.training.small import FAST, Broken, WithHead, small_data, small_network, timeless, weights


def test_it_learns_and_says_what_it_measured() -> None:
    data, model = small_data(), small_network()
    metrics = fit(model, data, FAST.replace(epochs=6), 0)
    assert metrics["valid_accuracy"] >= 0.95
    assert metrics["train_accuracy"] > 0.8
    assert (metrics["epochs"], metrics["steps"]) == (6, 18)
    assert metrics["images_per_second"] == pytest.approx(18 * 16 / metrics["train_seconds"])
    assert not any(name.startswith("test") for name in metrics)
    recipe = FAST.replace(epochs=6)
    measured = evaluate(model, data, "valid", recipe)
    assert set(measured) == {f"valid_{name}" for name in ("accuracy", "balanced_accuracy", "macro_f1", "loss")}
    assert measured == {name: metrics[name] for name in measured}


def test_evaluation_is_what_a_plain_loop_measures() -> None:
    data, model = small_data(valid=300), small_network()
    recipe = FAST.replace(precision="fp32")
    metrics = evaluate(model, data, "valid", recipe)
    with torch.no_grad():
        logits = model.eval()((data.images["valid"].float() - 100) / 60)
    labels = data.labels["valid"]
    assert metrics["valid_accuracy"] == pytest.approx(float((logits.argmax(1) == labels).float().mean()))
    assert metrics["valid_loss"] == pytest.approx(float(nn.functional.cross_entropy(logits, labels)), rel=1e-5)


def test_one_step_is_what_torch_does_by_hand() -> None:
    data, recipe = small_data(train=16), FAST.replace(steps=1, warmup_epochs=0, precision="fp32", label_smoothing=0.1)
    ours, theirs = small_network(), small_network()
    fit(ours, data, recipe, 0)
    optimizer = torch.optim.SGD(theirs.parameters(), 0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    images = (data.images["train"].float() - 100) / 60
    nn.functional.cross_entropy(theirs(images), data.labels["train"], label_smoothing=0.1).backward()
    optimizer.step()
    for name, value in weights(theirs).items():
        torch.testing.assert_close(weights(ours)[name], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_same_seed_gives_the_same_in_another_process(precision: str) -> None:
    code = (
        "from tests.training.small import *; from nas.training import fit, use_threads; use_threads(1)\n"
        f"recipe = FAST.replace(precision='{precision}', flip=True, crop=1, cutout=2, schedule='cosine')\n"
        "model = small_network(dropout=0.3); metrics = fit(model, small_data(), recipe, 5)\n"
        "print(timeless(metrics), [float(value.double().sum()) for value in weights(model).values()])"
    )
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert "valid_accuracy" in runs[0]


def test_another_seed_gives_another_and_the_global_generator_is_left_alone() -> None:
    state = torch.get_rng_state()
    one, two = small_network(), small_network()
    fit(one, small_data(), FAST, 1)
    fit(two, small_data(), FAST, 2)
    assert not torch.equal(one[0].weight, two[0].weight)
    assert torch.equal(torch.get_rng_state(), state)


def test_it_reports_each_epoch_and_stops_where_told() -> None:
    told: list[tuple[int, set[str]]] = []

    def report(epoch: int, metrics: dict[str, float]) -> bool:
        told.append((epoch, set(metrics)))
        return epoch < 3

    metrics = fit(small_network(), small_data(), FAST.replace(epochs=9, evaluate_every=2), 0, report=report)
    assert [epoch for epoch, _ in told] == [1, 2, 3]
    assert ["valid_accuracy" in names for _, names in told] == [False, True, False]
    assert metrics["epochs"] == 3
    assert "valid_accuracy" in metrics


def test_a_loss_that_is_no_number_ends_it_with_the_epoch() -> None:
    with pytest.raises(Diverged, match=r"^diverged in epoch 2: the loss is nan$"):
        fit(Broken(after=4), small_data(), FAST, 0)
    with pytest.raises(Diverged, match=r"epoch 1"):
        fit(small_network(), small_data(), FAST.replace(learning_rate=1e30, precision="fp32", epochs=1), 0)


def test_long_epochs_are_looked_at_on_the_way() -> None:
    model = Broken(after=0)
    with pytest.raises(Diverged):
        fit(model, small_data(train=200), FAST.replace(batch_size=1), 0)
    assert model.calls == 50


def test_auxiliary_heads_are_trained_by_their_weight() -> None:
    with_weight, without = WithHead(), WithHead()
    without.load_state_dict(with_weight.state_dict())
    start = with_weight.side.weight.clone()
    recipe = FAST.replace(weight_decay=0)
    fit(with_weight, small_data(), recipe.replace(auxiliary=0.4), 0)
    fit(without, small_data(), recipe.replace(auxiliary=0), 0)
    assert not torch.equal(with_weight.side.weight, start)
    assert torch.equal(without.side.weight, start)


def test_the_last_training_is_on_both_sets_and_measures_the_test_set() -> None:
    metrics = fit(small_network(), small_data(), FAST, 0, train_on=("train", "valid"), evaluate_on="test")
    assert metrics["steps"] == 3 * (70 // 16)
    assert "test_accuracy" in metrics
    assert "valid_accuracy" not in metrics


def test_drop_path_rises_over_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr("nas.network.set_drop_path", lambda model, rate: rates.append(rate))
    model, recipe = small_network(), FAST.replace(epochs=4, drop_path=0.2)
    fit(model, small_data(), recipe, 0)
    assert not rates  # nothing to set
    model[3].scheduled = True
    fit(model, small_data(), recipe, 0)
    assert rates == pytest.approx([0, 0.05, 0.1, 0.15])


def test_gradients_are_clipped() -> None:
    start = small_network()
    model = small_network()
    recipe = FAST.replace(steps=1, warmup_epochs=0, gradient_clip=1e-3, weight_decay=0, nesterov=False, momentum=0)
    fit(model, small_data(), recipe, 0)
    pairs = zip(model.parameters(), start.parameters(), strict=True)
    moved = sum(float((a - b).detach().square().sum()) for a, b in pairs) ** 0.5
    assert moved == pytest.approx(0.05 * 1e-3, rel=0.05)


def test_averaged_weights_are_measured_and_kept() -> None:
    averaged, plain = small_network(), small_network()
    data, recipe = small_data(), FAST.replace(epochs=2)
    metrics = fit(averaged, data, recipe.replace(ema=0.9), 0)
    fit(plain, data, recipe, 0)
    assert not torch.equal(averaged[0].weight, plain[0].weight)
    assert evaluate(averaged, data, "valid", recipe)["valid_loss"] == metrics["valid_loss"]


def rates(recipe: Recipe, **settings: object) -> list[float]:
    """The learning rate of each epoch."""
    found: list[float] = []
    fit(
        small_network(),
        small_data(),
        recipe,
        0,
        report=lambda epoch, metrics: found.append(metrics["learning_rate"]) is None,
        **settings,  # type: ignore[arg-type]
    )
    return found


PLATEAU = FAST.replace(epochs=8, schedule="plateau", patience=2, warmup_epochs=0, learning_rate=0.1)


def measuring(monkeypatch: pytest.MonkeyPatch, values: list[float]) -> list[str]:
    """Has the loop measure these accuracies, and returns the sets that it asks for."""
    asked: list[str] = []

    def measure(model: nn.Module, data: Dataset, split: str, *rest: object) -> dict[str, float]:
        asked.append(split)
        return {f"{split}_accuracy": values[len(asked) - 1], f"{split}_loss": 0.0}

    monkeypatch.setattr("nas.training.loop.evaluate", measure)
    return asked


def test_the_rate_falls_when_the_validation_accuracy_gets_no_better(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring(monkeypatch, [0.5, 0.6, 0.6, 0.5, 0.7, 0.6, 0.6, 0.6])
    assert rates(PLATEAU) == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001])


def test_epochs_without_an_evaluation_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = measuring(monkeypatch, [0.5] * 4)
    assert rates(PLATEAU.replace(evaluate_every=2)) == pytest.approx([0.1] * 6 + [0.01] * 2)
    assert len(asked) == 4


def test_a_plateau_is_seen_without_anyone_watching(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring(monkeypatch, [0.5] * 8)
    assert fit(small_network(), small_data(), PLATEAU, 0)["learning_rate"] == pytest.approx(1e-4)


@pytest.mark.parametrize(("every", "asked_for"), [(1, 8), (0, 1)])
def test_the_test_set_decides_nothing(monkeypatch: pytest.MonkeyPatch, every: int, asked_for: int) -> None:
    asked = measuring(monkeypatch, [0.9] * 8)
    recipe = PLATEAU.replace(learning_rate=0.01, evaluate_every=every)
    assert rates(recipe, train_on=("train", "valid"), evaluate_on="test") == [0.01] * 8  # its training loss falls
    assert asked == ["test"] * asked_for


def test_without_a_validation_set_the_training_loss_decides() -> None:
    still = PLATEAU.replace(learning_rate=1e-30, batch_size=50)  # each epoch is the same batch, and nothing is learnt
    found = rates(still, train_on=("valid",), evaluate_on="test")
    assert found[-1] < found[0]


def test_images_that_the_recipe_would_blank_are_found_before_the_first_step() -> None:
    with pytest.raises(UserError, match=r"recipe.cutout: 16 pixels leave nothing of images of 6x6"):
        fit(small_network(), small_data(), FAST.replace(cutout=16), 0)


@pytest.mark.parametrize("schedule", ["plateau", "exponential"])
def test_schedules_and_colours_go_on_where_they_stopped(tmp_path: Path, schedule: str) -> None:
    recipe = PLATEAU.replace(schedule=schedule, patience=1, decay=0.5, decay_epochs=0.5, color_pca=3, ema=0.9)
    whole, stopped, resumed = (small_network() for _ in range(3))
    expected = fit(whole, small_data(), recipe, 7)
    path = tmp_path / "state.safetensors"

    def interrupt(epoch: int, metrics: dict[str, float]) -> bool:
        if epoch == 4:
            raise KeyboardInterrupt
        return True

    with pytest.raises(KeyboardInterrupt):
        fit(stopped, small_data(), recipe, 7, checkpoint=path, report=interrupt)
    metrics = fit(resumed, small_data(), recipe, 7, checkpoint=path)
    assert timeless(metrics) == timeless(expected)
    assert metrics["learning_rate"] < recipe.learning_rate / 4
    for name, value in weights(whole).items():
        assert torch.equal(weights(resumed)[name], value), name


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
@pytest.mark.parametrize("ema", [0.0, 0.8])
def test_a_training_that_goes_on_ends_like_one_that_never_stopped(tmp_path: Path, optimizer: str, ema: float) -> None:
    rate = 0.05 if optimizer == "sgd" else 0.002
    recipe = FAST.replace(epochs=4, optimizer=optimizer, learning_rate=rate, ema=ema, cutout=2, crop=1)
    whole, stopped, resumed = (small_network(dropout=0.2) for _ in range(3))
    expected = fit(whole, small_data(), recipe, 7)
    path = tmp_path / "state.safetensors"

    def interrupt(epoch: int, metrics: dict[str, float]) -> bool:
        if epoch == 2:
            raise KeyboardInterrupt
        return True

    with pytest.raises(KeyboardInterrupt):
        fit(stopped, small_data(), recipe, 7, checkpoint=path, report=interrupt)
    epochs: list[int] = []
    metrics = fit(
        resumed, small_data(), recipe, 7, checkpoint=path, report=lambda epoch, _: epochs.append(epoch) is None
    )
    assert epochs == [3, 4]
    assert timeless(metrics) == timeless(expected)
    for name, value in weights(whole).items():
        assert torch.equal(weights(resumed)[name], value), name
    again = fit(small_network(seed=3), small_data(), recipe, 7, checkpoint=path)
    assert again == metrics


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    fit(small_network(), small_data(), FAST, 0, checkpoint=path)
    with pytest.raises(UserError, match=r"another training \(seed differs\)"):
        fit(small_network(), small_data(), FAST, 1, checkpoint=path)
    with pytest.raises(UserError, match=r"another training \(recipe differs\); remove the file"):
        fit(small_network(), small_data(), FAST.replace(epochs=9), 0, checkpoint=path)
    with pytest.raises(UserError, match=r"another network"):
        fit(WithHead(), small_data(), FAST, 0, checkpoint=path)


def test_test_images_are_measured_in_float32_whatever_the_training_computes_in() -> None:
    model, recipe = small_network(), FAST.replace(precision="bf16")
    told = fit(model, small_data(), recipe, 0, threads=1, train_on=("train", "valid"), evaluate_on="test")
    exact = evaluate(model, small_data(), "test", recipe.replace(precision="fp32"), threads=1)
    assert told["test_loss"] == pytest.approx(exact["test_loss"], rel=1e-6)
    assert evaluate(model, small_data(), "test", recipe, threads=1)["test_loss"] != exact["test_loss"]
