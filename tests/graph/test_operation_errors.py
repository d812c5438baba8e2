"""What the primitives refuse, and how they say so."""

import math

import pytest

from nas.errors import ArgumentError, ShapeError
from nas.graph.operation import Operation, Shape
from nas.graph.operations import OPERATIONS, Conv, Linear, MaxPool, Pad, Scale, Slice


@pytest.mark.parametrize(
    ("name", "shapes", "words"),
    [
        ("add", [(4, 8, 8), (2, 8, 8)], "4x8x8 and 2x8x8"),
        ("multiply", [(4, 8, 8), (4,)], "4x8x8 and 4 "),
        ("concat", [(4, 8, 8), (4, 1, 1)], "4x8x8 and 4x1x1"),
        ("gate", [(4,), (4,)], "three inputs .* not 2"),
        ("add", [], "at least one"),
    ],
)
def test_merges_refuse(name: str, shapes: list[Shape], words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        OPERATIONS[name]().shape(*shapes)


@pytest.mark.parametrize(
    ("op", "shape", "words"),
    [
        (Conv(8, 7, padding=0), (3, 5, 5), r"kernel 7 does not fit in 5x5 \(padding 0\)"),
        (
            Conv(8, [1, 7], padding=0, dilation=2),
            (3, 5, 5),
            r"kernel 1x7 does not fit in 5x5 \(padding 0, dilation 2\)",
        ),
        (Conv(8, [3, 3]), (3, 5), "kernel has 2 numbers, the input has 1 spatial axis"),
        (Conv(8, 3, groups=3), (4, 5, 5), "groups 3 does not divide the 4 input channels"),
        (Conv(8, 3, groups=3), (3, 5, 5), "groups 3 does not divide the 8 output channels"),
        (MaxPool(3), (3, 2, 8), r"kernel 3 does not fit in 2x8"),
        (Linear(10), (3, 5, 5), "takes a vector, not 3x5x5; put flatten or global_avg_pool before it"),
        (OPERATIONS["split"](3), (4, 5), "4 channels of 4x5 do not split into 3"),
        (OPERATIONS["group_norm"](3), (4, 5), "groups 3 does not divide the 4 channels"),
        (OPERATIONS["softmax"](3), (4, 5), "groups 3 does not divide the 4 channels"),
        (OPERATIONS["channel_pool"](3), (4, 5), "size 3 does not divide the 4 channels"),
        (OPERATIONS["channel_shuffle"](3), (4, 5), "groups 3 does not divide the 4 channels"),
        (Scale([1, 2]), (3, 5), "value has 2 numbers, the input 3x5 has 3 channels"),
        (Pad(-3), (3, 5, 5), "nothing is left of 3x5x5"),
        (Slice(1, axis="spatial"), (3, 1, 1), "nothing is left of 3x1x1"),
    ],
    ids=str,
)
def test_shape_errors_name_the_sizes(op: Operation, shape: Shape, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        op.shape(shape)


@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    [
        ("conv", {"channels": 8}, "kernel"),
        ("conv", {"channels": 8, "kernel": 0}, "kernel"),
        ("conv", {"channels": 8, "kernel": [3, 0]}, "kernel"),
        ("conv", {"channels": 8, "kernel": []}, "kernel"),
        ("conv", {"channels": 8, "kernel": True}, "kernel"),
        ("conv", {"channels": 8, "kernel": "all"}, "kernel"),
        ("conv", {"channels": 8, "kernel": 3.0}, "kernel"),
        ("conv", {"channels": 0, "kernel": 3}, "channels"),
        ("conv", {"channels": "8", "kernel": 3}, "channels"),
        ("conv", {"channels": 8, "kernel": 3, "padding": -1}, "padding"),
        ("conv", {"channels": 8, "kernel": 3, "padding": "valid"}, "padding"),
        ("conv", {"channels": 8, "kernel": 3, "bias": 1}, "bias"),
        ("conv", {"channels": 8, "kernel": 3, "bias_start": "low"}, "bias_start"),
        ("linear", {"features": None}, "features"),
        ("max_pool", {"kernel": 3, "padding": 2}, "padding"),
        ("avg_pool", {"kernel": [3, 1], "padding": 1}, "padding"),
        ("avg_pool", {"kernel": 3, "count_include_pad": "no"}, "count_include_pad"),
        ("batch_norm", {"eps": -1e-5}, "eps"),
        ("batch_norm", {"eps": "1e-5"}, "eps"),
        ("batch_norm", {"momentum": 2}, "momentum"),
        ("elu", {"alpha": math.nan}, "alpha"),
        ("leaky_relu", {"slope": math.inf}, "slope"),
        ("group_norm", {"groups": None}, "groups"),
        ("softmax", {"groups": 0}, "groups"),
        ("channel_pool", {"size": 2, "mode": "sum"}, "mode"),
        ("dropout", {"rate": 1}, "rate"),
        ("dropout", {"rate": None}, "rate"),
        ("drop_path", {"rate": True}, "rate"),
        ("upsample", {"factor": 2, "mode": "cubic"}, "mode"),
        ("resize", {"size": 0}, "size"),
        ("pad", {"spatial": [1, 2, 3]}, "spatial"),
        ("pad", {"channels": [[1, 2]]}, "channels"),
        ("slice", {"start": None}, "start"),
        ("slice", {"step": 0}, "step"),
        ("split", {"parts": 2, "part": 2}, "part"),
        ("scale", {"value": []}, "value"),
        ("scale", {"value": [1, "2"]}, "value"),
        ("input", {"size": 3}, "size"),
        ("input", {"size": [3, 0]}, "size"),
        ("mean", {"drop": 1.0}, "drop"),
    ],
)
def test_bad_arguments_are_refused_by_name(name: str, arguments: dict[str, object], argument: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^{argument} is .*, expected ") as caught:
        OPERATIONS[name](**arguments)
    assert caught.value.argument == argument


def test_argument_errors_say_what_is_expected() -> None:
    with pytest.raises(ArgumentError) as caught:
        Conv(8, -3)
    words = "expected a positive whole number, or a list with one for each spatial axis"
    assert str(caught.value) == f"kernel is -3, {words}"
    assert str(ArgumentError("kernel", None, "a number")) == "kernel is missing, expected a number"
