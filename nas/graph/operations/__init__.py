"""The primitive operations, by the name that documents use. Adding one is a class and its place in this list."""

from nas.graph.operation import Operation
from nas.graph.operations.activation import ACTIVATIONS, Softmax
from nas.graph.operations.convolution import Conv, Linear
from nas.graph.operations.crop import Pad, Select, Slice, Split
from nas.graph.operations.distance import RadialBasis
from nas.graph.operations.local import LocallyConnected
from nas.graph.operations.merge import Add, Concat, Gate, Mean, Multiply
from nas.graph.operations.normalization import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from nas.graph.operations.pooling import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    ChannelPool,
    GlobalAvgPool,
    MaxPool,
    MaxUnpool,
)
from nas.graph.operations.regularization import Dropout, DropPath
from nas.graph.operations.resize import Resize
from nas.graph.operations.tensor import ChannelShuffle, Flatten, Identity, Input, Reshape, Scale, Upsample, Zeros
from nas.graph.operations.transposed import ConvTranspose

_ALL: tuple[type[Operation], ...] = (
    *(Input, Conv, LocallyConnected, ConvTranspose, Linear, RadialBasis),
    *(MaxPool, AvgPool, GlobalAvgPool, AdaptiveAvgPool, AdaptiveMaxPool, ChannelPool),
    *(BatchNorm, LayerNorm, GroupNorm, LocalResponseNorm),
    *ACTIVATIONS,
    *(Softmax, Dropout, DropPath),
    *(Identity, Zeros, Flatten, Reshape, Upsample, Resize, Pad, Slice, Split, Select, ChannelShuffle, Scale),
    *(Add, Concat, Mean, Multiply, Gate, MaxUnpool),
)
OPERATIONS = {operation.name: operation for operation in _ALL}  # and those that users register (`nas.space.own`)
BUILT_IN = frozenset(OPERATIONS)
