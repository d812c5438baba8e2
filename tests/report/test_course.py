"""The charts of trials, as what Plotly is given."""

from typing import Any

import pytest

from nas.report.chart import Mark, axis, chart, embedded, line
from nas.report.course import Trials, against, course, dominated
from nas.report.measure import Measure
from nas.run.hypervolume import Hypervolume
from tests.report.pages import charts, traces
from tests.report.rows import failed, trial

COURSE = "The search's course"


def test_the_course_marks_the_best_its_ancestors_and_what_failed() -> None:
    rows = [trial(0, 0.5), trial(1, 0.75), failed(2, "out of memory"), trial(3, 0.75), trial(4, 0.6)]
    html = course(Trials(rows, Measure(), best=1, line=[0, 1]))
    drawn = traces(html, COURSE)
    assert drawn["best so far"]["y"] == [50, 75, 75, 75] and drawn["best so far"]["line"]["shape"] == "hv"
    assert (drawn["the best"]["x"], drawn["the best"]["customdata"]) == ([1], [1])
    assert drawn["trial"]["x"] == [0, 3, 4]
    assert drawn["the best one's ancestors"]["x"] == [0, 1]
    assert drawn["failed"]["x"] == [2] and "out of memory" in drawn["failed"]["text"][0]
    assert drawn["trial"]["text"][0] == "trial 0: 50.00%, 1k parameters, 50k mult-adds"


def test_trials_of_fewer_epochs_are_hollow_and_make_no_record() -> None:
    rows = [trial(0, 0.9, epochs=1), trial(1, 0.5, epochs=9), trial(2, 0.7, epochs=9)]
    drawn = traces(course(Trials(rows, Measure(), best=2)), COURSE)
    assert drawn["best so far"]["y"] == [50, 70]
    assert drawn["trial of fewer epochs"]["x"] == [0]
    assert drawn["trial of fewer epochs"]["marker"]["symbol"] == "circle-open"


def test_a_baseline_is_told_from_what_supernets_gave() -> None:
    drawn = traces(
        course(Trials([trial(0, 0.5), trial(1, 0.6), trial(2, 0.4)], Measure(), 1, baseline=frozenset({2}))), COURSE
    )
    assert drawn["random network"]["x"] == [2] and drawn["of a supernet"]["x"] == [0]


def test_the_front_of_two_objectives_is_a_line() -> None:
    rows = [trial(0, 0.5, front=True), trial(1, 0.75, front=True), trial(2, 0.6), trial(3, 0.9, front=True)]
    parameters = Measure("parameters", smaller=True)
    by_title = {title: html for html in against(Trials(rows, Measure(), 3, [parameters])) for title in charts(html)}
    assert list(by_title) == ["Validation accuracy against parameters", "Validation accuracy against mult-adds"]
    title = "Validation accuracy against parameters"
    drawn = traces(by_title[title], title)
    assert drawn["the front"]["x"] == [1000, 2000, 4000] and drawn["the front"]["y"] == [50, 75, 90]
    assert drawn["on the Pareto front"]["customdata"] == [0, 1]
    assert "the front" not in traces(
        by_title["Validation accuracy against mult-adds"], "Validation accuracy against mult-adds"
    )


def test_other_measures_than_an_accuracy() -> None:
    rows = [trial(number, 0.0, metrics={"latency_ms": value}) for number, value in enumerate((12.5, 3.25, 7.0))]
    html = course(Trials(rows, Measure("latency_ms", smaller=True), best=1))
    assert traces(html, COURSE)["best so far"]["y"] == [12.5, 3.25, 3.25]
    assert "%" not in str(charts(html))


@pytest.mark.parametrize("rows", [[trial(0, 0.5)], [trial(0, 0.5, parameters=None, mult_adds=None)]])
def test_runs_with_little_in_them(rows: list[dict[str, Any]]) -> None:
    trials = Trials(rows, Measure())
    assert COURSE in charts(course(trials))
    assert len(against(trials)) == 2 * (rows[0]["parameters"] is not None)


def test_the_hypervolume_and_its_reference() -> None:
    html = dominated(Hypervolume(2.5, {"valid_accuracy": 0.1}, [1.0, 2.5]))
    assert "Hypervolume: 2.5 " in html and traces(html, "What the front dominates")["hypervolume"]["y"] == [1.0, 2.5]


def test_an_axis_is_logarithmic_where_that_helps() -> None:
    wide, narrow = axis("parameters", [900, 2e6], log=True), axis("parameters", [40_000, 60_000], log=True)
    assert wide["type"] == "log" and wide["title"]["text"] == "parameters (logarithmic)"
    assert "10k" in wide["ticktext"] and 1e4 in wide["tickvals"] and "20k" not in wide["ticktext"]
    assert "type" not in narrow and "type" not in axis("x", [0, 100], log=True)
    assert axis("trial", [0, 1, 2], whole=True)["dtick"] == 1 and "dtick" not in axis("trial", range(99), whole=True)


def test_text_is_no_markup_in_the_page_or_the_chart_and_ends_no_script() -> None:
    evil = "</script><b onclick=x>&amp;"
    html = chart(evil, evil, [line(evil, [Mark(1, 2, evil)], "c0")], {"xaxis": axis(evil)})
    assert html.count("</script>") == 1 and "<b" not in html
    (drawn,) = charts(html).values()
    plotly = "&lt;/script&gt;&lt;b onclick=x&gt;&amp;amp;"
    assert (drawn["data"][0]["name"], drawn["data"][0]["text"], drawn["layout"]["xaxis"]["title"]["text"]) == (
        plotly,
        [plotly],
        plotly,
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        embedded(float("nan"))
