"""What a notebook shows: well-formed, with what is to be seen, and nothing of a document as markup."""

import random
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nas
from nas.report.notebook import course, html
from tests import cheap


def texts(fragment: str) -> str:
    return " ".join("".join(ElementTree.fromstring(f"<div>{fragment}</div>").itertext()).split())


def test_a_space_shows_its_choices_and_a_network_its_drawing() -> None:
    space = nas.load("nasbench201")
    shown = texts(html(space))
    assert "Space(nasbench201: 15,625 genomes, 3x32x32 to 10 classes)" in shown
    assert "cells.cell.nodes.2.1.operation" in shown and "none, skip_connect, nor_conv_1x1" in shown
    genome = space.sample(random.Random(0))
    for thing in (genome, space.graph(genome), nas.load("resnet20")):
        assert "<svg" in html(thing) and "global average pool" in texts(html(thing))
        assert thing._repr_html_() == html(thing)
    assert "parameters" in repr(space.graph(genome)) and len(repr(space.graph(genome))) < 120


def test_a_run_shows_its_trials(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=3, runs=tmp_path, progress=False)
    assert "valid accuracy" in texts(html(run)) and "ended: all trials done" in texts(html(run))
    points, best = course(run).axes[0].lines
    assert len(points.get_xdata()) == 3
    values = list(points.get_ydata())
    assert list(best.get_ydata()) == [max(values[: i + 1]) for i in range(3)]
    assert run.plot().axes[0].get_ylabel() == "valid accuracy"


def test_a_run_that_has_just_begun(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=1, runs=tmp_path, progress=False)
    journal = run.path / "journal.jsonl"
    journal.write_text("")
    assert "<svg" not in html(nas.load_run(run.path))


@pytest.mark.parametrize("word", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_text_of_a_document_is_text(word: str, tmp_path: Path) -> None:
    document = {"name": word, "input": [1, 8, 8], "classes": 2, "network": ["global_avg_pool", {"linear": 2}]}
    space = nas.Space(nas.Genome.from_json({"format": 1, "document": document, "answers": {}}).document)
    assert word in texts(html(space)) and word not in html(space)


def test_a_plot_shows_itself_and_a_trial_says_what_it_reached(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=2, runs=tmp_path, progress=False)
    assert run.plot()._repr_png_().startswith(b"\x89PNG")
    assert run.best is not None and f"Entry(trial {run.best.trial.number}: valid_accuracy=" in repr(run.best)
    assert len(repr(run.best)) < 500 and "\n" not in repr(run.best)
    assert nas.UserError("here", "is wrong", "mend it")._render_traceback_() == ["UserError: here: is wrong; mend it"]
