"""What the primitives' torch modules compute, and that torch's tools take them."""

import copy
import math

import pytest
import torch
import torchvision
from torch import nn

from nas.graph.operation import Operation, Shape
from nas.graph.operations import (
    OPERATIONS,
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    Conv,
    MaxPool,
    Pad,
    Scale,
    Slice,
    Upsample,
    Zeros,
    modules,
)


def test_layer_norm_normalises_over_channels() -> None:
    x = torch.randn(2, 6, 4, 4)
    y = OPERATIONS["layer_norm"]().module((6, 4, 4))(x)
    torch.testing.assert_close(y.mean(1), torch.zeros(2, 4, 4), atol=1e-5, rtol=0)
    assert not torch.allclose(y.mean((2, 3)), torch.zeros(2, 6), atol=1e-2)
    torch.testing.assert_close(y[:, :, 1, 2], nn.LayerNorm(6)(x[:, :, 1, 2]))


def test_channels_are_pooled_and_weighed_against_each_other() -> None:
    x = torch.randn(2, 6, 3, 3)
    pooled = {mode: OPERATIONS["channel_pool"](2, mode).module((6, 3, 3))(x) for mode in ("max", "mean")}
    torch.testing.assert_close(pooled["max"], torch.maximum(x[:, ::2], x[:, 1::2]))
    torch.testing.assert_close(pooled["mean"], (x[:, ::2] + x[:, 1::2]) / 2)
    torch.testing.assert_close(OPERATIONS["channel_pool"]().module((6, 3, 3))(x), x.amax(1, keepdim=True))
    weights = OPERATIONS["softmax"](2).module((6, 3, 3))(x)
    torch.testing.assert_close(weights[:, :3], torch.sigmoid(x[:, :3] - x[:, 3:]))
    torch.testing.assert_close(weights[:, :3] + weights[:, 3:], torch.ones(2, 3, 3, 3))
    torch.testing.assert_close(OPERATIONS["softmax"](6).module((6, 3, 3))(x), x.softmax(1))


