"""What follows a search from within: `nas.search(..., callbacks=[Mine()])`, and the logs of `--log`.

A search is journaled before anyone is told of it, so that what a callback raises ends the search where it stands:
nothing is lost, and `nas.resume` goes on. One that goes on tells of what happens from then on, not of what was before.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from nas.errors import UserError, did_you_mean, shortened

if TYPE_CHECKING:  # the help of the command line reads LOGS, and needs no space
    from nas.run.records import Derived
    from nas.run.results import Run
    from nas.run.state import Entry
    from nas.types import Metrics, Trial


class Callback:
    """Derive from it, and override what you want to hear of. All is called in the process of the search."""

    def on_search_start(self, run: "Run") -> None:
        """A search begins or goes on.

        Args:
            run: it has its path, config, space and the trials that there are.
        """

    def on_trial_start(self, trial: "Trial") -> None:
        """A trial has been dispatched; one that is promoted or tried again starts again.

        Args:
            trial: its number, genome, seed and budget.
        """

    def on_epoch(self, trial: "Trial", epoch: int, metrics: "Metrics") -> None:
        """An epoch of a trial. Called when the trial has ended, wherever it ran, of its epochs in their order.

        Of a promoted trial, those after its pause; of one that is tried again, all.

        Args:
            trial: the trial.
            epoch: counted from 1.
            metrics: what was measured after it, by name.
        """

    def on_trial_end(self, entry: "Entry") -> None:
        """A trial has ended, well or not. One that is promoted or tried again ends again.

        Args:
            entry: the trial with its `result`.
        """

    def on_final_epoch(self, epoch: int, metrics: "Metrics") -> None:
        """An epoch of the winner's final training has ended. One that goes on has those that are left.

        Args:
            epoch: counted from 1.
            metrics: what was measured after it, by name.
        """

    def on_supernet_epoch(self, number: int, epoch: int, metrics: "Metrics") -> None:
        """An epoch of a supernet of a one-shot search. Called when it has been trained, before the trials.

        Args:
            number: the supernet's, counted from 0.
            epoch: counted from 1.
            metrics: what was measured after it, by name.
        """

    def on_search_end(self, run: "Run") -> None:
        """The search has ended and its winner is trained; or it was stopped before.

        Args:
            run: where it was stopped, `run.reason` or `run.final` is None.
        """


class Callbacks(Callback):
    """Several, called one after the other. `raised`: what one of them has. Raises UserError for what is none."""

    def __init__(self, callbacks: Sequence[Callback] | None = None) -> None:
        given = [] if callbacks is None else [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
        for callback in given:
            if not isinstance(callback, Callback):
                what = f"one of them is {shortened(repr(callback))}"
                raise UserError("callbacks", what, "give instances of classes of nas.run.Callback")
        self.callbacks = given
        self.raised: Exception | None = None

    @contextmanager
    def follow(self, run: "Run") -> Iterator[None]:
        """They, and the logs that the run has, hear of the search from its start to its end, however it ends."""
        self.callbacks = [*create_logs(run.config.log), *self.callbacks]
        self.on_search_start(run)
        try:
            yield
        except BaseException:
            with suppress(Exception):  # what ended the search is to be seen, not what that leads to
                self.on_search_end(run)
            raise
        self.on_search_end(run)

    def on_search_start(self, run: "Run") -> None:
        self._call("on_search_start", run)

    def on_trial_start(self, trial: "Trial") -> None:
        self._call("on_trial_start", trial)

    def on_trial_end(self, entry: "Entry", curve: "Sequence[Metrics]" = ()) -> None:
        """curve: of its epochs, each with its number as `epoch`."""
        assert entry.result is not None
        others = (result for result in entry.results.values() if result is not entry.result and not result.failed)
        told = max((result.trial.budget or 0 for result in others), default=0)
        for point in curve:
            metrics = dict(point)
            if (epoch := int(metrics.pop("epoch"))) > told:
                self._call("on_epoch", entry.result.trial, epoch, metrics)
        self._call("on_trial_end", entry)

    def on_final_epoch(self, epoch: int, metrics: "Metrics") -> None:
        self._call("on_final_epoch", epoch, metrics)

    def on_supernet_end(self, record: "Derived") -> None:
        """Tells of its epochs."""
        for epoch, metrics in epochs_of(record):
            self._call("on_supernet_epoch", record.number, epoch, metrics)

    def on_search_end(self, run: "Run") -> None:
        self._call("on_search_end", run)

    def _call(self, method: str, *what: object) -> None:
        try:
            for callback in self.callbacks:
                getattr(callback, method)(*what)
        except Exception as error:
            self.raised = error
            raise


def epochs_of(record: "Derived") -> "list[tuple[int, Metrics]]":
    """Of a supernet, each with its metrics."""
    return [(int(point["epoch"]), dict(point["metrics"])) for point in record.curve]


class Log(NamedTuple):
    """A callback that comes with this package: `module:Class`, the package that it needs, and what to install."""

    home: str
    package: str
    install: str


LOGS = {
    "csv": Log("nas.integrations.logs.csv_files:CsvFiles", "csv", ""),
    "tensorboard": Log("nas.integrations.logs.tensorboard:TensorBoard", "tensorboardX", "tensorboardX tensorboard"),
    "mlflow": Log("nas.integrations.logs.mlflow:MLflow", "mlflow", "mlflow"),
    "wandb": Log("nas.integrations.logs.wandb:Wandb", "wandb", "wandb"),
}


def check_names(names: Sequence[str]) -> None:
    """Raises UserError for one that is no log."""
    for name in names:
        if name not in LOGS:
            raise UserError("log", f"unknown log '{name}'", did_you_mean(name, LOGS))


def create_logs(names: Sequence[str]) -> list[Callback]:
    """The callbacks of these names, one of each. Raises UserError for a package that is missing."""
    check_names(names)
    logs = []
    for name in dict.fromkeys(names):
        home, package, install = LOGS[name]
        if find_spec(package) is None:
            raise UserError(f"log {name}", f"the package {package} is missing", f"pip install {install}")
        module, _, kind = home.partition(":")
        logs.append(getattr(import_module(module), kind)())
    return logs
