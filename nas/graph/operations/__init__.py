"""The primitive operations, by the name that documents use. Adding one is a class and its line here."""

from nas.graph.operation import Operation
from nas.graph.operations.activation import (
    ELU,
    GELU,
    Hardsigmoid,
    Hardswish,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from nas.graph.operations.convolution import Conv, Linear
from nas.graph.operations.crop import Pad, Select, Slice, Split
from nas.graph.operations.distance import RadialBasis
from nas.graph.operations.merge import Add, Concat, Gate, Mean, Multiply
from nas.graph.operations.normalization import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from nas.graph.operations.pooling import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, ChannelPool, GlobalAvgPool, MaxPool
from nas.graph.operations.regularization import Dropout, DropPath
from nas.graph.operations.tensor import ChannelShuffle, Flatten, Identity, Input, Reshape, Scale, Upsample, Zeros

OPERATIONS: dict[str, type[Operation]] = {
    "input": Input,
    "conv": Conv,
    "linear": Linear,
    "radial_basis": RadialBasis,
    "max_pool": MaxPool,
    "avg_pool": AvgPool,
    "global_avg_pool": GlobalAvgPool,
    "adaptive_avg_pool": AdaptiveAvgPool,
    "adaptive_max_pool": AdaptiveMaxPool,
    "channel_pool": ChannelPool,
    "batch_norm": BatchNorm,
    "layer_norm": LayerNorm,
    "group_norm": GroupNorm,
    "local_response_norm": LocalResponseNorm,
    "relu": ReLU,
    "relu6": ReLU6,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "prelu": PReLU,
    "mish": Mish,
    "silu": SiLU,
    "gelu": GELU,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "hardswish": Hardswish,
    "hardsigmoid": Hardsigmoid,
    "softmax": Softmax,
    "dropout": Dropout,
    "drop_path": DropPath,
    "identity": Identity,
    "none": Zeros,
    "flatten": Flatten,
    "reshape": Reshape,
    "upsample": Upsample,
    "pad": Pad,
    "slice": Slice,
    "split": Split,
    "select": Select,
    "channel_shuffle": ChannelShuffle,
    "scale": Scale,
    "add": Add,
    "mean": Mean,
    "multiply": Multiply,
    "concat": Concat,
    "gate": Gate,
}

__all__ = ["OPERATIONS", *sorted(operation.__name__ for operation in OPERATIONS.values())]