def test_slices_splits_and_shuffles_take_the_right_numbers() -> None:
    x = torch.arange(2 * 6 * 3 * 3.0).view(2, 6, 3, 3)
    shape = (6, 3, 3)
    torch.testing.assert_close(Slice(1, axis="spatial").module(shape)(x), x[:, :, 1:, 1:])
    torch.testing.assert_close(Slice(-4, -1, 2).module(shape)(x), x[:, -4:-1:2])
    torch.testing.assert_close(OPERATIONS["split"](3, 1).module(shape)(x), x[:, 2:4])
    torch.testing.assert_close(OPERATIONS["channel_shuffle"](3).module(shape)(x), nn.ChannelShuffle(3)(x))
    assert torch.equal(OPERATIONS["reshape"]([1, 2, math.prod(shape) // 2]).module(shape)(x).flatten(), x.flatten())


def test_padding_puts_before_and_after_where_they_belong() -> None:
    y = Pad([[1, 0], [-1, 2]], [0, 1], 7.0).module((1, 2, 2))(torch.zeros(1, 1, 2, 2))
    assert y.tolist() == [[[[7, 7, 7], [0, 7, 7], [0, 7, 7]], [[7] * 3] * 3]]


def test_scale_is_a_constant_or_learned_for_each_channel() -> None:
    x = torch.randn(2, 2, 3, 3)
    constant = Scale([2, 3], -1).module((2, 3, 3))
    torch.testing.assert_close(constant(x), x * torch.tensor([2.0, 3.0]).view(2, 1, 1) - 1)
    assert not constant.state_dict() and not list(constant.parameters())
    learned = Scale(1e-6, learned=True).module((2, 3, 3))
    assert [name for name, _ in learned.named_parameters()] == ["weight"]
    torch.testing.assert_close(learned.weight.flatten(), torch.full((2,), 1e-6))


@pytest.mark.parametrize("value", [0.1, [0.1, 0.3]])
def test_constants_of_a_scale_are_exact_in_float64_and_keep_the_type(value: float | list[float]) -> None:
    module = Scale(value, value).module((2, 3, 3))
    numbers = torch.tensor(value, dtype=torch.float64).expand(2).view(2, 1, 1)
    x = torch.randn(2, 2, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(module(x), x * numbers + numbers, rtol=0, atol=1e-15)
    assert module(x.float()).dtype == torch.float32 and module(x.bfloat16()).dtype == torch.bfloat16
    assert not module.state_dict()


def test_drop_path_drops_whole_samples_in_training_only() -> None:
    path = OPERATIONS["drop_path"]().module((4, 2, 2))
    assert path.scheduled and path.p == 0.0 and not path.state_dict()
    assert not OPERATIONS["drop_path"](0.2).module((4, 2, 2)).scheduled
    x = torch.ones(4000, 4, 2, 2)
    path.p = 0.25
    y = path(x)
    kept = y.flatten(1).amax(1)
    assert torch.equal(y, kept.view(-1, 1, 1, 1).expand_as(y))  # all of a sample or nothing
    assert set(kept.tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert abs(kept.mean().item() - 1) < 0.05
    assert path.eval()(x) is x


@pytest.mark.parametrize("shape", [(8, 3), (8, 3, 5, 5)])
def test_drop_path_draws_as_torchvisions(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape, dtype=torch.float64)
    for rate in (0.0, 0.3, 0.9):
        torch.manual_seed(1)
        expected = torchvision.ops.StochasticDepth(rate, "row")(x)
        torch.manual_seed(1)
        assert torch.equal(OPERATIONS["drop_path"](rate).module(shape[1:])(x), expected)
        torch.manual_seed(1)
        expected = torchvision.ops.StochasticDepth(rate, "batch")(x)
        torch.manual_seed(1)
        assert torch.equal(OPERATIONS["drop_path"](rate, batch=True).module(shape[1:])(x), expected)


def test_a_constant_scale_is_exact_in_every_type() -> None:
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    assert torch.equal(Scale(0.1, 0.3).module((3, 4, 4)).double()(x), x * 0.1 + 0.3)


def test_mean_drops_paths_but_never_all() -> None:
    mean = OPERATIONS["mean"](drop=0.7).module(*[(1,)] * 3)
    inputs = [torch.full((5, 1), value) for value in (1.0, 2.0, 4.0)]
    seen = set()
    for _ in range(300):
        y = mean(*inputs)
        assert (y == y[0]).all()  # one draw for the batch
        seen.add(round(y[0].item(), 3))
    assert seen == {1.0, 2.0, 4.0, 1.5, 2.5, 3.0, 2.333}
    assert mean.eval()(*inputs)[0].item() == pytest.approx(7 / 3)


def test_zeros_hide_infinities() -> None:
    y = Zeros(2, channels=3).module((2, 5, 5))(torch.full((1, 2, 5, 5), math.inf))
    assert y.shape == (1, 3, 3, 3) and not y.any()


EVERY = [
    *(OPERATIONS[name]() for name in ("gelu", "softmax", "dropout", "none", "batch_norm", "layer_norm")),
    OPERATIONS["channel_shuffle"](3),
    OPERATIONS["split"](3, 1),
    OPERATIONS["local_response_norm"](3),
    AdaptiveAvgPool(2),
    AdaptiveMaxPool(2),
    Upsample(2),
    Upsample(3, "bilinear"),
    Scale([1, 2, 3, 4, 5, 6], 1.0, learned=True),
    Scale(0.5),
    Conv(6, 3),
    Conv(6, 4, stride=2),
    Pad(1, [0, 2]),
    Slice(1, axis="spatial"),
    AvgPool(2),
    MaxPool(3, 2, 1),
]


@pytest.mark.parametrize("op", EVERY, ids=str)
def test_modules_survive_copies_layouts_and_autocast(op: Operation) -> None:
    x = torch.randn(2, 6, 8, 8)
    module = op.module(x.shape[1:]).eval()
    expected = module(x)
    torch.testing.assert_close(copy.deepcopy(module)(x), expected)
    nhwc = copy.deepcopy(module).to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(nhwc, expected)
    with torch.autocast("cpu", torch.bfloat16):
        narrow = module.train()(x.bfloat16())
    assert narrow.shape == expected.shape
    if isinstance(op, Scale):
        assert narrow.dtype == torch.bfloat16


class Everything(nn.Module):
    """A network with every module of our own, for torch's compilers."""

    def __init__(self) -> None:
        super().__init__()
        ops = [Pad(1, [0, 2]), Slice(1, 9, 1, "spatial"), OPERATIONS["channel_shuffle"](4), Scale(0.5, 1.0, True),
               OPERATIONS["layer_norm"](), OPERATIONS["drop_path"](0.5)]  # fmt: skip
        self.chain = nn.Sequential()
        shape: Shape = (6, 8, 8)
        for op in ops:
            self.chain.append(op.module(shape))
            shape = op.shape(shape)
        self.zeros = Zeros().module(shape)
        self.merges = nn.ModuleList(OPERATIONS[name]().module(shape, shape) for name in ("add", "multiply", "concat"))
        self.mean, self.gate, self.pool = modules.Mean(0.5), modules.Gate(), modules.GlobalAvgPool()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.chain(x)
        z = [merge(y, self.zeros(y)) for merge in self.merges]
        return self.pool(self.gate(z[0], z[1], self.mean(y, y * 2)) + z[2][:, :8])


def test_modules_export_with_a_dynamic_batch() -> None:
    model = Everything().eval()
    x = torch.randn(3, 6, 8, 8)
    exported = torch.export.export(model, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},)).module()
    for batch in (x, torch.randn(5, 6, 8, 8)):
        torch.testing.assert_close(exported(batch), model(batch))


@pytest.mark.slow
def test_modules_compile_without_breaks_and_drop_path_reschedules() -> None:
    from torch._dynamo.testing import CompileCounter  # slow to import

    model = Everything()
    torch._dynamo.reset()
    counter = CompileCounter()
    compiled = torch.compile(model, backend=counter, fullgraph=True)
    for epoch in range(20):
        model.chain[-1].p = 0.01 * epoch
        compiled(torch.randn(3, 6, 8, 8))
    assert counter.frame_count <= 4  # a rate for each epoch must not mean a compilation for each
    torch.testing.assert_close(torch.compile(model.eval())(x := torch.randn(2, 6, 8, 8)), model(x))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_an_average_with_padding_that_counts_has_zeros_after_the_last_pixel(rank: int) -> None:
    shape = (2,) + (4,) * rank
    x = torch.ones(1, *shape)
    y = AvgPool(3, 2, "same").module(shape)(x)
    corner = torch.tensor([1.0, 2 / 3])  # windows of pixels 0..2, and 2..4 of which 4 is padding
    for axis in range(2, 2 + rank):
        torch.testing.assert_close(y.mean([i for i in range(y.ndim) if i != axis]) / y.mean(), corner / corner.mean())
    assert float(y.flatten()[-1]) == pytest.approx((2 / 3) ** rank)
