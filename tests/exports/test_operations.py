"""Every primitive operation with unusual arguments through the formats that other programs run."""

from pathlib import Path
from typing import Any

import pytest
import torch

from nas.data.record import Record
from nas.exports import reader
from nas.exports.compare import difference
from nas.exports.culprit import culprit
from nas.exports.formats import FORMATS
from nas.exports.source import Source
from nas.graph.operations import OPERATIONS
from nas.graph.operations.activation import ACTIVATIONS
from nas.network import Network, compile
from tests.graph.building import Builder

CASES: list[tuple[tuple[int, ...], str, dict[str, Any]]] = [
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": "same"}),
    ((3, 15, 15), "avg_pool", {"kernel": 3, "stride": 2, "padding": "same"}),
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": "same", "count_include_pad": False}),
    ((3, 16, 16), "avg_pool", {"kernel": 2, "stride": 3, "padding": "same"}),
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True}),
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True, "count_include_pad": False}),
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 2, "ceil": True}),
    ((3, 17, 16), "avg_pool", {"kernel": 4, "stride": 3, "padding": 2, "ceil": True}),
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1}),
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ((3, 16, 16), "avg_pool", {"kernel": 3, "stride": 1, "padding": "same"}),
    ((3, 17), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True}),
    ((3, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True}),
    ((3, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": "same", "count_include_pad": False}),
    ((3, 16), "avg_pool", {"kernel": 3, "stride": 2, "padding": "same"}),
    ((3, 6, 6, 6), "avg_pool", {"kernel": 3, "stride": 2, "padding": "same"}),
    ((3, 6, 6, 6), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True}),
    ((3, 6, 6, 6), "avg_pool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True, "count_include_pad": False}),
    ((3, 16, 16), "max_pool", {"kernel": 3, "stride": 2, "padding": "same"}),
    ((3, 16, 16), "max_pool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True}),
    ((3, 16, 17), "max_pool", {"kernel": [2, 3], "stride": [3, 2], "ceil": True}),
    ((3, 16), "max_pool", {"kernel": 3, "stride": 2, "padding": "same"}),
    ((3, 6, 6, 6), "max_pool", {"kernel": 3, "stride": 2, "padding": "same"}),
    ((4, 9, 9), "conv", {"channels": 6, "kernel": 3, "stride": 2, "padding": "same"}),
    ((4, 8, 9), "conv", {"channels": 6, "kernel": 4, "stride": [1, 2], "dilation": 2, "groups": 2}),
    ((4, 8, 8), "conv", {"channels": 6, "kernel": 4}),
    ((4, 8, 8), "conv", {"channels": 6, "kernel": [1, 5], "dilation": [1, 2], "padding": "same"}),
    ((4, 8, 8), "conv", {"channels": 6, "kernel": 2, "stride": 3, "padding": "same", "bias": False}),
    ((4, 8, 8), "conv", {"channels": 6, "kernel": "whole"}),
    ((4, 8), "conv", {"channels": 6, "kernel": 4}),
    ((4, 9), "conv", {"channels": 6, "kernel": 3, "stride": 2, "padding": "same"}),
    ((4, 5, 6, 5), "conv", {"channels": 6, "kernel": 3, "stride": 2, "padding": "same"}),
    ((4, 5, 6, 5), "conv", {"channels": 6, "kernel": 4, "groups": 2}),
    ((4, 5, 6, 5), "conv", {"channels": 6, "kernel": 2}),
    ((4, 7, 7), "global_avg_pool", {}),
    ((4, 7), "global_avg_pool", {}),
    ((4, 3, 4, 5), "global_avg_pool", {}),
    ((4, 7, 7), "adaptive_avg_pool", {"size": 1}),
    ((4, 7, 7), "adaptive_avg_pool", {"size": 3}),
    ((4, 7, 5), "adaptive_avg_pool", {"size": [2, 7]}),
    ((4, 8, 8), "adaptive_avg_pool", {"size": 4}),
    ((4, 7), "adaptive_avg_pool", {"size": 3}),
    ((4, 7, 6, 5), "adaptive_avg_pool", {"size": 3}),
    ((4, 3, 3), "adaptive_avg_pool", {"size": 7}),
    ((4, 7, 7), "adaptive_max_pool", {"size": 1}),
    ((4, 7, 7), "adaptive_max_pool", {"size": 3}),
    ((4, 8, 8), "adaptive_max_pool", {"size": 4}),
    ((4, 7), "adaptive_max_pool", {"size": 3}),
    ((4, 7, 6, 5), "adaptive_max_pool", {"size": 3}),
    ((6, 5, 5), "channel_pool", {"size": 3, "mode": "mean"}),
    ((6, 5, 5), "channel_pool", {}),
    ((6,), "channel_pool", {"size": 2}),
    ((6, 5, 5), "batch_norm", {"eps": 0.1}),
    ((6, 5, 5), "batch_norm", {"affine": False}),
    ((6,), "batch_norm", {}),
    ((6, 5), "batch_norm", {}),
    ((6, 5, 4, 3), "batch_norm", {"affine": False}),
    ((6, 5, 5), "layer_norm", {"eps": 0.1}),
    ((6,), "layer_norm", {"affine": False}),
    ((6, 5, 4, 3), "layer_norm", {}),
    ((6, 5, 5), "group_norm", {"groups": 3, "eps": 0.1}),
    ((6, 5, 5), "group_norm", {"groups": 2, "affine": False}),
    ((6,), "group_norm", {"groups": 2}),
    ((6, 5, 4, 3), "group_norm", {"groups": 6}),
    ((6, 5), "group_norm", {"groups": 1}),
    ((6, 5, 5), "local_response_norm", {"size": 3, "alpha": 0.5, "k": 2}),
    ((6, 5, 5), "local_response_norm", {"size": 4, "alpha": 0.5, "beta": 0.5}),
    ((6, 5), "local_response_norm", {"size": 5, "alpha": 0.5}),
    ((6, 5, 4, 3), "local_response_norm", {"size": 2, "alpha": 0.5}),
    ((6, 5, 5), "local_response_norm", {"size": 13, "alpha": 0.5}),
    *(
        ((4, 5, 5), n, a)
        for n, a in [
            *((operation.name, {}) for operation in ACTIVATIONS),
            ("leaky_relu", {"slope": -0.3}),
            ("elu", {"alpha": -0.7}),
            ("elu", {"alpha": 0.7}),
            ("softmax", {}),
            ("softmax", {"groups": 2}),
            ("dropout", {"rate": 0.3}),
            ("drop_path", {"rate": 0.3}),
            ("identity", {}),
            ("none", {"stride": 2, "channels": 3}),
            ("flatten", {}),
            ("reshape", {"sizes": [5, 20]}),
            ("reshape", {"sizes": [100]}),
            ("reshape", {"sizes": [2, 2, 5, 5]}),
        ]
    ),
    ((4,), "prelu", {}),
    ((4, 5, 4, 3), "prelu", {}),
    ((4,), "softmax", {}),
    ((4,), "softmax", {"groups": 2}),
    ((4, 5, 4, 3), "softmax", {"groups": 2}),
    ((4,), "none", {}),
    ((4, 5, 5), "upsample", {"factor": 2}),
    ((4, 5, 5), "upsample", {"factor": [3, 2], "mode": "bilinear"}),
    ((4, 5), "upsample", {"factor": 3, "mode": "bilinear"}),
    ((4, 5), "upsample", {"factor": 3}),
    ((4, 3, 4, 3), "upsample", {"factor": 2, "mode": "bilinear"}),
    ((4, 3, 4, 3), "upsample", {"factor": [1, 2, 3]}),
    ((4, 1, 5), "upsample", {"factor": 4, "mode": "bilinear"}),
    ((4, 5, 5), "resize", {"size": 7}),
    ((4, 9, 5), "resize", {"size": [3, 5]}),
    ((4, 5), "resize", {"size": 8}),
    ((4, 3, 4, 3), "resize", {"size": [2, 5, 3]}),
    ((4, 6, 6), "pad", {"spatial": -1}),
    ((4, 6, 6), "pad", {"spatial": [[1, -2], [-1, 2]], "channels": [-1, 2], "value": 0.5}),
    ((4, 6, 6), "pad", {"channels": [2, 0]}),
    ((4,), "pad", {"channels": [-1, 3], "value": -2}),
    ((4, 6, 5, 4), "pad", {"spatial": [[1, -2], [-1, 2], [0, 1]]}),
    ((4, 6), "pad", {"spatial": [-2, 1], "channels": 1}),
    ((6, 7, 7), "slice", {"start": 1, "stop": -1, "step": 2}),
    ((6, 7, 7), "slice", {"start": -3, "axis": "spatial", "step": 2}),
    ((6, 7, 7), "slice", {"start": -100, "stop": 100}),
    ((6, 7, 7), "slice", {"start": 1, "axis": "spatial"}),
    ((6,), "slice", {"stop": -2, "step": 3}),
    ((6, 5, 4, 3), "slice", {"start": 1, "axis": "spatial"}),
    ((6, 5, 5), "split", {"parts": 3, "part": 1}),
    ((6,), "split", {"parts": 2, "part": 1}),
    ((6, 5, 5), "select", {"indices": [5, 0, 0, 2]}),
    ((6,), "select", {"indices": [3]}),
    ((6, 5, 5), "channel_shuffle", {"groups": 3}),
    ((6,), "channel_shuffle", {"groups": 2}),
    ((6, 4, 3, 2), "channel_shuffle", {"groups": 2}),
    ((3, 5, 5), "scale", {"value": [1, 0.5, 2], "shift": 0.25}),
    ((3, 5, 5), "scale", {"value": -2}),
    ((3, 5, 5), "scale", {"value": 0.5, "shift": [1, 2, 3], "learned": True}),
    ((3,), "scale", {"value": [1, 2, 0.1]}),
    ((4, 6, 5), "conv", {"kernel": 3, "standardised": True}),
    ((4, 6, 5), "conv", {"channels": 6, "kernel": 4, "groups": 2, "standardised": True, "bias": False}),
    ((4, 6), "conv", {"kernel": 3, "stride": 2, "standardised": True}),
    ((4, 4, 4, 4), "conv", {"kernel": 3, "standardised": True}),
    ((4, 6, 5), "locally_connected", {"channels": 6, "kernel": 3}),
    ((4, 6, 5), "locally_connected", {"channels": 6, "kernel": [2, 3], "stride": [1, 2], "padding": 0, "bias": False}),
    ((4, 7, 7), "locally_connected", {"kernel": 2, "stride": 2, "padding": "same"}),
    ((4, 6), "locally_connected", {"kernel": 3, "padding": 1}),
    ((4, 4, 3, 4), "locally_connected", {"kernel": 2}),
    ((4, 6, 5), "conv_transpose", {"channels": 6, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1}),
    ((4, 6, 5), "conv_transpose", {"kernel": [2, 1], "stride": [2, 1], "groups": 2, "bias": False}),
    ((4, 6), "conv_transpose", {"kernel": 4, "stride": 2}),
    ((4, 3, 4, 3), "conv_transpose", {"kernel": 2, "stride": 2, "padding": 1}),
    ((12,), "linear", {"features": 5}),
    ((12,), "linear", {"features": 5, "bias": False}),
    ((12,), "radial_basis", {"units": 5, "seed": 3}),
    ((4, 7, 6), "max_unpool", {"kernel": 2}),
    ((4, 7, 6), "max_unpool", {"kernel": 3, "stride": 2, "padding": 1, "ceil": True}),
    ((4, 7), "max_unpool", {"kernel": 2}),
    ((4, 4, 4, 5), "max_unpool", {"kernel": 2}),
]
QUICK = [
    0,
    14,
    15,
    42,
    45,
    48,
]  # poolings that torch.onnx gets wrong or has no operation for, unless they are rewritten


def network(shape: tuple[int, ...], operation: str, arguments: dict[str, Any]) -> Network:
    """Of one operation, its statistics and weights not the initial ones."""
    b = Builder(shape)
    inputs = [b("max_pool", 0, **arguments), 0] if operation == "max_unpool" else [0]
    b(operation, *inputs, **arguments)
    model = compile(b.graph()).eval()
    generator = torch.Generator().manual_seed(1)
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            value.uniform_(0.5 if "var" in name else -1, 2, generator=generator)
    return model


def check(format: str, folder: Path, shape: tuple[int, ...], operation: str, arguments: dict[str, Any]) -> None:
    model = network(shape, operation, arguments)
    exported = Source(model, Record(shape))
    file = FORMATS[format](exported, folder)
    run = reader.runner(format, file, None)
    for count in (1, 2, 5):
        x = torch.randn(count, *shape, generator=torch.Generator().manual_seed(count))
        (theirs,) = reader.leaves(run(x.numpy() if format == "onnx" else x))
        ours = model(x).detach()
        assert ours.shape == theirs.shape
        assert difference(ours, torch.as_tensor(theirs).detach()) < 1e-5


def name(case: Any) -> str:
    return " ".join(map(str, case)).replace("/", "|")


@pytest.mark.parametrize("case", [CASES[i] for i in QUICK], ids=name)
def test_poolings_in_onnx(tmp_path: Path, case: Any) -> None:
    pytest.importorskip("onnxruntime")
    check("onnx", tmp_path, *case)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["onnx", "torch", "python"])
@pytest.mark.parametrize("case", CASES, ids=name)
def test_all_operations(tmp_path: Path, format: str, case: Any) -> None:
    check(format, tmp_path, *case)


def test_all_operations_are_among_them() -> None:
    several = {name for name, operation in OPERATIONS.items() if operation.merges and name != "max_unpool"}
    assert {operation for _, operation, _ in CASES} == set(OPERATIONS) - several - {"input"}


def test_the_operation_that_a_format_gets_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    b = Builder((2, 4, 4))
    b("add", b("identity", 0, path="network.first"), b("tanh", 0, path="network.second"), path="network.sum")
    model = compile(b.graph()).eval()
    monkeypatch.setattr(reader, "runner", lambda *_: lambda x: x)  # reads every file as an identity
    monkeypatch.setitem(FORMATS, "torch", lambda source, folder: folder)
    assert culprit(Source(model, Record((2, 4, 4))), "torch") == " at network.second (tanh)"
