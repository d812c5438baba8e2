"""What a search tells whoever watches it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from nas.run.callbacks import Callbacks
from nas.run.pace import Pace
from nas.run.state import Entry, State
from nas.types import OBJECTIVE, Metrics, Trial


@dataclass(frozen=True)
class UnderWay:
    """A trial that runs, `epoch` of its `epochs` behind it; None: they are not known, or not counted."""

    number: int
    epoch: int = 0
    epochs: int | None = None


@dataclass(frozen=True)
class Progress:
    """One event of a search: a trial has just ended, an epoch of the final training has, or networks were scored.

    Attributes:
        finished: trials that ended, failed ones too.
        total: trials that there are to be.
        running: trials under way.
        failed: trials that failed.
        duplicates: proposals refused so far because their network was tried before.
        over_limit: proposals refused so far because they break a limit.
        new: how many trials this process has run.
        seconds: how long it took for them.
        best: the best trial so far.
        entry: the trial that has just ended; None where the event is another.
        epoch: of the final training, the one that has just ended; None before it.
        metrics: of that epoch.
        scored: of a warm start, (networks that are scored, of so many).
        objective: the first objective's metric.
        epochs: of the final training, how many there are to be; None: not known.
        remaining_seconds: until the trials, or the final training, have ended, at the pace so far; None before there is
            one.
        stage: what is done while no trial runs.
        under_way: the trials that run.
        said: lines that stay, about the start or the end.
        stopping: tells whether the user has asked to stop by now.
    """

    finished: int = 0
    total: int = 0
    running: int = 0
    failed: int = 0
    duplicates: int = 0
    over_limit: int = 0
    new: int = 0
    seconds: float = 0.0
    best: Entry | None = None
    entry: Entry | None = None
    epoch: int | None = None
    metrics: Metrics = field(default_factory=dict)
    scored: tuple[int, int] | None = None
    objective: str = OBJECTIVE
    epochs: int | None = None
    remaining_seconds: float | None = None
    stage: str = ""
    under_way: tuple[UnderWay, ...] = ()
    said: tuple[str, ...] = ()
    stopping: Callable[[], bool] = field(default=lambda: False, compare=False, repr=False)

    @property
    def final(self) -> bool:
        """Whether this is about the winner's last training."""
        return self.epoch is not None

    @property
    def trials_per_hour(self) -> float:
        """Of this process so far."""
        return 3600 * self.new / self.seconds if self.seconds > 0 else 0.0


Watch = Callable[[Progress], None]


class Clock:
    """When this process began, and how many trials had finished by then."""

    def __init__(self, finished: int) -> None:
        self.start, self.finished = time.monotonic(), finished

    def seconds(self) -> float:
        return time.monotonic() - self.start


class Watcher:
    """Makes the events of one search for `watch`: of trials that end, of networks scored, of final epochs.

    A watch that has a method `meanwhile` is called by it with what lies between: stages, trials that begin, their
    epochs, and lines about the start and the end. `close` there says that no more will come. `callbacks` are called of
    trials and of final epochs.
    """

    def __init__(self, watch: Watch | bool | None, callbacks: Callbacks | None = None) -> None:
        self.callbacks = callbacks or Callbacks()
        self.watch = watch if callable(watch) else None
        self.meanwhile: Watch | None = getattr(watch, "meanwhile", None)
        self.state: State | None = None
        self.pace: Pace | None = None
        self.clock = Clock(0)
        self.dispatched: dict[int, None] = {}
        self.stopping: Callable[[], bool] = lambda: False
        self.left: float | None = None  # seconds, when a trial last got further

    def follow(self, state: State, pace: Pace, clock: Clock) -> None:
        """From now on events tell of these."""
        self.state, self.pace, self.clock = state, pace, clock

    def stage(self, what: str) -> None:
        """What is done now, which may take seconds."""
        if self.meanwhile is not None:
            self.meanwhile(replace(self.event(), stage=what))

    def say(self, lines: Sequence[str]) -> None:
        """Lines that stay."""
        if self.meanwhile is not None:
            self.meanwhile(replace(self.event(), said=tuple(lines)))

    def began(self, trial: Trial) -> None:
        """A trial has been dispatched."""
        self.dispatched[trial.number] = None
        if self.meanwhile is not None:
            self.meanwhile(self.event())
        self.callbacks.on_trial_start(trial)

    def heard(self, trial: Trial, epoch: int) -> None:
        """A trial under way has so many epochs behind it."""
        if self.state is None or self.pace is None or trial.number not in self.state.pending:
            return
        self.pace.heard(self.state.entries[trial.number], epoch)
        if self.meanwhile is not None:
            self.meanwhile(self.event(further=True))

    def ended(self, entry: Entry, curve: Sequence[Metrics] = ()) -> None:
        """A trial has ended, with these epochs."""
        self.dispatched.pop(entry.trial.number, None)
        if self.watch is not None:
            self.watch(replace(self.event(further=True), entry=entry))
        self.callbacks.on_trial_end(entry, curve)

    def scored(self, done: int, of: int) -> None:
        """So many networks of a warm start are scored."""
        if self.watch is not None:
            self.watch(replace(self.event(), scored=(done, of)))

    def final(self, epoch: int, epochs: int | None, metrics: Metrics, left: float | None) -> None:
        """An epoch of the final training has ended, and so many seconds of it are left."""
        if self.watch is not None:
            about = {"epoch": epoch, "epochs": epochs, "metrics": metrics, "remaining_seconds": left}
            self.watch(replace(self.event(), **about))  # type: ignore[arg-type]
        self.callbacks.on_final_epoch(epoch, metrics)

    def event(self, further: bool = False) -> Progress:
        """How things stand. further: a trial has got further, which changes the time left."""
        state, pace = self.state, self.pace
        if state is None or pace is None:
            return Progress()
        if further:
            self.left = pace.left(state.entries, list(state.pending))
        under_way = tuple(self._under_way(pace, state.entries[number]) for number in self.dispatched)
        return Progress(
            state.finished,
            pace.total,
            len(under_way),
            state.failed,
            state.duplicates,
            state.over_limit,
            state.finished - self.clock.finished,
            self.clock.seconds(),
            state.best,
            objective=state.objectives[0].metric,
            remaining_seconds=self.left,
            under_way=under_way,
            stopping=self.stopping,
        )

    @staticmethod
    def _under_way(pace: Pace, entry: Entry) -> UnderWay:
        epoch, epochs = pace.before(entry), entry.trial.budget or pace.per_trial
        return UnderWay(entry.trial.number, epoch, epochs if entry.trial.budget or epoch or epochs != 1 else None)
