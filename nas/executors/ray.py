"""Evaluations on warm Ray workers, on this machine or on an existing cluster (Moritz et al. 2018, arXiv:1712.05889).

A worker is an actor: it imports torch and reads the data set once, then takes one trial after the other. Retries are
ours, not Ray's: a worker that dies or hangs is replaced by a new one, so that no evaluation can run twice at once. A
trial that is tried again, or promoted, goes on from its checkpoint on any machine that has the run directory at the
same path (a shared disk); on the others it begins again.
"""

import math
import os
import time
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
from nas.executors.reaper import stand_by
from nas.space.own import register_operation, registered
from nas.types import Evaluate, Result, Trial

STORE_BYTES = 128 * 2**20  # trials and results are small; Ray's default would reserve a third of the memory


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

    def ready(self) -> int:
        return os.getpid()

    def evaluate(self, trial: Trial, checkpoint: Path | None) -> Result:
        result = attempt(self.evaluator, trial, checkpoint, self.told)
        return replace(result, trial=None)  # type: ignore[arg-type]  # the driver has it; genomes need not travel twice


@dataclass
class Slot:
    """A worker, its number, and what it is at: starting (no trial), evaluating (both), or idle (no ref)."""

    number: int
    actor: Any
    ref: Any
    trial: Trial | None = None
    checkpoint: Path | None = None
    since: float = 0.0


