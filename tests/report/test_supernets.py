"""The section about a supernet: what it draws, and that nothing in a curve can break or enter the page."""

from pathlib import Path
from typing import Any

import nas
from nas.report import write
from nas.report.supernets import section
from tests.report.pages import charts, traces


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


def test_each_choice_has_a_picture_and_an_answer_one_colour() -> None:
    answers = {"cell.a": ("conv", "skip"), "cell.b": ("skip", "pool")}
    html = section(3, curve(), answers)
    assert "<h2>Supernet 3</h2>" in html
    assert list(charts(html)) == ["Accuracy on the shared weights", "Operations without weights", "cell.a", "cell.b"]
    colours = {path: {name: own["line"]["color"] for name, own in traces(html, path).items()} for path in answers}
    assert colours == {"cell.a": {"conv": "--c0", "skip": "--c1"}, "cell.b": {"skip": "--c1", "pool": "--c2"}}
    rising, falling = (own["y"] for own in traces(html, "cell.a").values())
    assert rising == sorted(rising) and falling == sorted(falling, reverse=True)
    assert traces(html, "Accuracy on the shared weights")["derived path"]["y"] == [10, 20, 30, 40]
    assert '<span class="name c1">skip</span>' in html
    assert "<td>3</td><td>it &lt;grows&gt;</td>" in html


def test_answers_that_are_not_known_are_counted_and_one_epoch_is_a_dot() -> None:
    html = section(0, curve(1), {"cell.a": ("conv",)})
    assert "answer 2" in html and "conv" not in html
    assert traces(html, "cell.a")["answer 1"]["mode"] == "markers"
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
    assert list(charts(html)) == ["<b>"]
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
