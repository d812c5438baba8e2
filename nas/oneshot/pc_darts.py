"""PC-DARTS: Xu, Xie, Zhang, Chen, Qi, Tian and Xiong 2020, arXiv:1907.05737. Section 3.3, edge normalisation.

Partial channels (section 3.2) are of the network, so of its document: the space `pc_darts`. A node whose edges are all
kept has no choice between them, and so no weights of theirs here, where the authors' code halves both edges into a
cell's first node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nas.oneshot.darts import Darts


@dataclass
class PcDarts(Darts):
    """DARTS whose edges into a node have weights besides, a softmax over them (equation 2).

    An edge's strength in the derivation is the product of its own and its strongest operation's. Alpha stays as it is
    in the first 15 of 50 epochs, in which the weights catch up with the operations that have none.
    """

    frozen_share: float = 0.3

    edges: ClassVar[bool] = True
    alpha_rate: ClassVar[float] = 6e-4
    recipe: ClassVar[Mapping[str, Any]] = {"batch_size": 256, "learning_rate": 0.1, "final_learning_rate": 0.0}
