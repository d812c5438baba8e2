"""A run as its user sees it: its trials, the best of them, and how it ended."""

from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError
from nas.graph.costs import COSTS
from nas.graph.shown import Shown
from nas.objectives import parse_objectives
from nas.run import config as configuration
from nas.run.directory import CONFIG, JOURNAL, existing
from nas.run.hypervolume import Hypervolume, course, measured, reference_point
from nas.run.journal import read_journal
from nas.run.state import Entry, State, replay
from nas.searchers.pareto import front
from nas.space import Genome, Space

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nas.data.preprocessing import Preprocessing
    from nas.network import Network


NESTED = ("metrics", "genome")  # of a row of results


class AllFailed(UserWarning):
    """A search has ended, and none of its trials succeeded."""


class Run(Shown):
    """A run directory, read. Opening one takes no lock: a search that goes on may be looked at.

    Args:
        path: the folder.
        config: what was asked for, with what resuming has changed.
        space: what is searched.
        state: what the journal replays to.

    Attributes:
        path: the folder.
        config: what was asked for, with what resuming has changed.
        space: what is searched.
        trials: the trials in the order in which they were begun.
        best: the trial that is best in the first objective (the earliest of equals); None before one has succeeded.
        reason: why the search ended; None while it has not.
        final: the metrics of the winner's last training, `test_accuracy` among them; None before it has ended.
    """

    def __init__(self, path: Path, config: configuration.Config, space: Space, state: State) -> None:
        self.path, self.config, self.space, self.state = path, config, space, state

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """Read a run directory, as `nas.load_run` does.

        Args:
            path: the directory.

        Raises:
            UserError: it is no run, or its journal is damaged.
        """
        path = existing(path)
        config = configuration.read_config(path / CONFIG)
        space = config.document()
        state = State(space.document, parse_objectives(config.objectives))
        records, _, _ = read_journal(path / JOURNAL)
        replay(records, state, lambda result: None, str(path / JOURNAL))
        return cls(path, config.changed(state.settings, str(path / JOURNAL)), space, state)

    def __repr__(self) -> str:
        from nas.run.summary import closing

        return "\n".join([f"Run {self.path}: {self.space.name} by {self.config.searcher}", *closing(self)])

    @property
    def trials(self) -> list[Entry]:
        return self.state.entries

    @property
    def best(self) -> Entry | None:
        return self.state.best

    @property
    def reason(self) -> str | None:
        return self.state.end.reason if self.state.end else None

    @property
    def final(self) -> dict[str, float] | None:
        return self.state.trained.metrics if self.state.trained else None

    @property
    def way_on(self) -> str:
        """The command by which there may be more results."""
        return f"nas resume {self.path}{' --retry-failed' if self.state.failed and self.reason else ''}"

    @property
    def failure(self) -> str | None:
        """Where the search has ended and all its trials failed, a line that says so: why most of them, and a way out.

        None where it has not.
        """
        if self.reason is None or not self.state.failed or self.state.failed < self.state.finished:
            return None
        errors = Counter(str(entry.result.error) for entry in self.trials if entry.result is not None)
        ((error, count),) = errors.most_common(1)
        most = "all" if count == self.state.failed else f"{count} of them"
        failed = f"all {self.state.failed} trials failed, {most} with '{error}'"
        if self.state.failed == 1:
            failed = f"its one trial failed with '{error}'"
        way = f"once that is mended: {self.way_on}"
        return f"{self.path}: {failed}; {way}"

    @property
    def images(self) -> dict[str, int]:
        """How many images each set of its data has; empty where that was not noted."""
        images = dict(getattr(self.config, "data", {})).get("images")
        counts = images.items() if isinstance(images, dict) else ()
        return {str(split): count for split, count in counts if type(count) is int and count > 0}

    def results(self) -> list[dict[str, Any]]:
        """Trials that ended, best first, failures last: plain values, as `nas results --json` prints them.

        Where trials had different epochs, those of more come first. `front` says which no other trial dominates in all
        objectives.
        """
        ended = [entry for entry in self.trials if entry.result is not None]
        ended.sort(key=_rank)
        best = {entry.trial.number for entry in self.front()}
        return [{**_row(entry), "front": entry.trial.number in best} for entry in ended]

    def front(self) -> list[Entry]:
        """The Pareto front: trials that no other dominates in all objectives, by the first one, best first.

        Among those of the most epochs: others do not compare.
        """
        done = self.compared
        best = [done[i] for i in front([entry.result.values for entry in done if entry.result is not None])]
        return sorted(best, key=_rank)

    def _best_genome(self) -> Genome:
        if self.best is None:
            what = "no trial of this run has succeeded yet"
            raise UserError(str(self.path), what, f"see nas results {self.path}, or go on: {self.way_on}")
        return self.best.trial.genome

    def weights(self) -> Path:
        """The folder with the best network's genome.json and weights: best/, or before the search's end its trial's.

        Raises:
            UserError: there is none: of an evaluator that trains nothing, or of a failed promotion.
        """
        from nas.training.trained import WEIGHTS

        genome, best = self._best_genome(), self.path / "best"
        trial = self.path / "trials" / f"{self.best.trial.number:04d}" if self.best else best
        for folder in (best, trial):
            whole = (folder / WEIGHTS).is_file() and (folder / "genome.json").is_file()
            if whole and dict(Genome.load(folder / "genome.json").answers) == dict(genome.answers):
                return folder
        what = "it has no weights of its best network, which were not kept, or never trained"
        raise UserError(str(self.path), what, f"train it: nas train {self.path}")

    def model(self) -> "tuple[Network, Preprocessing | None]":
        """The best network, trained, in evaluation mode; and how pictures become its input.

        `model(preprocessing("a.png")[None])` are its logits, `model.classes` the names of its classes. Of a run of an
        older version, which noted neither, both are None.

        Raises:
            UserError: as `weights`.
        """
        from nas.training.trained import load_trained

        model, _ = load_trained(self.weights())
        return model, model.preprocessing

    def plot(self) -> "Figure":
        """Every trial and the best so far, as matplotlib's Figure, which a notebook shows."""
        figure: Figure = import_module("nas.report.notebook").course(self)
        return figure

    def dataframe(self) -> Any:
        """`results` as a pandas DataFrame: a column for each metric, cost and choice, which has its path for a name.

        Raises:
            UserError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise UserError("dataframe", "the package pandas is missing", "pip install pandas") from None
        flat = [
            {name: value for name, value in row.items() if name not in NESTED}
            | {key: value for name in NESTED for key, value in (row[name] or {}).items()}
            for row in self.results()
        ]
        return pandas.DataFrame(flat)

    def report(self) -> Path:
        """Writes report.html into the run directory, and returns its path."""
        path: Path = import_module("nas.report").write(self.path)  # a room above this one
        return path

    def hypervolume(self, reference: Mapping[str, float] | None = None) -> Hypervolume | None:
        """How good the front is as one number, from a reference point; see `nas.run.hypervolume`.

        Args:
            reference: for each objective's metric a value that one would not go below (or above, of a cost), as
                measured: `{"valid_accuracy": 0, "parameters": 2e6}`. Of one that is left out, the worst value among the
                trials that the front is of: the number then compares trials of this run only.

        Returns:
            `value`, `reference` and `course`, the value trial by trial; None with fewer than two objectives, and before
            a trial has succeeded.

        Raises:
            UserError: `reference` names what is no objective.
        """
        objectives = self.state.objectives
        points = [entry.result.values for entry in self.compared if entry.result is not None]
        if len(objectives) < 2 or not points:
            return None
        point = reference_point(objectives, points, reference)
        volumes = course(points, point)
        return Hypervolume(volumes[-1], measured(objectives, point), volumes)

    @property
    def compared(self) -> list[Entry]:
        """Trials that succeeded, of those that had the most epochs, in the order of issue."""
        done = [entry for entry in self.trials if entry.score is not None]
        most = max((entry.worth[0] for entry in done), default=0)
        return [entry for entry in done if entry.worth[0] == most]


def load_run(path: str | Path) -> Run:
    """Read a run directory.

    Args:
        path: the directory, such as `runs/nasbench201-random-1`. It takes no lock, so the search may be under way.

    Returns:
        The run: `best`, `results()`, `front()`, `model()`, `report()` and more.

    Raises:
        UserError: the path is no run directory, or its journal is damaged.
    """
    return Run.open(path)


def best_genome(path: str | Path) -> Genome:
    """The genome of a run's best trial. Raises UserError where it has none yet."""
    return Run.open(path)._best_genome()


def _rank(entry: Entry) -> tuple[bool, float, float, int]:
    epochs, score = entry.worth if entry.score is not None else (0, 0.0)
    return entry.score is None, -epochs, -score, entry.trial.number


def _row(entry: Entry) -> dict[str, Any]:
    result = entry.result
    assert result is not None
    return {
        "number": entry.trial.number,
        "state": "failed" if result.failed else "done",
        "genome": dict(entry.trial.genome.answers),
        "fingerprint": entry.fingerprint,
        "metrics": result.metrics,
        **{name: entry.costs.get(name) for name in COSTS},
        "epochs": result.trial.budget or (result.metrics or {}).get("epochs"),
        "seconds": sum(each.seconds for each in entry.results.values()),
        "error": result.error,
    }
