"""Runs of MLflow: one for the search, and within it one for each trial and one for the winner's last training.

They lie in RUN/logs/mlflow/mlflow.db, or at the server that the variable MLFLOW_TRACKING_URI names, in the experiment
MLFLOW_EXPERIMENT_NAME, or of the space's name. A trial that is promoted goes on in its run.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from nas.integrations.logs.log import FINAL, Log, Points, parameters, settings
from nas.run.state import Entry
from nas.types import Metrics, Result

SEARCH, SERIES = "nas.search", "nas.series"  # tags by which a run is found again
METRICS, PARAMETERS = 800, 100  # that one call takes
LONGEST = 500  # characters of a value that every version takes


class MLflow(Log):
    name = "mlflow"

    def open(self) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)  # a table that is made is no news
        from mlflow import MlflowClient

        here = "MLFLOW_TRACKING_URI" not in os.environ
        self.client = MlflowClient(f"sqlite:///{self.folder.resolve()}/mlflow.db" if here else None)
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", self.run.space.name)
        known = self.client.get_experiment_by_name(name)
        place = str(self.folder.resolve() / "artifacts") if here else None
        self.experiment = known.experiment_id if known else self.client.create_experiment(name, place)
        # a server has other searches too; the folder's own database may be moved with it
        self.key = "" if here else hashlib.sha256(str(self.run.path.resolve()).encode()).hexdigest()[:32]
        self.runs, self.others = self._known(), set[str]()
        self.parent = self._run("search", self.run.path.resolve().name, settings(self.run))

    def trial(self, entry: Entry, result: Result, points: Points) -> None:
        number = result.trial.number
        run = self._run(f"trial {number}", f"trial {number}", {"error": result.error} if result.error else {})
        made = self.joined(entry, result, points)
        self._log(run, made, entry if number not in self.reached else None)
        self.client.set_terminated(run, "FAILED" if result.failed else "FINISHED")

    def epoch(self, kind: str, number: int, epoch: int, metrics: Metrics) -> None:
        self._log(self._other(kind, number), [(epoch, metrics)])

    def final(self, number: int, metrics: Metrics) -> None:
        points = [(int(metrics.get("epochs", 0)), metrics)]
        self._log(self._other(FINAL, number), points, self.run.trials[number])

    def close(self) -> None:
        for run in self.others:
            self.client.set_terminated(run, "FINISHED")
        self.client.set_terminated(self.parent, "FINISHED" if self.run.reason else "KILLED")

    def _other(self, kind: str, number: int) -> str:
        run = self._run(f"{kind} {number}", f"{kind} {number}", {})
        self.others.add(run)
        return run

    def _run(self, series: str, name: str, tags: Mapping[str, str]) -> str:
        """The run of a series, made if need be."""
        if series not in self.runs:
            within = {} if series == "search" else {"mlflow.parentRunId": self.parent}
            made = self.client.create_run(
                self.experiment, tags={SEARCH: self.key, SERIES: series, **within}, run_name=name
            )
            self.runs[series] = str(made.info.run_id)
        for tag, value in tags.items():
            self.client.set_tag(self.runs[series], _name(tag), value[:LONGEST])
        return self.runs[series]

    def _known(self) -> dict[str, str]:
        """The runs of this search that there are, by their series."""
        found: list[Any] = []
        token = None
        while token != "":
            page = self.client.search_runs([self.experiment], f"tags.`{SEARCH}` = '{self.key}'", page_token=token)
            found += page
            token = page.token or ""
        return {run.data.tags[SERIES]: run.info.run_id for run in found}

    def _log(self, run: str, points: Points, entry: Entry | None = None) -> None:
        """Epochs, and what `entry` is, in few calls: each is a transaction."""
        from mlflow.entities import Metric, Param

        at = int(time.time() * 1000)
        metrics = [Metric(_name(name), value, at, epoch) for epoch, made in points for name, value in made.items()]
        about = {} if entry is None else parameters(entry)
        given = [Param(_name(name), str(value)[:LONGEST]) for name, value in about.items()]
        while metrics or given:
            self.client.log_batch(run, metrics[:METRICS], given[:PARAMETERS])
            metrics, given = metrics[METRICS:], given[PARAMETERS:]


def _name(text: str) -> str:
    """Of the characters that names may have."""
    return re.sub(r"[^\w\-. :/]", "_", text, flags=re.ASCII)[:250]
