import pytest
import torch
from torch import nn

from nas.network import compile
from nas.training import Recipe
from nas.training.precision import autocast, concrete, place_model, uses_bf16
from tests.space.documents import space_of

CPU = torch.device("cpu")


@pytest.mark.parametrize(("capability", "expected"), [("avx512_bf16", True), ("amx_bf16", True), ("avx2", False)])
def test_auto_follows_the_processor(monkeypatch: pytest.MonkeyPatch, capability: str, expected: bool) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {capability: True})
    assert uses_bf16(Recipe(), CPU) is expected
    assert uses_bf16(Recipe(precision="bf16"), CPU)
    assert not uses_bf16(Recipe(precision="fp32"), CPU)


def test_within_autocast_convolutions_are_bf16_and_weights_stay() -> None:
    convolution = nn.Conv2d(1, 2, 3)
    for precision, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        with autocast(Recipe(precision=precision), CPU):
            assert convolution(torch.zeros(1, 1, 5, 5)).dtype == dtype
    assert convolution.weight.dtype == torch.float32


def test_the_memory_format_is_the_recipes() -> None:
    for wanted in (True, False):
        convolution = nn.Conv2d(3, 4, 3)
        place_model(convolution, Recipe(channels_last=wanted), CPU)
        assert convolution.weight.is_contiguous(memory_format=torch.channels_last) is wanted


@pytest.mark.parametrize(
    ("size", "kernel", "expected"), [(1, 5, "fp32"), (2, 7, "fp32"), (1, 3, "bf16"), (3, 7, "bf16")]
)
def test_auto_leaves_out_what_bfloat16_gets_wrong(
    monkeypatch: pytest.MonkeyPatch, size: int, kernel: int, expected: str
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True})
    text = f"input: [1, {size}, {size}]\nnetwork: [{{conv: {{channels: 2, kernel: {kernel}}}}}]"
    model = compile(space_of(text).graph())
    assert concrete(Recipe(), model, CPU).precision == expected
    assert concrete(Recipe(precision="bf16"), model, CPU).precision == "bf16"  # whoever asks for it
    assert concrete(Recipe(), nn.Conv2d(1, 2, kernel), CPU).precision == "bf16"
