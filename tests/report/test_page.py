from typing import Any

import pytest

from nas.report.page import Measure, page


def trial(number: int, accuracy: float | None, **more: Any) -> dict[str, Any]:
    row = {"number": number, "state": "done", "metrics": {"valid_accuracy": accuracy}, "error": None, "seconds": 1.0}
    row |= {"genome": {"cell.edge": f"op{number}"}, "parameters": 1000 * (number + 1), "mult_adds": 50_000}
    return row | more


def failed(number: int, error: str) -> dict[str, Any]:
    return {"number": number, "state": "failed", "metrics": None, "error": error, "seconds": 0.1, "genome": None}


def test_the_page_names_the_best_and_what_failed() -> None:
    html = page(
        "run", [trial(0, 0.5), trial(1, 0.75), failed(2, "out of memory"), trial(3, 0.75)], {"seed": 3}, {"trials": "4"}
    )
    assert "The best genome: trial 1<" in html  # the first of equals
    assert "op1" in html
    assert "op0" not in html
    assert "out of memory" in html
    assert "75.00%" in html
    assert html.count('<circle class="best"') == 3  # in each of the figures


def test_other_measures_than_an_accuracy() -> None:
    rows = [trial(number, 0.0, metrics={"latency_ms": value}) for number, value in enumerate((12.5, 3.25, 7.0))]
    html = page("run", rows, {}, {}, measure=Measure("latency_ms", smaller=True))
    assert "The best genome: trial 1<" in html
    assert "<th>latency ms</th>" in html
    assert html.index("<td>3.25</td>") < html.index("<td>7</td>") < html.index("<td>12.5</td>")
    assert "Latency ms against parameters" in html
    assert "%" not in html[html.index("<main>") :]
    cost = page("run", rows, {}, {}, measure=Measure("parameters"))
    assert "The best genome: trial 2<" in cost


def test_other_objectives_have_figures_of_their_own() -> None:
    rows = [trial(0, 0.5, front=False), trial(1, 0.75, front=True), trial(2, 0.6, front=True)]
    for row, latency in zip(rows, (3.0, 2.0, 1.0), strict=True):
        row["metrics"]["latency_ms"] = latency
    html = page("run", rows, {}, {}, others=[Measure("latency_ms", smaller=True)])
    assert "Validation accuracy against latency ms" in html
    assert "Validation accuracy against mult-adds" in html
    assert html.count('<circle class="front"') == 4


@pytest.mark.parametrize(
    "rows", [[], [failed(0, "NaN")], [trial(0, 0.5)], [trial(0, 0.5, parameters=None, mult_adds=None)]]
)
def test_runs_with_little_in_them(rows: list[dict[str, Any]]) -> None:
    assert page("run", rows, {}, {}).endswith("</html>\n")


def test_whatever_enters_is_escaped_and_nothing_is_fetched() -> None:
    evil = '"><script>alert(1)</script>'
    row = trial(0, 0.5, genome={evil: evil})
    row["metrics"][evil] = 1.0
    html = page(evil, [row, failed(1, evil)], {evil: {evil: evil}}, {evil: evil})
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")


def test_notes_are_text() -> None:
    html = page("run", [trial(0, 0.5)], {}, {}, notes=["warning: 3 < 4 trials"])
    assert "<p>warning: 3 &lt; 4 trials</p>" in html
