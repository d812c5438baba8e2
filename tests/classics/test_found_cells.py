"""The found cells, as the tables of their papers have them, and equal to plain networks from the same weights."""

import random
from typing import Any

import pytest
import torch
import yaml

import nas
from nas.space import Space, load
from nas.space.files import packaged
from tests.classics.cell_references import Darts, Enas, NasNet, ZophLe
from tests.classics.comparison import assert_equal

TABLE = """
name                  space     parameters  mult-adds
nasnet_a_cifar        nasnet     3,346,538     544M
nasnet_a_mobile       nasnet     5,289,978     564M
nasnet_a_large        nasnet    88,753,150   23783M
amoebanet_a_cifar_32  nasnet     2,567,754     408M
amoebanet_a_cifar_36  nasnet     3,218,266     510M
amoebanet_a_mobile    nasnet     5,086,930     555M
amoebanet_a_large     nasnet    86,718,797   23134M
pnasnet_5_cifar       pnasnet    3,189,082     575M
pnasnet_5_mobile      pnasnet    5,064,487     587M
pnasnet_5_large       pnasnet   86,057,668   24937M
darts_v1              darts      3,169,414     501M
darts_v2              darts      3,349,342     528M
darts_v1_imagenet     darts      4,510,432     506M
darts_v2_imagenet     darts      4,718,752     530M
enas_micro            enas       3,894,372     621M
zoph_le_v1            zoph_le    4,201,630    4301M
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]
FEWER = {"amoebanet_a_mobile": 5_086_898, "amoebanet_a_large": 86_718_765, "pnasnet_5_mobile": 5_064_455}


@pytest.mark.parametrize(("name", "space", "parameters", "mult_adds"), ROWS, ids=[row[0] for row in ROWS])
def test_the_papers_tables(name: str, space: str, parameters: str, mult_adds: str):
    found = load(name)
    assert found.fixed
    graph = found.graph()
    assert f"{graph.parameters:,}" == parameters
    assert f"{graph.mult_adds / 1e6:.0f}M" == mult_adds
    assert ("deviation" in found.document.data) == (name in FEWER)
    assert graph.parameters - FEWER.get(name, graph.parameters) in (0, 32)  # a channel of the second stem cell


def test_auxiliary_heads_are_counted_apart_and_may_be_left_out():
    assert load("enas_micro").graph().auxiliary_parameters == 4_389_220 - 3_894_372
    assert load("darts_v2").graph().auxiliary_parameters == 576 * 128 + 2 * 128 + 128 * 768 * 4 + 2 * 768 + 7690
    assert load("nasnet_a_large", auxiliary=False).graph().auxiliary_parameters == 0
    assert load("darts").graph(load("darts").sample(random.Random(0))).auxiliary == ()


@pytest.mark.parametrize(
    ("name", "smallest"),
    [("darts_v1", 29), ("darts_v1_imagenet", 193), ("nasnet_a", 9), ("pnasnet_5_mobile", 67), ("enas_micro", 17)],
)
def test_auxiliary_heads_are_left_out_of_images_too_small_for_them(name: str, smallest: int):
    assert load(name, input=[3, smallest - 1, smallest - 1]).graph().auxiliary == ()
    assert len(load(name, input=[3, smallest, smallest]).graph().auxiliary) == 1


@pytest.mark.parametrize(("name", "space"), [row[:2] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_found_network_is_one_of_its_space(name: str, space: str):
    """It fills in the cells' edges alone, with as many nodes, and operations that the space has."""
    written = yaml.safe_load(packaged()[name][0].read_text())
    assert written["extends"] == space and not {"network", "input"} & set(written)
    whole = load(space).document.data["cells"]
    operations = {"identity", *load(space).document.data["parameters"].get("operations", [])}
    for cell, filled in written["cells"].items():
        nodes = [node for node in filled["nodes"] if node.get("do") != "fit"]
        assert len(nodes) == load(name).document.data["parameters"].get("layers", 0) or len(nodes) == sum(
            node.get("repeat", 1) for node in whole[cell]["nodes"]
        )
        edges = [edge for node in nodes for edge in node.get("add", [])]
        assert {operation for operation, _ in edges} <= operations


SPACES: dict[str, dict[str, Any]] = {
    "darts": {"channels": 4, "layers": 3},
    "nasnet": {"channels": 4, "cells": 1},
    "pnasnet": {"channels": 4, "cells": 1},
    "enas": {"channels": 4, "cells": 1},
    "zoph_le": {"layers": 4, "counts": [2, 4]},
}


def test_the_spaces_are_as_large_as_published():
    assert load("darts").size() == (180 * 7**8) ** 2
    assert load("enas").size() == (5**10 * 720**2) ** 2
    assert load("nasnet").size() == (8**10 * 720**2) ** 2
    assert load("pnasnet").size() == 8**10 * 720**2
    assert load("zoph_le", layers=15).size() == 4**45 * 2**105


