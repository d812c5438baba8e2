"""The search loop, where searcher, executor and journal meet.

    ask -> journal `issued` -> executor -> evaluator -> result -> journal `done` -> tell

No barrier: as soon as one evaluation ends, its result is told and the next trial issued. Beside several workers the
next proposal is made while they are busy, so that none of them waits for it. A record is on disk before anything acts
on it, so a process may die at any point: trials issued and not done are dispatched again, and none is issued twice.
Where the schedule pauses trials, it is asked before the searcher: a paused one may be `promoted` to more epochs.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from nas.evaluators import Evaluator
from nas.run import snapshot
from nas.run.config import Config
from nas.run.directory import (
    CHECKPOINT,
    CURVE,
    remove_checkpoints,
    remove_trained,
    trial_directory,
    write_curve,
    write_json,
)
from nas.run.interrupt import Stop
from nas.run.journal import Journal
from nas.run.pace import Pace
from nas.run.progress import Clock, Watcher
from nas.run.propose import End, Proposal, first_of, propose
from nas.run.records import Done, Ended, Issued, Promoted, Record, Session, now, to_json
from nas.run.schedule import Schedule
from nas.run.state import OUT_OF_TIME, Entry, State
from nas.space import Space
from nas.types import Executor, Result, Searcher, Trial, trial_random

ALL = End("all trials done")


@dataclass
class Search:
    """A search under way, all its parts in place; the searcher has been told what the journal holds."""

    path: Path
    config: Config
    space: Space
    searcher: Searcher
    schedule: Schedule
    evaluator: Evaluator
    journal: Journal
    state: State
    watcher: Watcher = field(default_factory=lambda: Watcher(None))
    running: int = 0
    ahead: Proposal | End | None = None  # of the next trial, made while the workers are busy
    settled: set[int] = field(default_factory=set)  # trials whose checkpoints are gone
    clock: Clock = field(init=False)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.clock, self.spent = Clock(self.state.finished), self.state.seconds
        per_trial = self.evaluator.planned_epochs if self.config.epochs is None else self.config.epochs
        self.pace = Pace(self.schedule, self.config.trials, per_trial)
        self.watcher.follow(self.state, self.pace, self.clock)
        self.keeps = self.evaluator.takes_checkpoint
        train = self.evaluator.trainer
        self.inherits = train is not None and train.inherit  # any trained network may become a parent
        self.first = [self.space.genome(answers) for answers in self.config.start_from]
        self.given = 0  # how many of those, then of the warm start's and the supernets', have had their turn
        self.kept = self._best()  # the one trial whose trained network stays on disk

    def begin(self, record: Session | None) -> None:
        """Journal what a search goes on with, if that differs from before."""
        if record is not None:
            # What an interrupted training of the best has left may be of another than the best to come.
            (self.path / "best" / CHECKPOINT).unlink(missing_ok=True)
            self.record(record)
            self.clock = Clock(self.state.finished)
            self.watcher.follow(self.state, self.pace, self.clock)

    def run(self, executor: Executor, stop: Stop) -> bool:
        """Run trials until there are enough, none is left to propose, or time is up; those under way then may end.

        False where the user stopped it before.
        """
        again = deque(self.state.pending.values())
        several = executor.free() > 1  # with one worker each proposal knows every result, resumed or not
        end = None
        executor.told = self.watcher.heard if self.watcher.meanwhile else None
        self.watcher.stopping = lambda: stop.asked
        self.pace.begin()
        while True:
            while end is None and executor.free() and not stop.asked:
                if self._out_of_time() and (again or self._wanted() or self._promotion()):
                    end = End(OUT_OF_TIME)
                    break
                trial = again.popleft() if again else self._issue()
                if trial is None or isinstance(trial, End):
                    end = trial
                    break
                directory = self._describe(trial)
                executor.submit(self.evaluator, trial, directory / CHECKPOINT if self.keeps else None)
                self.running += 1
                self.watcher.began(trial)
            if not self.running:
                break
            if several and end is None and not (again or stop.asked or self.ahead) and self._wanted():
                self.ahead = self._propose()
            result = executor.next()
            if result is not None:
                self.running -= 1
                self._finish(result)
        snapshot.save(self.path, self.searcher)
        if end is None and (self.state.pending or self._wanted() or self._promotion()):
            return False
        end = end or ALL
        self.record(Ended(reason=end.reason, duplicates=end.duplicates, over_limit=end.over_limit, time=now()))
        entries = self.state.entries
        settled = self.schedule.settled(entries, self.config.trials)
        self._settle(settled if self.state.out_of_time else set(range(len(entries))))
        return True

    def _settle(self, numbers: set[int]) -> None:
        """Trials that will never go on need no checkpoint; one that failed may be tried again, and keeps it."""
        for number in numbers - self.settled:
            result = self.state.entries[number].result
            if result is None or not result.failed:
                remove_checkpoints(self.path, number)
        self.settled |= numbers

    def _out_of_time(self) -> bool:
        limit = self.config.max_time if self.state.time_limit is None else self.state.time_limit
        return limit is not None and self.spent + self.clock.seconds() >= limit

    def _wanted(self) -> bool:
        return len(self.state.entries) < self.config.trials

    def _issue(self) -> Trial | End | None:
        """The next trial, or a paused one with more epochs, journaled; or why there is none, None for "not yet"."""
        promotion, end = self._promotion(), ALL
        if promotion is None and self._wanted():
            proposal, self.ahead = self.ahead or self._propose(), None
            if not isinstance(proposal, End):
                return self._issued(proposal)
            promotion, end = self._promotion(last=True), replace(proposal, reason=f"exhausted: {proposal.reason}")
        if promotion is None:
            return None if self.running else end  # what is under way may yet be promoted
        number, budget = promotion
        self.record(Promoted(number=number, budget=budget, time=now()))
        return self.state.entries[number].trial

    def _issued(self, proposal: Proposal) -> Trial:
        number = len(self.state.entries)
        seed = trial_random(self.config.seed, number).randrange(2**31)
        trial = Trial(number, proposal.genome, seed, self.schedule.first(number), horizon=self.schedule.horizon)
        self.record(Issued.of(trial, proposal))
        return self.state.entries[number].trial

    def _promotion(self, last: bool = False) -> tuple[int, int] | None:
        """Who goes on to which epochs. last: no further trial will be issued."""
        return self.schedule.promotion(self.state.entries, len(self.state.entries) if last else self.config.trials)

    def _propose(self) -> Proposal | End:
        """The next trial's proposal, or why there is none."""
        rng = trial_random(self.config.seed, len(self.state.entries))
        rng.randrange(2**31)  # the trial's seed
        pending = tuple(trial for number, trial in self.state.pending.items() if not self.state.entries[number].results)
        has = partial(self.evaluator.has, epochs=self.schedule.first(len(self.state.entries)))
        rules = self.state.seen, self.config.limits, has, self.config.deduplicate
        chosen = [*self.first, *(self.state.warm or []), *self.state.from_supernets]
        while self.given < len(chosen):  # one that is refused, as those tried before a resumption are, is passed over
            self.given += 1
            proposal = first_of([chosen[self.given - 1]], self.space, *rules, [])
            if isinstance(proposal, Proposal):
                return proposal
        return propose(self.searcher, self.space, rng, pending, *rules)

    def _finish(self, result: Result) -> None:
        if result.curve:
            write_curve(trial_directory(self.path, result.trial.number) / CURVE, result.curve)
        self.pace.finished(self.state.entries[result.trial.number], result)
        entry = self.record(Done.of(result))
        assert entry is not None and entry.result is not None
        entry.tell(self.searcher.tell, retelling(self.searcher))
        if self.state.finished % snapshot.RESULTS_BETWEEN == 0 and not entry.retold:
            snapshot.save(self.path, self.searcher)
        self._settle(self.schedule.settled(self.state.entries, self.config.trials))
        if not self.inherits:
            for number in {entry.trial.number, self.kept} - {self._best(), None}:
                remove_trained(self.path, number)
        self.kept = self._best()
        self.watcher.ended(entry, result.curve)

    def _best(self) -> int | None:
        return self.state.best.trial.number if self.state.best else None

    def record(self, record: Record) -> Entry | None:
        """Journal it, then take it up; of a result, returns the trial's entry."""
        self.journal.append(to_json(record))
        return self.state.apply(record)

    def _describe(self, trial: Trial) -> Path:
        """The trial's folder, with its genome."""
        directory = trial_directory(self.path, trial.number)
        write_json(directory / "genome.json", trial.genome.to_json())
        return directory


def retelling(searcher: Searcher) -> Callable[[Result], None] | None:
    """By what it is told that a result replaces an earlier one, if it can be; see `types.Searcher`."""
    retell: Callable[[Result], None] | None = getattr(searcher, "retell", None)
    return retell
