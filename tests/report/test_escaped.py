"""Names that XML cannot hold."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

import nas
from nas.report.escaped import escape
from tests.space.documents import space_of


def test_markup_is_text_and_what_is_no_character_is_marked() -> None:
    assert escape('<a b="c">&') == "&lt;a b=&quot;c&quot;&gt;&amp;"
    assert escape("a\x00b\x1f\ud800\uffff\t\n") == "a\ufffdb\ufffd\ufffd\ufffd\t\n"


@pytest.mark.parametrize("name", ["a\x01b", "<script>", "]]>", "a\x7fb&#0;"])
def test_drawings_of_such_names_are_xml(name: str, tmp_path: Path) -> None:
    network = "{PART: {conv: {channels: 4, kernel: 3}}, head: [flatten, {linear: 2}]}"
    text = "{name: NAME, input: [3, 8, 8], classes: 2, network: " + network + "}"
    quoted = '"' + name.encode("unicode_escape").decode() + '"'
    space = space_of(text.replace("NAME", quoted).replace("PART", quoted))
    nas.draw(space, tmp_path / "x.svg")
    ElementTree.parse(tmp_path / "x.svg")
