"""A point of a supernet's curve."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nas.space import Genome, Space
from nas.types import Metrics


class Epoch(NamedTuple):
    """After an epoch, counted from 1: what was measured, and the genome that the method would derive then.

    shares: the answers' strengths by the choices' paths, to four digits; empty where the method has none.
    """

    epoch: int
    metrics: Metrics
    genome: Genome
    shares: Mapping[str, list[float]] = {}

    def to_json(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "metrics": self.metrics,
            "answers": dict(self.genome.answers),
            "shares": dict(self.shares),
        }


def of_json(space: Space, point: Mapping[str, Any]) -> Epoch:
    """What `to_json` gave."""
    return Epoch(point["epoch"], point["metrics"], space.genome(point["answers"]), point.get("shares", {}))
