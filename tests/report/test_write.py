"""Whole pages of small runs."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.report import details as module
from nas.report import write
from nas.run import Run
from nas.run.lineage import lineage
from tests import cheap
from tests.integrations.conditional import conditional, score
from tests.report.pages import charts, details, traces, without_scripts

SPACE = """\
name: tiny
input: [1, 8, 8]
classes: 10
network:
  - conv_bn_relu: {channels: 4, kernel: {choice: [1, 3, 5]}}
  - choice: [relu, tanh]
  - global_avg_pool
  - linear: =classes
"""


def deep(genome: nas.Genome) -> float:
    if 5 in genome.answers.values():
        raise ValueError("too <wide>")
    return len(str(genome.answers)) / 1000


def searched(tmp_path: Path, **settings: Any) -> Run:
    (tmp_path / "tiny.yaml").write_text(SPACE)
    return nas.search(tmp_path / "tiny.yaml", searcher="random", runs=tmp_path, name="run", **settings)


def test_a_run_becomes_one_page_beside_its_journal(tmp_path: Path) -> None:
    run = searched(tmp_path, evaluator=deep, trials=6, limits={"parameters": "1M"})
    page = write(run.path)
    assert page == tmp_path / "run" / "report.html"
    html = page.read_text()
    assert run.best is not None
    assert f"The best genome: trial {run.best.trial.number}<" in html
    assert "too &lt;wide&gt;" in html and "<h2>2 failed trials</h2>" in html
    assert "4 of 6" in html
    assert "global average pool" in html  # in the drawing of the network
    command = "nas.search(&#x27;tiny.yaml&#x27;, evaluator=deep, searcher=&#x27;random&#x27;, trials=6, limits="
    assert command in html and str(tmp_path) not in html
    assert "notes no parents" in html and "It takes 30 trials to say something of 2 choices: here are 4" in html
    assert "http" not in without_scripts(html).replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    run = searched(tmp_path, evaluator=deep, trials=2)
    mine = tmp_path / "mine"
    mine.write_text("untouched")
    for name in ("report.html", "report.html.new"):
        (run.path / name).symlink_to(mine)
    write(run.path)
    assert mine.read_text() == "untouched"
    assert not (run.path / "report.html").is_symlink()


def larger_is_better(genome: nas.Genome) -> float:
    return max(answer for answer in genome.answers.values() if isinstance(answer, int)) / 10


def test_several_objectives_mark_the_front_and_say_its_hypervolume(tmp_path: Path) -> None:
    objectives = ["valid_accuracy", "parameters:min"]
    run = searched(tmp_path, evaluator=larger_is_better, trials=4, objectives=objectives)
    html, volume = write(run.path).read_text(), run.hypervolume()
    assert volume is not None and f"Hypervolume: {volume}." in html
    assert len(run.front()) > 1 and f"The Pareto front: {len(run.front())} trials" in html
    marked = traces(html, "Validation accuracy against parameters")
    assert len(marked["on the Pareto front"]["x"]) == len(run.front()) - 1  # beside the best
    (tmp_path / "other").mkdir()
    one = searched(tmp_path / "other", evaluator=larger_is_better, trials=4)
    html = write(one.path).read_text()
    assert "Hypervolume" not in html and "Pareto front:" not in html


def test_the_winner_is_explained(tmp_path: Path) -> None:
    options = {"population": 8, "sample": 4}
    run = nas.search(conditional(), evaluator=score, trials=60, seed=5, runs=tmp_path, searcher_options=options)
    html = write(run.path).read_text()
    assert run.best is not None
    steps = lineage(run.trials, run.best.trial.number)
    assert len(steps) > 2
    section = html[html.index("Where the best one is from") : html.index("Which choices matter")]
    assert re.findall(r'data-trial="(\d+)"', section) == [str(step.entry.trial.number) for step in steps]
    assert section.count("→") + section.count("(a new choice)") + section.count("(no longer asked)") == sum(
        len(step.changes) for step in steps
    )
    assert f"{len(steps) - 1} generations" in section
    assert {"Which choices matter", "Workers over time"} <= charts(html).keys()
    assert "A choice that is not asked counts as an answer." in html and "absent " in html
    bars = charts(html)["Workers over time"]["data"]
    assert sum(len(trace["x"]) for trace in bars) == 60
    told = details(html)[str(run.best.trial.number)]
    assert told["from"] == f"made of trial {steps[-1].parent}" and len(told["changes"]) == len(steps[-1].changes)
    assert len(told["answers"]) == len(run.best.trial.genome.answers)
    assert 1 < html.count('<template id="network-') <= module.DRAWN
    assert f'<template id="network-{run.best.trial.number}"><svg' in html


def learned(trial: Any, report: Any) -> dict[str, float]:
    for epoch in range(1, 4):
        report(epoch, {"valid_accuracy": epoch / 10})
    return {"valid_accuracy": random.Random(trial.number).random()}


def test_curves_are_drawn_where_trials_reported_epochs(tmp_path: Path) -> None:
    html = write(searched(tmp_path, evaluator=learned, trials=3).path).read_text()
    drawn = traces(html, "How candidates learned")
    assert drawn["the best"]["x"] == [1, 2, 3, None] and drawn["the best"]["y"] == [10, 20, 30, None]
    assert len(drawn["other trials"]["x"]) == 2 * 4
    (tmp_path / "run" / "trials" / "0001" / "curve.jsonl").write_text('{"epoch": 1, "valid_accuracy": NaN}\n')
    assert "How candidates learned" in charts(write(tmp_path / "run").read_text())  # a loss may have been no number
    (tmp_path / "other").mkdir()
    other = searched(tmp_path / "other", evaluator=deep, trials=3)
    assert "How candidates learned" not in write(other.path).read_text()


def fails(genome: nas.Genome) -> float:
    raise ValueError("as a test")


@pytest.mark.filterwarnings("ignore::nas.run.results.AllFailed")
def test_runs_with_little_in_them(tmp_path: Path) -> None:
    run = searched(tmp_path, evaluator=fails, trials=3)
    html = write(run.path).read_text()
    assert "<h2>3 failed trials</h2>" in html and list(charts(html)) == ["Workers over time"]
    assert len(details(html)) == 3 and details(html)["0"]["error"].startswith("ValueError: as a test")
    (run.path / "journal.jsonl").write_bytes(b"")
    html = write(run.path).read_text()
    assert "0 of 3" in html and charts(html) == {} and details(html) == {}
    assert "To search so again" in html


def test_drawing_stops_when_time_is_up(tmp_path: Path, monkeypatch: Any) -> None:
    run = searched(tmp_path, evaluator=larger_is_better, trials=4)
    monkeypatch.setattr(module, "SECONDS", -1.0)
    assert "<template" not in write(run.path).read_text()


def test_a_run_of_an_older_version() -> None:
    from nas.report.write import text_of

    html = text_of("runs/sample-cifar10")
    assert "nas search nasbench201 --executor ray" in html and "80 of 80" in html
    assert "the journal does not say which worker" in html and "Which choices matter" in charts(html)


def test_where_it_cannot_be_written_the_report_is_named(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=1, runs=tmp_path, progress=False)
    (run.path / "report.html.new").mkdir()  # what it is written to first
    with pytest.raises(OSError) as error:
        write(run.path)
    assert error.value.filename == str(run.path / "report.html")
