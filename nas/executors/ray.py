"""Evaluations on warm Ray workers, on this machine or on an existing cluster (Moritz et al. 2018, arXiv:1712.05889).

A worker is an actor: it imports torch and reads the data set once, then takes one trial after the other. Retries are
ours, not Ray's: a worker that dies or hangs is replaced by a new one, so that no evaluation can run twice at once. A
trial that is tried again, or promoted, goes on from its checkpoint on any machine that has the run directory at the
same path (a shared disk); on the others it begins again.

Machines of a cluster come and go: there are as many workers as they hold, up to the number that was asked for. A trial
is not to blame for a machine that is lost, and is tried again elsewhere. Ray takes seconds to notice that one is: until
then nobody knows whether it was the machine or the trial that ended a worker.
"""

import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
import ray.exceptions

from nas.errors import UserError
from nas.executors.aside import aside
from nas.executors.attempt import attempt
from nas.executors.board import LOOK_SECONDS, Board, Notes, noting
from nas.executors.cluster import beside_us, cause, line, machines, own_machine, room, shares, start
from nas.space.own import register_operation, registered
from nas.types import Evaluate, Result, Trial

COUNT_SECONDS = 2.0  # between two counts of a cluster's machines
DOUBT_SECONDS = 90.0  # within which Ray notices that a machine is lost: five checks of up to 13 s, and some more
MOST_LOST = 20  # machines that one trial may take with it before it is to blame


