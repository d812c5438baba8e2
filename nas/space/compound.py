"""The grid of compound scaling: how a larger cost may be shared out between depth, width and resolution.

Source: Tan and Le 2019, EfficientNet, arXiv:1905.11946, section 3.3, which fixes phi = 1 and searches alpha, beta and
gamma, each at least 1, by a small grid under alpha * beta ** 2 * gamma ** 2 = 2. Here alpha and gamma are on the grid,
and beta is what makes the mult-adds of the network, as they are counted, those that are asked for.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from math import ceil, floor
from typing import Any, NamedTuple

from nas.errors import ShapeError, UserError
from nas.graph.graph import Graph
from nas.space.document import Document
from nas.space.rewrite import words_of
from nas.space.scaled import parameter_names, scalable
from nas.space.space import Space

STEPS = 4  # the parts in which the logarithm of the cost is shared out
TOLERANCE = 0.1  # of the cost: channels come in eights, and repeats in ones
HALVINGS = 12
CANDIDATE, LISTS = "candidate", {"alpha": "alphas", "beta": "betas", "gamma": "gammas"}


class Candidate(NamedTuple):
    """One point of the grid, and what its network costs at phi = 1."""

    alpha: float
    beta: float
    gamma: float
    parameters: int
    mult_adds: int


def candidates(document: Document, cost: float) -> list[Candidate]:
    """The points of the grid whose networks cost `cost` times as many mult-adds as the document's, and differ.

    Args:
        document: of `scalable`.
        cost: how many times the mult-adds, above 1. They may be off by `TOLERANCE`, because channels are rounded.

    Raises:
        UserError: the cost is 1 or less, or so small that no network has it.
    """
    if not 1 < cost <= 100:
        raise UserError(
            "cost", f"{cost:g} times as many mult-adds cannot be searched", "give a number above 1, up to 100"
        )
    space = Space(document)
    base = space.graph().mult_adds
    found: dict[str, Candidate] = {}
    for depth, resolution in product(range(STEPS + 1), repeat=2):
        if depth + resolution <= STEPS:
            alpha, gamma = (round(cost ** (depth / STEPS), 2), round(cost ** (resolution / STEPS / 2), 2))
            beta = solve(space, alpha, gamma, cost * base)
            if beta is not None:
                graph = at_one(space, alpha, beta, gamma)
                one = Candidate(alpha, beta, gamma, graph.parameters, graph.mult_adds)
                found.setdefault(graph.prune().fingerprint(), one)
    if not found:
        what = f"no network of {cost:g} times the mult-adds is within {TOLERANCE:.0%} of that"
        raise UserError(document.name, what, "its widths and depths are too few or too small: give a larger cost")
    return list(found.values())


def at_one(space: Space, alpha: float, beta: float, gamma: float) -> Graph:
    """The network at phi = 1."""
    names = parameter_names(space.document)
    values = {"phi": 1, "alpha": alpha, "beta": beta, "gamma": gamma}
    return space.with_parameters(**{names[name]: value for name, value in values.items()}).graph()


def solve(space: Space, alpha: float, gamma: float, mult_adds: float) -> float | None:
    """The beta from 1 on, to three digits, with which the network has about so many mult-adds.

    They grow with beta in steps: of the two sides of the step that crosses `mult_adds` it is the nearer one. None
    where that is off by more than `TOLERANCE`, or the network cannot be built.
    """

    def counted(beta: float) -> int:
        return at_one(space, alpha, beta, gamma).mult_adds

    try:
        low, high = 1.0, 1.1 * (mult_adds / max(1, counted(1.0))) ** 0.5
        if counted(low) < mult_adds:
            while counted(high) < mult_adds:
                high *= 1.5
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                low, high = (middle, high) if counted(middle) < mult_adds else (low, middle)
        else:
            high = low
        sides = [
            (abs(counted(beta) / mult_adds - 1), beta) for beta in (floor(low * 1000) / 1000, ceil(high * 1000) / 1000)
        ]
    except (UserError, ShapeError):
        return None
    off, beta = min(sides)
    return beta if off <= TOLERANCE else None


def grid_of(document: Document, among: Sequence[Candidate]) -> Document:
    """The search space of the grid: the document of `scalable` at phi = 1, with one choice, of the candidate."""
    names, taken = parameter_names(document), words_of(document)
    if not taken.isdisjoint({CANDIDATE, *LISTS.values()}):
        word = sorted(taken & {CANDIDATE, *LISTS.values()})[0]
        raise UserError(document.name, f"it has a parameter '{word}', which the grid needs", "rename it")
    own: dict[str, Any] = {CANDIDATE: {"choice": list(range(len(among)))}}
    own |= {many: [getattr(one, name) for one in among] for name, many in LISTS.items()}
    fixed = {names["phi"]: 1} | {names[name]: f"={many}[{CANDIDATE}]" for name, many in LISTS.items()}
    parameters = {**own, **document.data["parameters"], **fixed}
    return Document({**document.data, "name": f"{document.name}_scaled", "parameters": parameters})


def is_grid(document: Document) -> bool:
    """Whether a document is of `grid_of`."""
    return {CANDIDATE, *LISTS.values()} <= {*(document.data.get("parameters") or {})}


def factors_of(grid: Document, number: int) -> dict[str, float]:
    """alpha, beta and gamma of a candidate."""
    return {name: float(grid.data["parameters"][many][number]) for name, many in LISTS.items()}


def family(grid: Document, number: int, most: int) -> list[Document]:
    """The networks of a candidate for phi = 0 to `most`, each a document that stands for itself.

    Their `input` is their resolution, to which each brings images of another size by itself.
    """
    parameters: Mapping[str, Any] = grid.data["parameters"]
    own = [name for name in parameters if name not in (CANDIDATE, *LISTS.values())]
    names = dict(zip(("phi", *LISTS), own, strict=False))
    members = []
    for phi in range(most + 1):
        values = {names["phi"]: phi} | {names[name]: value for name, value in factors_of(grid, number).items()}
        kept = {name: values.get(name, parameters[name]) for name in own}
        name = f"{grid.name.removesuffix('_scaled')}_phi{phi}"
        member = Document({**grid.data, "name": name, "parameters": kept})
        resized = next(node for node in Space(member).graph().nodes if node.operation == "resize")
        members.append(Document({**member.data, "input": list(resized.shape)}))
    return members


def scaling_of(document: Document, cost: float) -> tuple[Document, list[Candidate]]:
    """The grid of a document without choices, and its candidates. Raises UserError as `scalable` and `candidates`."""
    base = scalable(document)
    among = candidates(base, cost)
    return grid_of(base, among), among
