"""optuna-dashboard, asked over WSGI as its page asks."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

import nas
from nas.errors import UserError
from nas.integrations.optuna_live import Dashboard
from nas.run import Run
from nas.run.journal import read_journal
from tests import cheap


def ask(dashboard: Dashboard, path: str, method: str = "GET", host: str = "localhost:80") -> tuple[str, Any]:
    statuses: list[str] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": host}
    setup_testing_defaults(environ)
    body = b"".join(dashboard(environ, lambda status, headers, error=None: statuses.append(status)))
    return statuses[0][:3], json.loads(body) if body.startswith(b"{") else body


@pytest.fixture
def run(tmp_path: Path) -> Run:
    given: dict[str, Any] = {"epochs": 2, "trials": 3, "searcher": "random", "runs": tmp_path, "name": "r"}
    return nas.search(cheap.space(), evaluator=cheap.trained, progress=False, **given)


def test_it_shows_a_run_and_follows_it(run: Run) -> None:
    pytest.importorskip("optuna_dashboard")
    dashboard = Dashboard(run.path)
    status, studies = ask(dashboard, "/api/studies")
    (about,) = studies["study_summaries"]
    assert (status, about["study_name"]) == ("200", "r")
    _, detail = ask(dashboard, f"/api/studies/{about['study_id']}")
    assert detail["objective_names"] == ["valid_accuracy"]
    assert {"key": "searcher", "value": "random"} in detail["user_attrs"]
    times = {
        line["number"]: line["time"] for line in read_journal(run.path / "journal.jsonl")[0] if line["kind"] == "done"
    }
    for entry, trial in zip(run.trials, detail["trials"], strict=True):
        assert entry.result is not None and entry.result.metrics is not None
        assert trial["state"] == "Complete"
        assert trial["values"] == [entry.result.metrics["valid_accuracy"]]
        assert [point["step"] for point in trial["intermediate_values"]] == [1, 2]
        assert datetime.fromisoformat(trial["datetime_complete"]) == datetime.fromtimestamp(times[entry.trial.number])
        assert {"key": "fingerprint", "value": entry.fingerprint} in trial["user_attrs"]
        assert {parameter["name"] for parameter in trial["params"]} == {*entry.trial.genome.answers}

    lines = (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (run.path / "journal.jsonl").write_bytes(b"".join(lines[:5]))  # the third is under way
    dashboard.until = 0
    _, detail = ask(dashboard, f"/api/studies/{about['study_id']}")
    assert [trial["state"] for trial in detail["trials"]] == ["Complete", "Complete", "Running"]


def test_nothing_is_changed_and_nobody_else_is_served(run: Run) -> None:
    pytest.importorskip("optuna_dashboard")
    dashboard = Dashboard(run.path)
    for method in ("POST", "PUT", "DELETE"):
        assert ask(dashboard, "/api/studies/0", method)[0] == "403"
    assert ask(dashboard, "/api/studies", host="elsewhere.example:80")[0] == "403"
    assert not list(run.path.glob("*.db"))


def test_without_the_package_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.integrations.optuna_live.find_spec", lambda name: None)
    with pytest.raises(UserError, match="optuna-dashboard is missing; pip install optuna-dashboard"):
        Dashboard(run.path)
