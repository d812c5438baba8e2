"""The section about a supernet: what it draws, and that nothing in a curve can break or enter the page."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nas
from nas.report import write
from nas.report.supernets import section


def curve(epochs: int = 4) -> list[dict[str, Any]]:
    return [
        {
            "epoch": epoch,
            "metrics": {"valid_accuracy": epoch / 10, "parameter_free": 0.5, "supernet_accuracy": epoch / 8},
            "shares": {"cell.a": [0.5 + epoch / 10, 0.5 - epoch / 10], "cell.b": [0.5, 0.5]},
            "warnings": ["it <grows>"] if epoch == 3 else [],
        }
        for epoch in range(1, epochs + 1)
    ]


def drawings(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(text) for text in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def test_each_choice_has_a_picture_and_an_answer_one_colour() -> None:
    answers = {"cell.a": ("conv", "skip"), "cell.b": ("skip", "pool")}
    html = section(3, curve(), answers)
    assert "<h2>Supernet 3</h2>" in html
    charts = {svg.attrib["aria-label"]: svg for svg in drawings(html)}
    assert list(charts) == ["accuracies", "Operations without weights", "cell.a", "cell.b"]
    kinds = {
        path: {p.find("title").text: p.attrib["class"] for p in charts[path].findall("path")}  # type: ignore[union-attr]
        for path in answers
    }
    assert kinds == {
        "cell.a": {"conv": "curve c0", "skip": "curve c1"},
        "cell.b": {"skip": "curve c1", "pool": "curve c2"},
    }
    rising, falling = (path.attrib["d"] for path in charts["cell.a"].findall("path"))
    heights = [[float(corner.split()[1]) for corner in re.split("[ML]", way)[1:]] for way in (rising, falling)]
    assert heights[0] == sorted(heights[0], reverse=True) and heights[1] == sorted(heights[1])
    assert '<span class="name c1">skip</span>' in html
    assert "<td>3</td><td>it &lt;grows&gt;</td>" in html


def test_answers_that_are_not_known_are_counted_and_one_epoch_is_a_dot() -> None:
    html = section(0, curve(1), {"cell.a": ("conv",)})
    assert "answer 2" in html and "conv" not in html
    assert 'h0"' in html
    assert "had nothing to say" in html


def test_what_is_no_number_is_left_out() -> None:
    bad: list[dict[str, Any]] = [
        {},
        {"epoch": "1", "metrics": {}},
        {"epoch": 1, "metrics": 3},
        {"epoch": 1, "metrics": {"valid_accuracy": "<b>", "curvature": None}, "shares": [1], "warnings": "<b>"},
        {"epoch": 2, "metrics": {"valid_accuracy": float("nan")}, "shares": {"<b>": ["x", None, 0.5]}},
        {"epoch": 3, "metrics": {}, "shares": {"<b>": 3}},
    ]
    html = section(0, bad, {})
    assert "<b>" not in html and "&lt;b&gt;" in html
    assert len(drawings(html)) == 1
    assert section(0, bad[:3], {}) == ""


def test_a_search_by_a_supernet_has_its_section(tmp_path: Path) -> None:
    run = nas.search(
        "nasbench_digits",
        searcher="darts",
        searcher_options={"epochs": 2, "batch_size": 256},
        trials=1,
        epochs=1,
        final_epochs=0,
        runs=tmp_path,
        name="run",
        progress=False,
    )
    html = write(run.path).read_text()
    assert "<h2>Supernet 0</h2>" in html
    assert '<span class="name c0">' in html and "nor_conv_3x3" in html
    assert html.count("<h3>cells.cell.nodes.") == 6
    assert "Curvature of the validation loss by alpha" in html
