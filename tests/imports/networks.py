"""Networks, and how well what is imported from them agrees."""

import torch
from torch import nn

from nas.imports import Imported, import_module


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    """Weights and statistics drawn anew, so that no two channels are alike and nothing dies out."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if tensor.ndim > 1:
                limit = (6 / tensor[0].numel()) ** 0.5
                tensor.uniform_(-limit, limit, generator=generator)
            elif name.endswith(("weight", "running_var", "gamma", "scale")):
                tensor.uniform_(0.5, 1.5, generator=generator)
            elif tensor.is_floating_point():
                tensor.normal_(0, 0.1, generator=generator)
    return module.eval()


def agreement(module: nn.Module, shape: tuple[int, ...]) -> tuple[float, Imported]:
    """The largest error of the imported network over the largest logit, on new images; and what was imported."""
    module = randomised(module)
    imported = import_module(module, shape)
    images = torch.randn(2, *shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, got = module(images), imported.network(images)
    return float((expected - got).abs().max() / expected.abs().max()), imported
