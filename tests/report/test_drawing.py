import re
from xml.etree import ElementTree

import pytest

import nas
from nas.report.drawing import WIDTH, draw
from tests.report.test_outline import UNITS
from tests.space.documents import graph_of

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_stages_from_the_top_down_and_each_block_once() -> None:
    network = """
    network:
      stem: {conv_bn_relu: {channels: 8, kernel: 3}}
      stages: {for: {width: [8, 16]}, do: [{stage: {width: =width, depth: 5}}]}
      head: [global_avg_pool, {auxiliary: [{linear: 3}]}, {linear: =classes}]
    """
    found = texts(draw(graph_of(UNITS + network), "small"))
    assert found[0] == "small"
    chain = ["conv 3×3, 8", "unit × 5", "unit × 5", "global average pool", "linear 10"]
    assert [text for text in found if text in chain][:5] == chain
    assert found.index("8 × 16 × 16") < found.index("16 × 8 × 8") < found.index("linear 10")
    assert found.count("unit") == 2  # with a projection, and without
    assert found.count("auxiliary head") == 2  # beside its layer, which has no weights, and its own figure
    assert "8 times, drawn at 8 × 16 × 16" in found


@pytest.mark.parametrize("name", ["resnet50", "nasbench201", "nasnet"])
def test_all_lies_within_the_picture(name: str) -> None:
    import random

    space = nas.load(name)
    svg = draw(space.graph(None if space.fixed else space.sample(random.Random(1))), name)
    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert width <= WIDTH
    for group in root.iter(f"{SVG}g"):
        place = re.match(r"translate\((\S+) (\S+)\)(?: scale\((\S+)\))?", group.attrib.get("transform", ""))
        if place:
            x, y, scale = (float(value or 1) for value in place.groups())
            for box in group.iter(f"{SVG}rect"):
                right = x + scale * (float(box.attrib["x"]) + float(box.attrib["width"]))
                bottom = y + scale * (float(box.attrib["y"]) + float(box.attrib["height"]))
                assert 0 < right <= width
                assert 0 < bottom <= height
    assert "<script" not in svg
    assert "href" not in svg


def test_names_are_escaped() -> None:
    svg = draw(graph_of("network: {conv: {channels: 4, kernel: 3}}"), "<b>&")
    assert texts(svg)[0] == "<b>&"


def test_what_is_too_long_is_cut_and_whole_in_the_tooltip() -> None:
    word = "a_block_with_a_very_long_name_indeed"
    body = "[residual: [{conv: {kernel: 3}}]]"
    svg = draw(graph_of(f"blocks: {{{word}: {body}}}\nnetwork: [{word}, {word}]"), "n" * 100)
    told = texts(svg)
    assert told[0] == "n" * 38 + "…"
    assert "a block with a very l… × 2" in told
    assert f"<title>{word.replace('_', ' ')} × 2: 168 parameters" in svg
