"""Several processes train one network: `torch.distributed`, of which each process is a rank.

Without an initialised process group there is one rank, and nothing is done.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from nas.errors import UserError

Value = TypeVar("Value")


def join(asked: str | None = None) -> torch.device | None:
    """Joins the processes that the environment tells of, as `torchrun` sets it; None where there is but this one.

    Args:
        asked: "cpu" or "cuda"; None: a GPU of its own for each process where there are enough, else the CPU.

    Returns:
        This rank's device.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return None
    if asked not in (None, "cpu", "cuda"):
        raise UserError("--device", f"{asked} is one device for several processes", "give cpu or cuda, or leave it out")
    local, here = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    gpus = asked != "cpu" and torch.cuda.device_count() >= here
    if asked == "cuda" and not gpus:
        what = f"{here} processes for {torch.cuda.device_count()} GPUs"
        raise UserError("--device", what, "run as many processes as there are GPUs")
    device = torch.device("cuda", local) if gpus else torch.device("cpu")
    if gpus:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if gpus else "gloo")
    return device


def leave() -> None:
    """Once all are done."""
    if _is_parallel():
        distributed.barrier()
        distributed.destroy_process_group()


def after_first(read: Callable[[], Value]) -> Value:
    """What `read` gives, once the first rank has it: what is downloaded is downloaded once."""
    if count() == 1:
        return read()
    value = read() if rank() == 0 else None
    distributed.barrier()
    return read() if value is None else value


def count() -> int:
    return distributed.get_world_size() if _is_parallel() else 1


def rank() -> int:
    return distributed.get_rank() if _is_parallel() else 0


def own_slice(size: int) -> slice:
    """This rank's part of a batch that all have drawn; parts differ by one image at most.

    Raises UserError where there is none for each.
    """
    if size < count():
        what = f"a batch has {size} images for {count()} processes"
        raise UserError("recipe.batch_size", what, "raise batch_size, or run fewer processes")
    return slice(rank() * size // count(), (rank() + 1) * size // count())


@torch.no_grad()
def averaged(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The means over the ranks, which all give tensors of these shapes.

    Each lies in memory as its tensor does: torch's fused SGD takes the strides of a gradient for its parameter's.
    """
    if count() == 1 or not tensors:
        return list(tensors)
    together = torch.cat([tensor.flatten() for tensor in tensors])
    distributed.all_reduce(together)
    parts = together.div_(count()).split([tensor.numel() for tensor in tensors])
    return [torch.empty_like(own).copy_(part.view_as(own)) for part, own in zip(parts, tensors, strict=True)]


def summed(tensor: Tensor) -> Tensor:
    """Over the ranks."""
    if count() == 1:
        return tensor
    total = tensor.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(total)
    return total


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Of the parameters that have one: the same ones on all ranks."""
    learning = {parameter: parameter.grad for parameter in parameters if parameter.grad is not None}
    for parameter, gradient in zip(learning, averaged(list(learning.values())), strict=True):
        parameter.grad = gradient


def agreed(value: float, device: torch.device) -> bool:
    """Whether all ranks have this value."""
    if count() == 1:
        return True
    ends = torch.tensor([value, -value], dtype=torch.float64, device=device)
    distributed.all_reduce(ends, distributed.ReduceOp.MAX)
    return float(ends[0]) == -float(ends[1])


def said_by_first(text: str, device: torch.device) -> str:
    """What the first rank gave."""
    if count() == 1:
        return text
    data = torch.zeros(4096, dtype=torch.uint8, device=device)
    if rank() == 0:
        own = text.encode()
        data[: len(own)] = torch.frombuffer(bytearray(own), dtype=torch.uint8)
    distributed.broadcast(data, 0)
    return bytes(data.tolist()).rstrip(b"\0").decode()


def check_alike(models: Iterable[nn.Module], device: torch.device) -> None:
    """Raises RuntimeError where a rank holds other numbers than the others."""
    if count() == 1:
        return
    digest = hashlib.sha256()
    for model in models:
        for tensor in model.state_dict().values():
            digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    own = torch.tensor([int.from_bytes(digest.digest()[:8], "big", signed=True)], device=device)
    every = [torch.zeros_like(own) for _ in range(count())]
    distributed.all_gather(every, own)
    if any(not torch.equal(own, other) for other in every):
        raise RuntimeError("the processes that train one network hold different weights")


def _is_parallel() -> bool:
    return distributed.is_available() and distributed.is_initialized()
