"""Event files of TensorBoard: `tensorboard --logdir RUN/logs/tensorboard`.

Each trial is a run `trials/0007`, whose scalars have epochs for steps, with its answers and costs as hyperparameters;
the winner's last training is `final/0007`, and a supernet `supernet/0000`. In the run `search` a step is a trial: its
objective, and the best so far.
"""

from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from nas.integrations.logs.log import FINAL, Log, Points, parameters, settings
from nas.run.state import Entry
from nas.types import Metrics, Result


class TensorBoard(Log):
    name = "tensorboard"

    def open(self) -> None:
        self.search, self.last = self._writer("search"), dict[str, SummaryWriter]()
        if not self.written:
            rows = [f"| {name} | {value.replace('|', '&#124;')} |" for name, value in settings(self.run).items()]
            self.search.add_text("settings", "\n".join(["| setting | value |", "|---|---|", *rows]), 0)

    def trial(self, entry: Entry, result: Result, points: Points) -> None:
        number = result.trial.number
        made = self.joined(entry, result, points)
        first = points[0][0] if points else None
        with self._writer(f"trials/{number:04d}", first) as writer:
            if number not in self.reached:
                for summary in hparams(parameters(entry), dict.fromkeys(result.metrics or {}, 0.0)):
                    writer.file_writer.add_summary(summary)
            for epoch, metrics in made:
                _add(writer, epoch, metrics)
            if result.error is not None:
                writer.add_text("error", result.error, made[-1][0])
        if not result.failed:
            best = self.run.best or entry
            course = {"search/objective": self._objective(entry), "search/best": self._objective(best)}
            _add(self.search, number, course)

    def epoch(self, kind: str, number: int, epoch: int, metrics: Metrics) -> None:
        series = f"{kind}/{number:04d}"
        if series not in self.last:
            self.last[series] = self._writer(series, epoch)
        _add(self.last[series], epoch, metrics)
        self.last[series].flush()

    def final(self, number: int, metrics: Metrics) -> None:
        with self._writer(f"{FINAL}/{number:04d}") as writer:
            _add(writer, int(metrics.get("epochs", 0)), metrics)

    def close(self) -> None:
        for writer in (self.search, *self.last.values()):
            writer.close()

    def _objective(self, entry: Entry) -> float:
        measured = entry.result.metrics if entry.result is not None else None
        return float({**entry.costs, **(measured or {})}[self.run.state.objectives[0].metric])

    def _writer(self, series: str, first: int | None = None) -> SummaryWriter:
        """first: the step from which on what was written before counts no more: of a process that was killed."""
        folder = self.folder / series
        before = len(list(folder.glob("events.*")))  # files are named by the second, and two of a name are one
        return SummaryWriter(str(folder), purge_step=first, filename_suffix=f".{before:04d}")


def _add(writer: SummaryWriter, step: int, metrics: Metrics) -> None:
    for name, value in metrics.items():
        writer.add_scalar(name, value, step)
