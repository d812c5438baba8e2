"""The auxiliary skip connection of DARTS-: Chu et al. 2021, arXiv:2009.01027. Section 3.2, equation 4.

o(x) = beta x + sum of the answers' shares times their operations: the skip connection that helps the supernet to train
is told from the one that competes. beta falls linearly to 0, and the term is gone at the derivation. It stands here as
beta more on the share of `skip_connect`; where that has weights (factorized reduction, at stride 2) they are the same
for both, where the authors' code has a second one.
"""

from collections.abc import Mapping

from torch import Tensor

from nas.errors import UserError
from nas.space.supernet import OpenChoice

SKIP = "skip_connect"


def check_skips(choices: Mapping[str, OpenChoice]) -> None:
    """Raises UserError where not every choice between operations has the skip connection, or none is one."""
    operations = {path: c.answers for path, c in choices.items() if c.is_open and c.kind == "operation"}
    for path, answers in operations.items():
        if SKIP not in answers:
            listed = ", ".join(map(str, answers))
            raise UserError(path, f"has no {SKIP} for auxiliary_skip ({listed})", f"add {SKIP} to its operations")
    if not operations:
        raise UserError("auxiliary_skip", "no choice is between operations", "leave it out")


def with_skips(shares: Mapping[str, Tensor], choices: Mapping[str, OpenChoice], beta: float) -> dict[str, Tensor]:
    """The shares with `beta` more for each skip connection."""
    added = dict(shares)
    for path, share in shares.items():
        if choices[path].kind == "operation":
            more = share.new_zeros(len(share))
            more[choices[path].answers.index(SKIP)] = beta
            added[path] = share + more
    return added
