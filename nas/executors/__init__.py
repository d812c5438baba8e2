"""Where evaluations run: in this process, or on warm Ray workers."""

from nas.errors import UserError, did_you_mean
from nas.types import Executor

EXECUTORS = ("serial", "ray")


def create(
    name: str,
    workers: int | None = None,
    gpus_per_trial: float = 0.0,
    address: str | None = None,
    deadline: float | None = None,
) -> Executor:
    """The executor `name`. Raises UserError for an unknown one, and for a request that it can never satisfy."""
    if name == "serial":
        from nas.executors.serial import Serial

        if (workers or 1) != 1:
            raise UserError("executor serial", f"{workers} workers asked for, it has 1", "use the executor ray")
        return Serial(deadline)
    if name == "ray":
        from nas.executors.ray import Ray

        return Ray(workers, gpus_per_trial, address, deadline)
    raise UserError("executor", f"unknown executor '{name}'", did_you_mean(name, EXECUTORS))
