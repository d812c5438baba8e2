import pytest
import torch

from nas.training import Recipe
from nas.training.schedule import Plan


def test_epochs_have_full_batches_of_different_images() -> None:
    plan = Plan.of(Recipe(epochs=3, batch_size=16), 50)
    assert (plan.batch, plan.per_epoch, plan.steps) == (16, 3, 9)
    batches = plan.batches(0, torch.Generator().manual_seed(0))
    assert [len(batch) for batch in batches] == [16, 16, 16]
    assert len(set(torch.cat(batches).tolist())) == 48


def test_fewer_images_than_a_batch_are_one() -> None:
    plan = Plan.of(Recipe(epochs=3, batch_size=128), 50)
    assert (plan.batch, plan.per_epoch, plan.steps) == (50, 1, 3)


def test_without_a_batch_size_small_sets_have_small_batches() -> None:
    assert [Plan.of(Recipe(), images).batch for images in (1, 20, 64, 1078, 4000, 50_000)] == [1, 2, 2, 34, 125, 128]


def test_steps_decide_over_epochs_and_cut_the_last_one() -> None:
    plan = Plan.of(Recipe(epochs=100, steps=7, batch_size=10), 50)
    assert plan.steps == 7
    assert len(plan.batches(0, torch.Generator())) == 5
    assert len(plan.batches(5, torch.Generator())) == 2


def test_cosine_falls_from_the_top_to_the_end() -> None:
    plan = Plan.of(Recipe(epochs=10, batch_size=10, learning_rate=1.0, final_learning_rate=0.2), 100)
    rates = [plan.learning_rate(step) for step in range(101)]
    assert rates[0] == 1.0
    assert rates[50] == pytest.approx(0.6)
    assert rates[100] == pytest.approx(0.2)
    assert rates == sorted(rates, reverse=True)


def test_warm_up_rises_linearly_to_the_schedule() -> None:
    plan = Plan.of(Recipe(epochs=10, batch_size=10, learning_rate=1.0, warmup_epochs=0.4, schedule="constant"), 100)
    assert [plan.learning_rate(step) for step in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_steps_divide_by_ten_after_a_half_and_three_quarters() -> None:
    plan = Plan.of(Recipe(epochs=8, batch_size=10, learning_rate=1.0, schedule="step"), 10)
    assert [plan.learning_rate(step) for step in range(8)] == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])


def test_a_warm_up_longer_than_the_training_stays_below_the_top() -> None:
    plan = Plan.of(Recipe(steps=3, batch_size=10, learning_rate=1.0, warmup_epochs=5), 10)
    assert [plan.learning_rate(step) for step in range(3)] == pytest.approx([1 / 6, 2 / 6, 3 / 6])
