"""How good a whole front is, as one number: the volume of what it dominates, down to a reference point.

The hypervolume indicator (Zitzler & Thiele 1998, PPSN V), computed by moocore, the library of the authors of the
algorithms (Fonseca, Paquete & Lopez-Ibanez 2006; Guerreiro & Fonseca 2018). A point that is not better than the
reference in every objective adds nothing. Two hypervolumes compare only where they are of one reference point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nas.errors import UserError, did_you_mean
from nas.objectives import Objective, values
from nas.searchers.pareto import Points, dominates


@dataclass(frozen=True)
class Hypervolume:
    """value: in the product of the objectives' units. reference: by metric, as measured. course: it, trial by trial."""

    value: float
    reference: dict[str, float]
    course: list[float]

    def __str__(self) -> str:
        return f"{self.value:.6g} from the reference point {stated(self.reference)}"


def hypervolume(points: Points, reference: Sequence[float]) -> float:
    """Of points and a reference point whose values are larger where they are better."""
    if not points:
        return 0.0
    import moocore  # of no use to a search
    import numpy

    return float(moocore.hypervolume(numpy.array(points, float), ref=list(reference), maximise=True))


def course(points: Points, reference: Sequence[float]) -> list[float]:
    """The hypervolume of the first point, of the first two, and so on: it never falls."""
    front: list[Sequence[float]] = []
    volumes: list[float] = []
    for point in points:
        if any(dominates(other, point) or tuple(other) == tuple(point) for other in front):
            volumes.append(volumes[-1])
            continue
        front = [other for other in front if not dominates(point, other)] + [point]
        volumes.append(hypervolume(front, reference))
    return volumes


def reference_point(
    objectives: Sequence[Objective], points: Points, given: Mapping[str, float] | None = None
) -> tuple[float, ...]:
    """What the user says of each objective, as measured, and the worst of the points where nothing is said.

    Returns values that are larger where they are better, as those of `points`. Raises UserError as
    `check_reference` does.
    """
    check_reference(objectives, given or {})
    worst = [min(column) for column in zip(*points, strict=True)]
    coordinates = {**measured(objectives, worst), **(given or {})}
    return values(objectives, coordinates)


def check_reference(objectives: Sequence[Objective], given: Mapping[str, float]) -> None:
    """Raises UserError where a reference point names what is no objective, and where there are fewer than two."""
    names = [objective.metric for objective in objectives]
    if given and len(names) < 2:
        raise UserError("reference", "one objective has no hypervolume", "give another, such as parameters:min")
    for name in given:
        if name not in names:
            raise UserError("reference", f"'{name}' is no objective", did_you_mean(name, names))


def measured(objectives: Sequence[Objective], point: Sequence[float]) -> dict[str, float]:
    """A point whose values are larger where they are better, as measured; the inverse of `objectives.values`."""
    signed = zip(objectives, point, strict=True)
    return {objective.metric: (-value if objective.smaller else value) + 0.0 for objective, value in signed}  # no -0.0


def stated(reference: Mapping[str, float]) -> str:
    """`valid_accuracy=0.1, parameters=1073466`."""
    amounts = {name: f"{value:.15g}" if value == round(value) else f"{value:.6g}" for name, value in reference.items()}
    return ", ".join(f"{name}={amount}" for name, amount in amounts.items())
