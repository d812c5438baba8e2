import pytest
import torch
from torch import nn

from nas.data import Dataset
from nas.tasks import MultiLabel
from nas.training import fit
from tests.training.small import FAST

CPU = torch.device("cpu")


def scored(output: list[list[float]], truth: list[list[int]]) -> dict[str, float]:
    tally = MultiLabel().tally(len(truth[0]), CPU)
    for one, targets in zip(output, truth, strict=True):
        tally.add(torch.tensor([one]), torch.tensor([targets], dtype=torch.float32))
    return tally.scores()


def test_scores_by_hand() -> None:
    """The first label: right, wrong, right in the order of its outputs, so 1 and 2/3. The second: found once, missed
    once, which comes last of three: 1 and 2/3. Nobody has the third, and nobody is said to."""
    output = [[3.0, 1.0, -1.0], [2.0, -2.0, -1.0], [1.0, -3.0, -1.0]]
    truth = [[1, 1, 0], [0, 0, 0], [1, 1, 0]]
    scores = scored(output, truth)
    assert scores["mean_average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert scores["macro_f1"] == pytest.approx((2 * 2 / (2 + 3) + 2 * 1 / (2 + 1)) / 2)
    assert scores["subset_accuracy"] == pytest.approx(1 / 3)


def test_a_set_without_labels_and_outputs_that_are_no_numbers_are_scored() -> None:
    assert scored([[-1.0]], [[0]]) == {"mean_average_precision": 0, "macro_f1": 0, "subset_accuracy": 1}
    assert scored([[float("nan")], [1.0]], [[0], [1]])["mean_average_precision"] == 1


def test_rare_labels_weigh_as_much_as_their_absence() -> None:
    targets = torch.tensor([[1.0, 0.0]] * 2 + [[0.0, 0.0]] * 8)
    assert MultiLabel().weights(targets, 2).tolist() == [4.0, 10.0]
    loss = MultiLabel().loss(torch.zeros(10, 2), targets, torch.tensor([4.0, 10.0]))
    assert float(loss) == pytest.approx((2 * 4 + 8 + 10) / 20 * 0.693147, rel=1e-5)


def test_smoothed_labels_are_nearer_to_a_half() -> None:
    task, logit = MultiLabel(), torch.tensor([[0.7]])
    one, none = (task.loss(logit, torch.tensor([[each]])) for each in (1.0, 0.0))
    assert float(task.loss(logit, torch.ones(1, 1), smoothing=0.2)) == pytest.approx(float(0.9 * one + 0.1 * none))


def corners(count: int = 200) -> Dataset:
    """Squares whose four quarters are bright or not, a label each."""
    images, labels = {}, {}
    for seed, (split, n) in enumerate((("train", count), ("valid", 40), ("test", 40))):
        generator = torch.Generator().manual_seed(seed)
        labels[split] = torch.randint(2, (n, 4), generator=generator).float()
        quarters = labels[split].view(n, 1, 2, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
        noise = torch.randint(100, quarters.shape, generator=generator)
        images[split] = (noise + 100 * quarters).to(torch.uint8)
    return Dataset("corners", images, labels, tuple("abcd"), (100.0,), (60.0,), flip=False, crop=0, task=MultiLabel())


@pytest.mark.parametrize("settings", [{}, {"mixup": 0.2}, {"class_weights": "balanced", "label_smoothing": 0.1}])
def test_labels_are_learned_apart(settings: dict[str, object]) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 4))
    metrics = fit(model, corners(), FAST.replace(epochs=15, learning_rate=0.3, **settings), 0)
    assert metrics["valid_subset_accuracy"] > 0.95 and metrics["valid_mean_average_precision"] > 0.99
    assert "train_accuracy" not in metrics


def test_what_is_said_of_an_image() -> None:
    said = MultiLabel().answer(torch.tensor([0.1, -3.0]), ("cat", "dog"))
    assert said["labels"] == ["cat"] and said["probabilities"]["dog"] == pytest.approx(0.0474, abs=1e-3)
