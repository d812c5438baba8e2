import re
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.report import gallery as module
from nas.report.catalogue import Family
from nas.report.gallery import DRAWINGS, PAGE, gallery
from nas.space import load, packaged

DOCS = Path(__file__).parents[2] / "docs"
MAKE = "run `python -m nas.report.gallery docs`"


def test_the_gallery_has_every_packaged_name_once() -> None:
    rows = re.findall(r"^\| ([a-z]\w*) \|", (DOCS / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(rows) - {"name", "year"}) == sorted(packaged()), MAKE


@pytest.mark.slow
def test_the_gallery_is_what_the_documents_say() -> None:
    files = gallery()
    assert {f"{DRAWINGS}/{path.name}" for path in (DOCS / DRAWINGS).iterdir()} == files.keys() - {PAGE}, MAKE
    for name, text in files.items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"{name}: {MAKE}"


def test_a_family_has_its_citation_drawing_and_variants(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spaces = [load(name) for name in ("resnet_cifar", "resnet20")]
    found = [Family("resnet_cifar", tuple(spaces)), Family("nasbench201", (load("nasbench201"),))]
    monkeypatch.setattr(module, "families", lambda: found)
    old = tmp_path / DRAWINGS / "gone.svg"
    old.parent.mkdir()
    old.touch()
    module.write(tmp_path)
    assert not old.exists()
    text = (tmp_path / PAGE).read_text(encoding="utf-8")
    network, space = text.index("### resnet_cifar"), text.index("### nasbench201")
    assert "1512.03385" in text[network:space]
    assert f"({DRAWINGS}/resnet_cifar.svg)" in text[network:space]
    assert "| resnet20 | 2015 | 269,722 | 40.6M |" in text[network:space]
    assert "| nasbench201 | 15,625 |" in text[space:]
    assert sorted(path.name for path in old.parent.iterdir()) == ["nasbench201.svg", "resnet_cifar.svg"]


def test_a_document_that_fails_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("network: [{conv: {channels: 4, kernel: 9, padding: 0}}]\ninput: [3, 8, 8]")
    monkeypatch.setattr(module, "families", lambda: [Family("broken", (load(str(broken)),))])
    with pytest.raises(UserError, match="broken"):
        gallery()
