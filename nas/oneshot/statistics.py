"""Batch norms of a supernet: in its training they go by each batch; a path's own statistics are measured for it."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from nas.network.supernet import Answers, Supernet


def keep_statistics(net: nn.Module, kept: bool) -> None:
    """Whether batch norms in training update their running statistics. They always go by the batch's then."""
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.track_running_stats = kept


def recalibrate(net: Supernet, genome: Answers, batches: Iterable[Tensor]) -> None:
    """Sets the batch norms that a genome's network uses to the mean statistics of these images, and `net` to eval mode.

    What was kept in them before is of other paths, or of none: scores without this are chance.
    """
    norms = [module for module in net.modules_of(genome) if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    net.train()
    for norm in norms:
        norm.momentum, norm.track_running_stats = None, True  # None: the mean over all batches
        norm.reset_running_stats()  # which does nothing where they are not tracked
    with torch.no_grad():
        for images in batches:
            net(images, genome=genome)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum, norm.track_running_stats = momentum, False
    net.eval()
