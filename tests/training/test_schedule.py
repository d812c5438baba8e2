import pytest
import torch

from nas.training import Recipe
from nas.training.schedule import Plateau, StepPlan


def test_epochs_have_full_batches_of_different_images() -> None:
    plan = StepPlan.of(Recipe(epochs=3, batch_size=16), 50)
    assert (plan.batch, plan.per_epoch, plan.steps) == (16, 3, 9)
    batches = plan.batches(0, torch.Generator().manual_seed(0))
    assert [len(batch) for batch in batches] == [16, 16, 16]
    assert len(set(torch.cat(batches).tolist())) == 48


def test_fewer_images_than_a_batch_are_one() -> None:
    plan = StepPlan.of(Recipe(epochs=3, batch_size=128), 50)
    assert (plan.batch, plan.per_epoch, plan.steps) == (50, 1, 3)


def test_without_a_batch_size_small_sets_have_small_batches() -> None:
    assert [StepPlan.of(Recipe(), images).batch for images in (1, 20, 64, 1078, 4000, 50_000)] == [
        1,
        2,
        2,
        34,
        125,
        128,
    ]


def test_steps_decide_over_epochs_and_cut_the_last_one() -> None:
    plan = StepPlan.of(Recipe(epochs=100, steps=7, batch_size=10), 50)
    assert plan.steps == 7
    assert len(plan.batches(0, torch.Generator())) == 5
    assert len(plan.batches(5, torch.Generator())) == 2


def test_cosine_falls_from_the_top_to_the_end() -> None:
    plan = StepPlan.of(Recipe(epochs=10, batch_size=10, learning_rate=1.0, final_learning_rate=0.2), 100)
    rates = [plan.learning_rate(step) for step in range(101)]
    assert rates[0] == 1.0
    assert rates[50] == pytest.approx(0.6)
    assert rates[100] == pytest.approx(0.2)
    assert rates == sorted(rates, reverse=True)


def test_warm_up_rises_linearly_to_the_schedule() -> None:
    plan = StepPlan.of(Recipe(epochs=10, batch_size=10, learning_rate=1.0, warmup_epochs=0.4, schedule="constant"), 100)
    assert [plan.learning_rate(step) for step in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_steps_divide_by_ten_after_a_half_and_three_quarters() -> None:
    plan = StepPlan.of(Recipe(epochs=8, batch_size=10, learning_rate=1.0, schedule="step"), 10)
    assert [plan.learning_rate(step) for step in range(8)] == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])


def test_a_warm_up_longer_than_the_training_stays_below_the_top() -> None:
    plan = StepPlan.of(Recipe(steps=3, batch_size=10, learning_rate=1.0, warmup_epochs=5), 10)
    assert [plan.learning_rate(step) for step in range(3)] == pytest.approx([1 / 6, 2 / 6, 3 / 6])


def test_exponential_decay_is_a_staircase_of_epochs() -> None:
    recipe = Recipe(
        epochs=8, batch_size=10, learning_rate=1.0, schedule="exponential", decay=0.94, decay_epochs=2, warmup_epochs=1
    )
    rates = [StepPlan.of(recipe, 20).learning_rate(step) for step in range(2, 14)]
    assert rates == pytest.approx([1] * 4 + [0.94] * 4 + [0.94**2] * 4)


@pytest.mark.parametrize(
    ("schedule", "expected"), [("plateau", 0.25), ("constant", 1.0), ("cosine", 1.0), ("step", 1.0)]
)
def test_only_a_plateau_takes_its_falls(schedule: str, expected: float) -> None:
    recipe = Recipe(epochs=4, batch_size=10, learning_rate=1.0, schedule=schedule, decay=0.5)
    assert StepPlan.of(recipe, 40).learning_rate(0, falls=2) == expected


def test_a_plateau_is_as_many_scores_as_the_patience_without_a_better_one() -> None:
    plateau, falls = Plateau(patience=2), []
    for score in (0.1, 0.5, 0.5, 0.4, 0.3, 0.6, 0.2, 0.7, 0.7, 0.7, 0.7):
        plateau.tell(score)
        falls.append(plateau.falls)
    #                0.1 .5 .5 .4 .3 .6 .2 .7 .7 .7 .7
    assert falls == [0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2]


def test_a_plateau_falls_where_torchs_does() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(60, generator=generator).tolist()
    optimizer = torch.optim.SGD([torch.zeros(1)], 1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", 0.1, patience=2, threshold=0)
    ours = Plateau(patience=3)  # torch waits for one more than its patience
    plan = StepPlan.of(Recipe(batch_size=1, learning_rate=1.0, schedule="plateau"), 1)
    for score in scores:
        ours.tell(score)
        theirs.step(score)
        if ours.falls < 8:  # torch stops at 1e-8
            assert plan.learning_rate(0, ours.falls) == pytest.approx(optimizer.param_groups[0]["lr"])
    assert ours.falls > 8
