import pytest
import torch
from sklearn.metrics import jaccard_score
from torch import Tensor, nn

from nas.data import Dataset
from nas.errors import UserError
from nas.tasks import Segmentation
from nas.tasks.task import IGNORED
from nas.training import fit
from nas.training.augmentation import Augmentation
from nas.training.recipe import Recipe
from tests.training.small import FAST

CPU = torch.device("cpu")


@pytest.mark.parametrize("seed", range(10))
def test_scores_are_scikit_learns_of_the_pixels_that_are_known(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    classes = 2 + seed % 4
    output = torch.randn(7, classes, 5, 6, generator=generator)
    truth = torch.randint(max(1, classes - 1), (7, 5, 6), generator=generator, dtype=torch.uint8)
    truth[torch.rand(truth.shape, generator=generator) < 0.2] = IGNORED
    tally = Segmentation().tally(classes, CPU)
    for part in (slice(0, 4), slice(4, 7)):
        tally.add(output[part], truth[part])
    known, said = truth != IGNORED, output.argmax(1)
    scores = tally.scores()
    assert scores["mean_iou"] == pytest.approx(jaccard_score(truth[known], said[known], average="macro"))
    assert scores["pixel_accuracy"] == pytest.approx(float((truth[known] == said[known]).float().mean()))


def test_unknown_pixels_are_in_no_loss() -> None:
    output = torch.randn(1, 3, 1, 2)
    truth = torch.tensor([[[2, IGNORED]]], dtype=torch.uint8)
    expected = nn.functional.cross_entropy(output[:, :, 0, :1], torch.tensor([[2]]))
    assert float(Segmentation().loss(output, truth)) == pytest.approx(float(expected))
    assert Segmentation().tally(3, CPU).scores() == {"mean_iou": 0, "pixel_accuracy": 0}


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 2.0, 1.0])])
def test_the_loss_is_torchs_mean_and_0_where_nothing_is_known(weights: torch.Tensor | None, smoothing: float) -> None:
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(2, 3, 4, 5, generator=generator, requires_grad=True)
    truth = torch.randint(3, (2, 4, 5), generator=generator, dtype=torch.uint8)
    truth[0, :2] = IGNORED
    loss = Segmentation().loss(output, truth, weights, smoothing)
    expected = nn.functional.cross_entropy(
        output, truth.long(), weights, ignore_index=IGNORED, label_smoothing=smoothing
    )
    torch.testing.assert_close(loss, expected)
    loss = Segmentation().loss(output, torch.full_like(truth, IGNORED), weights, smoothing)
    loss.backward()
    assert loss.item() == 0 and output.grad is not None and not output.grad.any()


def test_weights_count_pixels() -> None:
    truth = torch.tensor([[[0, 0, 0, 1, IGNORED, IGNORED]]], dtype=torch.uint8)
    assert Segmentation().weights(truth, 3).tolist() == pytest.approx([4 / 6, 4 / 2, 0])


def test_classes_of_other_numbers() -> None:
    truth = torch.tensor([[[0, 1, IGNORED]]], dtype=torch.uint8)
    assert Segmentation().renamed(truth, torch.tensor([2, 0])).tolist() == [[[2, 0, IGNORED]]]


def squares(count: int = 60, side: int = 12, **about: object) -> Dataset:
    """A bright square somewhere on a dark ground: classes 1 and 0."""
    images, masks = {}, {}
    for seed, (split, n) in enumerate((("train", count), ("valid", 20), ("test", 20))):
        generator = torch.Generator().manual_seed(seed)
        masks[split] = torch.zeros(n, side, side, dtype=torch.uint8)
        for mask, (top, left) in zip(masks[split], torch.randint(side - 4, (n, 2), generator=generator), strict=True):
            mask[top : top + 4, left : left + 4] = 1
        noise = torch.randint(100, masks[split].shape, generator=generator, dtype=torch.uint8)
        images[split] = (noise + 100 * masks[split])[:, None]
    given = {"flip": True, "crop": 2, "task": Segmentation(), **about}
    return Dataset("squares", images, masks, ("ground", "square"), (80.0,), (50.0,), **given)  # type: ignore[arg-type]


def test_pixels_are_learned() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 3, padding=1))
    metrics = fit(model, squares(), FAST.replace(epochs=25, crop=None, flip=None), 0)
    assert metrics["valid_mean_iou"] > 0.9 and metrics["valid_pixel_accuracy"] > 0.95


MOVES = {
    "crop and flip": {"crop": 3, "flip": True},
    "resized": {"random_resized_crop": 0.3},
    "rotated": {"rotation": 40.0, "crop": 2},
    "elastic": {"elastic": 30.0, "color_jitter": 0.1},
}


@pytest.mark.parametrize("name", MOVES)
def test_masks_move_with_their_images(name: str) -> None:
    """Bright pixels are the mask's, wherever they are moved; what comes from beside the image is unknown."""
    data = squares()
    data.images["train"][:] = (200 * data.labels["train"])[:, None] + 20
    recipe = Recipe(**{"crop": 0, "flip": False, **MOVES[name]})
    augmentation = Augmentation(data, recipe, CPU)
    images, masks = augmentation.batch(data.images["train"], data.labels["train"], torch.Generator().manual_seed(0))
    pixels = images[:, 0] * 50 + 80
    assert not torch.equal(masks, data.labels["train"])
    assert ((pixels > 110) == (masks == 1)).float().mean() > 0.95  # interpolated edges aside
    beside = masks == IGNORED
    assert bool(beside.any()) == (name not in ("resized",)) or name == "elastic"
    if beside.any() and "color_jitter" not in MOVES[name]:
        assert (pixels[beside] < 130).all()  # black, or mixed with it


def test_without_moves_all_stays_and_seeds_decide() -> None:
    data = squares()
    still = Augmentation(data, Recipe(crop=0, flip=False), CPU)
    images, masks = still.batch(data.images["train"], data.labels["train"], torch.Generator())
    assert torch.equal(masks, data.labels["train"])
    assert torch.equal(images, still.normalise(data.images["train"]))

    def twice(recipe: Recipe) -> list[Tensor]:
        augmentation = Augmentation(data, recipe, CPU)
        return [augmentation.batch(data.images["train"], masks, torch.Generator().manual_seed(1))[1] for _ in range(2)]

    assert torch.equal(*twice(Recipe(rotation=20.0)))


@pytest.mark.parametrize("settings", [{"mixup": 0.2}, {"cutmix": 1.0}, {"auto_augment": "randaugment"}])
def test_settings_without_a_meaning_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UserError, match=f"recipe.{next(iter(settings))}: segmentation: "):
        fit(nn.Conv2d(1, 2, 1), squares(), FAST.replace(**settings), 0)
