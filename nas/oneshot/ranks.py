"""Data parallel: one supernet, trained by the processes of torch.distributed, each on its part of every batch.

All ranks draw the same batches, paths and mixtures, for a step's randomness is its own. Each takes its part of the
images, and gradients, alphas' too, are averaged before anything moves, so that all hold the same supernet and derive
the same architecture; `nas.training.ranks.check_alike` sees to it. Batch norms go by a rank's own part, as in torch's
DistributedDataParallel. Without an initialised process group there is one rank, and nothing is done.
"""

from nas.errors import UserError
from nas.oneshot.method import Batch
from nas.training.ranks import count, rank


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