class Worker:
    """The actor.

    threads: how many CPU threads its evaluations may use, set before anything imports torch. operations: the user's own
    that are registered where the search runs: classes themselves, so that no worker imports what a genome names.
    """

    def __init__(
        self, evaluator: Evaluate, threads: int, board: Any = None, operations: Mapping[str, type] | None = None
    ) -> None:
        os.environ["NAS_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
        for name, given in (operations or {}).items():
            register_operation(given, name)
        self.evaluator, self.told = evaluator, None if board is None else noting(board)

    def ready(self) -> str:
        return own_machine()

    def evaluate(self, trial: Trial, checkpoint: Path | None) -> tuple[Result, bool]:
        """The result, and whether this machine has the trial's folder."""
        seen = checkpoint is None or checkpoint.parent.is_dir()
        result = attempt(self.evaluator, trial, checkpoint, self.told)
        return replace(result, trial=None), seen  # type: ignore[arg-type]  # the driver has it; no genome travels twice


@dataclass
class Slot:
    """A worker, its number and machine, and what it is at: starting (no trial), evaluating (both), or idle (no ref)."""

    number: int
    actor: Any
    ref: Any
    trial: Trial | None = None
    checkpoint: Path | None = None
    since: float = 0.0
    machine: str = ""


@dataclass
class Lost:
    """What became of a trial whose worker is out of reach, on a machine that may be lost: its failure, if it is not."""

    slot: Slot
    failure: Result
    until: float  # when it is known


class Ray:
    """`workers` actors (default: one a core, or a share of a GPU), each with its share of the CPU cores as threads.
    Of a cluster it is the most that there are at a time; `workers` says how many there are.

    gpus_per_trial: 0, a fraction, or a whole number of GPUs; Ray shows each worker its own and limits no memory.
    address: of a running cluster ("auto" finds one on this machine); None starts Ray here.
    deadline: seconds after which an evaluation has failed and its worker is replaced; it is not tried again.
    retries: how often a trial whose worker died is tried again, lost machines not counted. Raises UserError for what
    the machines cannot hold.
    """

    def __init__(
        self,
        workers: int | None = None,
        gpus_per_trial: float = 0.0,
        address: str | None = None,
        deadline: float | None = None,
        retries: int = 2,
    ) -> None:
        self.deadline, self.retries, self.gpus = deadline, retries, gpus_per_trial
        self.told: Callable[[Trial, int], None] | None = None
        self.board: Board | None = None  # where somebody is to be told
        self.owner = not ray.is_initialized()
        self.most, self.elastic = workers, address is not None or not self.owner
        try:
            if self.owner:
                start(workers, address)
            self.workers, self.threads = shares(machines().values(), workers, gpus_per_trial)
        except (UserError, KeyboardInterrupt):
            self.close()
            raise
        self.slots: list[Slot] = []
        self.deaths: dict[int, list[str]] = {}  # of each trial's workers, by the machines where they were
        self.doubtful: list[Lost] = []
        self.blind: set[str] = set()  # machines that do not see the run directory
        self.counted = time.monotonic()
        self.queue: deque[tuple[Trial, Path | None]] = deque()
        self.evaluator: Evaluate | None = None
        self.failed_starts = 0

    def submit(self, evaluator: Evaluate, trial: Trial, checkpoint: Path | None = None) -> None:
        if self.evaluator is not evaluator:
            self._hire(evaluator)
        self.queue.append((trial, checkpoint and checkpoint.resolve()))  # workers have folders of their own
        self._assign()

    def free(self) -> int:
        taken = len(self.queue) + len(self.doubtful) + sum(slot.trial is not None for slot in self.slots)
        return max(0, self.workers - taken)

    def close(self) -> None:
        for slot in getattr(self, "slots", []):
            ray.kill(slot.actor)
        self.slots = []
        if self.board is not None:
            ray.kill(self.board.actor)
            self.board = None
        if self.owner and ray.is_initialized():
            aside(ray.shutdown)

    def next(self) -> Result | None:
        while True:
            self._tell()
            if self._count():
                return None
            if (failure := self._settled()) is not None:
                return failure
            self._assign()
            busy = sorted((slot for slot in self.slots if slot.ref is not None), key=lambda slot: slot.since)
            if not busy:  # of all that is left nobody knows yet whether it failed
                time.sleep(LOOK_SECONDS)
                continue
            ready, _ = ray.wait([slot.ref for slot in busy], num_returns=1, timeout=self._patience(busy))
            slot = next(slot for slot in busy if slot.ref == ready[0]) if ready else self._overdue(busy)
            result = None if slot is None else self._collect(slot) if ready else self._ended(slot)
            if slot is not None and result is not None:
                return replace(result, worker=slot.number)

    def _hire(self, evaluator: Evaluate) -> None:
        for slot in self.slots:
            ray.kill(slot.actor)
        try:
            self.evaluator, self.stored = evaluator, ray.put(evaluator)
        except TypeError as error:
            hint = "define it at the top of a module, without open files or locks"
            raise UserError("executor ray", f"the evaluator cannot be sent to a worker: {line(error)}", hint) from None
        if self.told is not None and self.board is None:
            self.board = Board(ray.remote(Notes).options(num_cpus=0, scheduling_strategy=beside_us()).remote())
        self.slots = [Slot(number, None, None) for number in range(self.workers)]
        for slot in self.slots:
            self._start(slot)

    def _count(self) -> bool:
        """Sees to it that there are as many workers as the cluster's machines hold now; whether these are more."""
        if not self.elastic or not self.slots or time.monotonic() - self.counted < COUNT_SECONDS:
            return False
        self.counted, living = time.monotonic(), machines()
        for slot in self.slots:
            if slot.ref is None and slot.machine not in living:
                self._start(slot)
        held = room(living.values(), self.threads, self.gpus)
        wanted = max(1, held if self.most is None else min(self.most, held))
        for slot in [slot for slot in self.slots if slot.ref is not None and slot.trial is None]:
            if len(self.slots) > wanted:  # nothing holds it
                ray.kill(slot.actor)
                self.slots.remove(slot)
        while len(self.slots) < wanted:
            number = min(set(range(wanted)) - {slot.number for slot in self.slots})
            self.slots.append(Slot(number, None, None))
            self._start(self.slots[-1])
        before, self.workers = self.workers, len(self.slots)
        return self.workers > before

    def _start(self, slot: Slot) -> None:
        """A new worker in this slot, which takes trials once it is ready."""
        actor = ray.remote(num_cpus=self.threads, num_gpus=self.gpus, max_restarts=0)(Worker)
        slot.actor = actor.remote(self.stored, self.threads, self.board and self.board.actor, registered())
        slot.ref, slot.trial, slot.since = slot.actor.ready.remote(), None, time.monotonic()

    def _assign(self) -> None:
        for slot in self.slots:
            if slot.ref is None and self.queue:
                (slot.trial, slot.checkpoint), slot.since = self.queue.popleft(), time.monotonic()
                slot.ref = slot.actor.evaluate.remote(slot.trial, slot.checkpoint)

    def _patience(self, busy: list[Slot]) -> float | None:
        """Seconds until the next deadline, look at the board, or count of the machines; None without any."""
        starts = [slot.since for slot in busy if slot.trial is not None]
        look = LOOK_SECONDS / 2 if self.board is not None else COUNT_SECONDS if self.elastic else None
        if self.deadline is None or not starts:
            return look
        due = max(0.0, min(starts) + self.deadline - time.monotonic())
        return due if look is None else min(due, look)

    def _tell(self) -> None:
        """Of the epochs that are new on the board."""
        if self.board is None or self.told is None:
            return
        under_way = {slot.trial.number: slot.trial for slot in self.slots if slot.trial is not None}
        for number, epoch in self.board.look().items():
            if number in under_way:
                self.told(under_way[number], epoch)

    def _overdue(self, busy: list[Slot]) -> Slot | None:
        """One whose evaluation takes too long."""
        now = time.monotonic()
        late = (slot for slot in busy if slot.trial and self.deadline and now - slot.since >= self.deadline)
        return next(late, None)

    def _ended(self, slot: Slot) -> Result:
        """The result of one that is overdue. A method under way cannot be cancelled: the worker is another then."""
        assert slot.trial is not None and self.deadline is not None
        trial, error = slot.trial, f"overdue: still running after its deadline of {self.deadline:g} s"
        ray.kill(slot.actor)
        self._start(slot)
        return Result(trial, None, error, self.deadline)

    def _collect(self, slot: Slot) -> Result | None:
        """The result of a slot whose ref is ready; None if the worker has only started, or its trial is tried again."""
        trial = slot.trial
        try:
            value = ray.get(slot.ref)
        except ray.exceptions.RayTaskError as error:  # beyond what `attempt` catches; the worker lives
            if trial is None:
                raise
            value = Result(trial, None, line(error)), True
        except ray.exceptions.RayError as error:
            ray.kill(slot.actor)  # it may only be out of reach, and must not go on
            before = replace(slot)
            self._start(slot)
            return self._lost(before, error)
        slot.ref, slot.trial = None, None
        self.failed_starts = 0
        if trial is None:
            slot.machine = value
            return None
        result, seen = value
        if not seen:
            self._is_blind(slot)
        self.deaths.pop(trial.number, None)
        return replace(result, trial=trial)

    def _lost(self, slot: Slot, error: Exception) -> Result | None:
        """The worker died: its trial is tried again, or has failed after the last retry, or nobody knows yet."""
        if slot.trial is None:
            self.failed_starts += 1
            if "creation task" in str(error) or self.failed_starts > self.retries + self.workers:
                hint = "what the evaluator needs must be importable on every machine"
                raise UserError("executor ray", f"its workers die as they start: {line(error, -1)}", hint)
            return None
        deaths = self.deaths.setdefault(slot.trial.number, [])
        deaths.append(slot.machine)
        blamed = self._blamed(slot.trial)
        text = f"worker died {blamed} time{'s' * (blamed != 1)}: {cause(error)}"
        failure = Result(slot.trial, None, text, time.monotonic() - slot.since)
        unsure = isinstance(error, ray.exceptions.ActorUnavailableError) and slot.machine != own_machine()
        return self._judged(Lost(slot, failure, time.monotonic() + (DOUBT_SECONDS if unsure else 0.0)))

    def _blamed(self, trial: Trial) -> int:
        """How many of its workers' deaths are the trial's: on machines that live, or on too many of the others."""
        deaths, living = self.deaths[trial.number], machines()
        return len(deaths) if len(deaths) > MOST_LOST else sum(machine in living for machine in deaths)

    def _judged(self, lost: Lost) -> Result | None:
        """Its failure; None where it is tried again, or where that is to be known later."""
        trial = lost.slot.trial
        assert trial is not None
        if self._blamed(trial) <= self.retries:
            self.queue.appendleft((replace(trial, attempt=trial.attempt + 1), lost.slot.checkpoint))
            return None
        if time.monotonic() < lost.until:
            self.doubtful.append(lost)
            return None
        del self.deaths[trial.number]
        return replace(lost.failure, worker=lost.slot.number)

    def _settled(self) -> Result | None:
        """A failure of which there is no doubt any more."""
        doubtful, self.doubtful = self.doubtful, []
        failures = [self._judged(lost) for lost in doubtful[:1]]
        self.doubtful += doubtful[1:]
        return failures[0] if failures else None

    def _is_blind(self, slot: Slot) -> None:
        """Says once of a machine that trials which are tried again there begin at their beginning."""
        if slot.machine not in self.blind:
            self.blind.add(slot.machine)
            what = "a machine of the cluster does not see the run directory: trials that go on there begin from scratch"
            warnings.warn(f"{what}, and leave no weights; put --runs on a disk that all share", stacklevel=2)
