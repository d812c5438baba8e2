"""Where evaluations run: in this process, or on warm Ray workers."""

from typing import TYPE_CHECKING

from nas.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from nas.types import Executor

EXECUTORS = ("serial", "ray")


def create_executor(
    name: str,
    workers: int | None = None,
    gpus_per_trial: float = 0.0,
    address: str | None = None,
    deadline: float | None = None,
) -> "Executor":
    """The executor `name`.

    Raises UserError as `check_executor` does, and for a request that the machines can never satisfy.
    """
    check_executor(name, workers, gpus_per_trial, address, deadline)
    if name == "serial":
        from nas.executors.serial import Serial

        return Serial(deadline)
    from nas.executors.ray import Ray

    return Ray(workers, gpus_per_trial, address, deadline)


def check_executor(
    name: str,
    workers: int | None = None,
    gpus_per_trial: float = 0.0,
    address: str | None = None,
    deadline: float | None = None,
) -> None:
    """Raises UserError for an unknown executor, and for arguments of `create_executor` that cannot be."""
    if name not in EXECUTORS:
        raise UserError("executor", f"unknown executor '{name}'", did_you_mean(name, EXECUTORS))
    if workers is not None and (type(workers) is not int or workers < 1):
        raise UserError("executor", f"workers is {workers!r}", "give a whole number of at least 1")
    if deadline is not None and (type(deadline) not in (int, float) or not 0 < deadline < 1e9):
        raise UserError("executor", f"deadline is {deadline!r}", "give the seconds that an evaluation may take")
    if not isinstance(address, str | None):
        raise UserError("executor", f"address is {address!r}", "give auto, or HOST:PORT")
    if type(gpus_per_trial) not in (int, float) or not (
        0 <= gpus_per_trial <= 1 or gpus_per_trial % 1 == 0 < gpus_per_trial
    ):
        raise UserError(
            "executor", f"gpus_per_trial is {gpus_per_trial!r}", "give a fraction below 1, or a whole number"
        )
    if name == "serial" and (workers not in (None, 1) or gpus_per_trial or address):
        raise UserError(
            "executor serial", "it has one worker, in this process", "take --executor ray for workers and GPUs each"
        )
