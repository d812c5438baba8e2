from pathlib import Path
from typing import Any

import nas
from nas.report import write
from nas.run import Run

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
    assert "too &lt;wide&gt;" in html
    assert "4 of 6" in html
    assert "global average pool" in html  # in the drawing of the network


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
    assert len(run.front()) > 1
    assert html.count('<circle class="front"') == 3 * (len(run.front()) - 1)  # in each of the figures, beside the best
    (tmp_path / "other").mkdir()
    one = searched(tmp_path / "other", evaluator=larger_is_better, trials=4)
    html = write(one.path).read_text()
    assert "Hypervolume" not in html and '<circle class="front"' not in html
