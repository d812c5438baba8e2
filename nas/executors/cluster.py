"""The machines that Ray has, here or in a cluster which some join and others leave, and how many workers they hold."""

import math
import os
from collections.abc import Collection
from typing import Any, NamedTuple

import ray
import ray.exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from nas.errors import UserError
from nas.executors.aside import aside
from nas.executors.reaper import stand_by

STORE_BYTES = 128 * 2**20  # trials and results are small; Ray's default would reserve a third of the memory


class Machine(NamedTuple):
    """One that lives: CPU cores and GPUs."""

    cores: float
    gpus: float


def start(workers: int | None, address: str | None) -> None:
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
        raise UserError("ray address", f"cannot join {address}: {line(error)}", "start it: ray start --head") from None


def machines() -> dict[str, Machine]:
    """Those that live, by Ray's name for each."""
    living = [node for node in ray.nodes() if node["Alive"]]
    return {n["NodeID"]: Machine(n["Resources"].get("CPU", 0), n["Resources"].get("GPU", 0)) for n in living}


def own_machine() -> str:
    """That of this process, which ends with it."""
    return str(ray.get_runtime_context().get_node_id())


def beside_us() -> NodeAffinitySchedulingStrategy:
    """Where an actor is placed that must not be lost with another machine."""
    return NodeAffinitySchedulingStrategy(own_machine(), soft=False)


def shares(nodes: Collection[Machine], workers: int | None, gpus: float) -> tuple[int, int]:
    """(workers, threads of each). Raises UserError where the machines cannot hold them: Ray would wait for ever."""
    most = room(nodes, 1, gpus)
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
    while room(nodes, threads, gpus) < workers:
        threads -= 1
    return workers, threads


def room(nodes: Collection[Machine], cpus: int, gpus: float) -> int:
    """How many workers of `cpus` cores and `gpus` GPUs the machines hold; a fraction never spans two GPUs."""

    def on_gpus(have: float) -> float:
        if gpus == 0:
            return math.inf
        return have // gpus if gpus >= 1 else int(have) * int(1 / gpus + 1e-9)

    return int(sum(min(have // cpus, on_gpus(have_gpus)) for have, have_gpus in nodes))


def cause(error: Exception) -> str:
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
        else line(error)
    )


def line(error: Exception, number: int = 0) -> str:
    """One line of a message that has many; Ray puts the cause last."""
    return (str(error).strip().splitlines() or [type(error).__name__])[number][:300]
