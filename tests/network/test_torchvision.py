"""Every convolutional classifier of torchvision is here, equal: parameters, logits and all gradients, in float64.

Each network runs at inference and in training, with the auxiliary heads and the random draws of dropout and stochastic
depth that belong to it. Norms and their statistics are made random first: the logits of a freshly initialised network
are so small that any network would pass.
"""

import copy
import fnmatch
import math
from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

import nas
from nas.network import transfer_weights
from nas.network.initialisation import undrawn

TRANSFORMERS = ("maxvit_*", "swin_*", "vit_*")
LARGEST_ERROR = 1e-9  # over the largest reference
HEADS = {"googlenet": {"aux_logits": True, "init_weights": False}, "inception_v3": {"init_weights": False}}
SIZES = {"alexnet": 63, "inception_v3": 299}  # where 40 pixels are too few, for a head too
QUICK = {
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "googlenet",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "resnet18",
    "resnet50",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "squeezenet1_0",
    "squeezenet1_1",
    "vgg11",
}
NAMES = [
    name
    for name in torchvision.models.list_models(module=torchvision.models)
    if not any(fnmatch.fnmatch(name, pattern) for pattern in TRANSFORMERS)
]


def randomised(name: str, images: Tensor) -> nn.Module:
    """torchvision's network in float64 after a few batches in train mode, affines and layer scales drawn anew."""
    torch.manual_seed(0)
    with undrawn():
        model = torchvision.models.get_model(name, **HEADS.get(name, {})).double().train()
    for module in model.modules():
        for key, tensor in module.named_parameters(recurse=False):
            if key.endswith("bias"):
                nn.init.normal_(tensor, std=0.1)
            elif isinstance(module, nn.Conv2d | nn.Linear):
                limit = math.sqrt(6 / tensor[0].numel())
                nn.init.uniform_(tensor, -limit, limit)
            else:
                nn.init.uniform_(tensor, 0.5, 1.5)
    with torch.no_grad():
        for _ in range(3):
            model(images + torch.randn_like(images))
    return model


def outputs(result: Tensor | tuple) -> list[Tensor]:
    """Logits, then those of the heads, the nearest to the end first (as in torchvision's named tuples)."""
    if isinstance(result, Tensor):
        return [result]
    first, *heads = result
    return [first, *(heads[0][::-1] if isinstance(heads[0], list) else [head for head in heads if head is not None])]


def run(model: nn.Module, x: Tensor, training: bool) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Outputs, and the gradients of all parameters and of the image, under one seed; the model stays as it is."""
    statistics = copy.deepcopy(dict(model.named_buffers()))
    x = x.clone().requires_grad_()
    gradients: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[Tensor], None]:
        def hook(parameter: Tensor) -> None:
            gradients[name] = projected(parameter.grad)
            parameter.grad = None

        return hook

    handles = [p.register_post_accumulate_grad_hook(keep(name)) for name, p in model.named_parameters()]
    torch.manual_seed(1)
    found = outputs(model.train(training)(x))
    sum((y * direction(y.numel()).view_as(y)).sum() for y in found).backward()
    gradients["image"] = x.grad
    for handle in handles:
        handle.remove()
    with torch.no_grad():
        for name, buffer in model.named_buffers():
            buffer.copy_(statistics[name])
    return [y.detach() for y in found], gradients


def projected(gradient: Tensor) -> Tensor:
    """One number for each output channel: the largest networks' gradients take gigabytes."""
    flat = gradient.flatten(1) if gradient.ndim > 1 and gradient[0].numel() > 1 else gradient.view(-1, 1)
    return flat @ direction(flat.shape[1])


def direction(length: int) -> Tensor:
    return torch.cos(torch.arange(length, dtype=torch.float64) ** 1.5)


def assert_equal(found: Tensor, expected: Tensor) -> None:
    assert (found - expected).abs().max() <= LARGEST_ERROR * expected.abs().max()


def correspondence(reference: nn.Module, model: nn.Module) -> dict[str, str]:
    """Our parameters' names to torchvision's after a transfer: each is the only one of its values."""

    def key(tensor: Tensor) -> tuple[float, ...]:
        return tuple(tensor.detach().flatten()[:64].tolist())

    theirs = {key(tensor): name for name, tensor in reference.named_parameters()}
    assert len(theirs) == len(list(reference.parameters()))
    return {name: theirs[key(tensor)] for name, tensor in model.named_parameters()}


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_parameters_logits_and_gradients_equal_torchvisions(name: str) -> None:
    size = SIZES.get(name, 40)
    x = torch.randn(2, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    reference = randomised(name, x)
    space = nas.load(name, input=[3, size, size])
    model = nas.build(space).double()
    heads = sum(p.numel() for key, p in reference.named_parameters() if key.lower().startswith("aux"))
    assert space.graph().auxiliary_parameters == heads
    assert space.graph().parameters == sum(p.numel() for p in reference.parameters()) - heads
    transfer_weights(reference, model)
    names = correspondence(reference, model)
    for training in (False, True):
        logits, gradients = run(model, x, training)
        expected, wanted = run(reference, x, training)
        assert len(logits) == len(expected)
        for ours, theirs in zip(logits, expected, strict=True):
            assert 1e-3 < theirs.abs().max() < 1e6
            assert_equal(ours, theirs)
        assert_equal(gradients.pop("image"), wanted["image"])
        for ours, theirs in names.items():
            assert (ours in gradients) == (theirs in wanted)
            if theirs in wanted:
                assert_equal(gradients[ours], wanted[theirs])
            else:
                assert heads and not training
