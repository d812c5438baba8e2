from dataclasses import replace

import pytest
import torch
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from torch import nn

from nas.data import Dataset
from nas.errors import UserError
from nas.tasks import Regression, from_json
from nas.training import evaluate, fit
from tests.training.small import FAST


@pytest.mark.parametrize("seed", range(10))
def test_scores_are_scikit_learns_in_the_users_units(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    numbers, count = 1 + seed % 3, 2 + 9 * seed
    truth = 1000 + 50 * torch.randn(count, numbers, generator=generator)
    task = Regression.of(truth)
    output = torch.randn(count, numbers, generator=generator)
    tally = task.tally(numbers, torch.device("cpu"))
    for part in range(0, count, 7):
        tally.add(output[part : part + 7], truth[part : part + 7])
    scores, predicted = tally.scores(), task.predictions(output.double())
    assert scores["rmse"] == pytest.approx(root_mean_squared_error(truth.double(), predicted), rel=1e-6)
    assert scores["mae"] == pytest.approx(mean_absolute_error(truth.double(), predicted), rel=1e-6)
    assert scores["r2"] == pytest.approx(r2_score(truth.double(), predicted), rel=1e-5)


def test_a_number_that_never_changes_is_explained_or_not() -> None:
    truth = torch.full((4, 1), 3.0)
    task = Regression.of(truth)
    assert (task.mean, task.std) == ((3.0,), (1.0,))
    for output, r2 in ((torch.zeros(4, 1), 1.0), (torch.ones(4, 1), 0.0)):
        tally = task.tally(1, torch.device("cpu"))
        tally.add(output, truth)
        assert tally.scores()["r2"] == r2


def test_the_loss_is_of_targets_of_deviation_one() -> None:
    task = Regression((10.0, 0.0), (2.0, 1.0))
    loss = task.loss(torch.tensor([[1.0, 0.0]]), torch.tensor([[14.0, 3.0]]))
    assert float(loss) == pytest.approx(((1 - 2) ** 2 + 3**2) / 2)
    assert task.predictions(torch.tensor([[2.0, 3.0]])).tolist() == [[14.0, 3.0]]


def brightness(count: int = 120) -> Dataset:
    """Grey squares and how bright they are, times ten."""
    generator = torch.Generator().manual_seed(0)
    images = {s: torch.randint(256, (n, 1, 1, 1), generator=generator) for s, n in
              (("train", count), ("valid", 30), ("test", 30))}  # fmt: skip
    labels = {split: each.view(-1, 1) * 10.0 for split, each in images.items()}
    pixels = {split: each.to(torch.uint8).expand(-1, 1, 4, 4).contiguous() for split, each in images.items()}
    task = Regression.of(labels["train"])
    return Dataset("grey", pixels, labels, ("brightness",), (127.0,), (74.0,), flip=False, crop=0, task=task)


def test_a_line_is_learned_and_measured_in_its_units() -> None:
    torch.manual_seed(0)
    model, data = nn.Sequential(nn.Flatten(), nn.Linear(16, 1)), brightness()
    seen = []
    metrics = fit(model, data, FAST.replace(epochs=30), 0, report=lambda _, told: seen.append(told) or True)
    assert "train_accuracy" not in metrics and "valid_accuracy" not in metrics
    assert metrics["valid_rmse"] < 20 < 100 < seen[0]["valid_rmse"]  # of 2550
    assert metrics["valid_r2"] > 0.999
    truth = data.labels["test"]
    predicted = data.task.predictions(model(data.preprocessing.normalise(data.images["test"])).detach())
    assert evaluate(model, data, "test")["test_mae"] == pytest.approx(float((predicted - truth).abs().mean()), abs=1e-3)


def test_a_plateau_is_one_of_the_error() -> None:
    """A learning rate of 0 improves nothing: it falls after each evaluation but the first."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 1))
    recipe = FAST.replace(epochs=4, schedule="plateau", patience=1, decay=0.5, learning_rate=1e-12, warmup_epochs=0)
    assert fit(model, brightness(), recipe, 0)["learning_rate"] == pytest.approx(1e-12 * 0.5**2, rel=0.01)


@pytest.mark.parametrize("settings", [{"mixup": 0.2}, {"cutmix": 1.0}, {"class_weights": "balanced"}])
def test_settings_without_a_meaning_are_refused(settings: dict[str, object]) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 1))
    with pytest.raises(UserError, match=f"recipe.{next(iter(settings))}: regression: "):
        fit(model, brightness(), FAST.replace(**settings), 0)


def test_it_is_the_same_from_json_and_refuses_what_is_none() -> None:
    task = Regression((1.5, 2.0), (0.5, 3.0))
    assert from_json(task.to_json()) == task
    for values in (None, {"name": "guessing"}, {"name": "regression"}, {**task.to_json(), "std": [0.0, 1.0]},
                   {**task.to_json(), "std": [1.0]}, {"name": "classification", "more": 1}):  # fmt: skip
        with pytest.raises(UserError, match=r"^task"):
            from_json(values)


def test_digests_tell_tasks_apart() -> None:
    data = brightness()
    assert data.digest["task"] == "regression"
    assert replace(data, task=Regression()).digest == data.digest
