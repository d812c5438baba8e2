"""Shapes, weights and costs of the primitives equal what torch measures; modules compute what the documents say."""

import dataclasses
import math
import pickle
import subprocess
import sys
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from nas.errors import ShapeError
from nas.graph.operation import Operation, Shape
from nas.graph.operations import (
    OPERATIONS,
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    Conv,
    Linear,
    MaxPool,
    Pad,
    Scale,
    Slice,
    Upsample,
    Zeros,
)
from nas.graph.operations.activation import ACTIVATIONS

quick = settings(max_examples=150, deadline=None)
small = st.integers(1, 4)


def maps(channels: st.SearchStrategy[int] = small, size: int = 9) -> st.SearchStrategy[Shape]:
    sizes = st.integers(1, 3).flatmap(lambda rank: st.tuples(*[st.integers(1, size)] * rank))
    return st.tuples(channels, sizes).map(lambda pair: (pair[0], *pair[1]))


def axes(shape: Shape, values: st.SearchStrategy[int]) -> st.SearchStrategy[object]:
    rank = len(shape) - 1
    return values | st.lists(values, min_size=rank, max_size=rank)


def agrees(op: Operation, *shapes: Shape) -> None:
    """The claims of `op` are what torch measures, and its canonical form makes the same ones."""
    module = op.module(*shapes).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = module(*(torch.randn(2, *shape) for shape in shapes))
    claims = (op.shape(*shapes), op.parameters(*shapes), op.mult_adds(*shapes))
    trainable = sum(weight.numel() for weight in module.parameters())
    assert claims == (tuple(output.shape[1:]), trainable, counter.get_total_flops() // 4)  # 2 images, 2 flops each
    plain = op.canonical(*shapes)
    assert claims == (plain.shape(*shapes), plain.parameters(*shapes), plain.mult_adds(*shapes))
    assert plain.canonical(*shapes) == plain


def fits_as_in_torch(op: Operation, shape: Shape) -> None:
    """`op` refuses exactly the inputs that torch refuses."""
    try:
        op.shape(shape)
    except ShapeError:
        with pytest.raises(RuntimeError):
            op.module(shape).eval()(torch.randn(2, *shape))
    else:
        agrees(op, shape)


@quick
@given(st.data())
def test_convolutions_are_torchs(data: st.DataObject) -> None:
    groups = data.draw(st.integers(1, 3))
    shape = data.draw(maps(small.map(lambda n: n * groups)))
    op = Conv(
        data.draw(st.none() | small.map(lambda n: n * groups)),
        kernel=data.draw(st.just("whole") | axes(shape, st.integers(1, 5))),
        stride=data.draw(axes(shape, small)),
        padding=data.draw(st.none() | st.just("same") | axes(shape, st.integers(0, 3))),
        dilation=data.draw(axes(shape, st.integers(1, 3))),
        groups=groups,
        bias=data.draw(st.booleans()),
    )
    fits_as_in_torch(op, shape)


@quick
@given(st.data())
def test_pools_are_torchs(data: st.DataObject) -> None:
    shape = data.draw(maps())
    kernel = data.draw(st.integers(1, 5))
    shared = {
        "kernel": kernel,
        "stride": data.draw(st.none() | axes(shape, st.integers(1, 6))),
        "padding": data.draw(axes(shape, st.integers(0, kernel // 2))),
        "ceil": data.draw(st.booleans()),
    }
    fits_as_in_torch(MaxPool(**shared), shape)
    fits_as_in_torch(AvgPool(**shared, count_include_pad=data.draw(st.booleans())), shape)


def test_a_kernel_as_large_as_the_map():
    assert Conv(5, "whole").shape((3, 4, 6)) == (5, 1, 1)
    assert Conv(5, "whole").parameters((3, 4, 6)) == 5 * (3 * 4 * 6 + 1)
    assert Conv(5, "whole").canonical((3, 4, 6)) == Conv(5, (4, 6), padding=0).canonical((3, 4, 6))


@quick
@given(st.data())
def test_same_padding_is_tensorflows(data: st.DataObject) -> None:
    """ceil(size / stride) windows; what is padded is split over both sides, the larger half after."""
    size, kernel, stride = (data.draw(st.integers(1, most)) for most in (9, 5, 4))
    count = -(-size // stride)
    total = max(0, (count - 1) * stride + kernel - size)
    sides = (total // 2, total - total // 2) * 2
    shape, x = (2, size, size), torch.randn(2, 2, size, size)
    conv = Conv(3, kernel, stride, "same")
    weights = conv.module(shape)
    y = functional.conv2d(functional.pad(x, sides), weights.weight, weights.bias, stride)
    torch.testing.assert_close(weights(x), y)
    assert conv.shape(shape) == (3, count, count)
    agrees(conv, shape)
    for pool in (MaxPool, AvgPool, partial(AvgPool, count_include_pad=False)):
        op = pool(kernel, stride, "same")
        if stride == 1 and kernel % 2 == 0:
            with pytest.raises(ShapeError):
                op.shape(shape)
            continue
        border = -math.inf if op.name == "max_pool" else 0
        windows = functional.pad(x, sides, value=border).unfold(2, kernel, stride).unfold(3, kernel, stride)
        windows = windows[:, :, :count, :count].flatten(4)
        inside = functional.pad(torch.ones_like(x), sides).unfold(2, kernel, stride).unfold(3, kernel, stride)
        divisor = (
            kernel**2 if getattr(op, "count_include_pad", True) else inside[:, :, :count, :count].flatten(4).sum(4)
        )
        expected = windows.amax(4) if op.name == "max_pool" else windows.sum(4) / divisor
        torch.testing.assert_close(op.module(shape)(x), expected)
        torch.testing.assert_close(op.canonical(shape).module(shape)(x), expected)
        agrees(op, shape)


@quick
@given(st.data())
def test_canonical_forms_compute_the_same(data: st.DataObject) -> None:
    shape = data.draw(maps())
    kernel = data.draw(st.integers(1, 3))
    common = {"kernel": kernel, "stride": data.draw(st.integers(1, 3))}
    pool = {**common, "padding": data.draw(st.integers(0, kernel // 2)), "ceil": data.draw(st.booleans())}
    x = torch.randn(2, *shape)
    for op in (Conv(2, **common), AvgPool(**pool, count_include_pad=False), MaxPool(**pool)):
        try:
            module = op.module(shape)
            expected = module(x)
        except RuntimeError:
            continue
        plain = op.canonical(shape).module(shape)
        plain.load_state_dict(module.state_dict())
        torch.testing.assert_close(plain(x), expected)


@quick
@given(st.data())
def test_cutting_and_padding_are_torchs(data: st.DataObject) -> None:
    shape = data.draw(maps())
    width = st.integers(-2, 2)
    pair = st.tuples(width, width)
    rank = len(shape) - 1
    pad = Pad(data.draw(width | pair | st.lists(pair, min_size=rank, max_size=rank)), data.draw(width | pair), 1.5)
    cut = Slice(
        data.draw(st.integers(-4, 4)),
        data.draw(st.none() | st.integers(-3, 6)),
        data.draw(small),
        data.draw(st.sampled_from(["channels", "spatial"])),
    )
    for op in (pad, cut):
        try:
            op.shape(shape)
        except ShapeError as error:
            assert "nothing is left" in str(error)
        else:
            agrees(op, shape)


PLAIN = """softmax dropout drop_path identity flatten none global_avg_pool batch_norm layer_norm scale channel_pool"""
SINGLE = [
    *(operation() for operation in ACTIVATIONS),
    *(OPERATIONS[name]() for name in PLAIN.split()),
    OPERATIONS["batch_norm"](affine=False),
    OPERATIONS["layer_norm"](affine=False),
    OPERATIONS["group_norm"](3),
    OPERATIONS["group_norm"](2, affine=False),
    OPERATIONS["softmax"](3),
    OPERATIONS["channel_pool"](2, "mean"),
    OPERATIONS["local_response_norm"](3),
    OPERATIONS["channel_shuffle"](3),
    OPERATIONS["split"](3, 1),
    AdaptiveAvgPool(2),
    AdaptiveMaxPool(2),
    Upsample(2),
    Upsample(3, "bilinear"),
    Scale(0.5, learned=True),
    Scale([1, 2, 3, 4, 5, 6], 1.0, learned=True),
    Zeros(2, channels=5),
]


@pytest.mark.parametrize("op", SINGLE, ids=str)
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 4), (6, 3, 4, 5)], ids=str)
def test_claims_hold_on_maps(op: Operation, shape: Shape) -> None:
    agrees(op, shape)
    assert [len(part) for part in op.window(shape)] == [len(shape) - 1] * 2


MAPS_ONLY = {"global_avg_pool", "adaptive_avg_pool", "adaptive_max_pool", "local_response_norm", "upsample", "resize"}


@pytest.mark.parametrize("op", [*SINGLE, Linear(3), Linear(3, bias=False), Conv(4, 1), MaxPool(2)], ids=str)
def test_claims_hold_on_vectors_or_the_operation_refuses_them(op: Operation) -> None:
    if op.name in MAPS_ONLY | {"conv", "max_pool"}:
        with pytest.raises(ShapeError, match="not a vector of 6"):
            op.shape((6,))
    else:
        agrees(op, (6,))


@quick
@given(st.data())
def test_merges_are_torchs(data: st.DataObject) -> None:
    shape = data.draw(maps())
    count = data.draw(st.integers(1, 4))
    ones = st.lists(st.booleans(), min_size=len(shape), max_size=len(shape))
    shapes = [tuple(1 if one else n for n, one in zip(shape, data.draw(ones), strict=True)) for _ in range(count)]
    for name in ("add", "mean", "multiply"):
        agrees(OPERATIONS[name](), *shapes)
    agrees(OPERATIONS["gate"](), *(shapes * 3)[:3])
    agrees(OPERATIONS["concat"](), *((channels + 1, *shape[1:]) for channels in range(count)))


def test_what_merges_compute() -> None:
    h, t, x = torch.rand(3, 2, 4, 5, 5)
    shapes = [(4, 5, 5)] * 3
    results = {
        name: OPERATIONS[name]().module(*shapes)(h, t, x) for name in ("add", "mean", "multiply", "concat", "gate")
    }
    torch.testing.assert_close(results["add"], h + t + x)
    torch.testing.assert_close(results["mean"], (h + t + x) / 3)
    torch.testing.assert_close(results["multiply"], h * t * x)
    torch.testing.assert_close(results["concat"], torch.cat([h, t, x], 1))
    torch.testing.assert_close(results["gate"], h * t + x * (1 - t))


@pytest.mark.parametrize(
    "op", [*SINGLE, Conv(4, 3), Slice(1), OPERATIONS["reshape"]([24]), Pad(1), MaxPool(2)], ids=str
)
def test_views_share_memory_and_nothing_else_does(op: Operation) -> None:
    x = torch.randn(2, 6, 2, 2)
    y = op.module(x.shape[1:])(x)
    assert op.inert or op.view == (y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr())


def test_some_operations_are_nothing_alone() -> None:
    x = torch.randn(2, 6, 4, 4)
    for op in [*SINGLE, *(OPERATIONS[name]() for name in ("add", "concat", "mean", "multiply"))]:
        alone = op.module(x.shape[1:]).eval()(x)
        nothing = alone.shape == x.shape and torch.equal(alone, x)
        assert nothing == (op.neutral_alone or op.inert or op == Scale())


def test_names_fields_and_equality() -> None:
    for name, operation in OPERATIONS.items():
        assert operation.name == name
        known = {field.name for field in dataclasses.fields(operation)}  # type: ignore[arg-type]
        assert operation.training_only <= known
    assert Conv(8, [3, 1]) == Conv(8, (3, 1)) and hash(Conv(8, [3, 1])) == hash(Conv(8, (3, 1)))
    assert Conv(8, 3) != Conv(8, 3, bias=False)
    assert Conv(8, 3).canonical((8, 5, 5)) == Conv(None, [3, 3], padding=1).canonical((8, 5, 5))
    assert MaxPool(2).canonical((8, 6, 6)) == MaxPool(2, 2, ceil=True).canonical((8, 6, 6))
    assert MaxPool(2).canonical((8, 5, 5)) != MaxPool(2, 2, ceil=True).canonical((8, 5, 5))
    assert pickle.loads(pickle.dumps(Conv(8, [3, 1]))) == Conv(8, (3, 1))


def test_even_kernels_keep_the_size_at_stride_one_only() -> None:
    assert Conv(8, 4).shape((3, 9, 9)) == (8, 9, 9)
    assert Conv(8, 4, stride=2).shape((3, 9, 9)) == (8, 4, 4)


def test_windows() -> None:
    assert Conv(8, 3, stride=2, dilation=[1, 2]).window((3, 9, 9)) == ((3, 5), (2, 2))
    assert AvgPool(3).window((3, 9)) == ((3,), (3,))
    assert OPERATIONS["global_avg_pool"]().window((3, 9, 7)) == ((9, 7), (1, 1))
    assert AdaptiveAvgPool(2).window((3, 5, 4)) == ((3, 2), (2, 2))
    assert Slice(1, step=2, axis="spatial").window((3, 9)) == ((1,), (2,))


def test_shapes_and_costs_need_no_torch() -> None:
    code = "import sys, nas.graph.operations as o; o.Conv(8, 3).shape((3, 8, 8)); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
