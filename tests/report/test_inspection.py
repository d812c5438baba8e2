"""Pictures of what a network looks at, and what they are made of."""

from pathlib import Path

import pytest
import torch
from PIL import Image

import nas
from nas.data import Preprocessing
from nas.errors import UserError
from nas.network import Network
from nas.report.inspection import _file, _occlusion, _saliency, inspect
from tests.space.documents import space_of

pytest.importorskip("captum")


def network() -> Network:
    model = nas.build(
        space_of(
            "{input: [3, 8, 8], classes: 2, network: {stem: {conv_bn_relu: {channels: 4, kernel: 3}}, "
            "head: [flatten, {linear: =classes}]}}"
        )
    ).eval()
    model.preprocessing, model.classes = Preprocessing((8, 8), 3, (0.5,) * 3, (0.25,) * 3, resize="crop"), ("a", "<b>$")
    return model


def test_saliency_is_the_largest_absolute_gradient_of_the_channels() -> None:
    model, image = network(), torch.randn(1, 3, 8, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(image)[0, 1], image)
    assert torch.allclose(torch.from_numpy(_saliency(model, image.detach(), 1)), gradient[0].abs().amax(0), atol=1e-6)


def test_occlusion_falls_where_the_score_comes_from() -> None:
    """A network that sums one corner: only patches over that corner take anything away."""
    model = network()

    class Corner(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([x[:, :, :2, :2].sum((1, 2, 3)), -x.sum((1, 2, 3))], 1)

    falls = torch.from_numpy(_occlusion(Corner(), torch.ones(1, 3, 8, 8), 0))  # type: ignore[arg-type]
    assert model is not None and float(falls[0, 0]) == pytest.approx(12.0)
    assert float(falls[4:, 4:].abs().max()) == 0


def test_pictures_are_written_under_names_that_stay_in_the_folder(tmp_path: Path) -> None:
    Image.new("RGB", (20, 12), (200, 10, 60)).save(tmp_path / "x.png")
    found = inspect(network(), tmp_path / "x.png", tmp_path / "out", ["stem"])
    assert found["files"] == ["filters.png", "maps-stem.png", "saliency.png", "occlusion.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(found["files"])
    assert all(min(Image.open(tmp_path / "out" / name).size) > 100 for name in found["files"])
    assert _file("../a b") == "maps-.._a_b.png"


def test_a_vector_has_no_maps(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    with pytest.raises(UserError, match="no maps but a vector"):
        inspect(network(), tmp_path / "x.png", tmp_path / "out", ["head.0"])
    assert not (tmp_path / "out").exists()
