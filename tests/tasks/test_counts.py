import warnings

import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from nas.data import Dataset
from nas.tasks.counts import ClassTally, balanced_weights
from nas.training import fit
from tests.training.small import FAST


@pytest.mark.parametrize("seed", range(20))
def test_scores_are_scikit_learns(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    classes, count = 2 + seed % 5, 1 + 7 * seed
    labels = torch.randint(0, max(1, classes - seed % 3), (count,), generator=generator)  # some classes are absent
    predicted = torch.randint(0, classes, (count,), generator=generator)
    tally = ClassTally(classes, torch.device("cpu"))
    for part in range(0, count, 5):  # in batches, the last of them short
        tally.count(predicted[part : part + 5], labels[part : part + 5])
    scores = tally.scores()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that it leaves out absent classes
        assert scores["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted))
        assert scores["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert scores["accuracy"] == pytest.approx(float((labels == predicted).float().mean()))


def test_the_common_class_alone_is_half_right() -> None:
    tally = ClassTally(2, torch.device("cpu"))
    tally.count(torch.zeros(312, dtype=torch.long), torch.tensor([0] * 300 + [1] * 12))
    scores = tally.scores()
    assert scores["accuracy"] == pytest.approx(300 / 312)
    assert scores["balanced_accuracy"] == 0.5
    assert scores["macro_f1"] == pytest.approx((2 * 300 / 612) / 2)


def test_weights_are_scikit_learns_and_nothing_for_an_absent_class() -> None:
    labels = torch.tensor([0] * 300 + [2] * 12)
    weights = balanced_weights(labels, 4)
    expected = compute_class_weight("balanced", classes=labels.unique().numpy(), y=labels.numpy())
    assert weights[[0, 2]].tolist() == pytest.approx(expected.tolist()) == [312 / 600, 312 / 24]
    assert weights[[1, 3]].tolist() == [0.0, 0.0]


def test_a_rare_class_is_found_where_the_classes_are_balanced() -> None:
    recall = {}
    for how in ("none", "balanced"):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        metrics = fit(model, rare(), FAST.replace(epochs=4, class_weights=how, batch_size=32), 0)
        recall[how] = metrics["valid_balanced_accuracy"]
    assert recall["none"] < 0.6
    assert recall["balanced"] > 0.75


def rare() -> Dataset:
    """300 dark images against 12 that are a little brighter; the validation set has 150 of either."""
    generator = torch.Generator().manual_seed(0)
    images, labels = {}, {}
    for split, counts in (("train", (300, 12)), ("valid", (150, 150)), ("test", (4, 4))):
        labels[split] = torch.tensor([0] * counts[0] + [1] * counts[1])
        noise = 100 + 40 * torch.randn(sum(counts), 1, 4, 4, generator=generator)
        images[split] = (noise + 25 * labels[split].view(-1, 1, 1, 1)).clamp(0, 255).to(torch.uint8)
    return Dataset("rare", images, labels, ("common", "rare"), (100.0,), (40.0,), flip=False, crop=0)