@pytest.mark.parametrize("name", SPACES)
def test_the_spaces_sample_mutate_and_build(name: str):
    space: Space = load(name, input=[3, 16, 16], classes=5, **SPACES[name])
    rng = random.Random(3)
    genome = space.sample(rng)
    child = space.mutate(genome, rng)
    assert child != genome and len(set(child.answers.items()) ^ set(genome.answers.items())) >= 2
    for each in (genome, child):
        model = nas.build(space, each)
        assert model(torch.randn(2, 3, 16, 16)).shape == (2, 5)
    if name != "zoph_le":
        assert space.final().graph(genome).parameters > 10 * space.graph(genome).parameters


DARTS = {
    "v1": ("s3 1 s3 0|skip 0 s3 1|skip 0 s3 1|s3 0 skip 2", "max 0 max 1|skip 2 max 0|max 0 skip 2|skip 2 avg 0"),
    "v2": ("s3 0 s3 1|s3 0 s3 1|s3 1 skip 0|skip 0 dil3 2", "max 0 max 1|skip 2 max 1|max 0 skip 2|skip 2 max 1"),
}


@pytest.mark.parametrize("name", DARTS)
def test_darts_on_cifar_is_a_plain_network(name: str):
    small = {"channels": 4, "layers": 6, "classes": 5}
    assert_equal(Darts(*DARTS[name], 4, 6, False, 32), nas.build(f"darts_{name}", **small))


def test_darts_on_imagenet_is_a_plain_network():
    model = nas.build("darts_v2_imagenet", channels=4, layers=3, classes=5, input=[3, 224, 224])
    assert_equal(Darts(*DARTS["v2"], 4, 3, True, 224), model)


NASNET = (
    ("s5 0 s3 1|s5 1 s3 1|avg 0 id 1|avg 1 avg 1|s3 0 id 0", [1, 2, 3, 4, 5, 6]),
    ("s5 0 s7 1|max 0 s7 1|avg 0 s5 1|id 3 avg 2|s3 2 max 0", [3, 4, 5, 6]),
)
AMOEBANET = (
    ("avg 0 max 0|s3 1 id 1|id 0 avg 1|s3 0 s5 2|avg 5 s3 0", [1, 3, 4, 6]),
    ("s3 1 avg 0|max 0 s7 2|max 1 max 0|s3 4 1x7-7x1 0|avg 1 s7 0", [2, 3, 4, 5, 6]),
)
PNASNET = (("s5 1 max 1|s7 0 max 0|s5 0 s3 0|s3 4 max 0|s3 1 id 0", [2, 3, 4, 5, 6]), None)


@pytest.mark.parametrize(
    ("name", "cells", "size", "imagenet"),
    [
        ("nasnet_a", NASNET, 32, {}),
        ("nasnet_a_mobile", NASNET, 83, {"imagenet": True}),
        ("nasnet_a_large", NASNET, 97, {"imagenet": True, "skips": True}),
        ("amoebanet_a", AMOEBANET, 31, {}),
        ("amoebanet_a_mobile", AMOEBANET, 83, {"imagenet": True}),
        ("pnasnet_5", PNASNET, 32, {}),
        ("pnasnet_5_mobile", PNASNET, 97, {"imagenet": True}),
    ],
)
def test_nasnets_cells_are_plain_networks(name: str, cells: Any, size: int, imagenet: dict[str, bool]):
    reference = NasNet(size, *cells, filters=18, cells=2, stem=7, **imagenet)
    small: dict[str, Any] = {"channels": 18, "cells": 2, "stem": 7, "dropout": 0, "classes": 5}
    assert_equal(reference, nas.build(name, **small, input=[3, size, size]))


def test_enas_is_a_plain_network():
    normal = "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1"
    reduction = "1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"
    model = nas.build("enas_micro", channels=4, cells=2, dropout=0, classes=5)
    assert_equal(Enas(32, normal, reduction, 4, 6), model)


def test_zoph_le_v1_is_a_plain_network():
    rows: list[tuple[int, int, int, list[int]]] = [
        (3, 3, 36, [0]),
        (3, 3, 48, [1]),
        (3, 3, 36, [1, 2]),
        (5, 5, 36, [1, 2, 3]),
        (3, 7, 48, [3, 4]),
        (7, 7, 48, [2, 3, 4, 5]),
        (7, 7, 48, [2, 3, 4, 5, 6]),
        (7, 3, 36, [1, 6, 7]),
        (7, 1, 36, [1, 5, 6, 8]),
        (7, 7, 36, [1, *range(3, 10)]),
        (5, 7, 36, [1, 2, *range(5, 11)]),
        (7, 7, 48, [1, 2, 3, 4, 6, 11]),
        (7, 5, 48, [1, 3, *range(6, 13)]),
        (7, 5, 48, [3, 7, 12, 13]),
        (7, 5, 48, [6, 7, *range(11, 15)]),
    ]
    assert_equal(ZophLe(9, rows), nas.build("zoph_le_v1", classes=5, input=[3, 9, 9]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nasnet_a_large", "pnasnet_5_large"])
def test_timms_networks(name: str):
    """timm counts padding in averages of stride 2, which the authors do not: a parameter of the document."""
    timm = pytest.importorskip("timm")
    reference = timm.create_model({"nasnet_a_large": "nasnetalarge", "pnasnet_5_large": "pnasnet5large"}[name])
    assert_equal(reference, nas.build(name, auxiliary=False, dropout=0, counts_padding=True, input=[3, 64, 64]))
