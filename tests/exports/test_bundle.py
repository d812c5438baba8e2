"""A bundle as others use it: through torch.hub, in a process of its own, through huggingface_hub; and its card."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import nas
from nas.exports.card import of_training
from nas.exports.write import write
from nas.run.command import command
from tests.space.documents import space_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of a network whose weights are not those that its class begins with."""
    path = tmp_path_factory.mktemp("bundles") / "small"
    files = nas.export(network(), path, "bundle")
    assert files[0] == path / "hubconf.py" and sorted(files) == sorted(path.iterdir())
    return path


def network() -> torch.nn.Module:
    model = nas.build("resnet20", classes=4)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.1)
    return model.eval()


def test_torch_hub_opens_it(folder: Path) -> None:
    loaded = torch.hub.load(str(folder), "resnet20", source="local")
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(loaded(x), network()(x), atol=1e-5)
        other = torch.hub.load(str(folder), "resnet20", source="local", pretrained=False, num_classes=7)
        assert other(x).shape == (2, 7)


def test_without_this_package(folder: Path) -> None:
    """Nothing of it is imported: a finder in front refuses it."""
    code = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'nas':
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import torch
print(tuple(torch.hub.load({str(folder)!r}, 'resnet20', source='local')(torch.zeros(1, 3, 32, 32)).shape))
"""
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=120)
    assert ended.stdout == "(1, 4)\n", ended.stderr


def test_huggingface_s_mixin_opens_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "model", raising=False)
    from model import ResNet20  # type: ignore[import-not-found]

    with pytest.raises(RuntimeError, match="size mismatch"):  # its class has as many outputs as it was exported with
        type("ResNet20", (ResNet20, hub.PyTorchModelHubMixin), {}).from_pretrained(str(folder), num_classes=3)
    loaded = type("ResNet20", (ResNet20, hub.PyTorchModelHubMixin), {}).from_pretrained(str(folder)).eval()
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(loaded(x), network()(x), atol=1e-5)
    monkeypatch.delitem(sys.modules, "model")


def test_the_card(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    head, *_ = text.split("\n---\n")
    assert head.startswith("---\nlibrary_name: pytorch\n")
    assert "# ResNet20" in text and "It classifies images of 3x32x32 (channels" in text.replace("\\", "")
    assert f"| parameters | {nas.load('resnet20', classes=4).graph().parameters:,} |" in text
    assert "![the network](drawing.svg)" in text and (folder / "drawing.svg").read_text().startswith("<svg")


def test_the_card_of_a_search_says_what_it_reached(tmp_path: Path) -> None:
    settings = {"trials": 2, "epochs": 1, "final_epochs": 1, "limits": {"parameters": "2M"}}
    run = nas.search("nasbench201", overrides={"channels": 4, "cells": 1}, runs=tmp_path, progress=False, **settings)
    nas.export(run, tmp_path / "out", "bundle")
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert run.final is not None
    images = f"on {run.images['test']} images; the 95 % interval is"
    assert f"| test accuracy | {100 * run.final['test_accuracy']:.2f} % {images}" in text
    assert "| searcher | regularized\\_evolution |" in text and "| limits | parameters=2,000,000 |" in text
    assert "Classes: 0, 1, 2" in text
    assert f"\n    {command(run)}\n" in text and command(run).startswith("nas search nasbench201 --")


def test_text_of_others_is_no_markup(tmp_path: Path) -> None:
    evil = "![x](http://e) <script>alert(1)</script> | # `a`\n---\n"
    document = {"name": evil, "source": evil, "input": [1, 8, 8], "classes": 2}
    document["network"] = [{"conv": {"channels": 4, "kernel": 3}}, "global_avg_pool", {"linear": 2}]
    genome = nas.Genome.from_json({"format": 1, "document": document, "answers": {}})
    model = nas.build(nas.Space(genome.document))
    model.classes = (evil, "b")  # type: ignore[assignment]
    write(model, tmp_path / "out", "bundle", genome=genome, facts={evil: evil})
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "<script>" not in text and "![x]" not in text and "| # " not in text
    assert text.count("\n---\n") == 1


def test_what_a_training_noted(tmp_path: Path) -> None:
    assert of_training(tmp_path) == {}
    (tmp_path / "result.json").write_text('{"dataset": "digits", "final": {"test_accuracy": 0.5, "loss": 1}}')
    assert of_training(tmp_path) == {"data": "digits", "test accuracy": "50.00 %"}
    (tmp_path / "result.json").write_text('{"dataset": "/home/me/photos", "final": {}}')
    assert of_training(tmp_path) == {"data": "photos"}  # a card is published: where it lies is a machine's own
    (tmp_path / "result.json").write_text("[]")
    assert of_training(tmp_path) == {}


def test_a_card_of_a_document_without_a_source_is_a_sentence() -> None:
    import random

    from nas.data.record import Record
    from nas.exports.card import card
    from nas.exports.source import Source

    space = space_of("{name: shapes, input: [3, 6, 6], classes: 2, network: [flatten, {linear: 2}]}")
    genome = space.sample(random.Random(0))
    text = card(Source(nas.build(space, genome), Record((3, 6, 6)), genome), "Shapes", "shapes", "")
    assert "\n# Shapes\n\nA network called shapes.\nIt classifies images" in text
