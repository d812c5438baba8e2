from pathlib import Path
from typing import Any

import pytest

from tests.integrations.logs.searched import FINAL, curves, search

mlflow = pytest.importorskip("mlflow")


def read(uri: str, experiment: str) -> tuple[Any, dict[str, Any]]:
    """The client, and the runs of an experiment by their series."""
    client = mlflow.MlflowClient(uri)
    runs = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    series = {run.data.tags["nas.series"]: run for run in runs}
    assert len(series) == len(runs)  # none twice
    return client, series


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_runs_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool) -> None:
    uri = f"sqlite:///{tmp_path}/{'other' if elsewhere else 'r/logs/mlflow/mlflow'}.db"
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if elsewhere:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
        monkeypatch.chdir(tmp_path)  # of artifacts there are none
    run = search(tmp_path, "mlflow")
    client, series = read(uri, "mine" if elsewhere else "cheap")
    whole = series.pop("search")
    assert whole.data.tags["searcher"] == "random" and whole.data.tags["trials"] == "7"
    assert whole.info.status == "FINISHED"
    for number, curve in curves(run).items():
        made, entry = series[f"trial {number}"], run.trials[number]
        history = client.get_metric_history(made.info.run_id, "valid_accuracy")
        last = {point.step: point.value for point in history}
        assert last == dict(enumerate(curve, start=1))
        assert made.data.tags["mlflow.parentRunId"] == whole.info.run_id
        assert made.data.params["fingerprint"] == entry.fingerprint
        assert made.data.params["parameters"] == str(entry.costs["parameters"])
        answers = {path.replace("@", "_"): str(answer) for path, answer in entry.trial.genome.answers.items()}
        assert answers.items() <= made.data.params.items()
        assert made.info.status == "FINISHED"
    assert "no such luck" in series["trial 1"].data.tags["error"]
    assert run.best is not None
    final = series[f"final {run.best.trial.number}"]
    history = client.get_metric_history(final.info.run_id, "test_accuracy")
    assert [(p.step, p.value) for p in history if p.step] == [(n, n / 10) for n in range(1, FINAL + 1)]
    assert elsewhere != (run.path / "logs" / "mlflow" / "mlflow.db").exists()
