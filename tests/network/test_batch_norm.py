"""A fault of torch that we keep off: see "Known faults of PyTorch" in docs/installation.md."""

import pytest
import torch
from torch import Tensor


def gradient(x: Tensor, weight: Tensor, memory_format: torch.memory_format) -> Tensor:
    x = x.detach().contiguous(memory_format=memory_format).requires_grad_()
    y = torch.nn.functional.batch_norm(x, None, None, weight, None, training=True)
    g = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view(y.shape).contiguous(memory_format=memory_format)
    [found] = torch.autograd.grad(y, x, g)
    return found


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("channels", [5, 16, 64])
def test_one_scale_of_all_channels_is_copied_for_each(channels: int, memory_format: torch.memory_format) -> None:
    """In channels_last the backward reads an expanded scale (stride 0) as if it had a number for each channel: wrong
    by any amount, silently. This holds whether or not torch is mended: with `contiguous` it is right."""
    x = torch.randn(8, channels, 7, 7, generator=torch.Generator().manual_seed(0))
    scale = torch.tensor([0.3, 0.7])[0].expand(channels)
    true = gradient(x.double(), torch.full((channels,), 0.3).double(), torch.contiguous_format)
    found = gradient(x, scale.contiguous(), memory_format)
    torch.testing.assert_close(found.double(), true, rtol=1e-4, atol=1e-5)
