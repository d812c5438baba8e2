"""The tables, which are read without a script."""

import re

from nas.report.answers import Answers, readable
from nas.report.course import Trials
from nas.report.measure import Measure
from nas.report.tables import failures_table, front_table, trials_table
from nas.run.lineage import Change
from tests.integrations.conditional import conditional
from tests.report.rows import failed, trial

ANSWERS = Answers({"cell.edge": "edge"})


def numbers(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr data-trial="(\d+)">', html)]


def test_the_best_comes_first_and_genomes_have_names() -> None:
    rows = [trial(0, 0.5), trial(1, 0.75), failed(2, "x"), trial(3, 0.75), trial(4, 0.9, epochs=None)]
    html = trials_table(Trials(rows, Measure(), best=4), ANSWERS)
    assert numbers(html) == [4, 1, 3, 0] and "<h2>All 4 trials</h2>" in html
    assert "<i>edge</i>\u2009op4" in html and '<td data-value="90.0">90.00%</td>' in html
    assert '<th class="genome">genome</th>' in html


def test_trials_of_more_epochs_come_first_as_others_do_not_compare() -> None:
    rows = [trial(0, 0.9, epochs=1), trial(1, 0.5, epochs=9), trial(2, 0.7, epochs=3)]
    assert numbers(trials_table(Trials(rows, Measure(), best=1), ANSWERS)) == [1, 2, 0]


def test_the_front_is_listed_where_there_are_several_objectives() -> None:
    rows = [trial(0, 0.5, front=True), trial(1, 0.75), trial(2, 0.6, front=True)]
    parameters = Measure("parameters", smaller=True)
    html = front_table(Trials(rows, Measure(), best=2, others=[parameters]), ANSWERS)
    assert numbers(html) == [2, 0] and "parameters (less is better)" in html
    assert front_table(Trials(rows, Measure(), best=2), ANSWERS) == ""


def test_failures_are_grouped_by_their_reason_numbers_aside() -> None:
    rows = [failed(7, "nan"), *(failed(i, f"out of memory: tried {i}.5 GiB") for i in (5, 1, 3)), trial(0, 1.0)]
    html = failures_table(rows)
    assert "<h2>4 failed trials</h2>" in html
    first, second = re.findall(r"<tr><td>(\d+)</td><td>(.*?)</td><td>(.*?)</td></tr>", html)
    assert first[:2] == ("3", "out of memory: tried 1.5 GiB (and alike)") and second[:2] == ("1", "nan")
    assert re.findall(r">(\d+)</span>", first[2]) == ["1", "3", "5"]
    assert failures_table([trial(0, 0.5)]) == ""


def test_whatever_enters_is_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    row = trial(0, 0.5, genome={evil: evil})
    row["metrics"][evil] = 1.0
    html = trials_table(Trials([row], Measure(), best=0), Answers({})) + failures_table([failed(1, evil)])
    assert "<script" not in html and html.count("alert(1)") == 4


def test_names_say_what_a_number_counts() -> None:
    paths = ["cells.cell.nodes.0.0.operation", "cells.cell.nodes.2.1.operation"]
    assert readable(paths) == ["node 0.0", "node 2.1"]
    assert readable(["a.width", "a.depth"]) == ["width", "depth"]
    assert readable(["stages.0.kernel"]) == ["kernel"]


def test_alternatives_without_a_name_are_told_in_words() -> None:
    space = conditional()
    genomes = [space.genome(one.answers) for one in list(space.enumerate())[:: max(1, space.size() // 40)]]
    answers = Answers.of(space, genomes)
    for genome in genomes:
        assert all(name and text for name, text in answers.listed(genome.answers))
    assert answers.text("x", True) == "true" and answers.text("x", (0, 2)) == "0, 2"
    named = Answers({"a.b": "b"}, {("a.b", 1): "conv, relu"})
    assert named.changed(Change("a.b", 0, 1)) == "b: 0 → conv, relu"
    assert named.changed(Change("a.b", None, 1)) == "b: conv, relu (a new choice)"
    assert named.changed(Change("a.b", 1, None)) == "b: conv, relu (no longer asked)"
