"""A space with every kind of choice, some of them conditional, that costs nothing to walk."""

from nas.space import Genome, Space
from tests.space.documents import space_of

TEXT = """
    name: conditional
    input: [3, 8, 8]
    classes: 2
    parameters: {style: {choice: [plain, residual]}, width: {choice: [4, 8, 12]}, rate: {choice: [0.1, 0.2, 0.5]}}
    cells:
      cell:
        nodes:
          - repeat: 3
            add: {choose: 1, of: =earlier, operation: {choice: [nor_conv_1x1, nor_conv_3x3, skip_connect]}}
          - add: {choose: 2, of: =earlier, operation: {choice: [nor_conv_1x1, skip_connect]}}
        output: last
    network:
      - conv_bn_relu: {channels: =width, kernel: 3}
      - when: =style == 'residual'
        do:
          - residual: [{choice: [sep_conv_3x3, nor_conv_3x3]}]
          - repeat: {choice: [0, 1, 2]}
            body: [{choice: [relu, sigmoid, tanh]}]
        else: [{cell: {channels: =width}}]
      - dropout: {rate: =rate}
      - global_avg_pool
      - linear: =classes
"""
WIDE = """
    name: wide
    input: [3, 8, 8]
    classes: 2
    cells:
      cell:
        nodes:
          - repeat: 8
            add: {all: "=earlier[-1:]", operation: {choice: [relu, tanh]}}
          - add: {choose: 4, of: =earlier, operation: skip_connect}
        output: last
    network: [{cell: {channels: 3}}, global_avg_pool, {linear: =classes}]
"""


def conditional() -> Space:
    return space_of(TEXT)


def wide() -> Space:
    """126 sets of four of nine sources: more than are one category."""
    return space_of(WIDE)


def score(genome: Genome) -> float:
    """The same in any process, smooth enough to learn from."""
    return 1.0 / (2.0 + sum(len(str(answer)) for answer in genome.answers.values()))
