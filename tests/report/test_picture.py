import builtins
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import nas
from nas.errors import UserError
from tests.space.documents import space_of

SPACE = "network: [{conv: {channels: 4, kernel: {choice: [3, 5]}}}, global_avg_pool, {linear: 10}]"


def test_spaces_genomes_and_graphs_are_drawn(tmp_path: Path) -> None:
    space = space_of(SPACE)
    genome = space.sample(random.Random(0))
    assert "conv {3×3, 5×5}, 4" in nas.draw(space, tmp_path / "space.svg")
    kernel = genome.answers["network.0.@.kernel"]
    assert f"conv {kernel}×{kernel}, 4" in nas.draw(genome)
    assert nas.draw(space.graph(genome)) == nas.draw(genome)
    assert (tmp_path / "space.svg").read_text(encoding="utf-8") == nas.draw(space)


def test_png_and_pdf_show_what_the_svg_shows(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    nas.draw(space_of(SPACE), tmp_path / "space.PNG")
    with Image.open(tmp_path / "space.PNG") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20) or []}
        assert image.width == 3 * 450
    assert {(255, 255, 255), (0xDB, 0xE8, 0xFB), (0xD9, 0xF0, 0xE0)} <= colours  # paper, convolution, linear: light
    nas.draw(space_of(SPACE), tmp_path / "space.pdf")
    assert (tmp_path / "space.pdf").read_bytes().startswith(b"%PDF")


def test_without_typst_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: Any, **named: Any) -> Any:
        if name == "typst":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(UserError, match=r"a PDF needs Typst; pip install 'nas\[draw\]', or write an \.svg"):
        nas.draw(space_of(SPACE), tmp_path / "space.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x.gif", "x", "x.svgz"])
def test_other_formats_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="known: svg, png, pdf"):
        nas.draw(space_of(SPACE), tmp_path / name)
