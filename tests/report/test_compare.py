import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.report.compare import html, remarks, row, table
from nas.run.interval import wilson


def known(**settings: Any) -> dict[str, Any]:
    """A row, as of a measured network."""
    costs = {"parameters": 1000, "mult_adds": 5000, "depth": 3, "latency_ms": 0.5}
    found = {"data": "digits", "split": "test", "accuracy": 0.9, "interval": [0.8, 0.95], "images": 100}
    return {"name": "a", "network": "net", "input": [1, 8, 8], **costs, **found, **settings}


def test_a_network_that_was_not_trained_has_costs_alone() -> None:
    space = nas.load("lenet5")
    found = row("lenet5", space, None)
    graph = space.graph().prune()
    assert (found["parameters"], found["mult_adds"], found["depth"]) == (graph.parameters, graph.mult_adds, graph.depth)
    assert found["latency_ms"] > 0 and found["accuracy"] is None and found["interval"] is None


def test_a_run_has_the_accuracy_of_its_final_training(tmp_path: Path) -> None:
    settings = {"trials": 1, "epochs": 1, "overrides": {"channels": 4, "cells": 1}}
    run = nas.search("nasbench201", runs=tmp_path, progress=False, final_epochs=1, **settings)
    assert run.best is not None and run.final is not None
    found = row("run", run.space, run.best.trial.genome, run.path)
    images = run.images["test"]
    assert (found["split"], found["images"], found["data"]) == ("test", images, "digits")
    assert found["accuracy"] == run.final["test_accuracy"]
    assert found["interval"] == list(wilson(found["accuracy"], images))
    assert found["parameters"] == run.space.graph(run.best.trial.genome).prune().parameters


def test_a_training_has_the_accuracy_that_it_noted(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"dataset": "digits", "final": {"test_accuracy": 0.75}}))
    found = row("t", nas.load("lenet5"), None, tmp_path)
    assert (found["data"], found["split"], found["accuracy"], found["interval"]) == ("digits", "test", 0.75, None)
    (tmp_path / "result.json").write_text("[1]")
    assert row("t", nas.load("lenet5"), None, tmp_path)["accuracy"] is None


def test_what_does_not_compare_is_said() -> None:
    assert remarks([known(), known(name="b")]) == []
    assert remarks([known(), known(data="cifar10")]) == ["The accuracies are of different data."]
    assert "these flatter it" in remarks([known(), known(split="valid")])[0]
    assert "for the input of each network" in remarks([known(), known(input=[3, 32, 32])])[0]


def test_columns_of_nothing_are_left_out() -> None:
    heads, _ = table([known(accuracy=None, interval=None), known(accuracy=None, interval=None)])
    assert heads == ["network", "input", "parameters", "mult-adds", "depth", "latency (ms)"]
    heads, ((*_, accuracy, interval),) = table([known()])
    assert (accuracy, interval) == ("90.00 % (test, digits)", "80.00 % to 95.00 %")


def specs(page: str) -> list[Any]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def test_marks_are_where_their_networks_are_and_their_areas_by_parameters() -> None:
    page = html([known(), known(name="b", parameters=4000, mult_adds=9000, accuracy=0.95, interval=None)])
    accuracy, latency = specs(page)
    first, second = accuracy["data"]
    assert (first["x"], first["y"], second["x"], second["y"]) == ([5000], [90.0], [9000], [95.0])
    assert second["marker"]["size"] == pytest.approx(2 * first["marker"]["size"])
    assert first["error_y"]["array"] == [pytest.approx(5)] and first["error_y"]["arrayminus"] == [pytest.approx(10)]
    assert "error_y" not in second
    assert [trace["y"] for trace in latency["data"]] == [[0.5], [0.5]]


def test_without_accuracies_there_is_one_chart() -> None:
    assert len(specs(html([known(accuracy=None, interval=None)]))) == 1


def test_names_are_no_markup() -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    page = html([known(name=evil, data=evil, network=evil)])
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            tags.append(tag)

    Tags().feed(page)
    assert "img" not in tags and page.count(evil) == 0


def test_a_classic_has_the_accuracy_that_torchvision_publishes() -> None:
    found = row("squeezenet1_1", nas.load("squeezenet1_1"), None)
    assert (found["split"], found["data"], found["accuracy"]) == ("published", "ImageNet", pytest.approx(0.58178))
    assert found["interval"] == list(wilson(found["accuracy"], 50_000))
    assert "torchvision's first weights" in remarks([found])[0]
    other = row("squeezenet1_1", nas.load("squeezenet1_1", classes=10, input=[3, 64, 64]), None)
    assert other["accuracy"] is None  # another network


def test_files_and_folders_are_named_without_their_place_as_long_as_that_tells_them_apart() -> None:
    page = html([known(name="/home/me/runs/one", data="/home/me/photos"), known(name="/home/me/other/two")])
    assert "/home" not in page and ">one<" in page and "(test, photos)" in page
    page = html([known(name="/home/me/runs/one"), known(name="/home/you/runs/one")])
    assert ">me/runs/one<" in page and ">you/runs/one<" in page


def test_the_axes_of_one_mark_begin_at_zero() -> None:
    for spec in specs(html([known()])):
        assert {spec["layout"][axis]["rangemode"] for axis in ("xaxis", "yaxis")} == {"tozero"}
    for spec in specs(html([known(), known(name="b", mult_adds=9000, accuracy=0.95, latency_ms=0.7)])):
        assert "rangemode" not in spec["layout"]["xaxis"] and "rangemode" not in spec["layout"]["yaxis"]
