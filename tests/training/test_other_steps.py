"""Steps other than the usual one: a few lines each, trained, paused and gone on with as any."""

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nas.tasks.criterion import Criterion
from nas.training import fit
from nas.training.recipe import Recipe
from nas.training.step import MakeStep, Supervised
from tests.training.small import FAST, small_data, small_network


class Mixup(Supervised):
    """Zhang et al. 2018, mixup, arXiv:1710.09412: pairs of images and labels, mixed."""

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        share = torch.distributions.Beta(0.2, 0.2).sample().item()
        other = torch.randperm(len(images))
        logits, auxiliary = self.forward(share * images + (1 - share) * images[other])
        loss = self.objective(logits, auxiliary, labels)
        self.descend(share * loss + (1 - share) * self.objective(logits, auxiliary, labels[other]))
        self.correct += (logits.detach().argmax(1) == labels).sum()


class Distilled(Supervised):
    """Hinton et al. 2015, arXiv:1503.02531: the labels are a teacher's probabilities."""

    def __init__(self, teacher: nn.Module, *rest: object) -> None:
        super().__init__(*rest)  # type: ignore[arg-type]
        self.teacher = teacher

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        with torch.no_grad():
            targets = self.teacher(images).softmax(1)
        logits, auxiliary = self.forward(images)
        self.descend(self.objective(logits, auxiliary, targets))


class Bilevel(Supervised):
    """As Liu et al. 2019, DARTS, arXiv:1806.09055: the last weights learn from another half of the batch than the
    others do, by an optimizer of their own. Two samples a step."""

    def __init__(self, model: nn.Module, recipe: Recipe, device: torch.device, criterion: Criterion) -> None:
        super().__init__(model, recipe, device, criterion)
        *_, last = model.parameters()
        self.upper = torch.optim.Adam([last], lr=0.01)
        self.optimizers = {**self.optimizers, "upper": self.upper}

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        for part in (slice(0, None, 2), slice(1, None, 2)):
            logits, auxiliary = self.forward(images[part])
            loss = self.objective(logits, auxiliary, labels[part])
            if part.start == 0:
                self.upper.zero_grad()
                loss.backward()
                self.upper.step()
            else:
                self.descend(loss)


TEACHER = small_network().eval()
STEPS: dict[str, MakeStep] = {
    "mixup": Mixup,
    "distillation": lambda *given: Distilled(TEACHER, *given),
    "bilevel": Bilevel,
}


@pytest.mark.parametrize("name", STEPS)
def test_paused_and_gone_on_it_is_the_uninterrupted_training(name: str, tmp_path: Path) -> None:
    recipe = FAST.for_epochs(4)
    whole, parts = (small_network() for _ in range(2))
    first = copy.deepcopy(whole.state_dict())
    metrics = fit(whole, small_data(), recipe, 0, step=STEPS[name])
    again = small_network()
    fit(parts, small_data(), recipe, 0, step=STEPS[name], checkpoint=tmp_path / "c", pause_after=2)
    rest = fit(again, small_data(), recipe, 0, step=STEPS[name], checkpoint=tmp_path / "c")
    assert rest["valid_loss"] == metrics["valid_loss"]
    for key, value in whole.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], value, rtol=0, atol=0)
    assert any(not torch.equal(first[key], value) for key, value in whole.state_dict().items())


def test_a_distilled_network_learns_from_its_teacher_and_not_from_the_labels() -> None:
    teacher, data = small_network(), small_data()
    assert fit(teacher, data, FAST.for_epochs(8), 0)["valid_accuracy"] > 0.9
    last = teacher[-1]
    last.weight.data, last.bias.data = last.weight.data.flip(0), last.bias.data.flip(0)  # it says the other class now
    step = lambda *given: Distilled(teacher.eval(), *given)  # noqa: E731
    assert fit(small_network(), data, FAST.for_epochs(8), 0, step=step)["valid_accuracy"] < 0.1
