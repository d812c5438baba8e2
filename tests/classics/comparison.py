"""A network of this project against a reference of the same architecture, in float64, from the same weights."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.network import Network, transfer_weights

LARGEST_ERROR = 1e-9  # over the largest reference


def results(model: nn.Module, x: Tensor, training: bool) -> list[Tensor]:
    """Logits, those of auxiliary heads in training, and the gradient at the input; random draws start anew."""
    model.train(training)
    x = x.clone().requires_grad_()
    torch.manual_seed(7)
    found = model(x)
    outputs = [found] if isinstance(found, Tensor) else [found[0], *found[1]]
    total = sum((out * torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)).sum() for out in outputs)
    assert isinstance(total, Tensor)
    total.backward()
    assert x.grad is not None
    return [*(out.detach() for out in outputs), x.grad]


def assert_equal(reference: nn.Module, model: Network, batch: int = 2, training: bool = True) -> None:
    """Parameters, outputs and gradients agree, after some batches in train mode have moved what norms keep.

    `training` False leaves train mode out, for references that drop other paths.
    """
    generator = torch.Generator().manual_seed(1)
    reference, model = reference.double(), model.double()
    x = torch.randn(batch, *model.graph.input, dtype=torch.float64, generator=generator)
    assert sum(p.numel() for p in reference.parameters()) == sum(p.numel() for p in model.parameters())
    with torch.no_grad():
        for module in reference.modules():
            if isinstance(module, _BatchNorm) and module.affine:
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.normal_(0, 0.2, generator=generator)
        reference.train()
        for _ in range(2):
            reference(torch.randn(x.shape, dtype=torch.float64, generator=generator))
    transfer_weights(reference, model)
    for mode in (False, True) if training else (False,):
        for ours, theirs in zip(results(model, x, mode), results(reference, x, mode), strict=True):
            assert theirs.abs().max() > 0
            assert (ours - theirs).abs().max() <= LARGEST_ERROR * theirs.abs().max()
