"""DARTS-: Chu, Wang, Zhang, Lu, Wei and Yan 2021, arXiv:2009.01027. Algorithm 1: DARTS with auxiliary skip connections.

They are an option of every method of the family (`nas.oneshot.skips`).
"""

from dataclasses import dataclass

from nas.oneshot.darts import Darts


@dataclass
class DartsMinus(Darts):
    """DARTS of the first order whose mixtures have a skip connection besides, which fades over the epochs."""

    auxiliary_skip: bool = True
