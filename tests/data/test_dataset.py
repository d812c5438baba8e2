import pytest
import torch

from nas.data.dataset import Dataset, build, statistics, stratified
from nas.errors import UserError


def small(count: int = 40) -> Dataset:
    images = torch.arange(count, dtype=torch.uint8).view(count, 1, 1, 1).expand(count, 1, 2, 2).contiguous()
    return build(
        "small",
        {"train": images},
        {"train": torch.arange(count) % 4},
        tuple("abcd"),
        valid_fraction=0.25,
        test_fraction=0.1,
    )


def test_a_split_keeps_the_classes_proportions() -> None:
    labels = [0] * 60 + [1] * 30 + [2] * 10
    rest, chosen = stratified(labels, 20)
    assert sorted(rest + chosen) == list(range(100))
    assert [sum(labels[i] == label for i in chosen) for label in range(3)] == [12, 6, 2]


def test_a_split_has_the_size_asked_for_whatever_the_rounding() -> None:
    labels = [position % 7 for position in range(50)]
    for count in range(51):
        rest, chosen = stratified(labels, count, seed=count)
        assert (len(rest), len(chosen)) == (50 - count, count)
        counts = [sum(labels[i] == label for i in chosen) for label in range(7)]
        assert max(counts) - min(counts) <= 2


def test_a_split_depends_on_its_seed_alone() -> None:
    labels = [position % 3 for position in range(60)]
    assert stratified(labels, 20, seed=1) == stratified(labels, 20, seed=1)
    assert stratified(labels, 20, seed=1) != stratified(labels, 20, seed=2)


def test_missing_sets_are_cut_out_of_the_training_images() -> None:
    images = torch.arange(100, dtype=torch.uint8).view(100, 1, 1, 1)
    data = build(
        "x", {"train": images}, {"train": torch.arange(100) % 2}, ("a", "b"), valid_fraction=0.25, test_fraction=0.2
    )
    assert {split: len(data.labels[split]) for split in data.labels} == {"train": 60, "valid": 20, "test": 20}
    everything = torch.cat([data.images[split].flatten() for split in ("train", "valid", "test")])
    assert sorted(everything.tolist()) == list(range(100))
    for split in data.images:
        assert torch.equal(data.labels[split], data.images[split].flatten().long() % 2)


def test_a_set_that_is_brought_is_left_as_it_is() -> None:
    images = {"train": torch.zeros(10, 1, 2, 2, dtype=torch.uint8), "test": torch.ones(3, 1, 2, 2, dtype=torch.uint8)}
    labels = {"train": torch.zeros(10, dtype=torch.long), "test": torch.zeros(3, dtype=torch.long)}
    data = build("x", images, labels, ("a",), valid_fraction=0.3, test_fraction=0.5)
    assert (len(data.labels["train"]), len(data.labels["valid"]), len(data.labels["test"])) == (7, 3, 3)
    assert len(images["train"]) == 10


def test_too_few_images_for_a_validation_set() -> None:
    with pytest.raises(UserError, match=r"2 training images are too few to cut a test set of 0.1"):
        build(
            "x",
            {"train": torch.zeros(2, 1, 1, 1)},
            {"train": torch.zeros(2)},
            ("a",),
            valid_fraction=0.1,
            test_fraction=0.1,
        )


def test_statistics_are_those_of_the_pixels() -> None:
    images = torch.randint(256, (50, 3, 5, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = statistics(images)
    pixels = images.double().transpose(0, 1).flatten(1)
    torch.testing.assert_close(torch.tensor(mean, dtype=torch.float64), pixels.mean(1))
    torch.testing.assert_close(torch.tensor(std, dtype=torch.float64), pixels.std(1, correction=0))


def test_a_constant_channel_has_deviation_one() -> None:
    assert statistics(torch.full((3, 1, 2, 2), 7, dtype=torch.uint8)) == ((7.0,), (1.0,))


def test_fewer_training_images_are_always_the_same_and_leave_the_other_sets() -> None:
    data = small()
    some = data.with_train_images(8)
    assert some.shape == (1, 2, 2)
    assert len(some.labels["train"]) == 8
    assert torch.bincount(some.labels["train"]).min() >= 1
    assert torch.equal(some.images["train"], data.with_train_images(8).images["train"])
    assert some.images["valid"] is data.images["valid"]
    assert data.with_train_images(1000) is data
    with pytest.raises(UserError, match=r"train_images"):
        data.with_train_images(0)
