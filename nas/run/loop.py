"""The search loop, where searcher, executor and journal meet.

    ask -> journal `issued` -> executor -> evaluator -> result -> journal `done` -> tell

No barrier: as soon as one evaluation ends, its result is told and the next trial issued. Beside several workers the
next proposal is made while they are busy, so that none of them waits for it. A record is on disk before anything acts
on it, so a process may die at any point: trials issued and not done are dispatched again, and none is issued twice.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from nas.run.config import Config
from nas.run.directory import trial_directory, write_curve, write_json
from nas.run.interrupt import Stop
from nas.run.journal import Journal
from nas.run.progress import Clock, Progress, Watch
from nas.run.propose import Proposal, propose
from nas.run.state import Entry, State, done, issued
from nas.space import Space
from nas.types import Evaluator, Executor, Result, Searcher, Trial, trial_random


@dataclass
class Search:
    """A search under way, all its parts in place; the searcher has been told what the journal holds."""

    path: Path
    config: Config
    space: Space
    searcher: Searcher
    evaluator: Evaluator
    journal: Journal
    state: State
    watch: Watch | None = None
    running: int = 0
    ahead: Proposal | str | None = None  # of the next trial, made while the workers are busy
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.state.finished)

    def run(self, executor: Executor, stop: Stop) -> bool:
        """Run trials until there are enough, or none is left to propose. False where the user stopped it before."""
        again = deque(self.state.pending.values())
        several = executor.free() > 1  # with one worker each proposal knows every result, resumed or not
        reason = None
        while True:
            while reason is None and executor.free() and not stop.asked:
                trial = again.popleft() if again else self._issue()
                if isinstance(trial, str):
                    reason = trial
                    break
                executor.submit(self.evaluator, trial)
                self.running += 1
                self._describe(trial)
            if not self.running:
                break
            if several and reason is None and not (again or stop.asked or self.ahead) and self._wanted():
                self.ahead = self._propose()
            result = executor.next()
            self.running -= 1
            self._finish(result)
        if reason is None:
            return False
        self._record({"kind": "end", "reason": reason, "time": round(time.time(), 3)})
        return True

    def _wanted(self) -> bool:
        return len(self.state.entries) < self.config.trials

    def _issue(self) -> Trial | str:
        """The next trial, journaled; or why there is none."""
        if not self._wanted():
            return "all trials done"
        found, self.ahead = self.ahead or self._propose(), None
        if isinstance(found, str):
            return f"exhausted: {found}"
        number = len(self.state.entries)
        seed = trial_random(self.config.seed, number).randrange(2**31)
        self._record(issued(Trial(number, found.genome, seed, self.config.epochs), found, time.time()))
        return self.state.entries[number].trial

    def _propose(self) -> Proposal | str:
        """The next trial's proposal, or why there is none."""
        rng = trial_random(self.config.seed, len(self.state.entries))
        rng.randrange(2**31)  # the trial's seed
        pending = tuple(self.state.pending.values())
        return propose(self.searcher, self.space, rng, pending, self.state.seen, self.config.limits)

    def _finish(self, result: Result) -> None:
        if result.curve:
            write_curve(trial_directory(self.path, result.trial.number) / "curve.jsonl", result.curve)
        entry = self._record(done(result, time.time()))
        assert entry is not None and entry.result is not None
        self.searcher.tell(entry.result)
        self.tell_watcher(entry)

    def _record(self, record: dict[str, object]) -> Entry | None:
        self.journal.append(record)
        return self.state.apply(record)

    def _describe(self, trial: Trial) -> None:
        write_json(trial_directory(self.path, trial.number) / "genome.json", trial.genome.to_json())

    def tell_watcher(
        self, entry: Entry | None = None, epoch: int | None = None, metrics: dict[str, float] | None = None
    ) -> None:
        """One event for whoever watches."""
        if self.watch is None:
            return
        state, seconds = self.state, self.clock.seconds()
        counts = (state.finished, self.config.trials, self.running, state.failed, state.duplicates, state.over_limit)
        self.watch(
            Progress(*counts, state.finished - self.clock.finished, seconds, state.best, entry, epoch, metrics or {})
        )
