import torch

from nas.data import load
from nas.data.moving_digits import CLASSES, STEPS


def test_each_frame_is_the_last_one_moved_in_the_direction_of_the_class() -> None:
    data = load("moving_digits")
    assert data.classes == CLASSES and not data.flip
    images, labels = data.images["train"], data.labels["train"]
    assert [int((labels == label).sum()) for label in range(4)] == [270, 270, 269, 269]
    for label, step in enumerate(STEPS):
        clips = images[labels == label]
        assert torch.equal(clips[:, :, 1:], clips[:, :, :-1].roll(step, dims=(3, 4)))


def test_they_are_always_the_same_clips_of_the_digits_sets() -> None:
    first, again, digits = load("moving_digits"), load("moving_digits"), load("digits")
    for split, images in first.images.items():
        assert torch.equal(images, again.images[split])
        frames = images[:, 0, 0].flatten(1).sort(1).values[:, -64:]
        assert torch.equal(frames, digits.images[split].flatten(1).sort(1).values)
