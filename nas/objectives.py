"""What a search maximises or minimises: one metric or several, and which trials are best by all of them together."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace

from nas.errors import UserError, did_you_mean
from nas.types import OBJECTIVE

DIRECTIONS = ("max", "min")
ERRORS = ("rmse", "mae")  # which nobody wants large


@dataclass(frozen=True)
class Objective:
    """A metric of the evaluator, or a cost of the network (`nas.graph.costs.COSTS`), to be made large or small."""

    metric: str
    smaller: bool = False

    @classmethod
    def parse(cls, text: str) -> "Objective":
        """`valid_accuracy`, `parameters:min`; `valid_rmse` is to be small without a word. Raises UserError."""
        metric, colon, direction = str(text).partition(":")
        if not all(name.isidentifier() for name in metric.split("+")):  # synflow+naswot is a metric of the proxies
            raise UserError("objective", f"'{text}' names no metric", "write METRIC or METRIC:min")
        if colon and direction not in DIRECTIONS:
            raise UserError(
                f"objective {metric}", f"unknown direction '{direction}'", did_you_mean(direction, DIRECTIONS)
            )
        return cls(metric, direction == "min" if colon else metric.endswith(ERRORS))

    def __str__(self) -> str:
        if not self.smaller:
            return f"{self.metric}:max" if self.metric.endswith(ERRORS) else self.metric
        return f"{self.metric}:min"


def parse_objectives(texts: Sequence[str]) -> tuple[Objective, ...]:
    """The objectives, the first one first; none: valid_accuracy alone. Raises UserError."""
    objectives = tuple(map(Objective.parse, texts or (OBJECTIVE,)))
    names = [objective.metric for objective in objectives]
    for name in names:
        if names.count(name) > 1:
            raise UserError("objective", f"'{name}' is given twice", "leave one out")
    return objectives


def named(objectives: Sequence[Objective], metrics: Collection[str]) -> tuple[Objective, ...]:
    """With the metrics' whole names: where no `accuracy` is known and a `valid_accuracy` is, that is meant."""
    return tuple(
        replace(o, metric=f"valid_{o.metric}") if o.metric not in metrics and f"valid_{o.metric}" in metrics else o
        for o in objectives
    )


def values(objectives: Sequence[Objective], metrics: Mapping[str, float]) -> tuple[float, ...]:
    """Each objective's value, its sign such that larger is better. Raises KeyError for a metric that is not there."""
    return tuple(float(-metrics[o.metric] if o.smaller else metrics[o.metric]) for o in objectives)


def missing(objectives: Sequence[Objective], metrics: Container[str]) -> str | None:
    """The first objective's metric that `metrics` lack."""
    return next((o.metric for o in objectives if o.metric not in metrics), None)
