"""Data parallel: one supernet, trained by the processes of torch.distributed, each on its part of every batch.

All ranks draw the same batches, paths and mixtures, for a step's randomness is its own. Each takes its part of the
images, and gradients, alphas' too, are averaged before anything moves, so that all hold the same supernet and derive
the same architecture; `check_alike` sees to it. Batch norms go by a rank's own part, as in torch's
DistributedDataParallel. Without an initialised process group there is one rank, and nothing is done.
"""

import hashlib
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, distributed, nn

from nas.errors import UserError
from nas.oneshot.method import Batch


def count() -> int:
    return distributed.get_world_size() if _is_parallel() else 1


def rank() -> int:
    return distributed.get_rank() if _is_parallel() else 0


def own_part(batch: Batch) -> Batch:
    """This rank's images of a batch that all have drawn; those that do not go into equal parts are left out.

    Raises UserError where there is none for each.
    """
    size = len(batch.images) // count()
    if not size:
        what = f"a batch has {len(batch.images)} images for {count()} processes"
        raise UserError("searcher", what, "raise batch_size, or run fewer processes")
    own = slice(rank() * size, (rank() + 1) * size)
    return batch if count() == 1 else Batch(batch.images[own], batch.labels[own])


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


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Of the parameters that have one: the same ones on all ranks."""
    learning = {parameter: parameter.grad for parameter in parameters if parameter.grad is not None}
    for parameter, gradient in zip(learning, averaged(list(learning.values())), strict=True):
        parameter.grad = gradient


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
        raise RuntimeError("the processes that train one supernet hold different weights: their architectures differ")


def _is_parallel() -> bool:
    return distributed.is_available() and distributed.is_initialized()