class Ray:
    """`workers` actors (default: one a core, or a share of a GPU), each with its share of the CPU cores as threads.

    gpus_per_trial: 0, a fraction, or a whole number of GPUs; Ray shows each worker its own and limits no memory.
    address: of a running cluster ("auto" finds one on this machine); None starts Ray here.
    deadline: seconds after which an evaluation has failed and its worker is replaced; it is not tried again.
    retries: how often a trial whose worker died is tried again. Raises UserError for what the machines can never hold.
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
        try:
            if self.owner:
                _start(workers, address)
            self.workers, self.threads = _shares(_nodes(), workers, gpus_per_trial)
        except (UserError, KeyboardInterrupt):
            self.close()
            raise
        self.slots: list[Slot] = []
        self.queue: deque[tuple[Trial, Path | None]] = deque()
        self.evaluator: Evaluate | None = None
        self.failed_starts = 0

    def submit(self, evaluator: Evaluate, trial: Trial, checkpoint: Path | None = None) -> None:
        if self.evaluator is not evaluator:
            self._hire(evaluator)
        self.queue.append((trial, checkpoint and checkpoint.resolve()))  # workers have folders of their own
        self._assign()

    def free(self) -> int:
        return self.workers - len(self.queue) - sum(slot.trial is not None for slot in self.slots)

    def close(self) -> None:
        for slot in getattr(self, "slots", []):
            ray.kill(slot.actor)
        self.slots = []
        if self.board is not None:
            ray.kill(self.board.actor)
            self.board = None
        if self.owner and ray.is_initialized():
            aside(ray.shutdown)

    def next(self) -> Result:
        while True:
            self._tell()
            self._assign()
            busy = sorted((slot for slot in self.slots if slot.ref is not None), key=lambda slot: slot.since)
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
            raise UserError("executor ray", f"the evaluator cannot be sent to a worker: {_line(error)}", hint) from None
        if self.told is not None and self.board is None:
            self.board = Board(ray.remote(num_cpus=0)(Notes).remote())
        self.slots = [Slot(number, None, None) for number in range(self.workers)]
        for slot in self.slots:
            self._start(slot)

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
        """Seconds until the next deadline, or look at the board; None without either."""
        starts = [slot.since for slot in busy if slot.trial is not None]
        look = None if self.board is None else LOOK_SECONDS / 2
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
        trial, checkpoint, since = slot.trial, slot.checkpoint, slot.since
        try:
            value = ray.get(slot.ref)
        except ray.exceptions.RayTaskError as error:  # beyond what `attempt` catches; the worker lives
            if trial is None:
                raise
            value = Result(trial, None, _line(error))
        except ray.exceptions.RayError as error:
            ray.kill(slot.actor)  # it may only be out of reach, and must not go on
            self._start(slot)
            return self._lost(trial, checkpoint, since, error)
        slot.ref, slot.trial = None, None
        self.failed_starts = 0
        return None if trial is None else replace(value, trial=trial)

    def _lost(self, trial: Trial | None, checkpoint: Path | None, since: float, error: Exception) -> Result | None:
        """The worker died: its trial is tried again, or has failed after the last retry."""
        if trial is None:
            self.failed_starts += 1
            if "creation task" in str(error) or self.failed_starts > self.retries + self.workers:
                hint = "what the evaluator needs must be importable on every machine"
                raise UserError("executor ray", f"its workers die as they start: {_line(error, -1)}", hint)
            return None
        if trial.attempt < self.retries:
            self.queue.appendleft((replace(trial, attempt=trial.attempt + 1), checkpoint))
            return None
        times = f"{trial.attempt + 1} time{'s' if trial.attempt else ''}"
        return Result(trial, None, f"worker died {times}: {_cause(error)}", time.monotonic() - since)


def _start(workers: int | None, address: str | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is None:  # "local": never join a cluster that happens to run here
        stand_by()
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        aside(
            ray.init,
            "local",
            num_cpus=max(workers or 0, cores),
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            **quiet,
        )
        return
    try:
        aside(ray.init, address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        raise UserError("ray address", f"cannot join {address}: {_line(error)}", "start it: ray start --head") from None


def _nodes() -> list[tuple[float, float]]:
    """(CPU cores, GPUs) of each living machine."""
    return [(n["Resources"].get("CPU", 0), n["Resources"].get("GPU", 0)) for n in ray.nodes() if n["Alive"]]


def _shares(nodes: list[tuple[float, float]], workers: int | None, gpus: float) -> tuple[int, int]:
    """(workers, threads of each). Raises UserError where the machines cannot hold them: Ray would wait for ever."""
    most = _room(nodes, 1, gpus)
    if most == 0 or (workers or 1) > most:
        have = (
            f"{sum(cpus for cpus, _ in nodes):g} cores and {sum(g for _, g in nodes):g} GPUs on {len(nodes)} machine(s)"
        )
        wanted = f"{workers or 1} worker(s) of 1 core and {gpus:g} GPUs"
        raise UserError(
            "executor ray", f"{wanted} do not fit {have}", f"ask for at most {most} workers" if most else "ask for less"
        )
    workers = workers or most
    threads = max(1, int(sum(cpus for cpus, _ in nodes)) // workers)
    while _room(nodes, threads, gpus) < workers:
        threads -= 1
    return workers, threads


def _room(nodes: list[tuple[float, float]], cpus: int, gpus: float) -> int:
    """How many workers of `cpus` cores and `gpus` GPUs the machines hold; a fraction never spans two GPUs."""

    def on_gpus(have: float) -> float:
        if gpus == 0:
            return math.inf
        return have // gpus if gpus >= 1 else int(have) * int(1 / gpus + 1e-9)

    return int(sum(min(have // cpus, on_gpus(have_gpus)) for have, have_gpus in nodes))


def _cause(error: Exception) -> str:
    text = str(error)
    if (
        isinstance(error, ray.exceptions.OutOfMemoryError)
        or "running low on memory" in text
        or "memory pressure" in text
    ):
        return "out of memory: Ray stopped it because the machine ran low"
    return (
        "killed (by the kernel where memory ran out, or from outside) or crashed"
        if "SYSTEM_ERROR" in text
        else _line(error)
    )


def _line(error: Exception, number: int = 0) -> str:
    """One line of a message that has many; Ray puts the cause last."""
    return (str(error).strip().splitlines() or [type(error).__name__])[number][:300]
