import re
from xml.etree import ElementTree

import pytest

import nas
from nas.report.drawing import draw, draw_space
from nas.report.outline import outline
from nas.report.sheet import WIDTH
from tests.report.test_outline import UNITS
from tests.space.documents import graph_of, open_documents, space_of

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
    told = found.index("8 times, drawn at 8 × 16 × 16:")
    assert found[told + 1 : told + 3] == ["4 at 8 × 16 × 16, 4.74k params", "4 at 16 × 8 × 8, 18.7k params"]
    assert "+ conv 1×1" in asides(draw(graph_of(UNITS + network), "small"))


def asides(svg: str) -> list[str]:
    """What stands beside the titles of figures."""
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}tspan")]


@pytest.mark.parametrize("name", ["resnet50", "nasnet", *open_documents()])
def test_all_lies_within_the_picture(name: str) -> None:
    svg = draw_space(nas.load(name))
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
    words = [text.split(".")[-1] for text in texts(svg)]
    assert words[0] == name
    assert "<script" not in svg
    assert "href" not in svg
    assert svg.count("<style>") == 1 and "prefers-color-scheme: dark" in svg


def test_names_are_escaped() -> None:
    svg = draw(graph_of("network: {conv: {channels: 4, kernel: 3}}"), "<b>&")
    assert texts(svg)[0] == "<b>&"


def test_what_is_too_long_is_cut_and_whole_in_the_tooltip() -> None:
    word = "a_block_with_a_very_long_name_indeed"
    body = "[residual: [{conv: {kernel: 3}}]]"
    svg = draw(graph_of(f"blocks: {{{word}: {body}}}\nnetwork: [{word}, {word}]"), "n" * 100)
    told = texts(svg)
    assert told[0] == "n" * 38 + "…"
    assert "a block with a very long name ind… × 2" in told
    assert f"<title>{word.replace('_', ' ')} × 2: 3 × 32 × 32, 168 parameters, 165,888 mult-adds</title>" in svg


def test_the_legend_has_the_kinds_that_are_there_alone() -> None:
    told = texts(draw(graph_of("network: [{conv: {channels: 4, kernel: 3}}, global_avg_pool]"), "small"))
    assert told[-2:] == ["convolution", "pooling"]
    space = space_of("network: [choice: [{max_pool: 2}, {conv: {channels: 3, kernel: 2, stride: 2, padding: 0}}]]")
    assert texts(draw_space(space))[-1:] == ["open choice"]


def test_a_space_says_what_is_open() -> None:
    space = space_of("""
        name: small
        parameters: {width: {choice: [8, 16]}, depth: {choice: [1, 2, 3]}, unit: {choice: [one, two]}}
        blocks:
          one: [residual: [{conv: {kernel: {choice: [3, 5]}}}, relu]]
          two: [residual: [{conv: {kernel: 1}}, {choice: [relu, silu]}, {conv: {kernel: 1}}]]
        network:
          stem: {conv: {channels: =width, kernel: 3}}
          trunk: {repeat: =depth, body: [{=unit: {}}]}
          head: [global_avg_pool, {linear: 10}]
    """)
    told = texts(draw_space(space))
    assert (
        told[1].startswith(f"{space.size()} genomes")
        and "width ∈ {8, 16}" in told[1]
        and "unit ∈ {one, two}" in told[1]
    )
    assert told.count("conv 3×3, {8, 16}") == 1
    assert "{one, two} × {1, 2, 3}" in told
    assert "{8, 16} × 32 × 32" in told
    assert "conv {3×3, 5×5}, {8, 16}" in told  # within block one
    assert told[told.index("one of") :][:3] == ["one of", "relu", "silu"]  # within block two


def test_alternatives_that_do_not_fit_in_one_network_are_one_network() -> None:
    edges = "[{choice: [identity, {conv: {channels: 5, kernel: 1}}]}, {choice: =earlier}]"
    space = space_of(f"""
        cells: {{cell: {{nodes: [{{repeat: 2, add: [{edges}, {edges}]}}], output: {{concat: nodes}}}}}}
        network: [{{cell: {{}}}}]
    """)
    svg = draw_space(space)
    assert "genomes" in svg and ElementTree.fromstring(svg) is not None


@pytest.mark.parametrize(
    "name", ["resnet50", "efficientnet_b0", "mobilenet_v3_large", "evanet", "googlenet", "darts_v2"]
)
def test_the_captions_count_every_block(name: str) -> None:
    graph = nas.load(name).graph()
    blocks = [part for part in outline(graph.prune()) if part.name]
    told = texts(draw(graph, name))
    counted = [
        re.match(r"(?:(\d+) times|(once)|(\d+) more)(?: in other| in another| at|, drawn)", text) for text in told
    ]
    assert sum(1 if found[2] else int(found[1] or found[3]) for found in counted if found) == len(blocks)
