"""U-Net against a module written by hand, and the space around it."""

import random

import pytest
import torch
from torch import Tensor, nn

import nas


class UNet(nn.Module):
    """Figure 1 of Ronneberger et al. 2015: what crosses over is cropped to the middle where nothing is padded."""

    def __init__(self, width: int, depth: int, padding: int, channels: int = 1, classes: int = 2) -> None:
        super().__init__()
        self.widths = [width * 2**level for level in range(depth + 1)]
        before = [channels, *self.widths]
        self.down = nn.ModuleList(self.twice(a, b, padding) for a, b in zip(before, self.widths, strict=False))
        ways = list(zip(self.widths[:0:-1], self.widths[-2::-1], strict=True))
        self.rise = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in ways)
        self.up = nn.ModuleList(self.twice(2 * b, b, padding) for _, b in ways)
        self.head = nn.Conv2d(width, classes, 1)

    @staticmethod
    def twice(a: int, b: int, padding: int) -> nn.Sequential:
        layers = (nn.Conv2d(a, b, 3, padding=padding), nn.ReLU(), nn.Conv2d(b, b, 3, padding=padding), nn.ReLU())
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for level, down in enumerate(self.down):
            x = down(nn.functional.max_pool2d(x, 2) if level else x)
            kept.append(x)
        for rise, up, skip in zip(self.rise, self.up, kept[-2::-1], strict=True):
            x = rise(x)
            cut = (skip.shape[2] - x.shape[2]) // 2
            x = up(torch.cat([skip[:, :, cut : skip.shape[2] - cut, cut : skip.shape[3] - cut], x], 1))
        out: Tensor = self.head(x)
        return out


def own_order(theirs: UNet) -> list[Tensor]:
    """Its weights as the document has them: each level holds those below it."""

    def level(number: int) -> list[Tensor]:
        if number == len(theirs.widths) - 1:
            return list(theirs.down[number].parameters())
        back = len(theirs.widths) - 2 - number
        inside = [*level(number + 1), *theirs.rise[back].parameters(), *theirs.up[back].parameters()]
        return [*theirs.down[number].parameters(), *inside]

    return [*level(0), *theirs.head.parameters()]


@pytest.mark.parametrize(("padding", "side"), [(1, 32), (0, 92)])
def test_it_computes_what_the_papers_figure_does(padding: int, side: int) -> None:
    theirs = UNet(4, 3, padding).eval()
    ours = nas.build(nas.load("unet", input=[1, side, side], width=4, depth=3, padding=padding)).eval()
    with torch.no_grad():
        for mine, its in zip(ours.parameters(), own_order(theirs), strict=True):
            mine.copy_(its)
        images = torch.randn(2, 1, side, side)
        torch.testing.assert_close(ours(images), theirs(images))


def test_the_sizes_of_the_figure() -> None:
    graph = nas.load("unet_2015").graph()
    assert graph.input == (1, 572, 572) and graph.shape == (2, 388, 388)
    with torch.device("meta"):
        count = sum(each.numel() for each in UNet(64, 4, 0).parameters())
    assert graph.parameters == count == 31_030_658
    assert nas.load("unet").graph().shape == (2, 512, 512)


def test_every_genome_of_the_space_gives_a_class_a_pixel() -> None:
    space = nas.load("unet_space", input=[1, 24, 16], classes=5)
    assert space.size() > 10**8
    for seed in range(8):
        genome = space.sample(random.Random(seed))
        assert space.graph(genome).shape == (5, 24, 16)
    assert nas.build(space, genome).eval()(torch.zeros(2, 1, 24, 16)).shape == (2, 5, 24, 16)
