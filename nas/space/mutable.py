"""A fixed document with choices opened around what it says: the neighbourhood of one network as a search space."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nas.errors import ShapeError, UserError, did_you_mean
from nas.graph.graph import Graph
from nas.graph.operations import OPERATIONS
from nas.space import knobs as kinds_of
from nas.space.build import build
from nas.space.document import Document
from nas.space.genome import Genome
from nas.space.knobs import WIDER, Knob, separable_blocks
from nas.space.marks import Place
from nas.space.oracles import fixed
from nas.space.rewrite import dotted, free_name, multiple, wider, with_values, words_of
from nas.space.space import Space
from nas.space.trace import Trace, trace

KINDS = ("kernels", "widths", "depths", "operations", "blocks")
NAMES = {kind: kind.removesuffix("s") for kind in KINDS}  # of the parameters that are added


def mutable(space: Space, kinds: Sequence[str] | str | None = None) -> Space:
    """Open choices around a network: its neighbourhood as a search space.

    Args:
        space: a document without choices.
        kinds: what to open: "kernels", "widths", "depths", "operations", "blocks", several in a list or with commas
            between them; None: all.

    Returns:
        A space of the name NAME_mutable, in which the first answer of each choice is how the network is.

    Raises:
        UserError: it has choices already, a kind is unknown, or nothing of it can be opened.
    """
    return around(space, kinds)[0]


def around(space: Space, kinds: Sequence[str] | str | None = None) -> tuple[Space, list[str]]:
    """As `mutable`, with what stays closed though it is of the kinds that are asked for, a line each."""
    wanted = parse_kinds(kinds)
    if not space.fixed:
        raise UserError(space.name, "has open choices already", "search it as it is, or name one network")
    document = space.document
    found, taken = trace(document), words_of(document)
    opening = _Opening(document, build(document, fixed).graph)
    for kind in wanted:
        opening.take(kind, _knobs(kind, document, found), found)
    if not opening.open:
        hint = f"open other kinds than {', '.join(wanted)}" if len(wanted) < len(KINDS) else "write choices into it"
        raise UserError(space.name, "nothing of it can be opened", hint)
    return Space(_opened(document, _countable(document, opening, taken), set(taken))), opening.closed


def unchanged(space: Space) -> Genome:
    """The genome of a mutable space that is the network itself: the first answer to each choice."""
    return space.answered(lambda: lambda choice: choice.answers[0], tries=1)


def parse_kinds(kinds: Sequence[str] | str | None) -> tuple[str, ...]:
    """The kinds that are asked for, in our order. Raises UserError for what is none."""
    words = kinds.split(",") if isinstance(kinds, str) else [*(kinds or KINDS)]
    asked = [word.strip() for word in words if isinstance(word, str)]
    if "all" in asked or not asked:
        return KINDS
    for word in asked:
        if word not in KINDS:
            raise UserError("mutate", f"unknown kind '{word}'", did_you_mean(word, (*KINDS, "all")))
    return tuple(kind for kind in KINDS if kind in asked)


def _knobs(kind: str, document: Document, found: Trace) -> Iterable[Knob]:
    if kind in ("operations", "blocks"):
        return getattr(kinds_of, kind)(document)
    return getattr(kinds_of, kind)(document, found)


class _Opening:
    """Which knobs can be turned, each by itself: found by building the network with each alternative."""

    def __init__(self, document: Document, graph: Graph) -> None:
        self.document, self.fingerprint = document, graph.prune().fingerprint(training=True)
        self.shapes = {node.path: node.shape for node in graph.nodes}
        self.open: list[Knob] = []
        self.closed: list[str] = []

    def take(self, kind: str, knobs: Iterable[Knob], found: Trace) -> None:
        """Opens those that can be; of others it is said why not, unless nothing in the network reads them."""
        why: dict[Place, str] = {}
        refused = []
        for knob in knobs:
            reason = self._refusal(knob)
            if reason:
                refused.append(knob)
                why[knob.places[0]] = reason
        for knob in tied(refused, found) if kind == "widths" else ():
            reason = self._refusal(knob)
            for place in knob.places:
                if reason is None:
                    why.pop(place)
                else:
                    why[place] = reason
        self.closed += [f"{kind}: {dotted(place)} stays as it is: {reason}" for place, reason in why.items()]
        if not any(knob.kind == kind for knob in self.open):
            self.closed.append(f"{kind}: nothing of {self.document.name} is opened")

    def _refusal(self, knob: Knob) -> str | None:
        """Opens a knob; else the reason why none of its alternatives fits, empty where none makes a difference."""
        first, *others = knob.alternatives
        fitting, reason = [], ""
        for values in others:
            try:
                graph = self._graph(knob, values)
            except (UserError, ShapeError) as error:
                reason = getattr(error, "what", str(error))
                continue
            if graph.prune().fingerprint(training=True) != self.fingerprint:
                fitting.append(values)
        if knob.form == "repeat" and len(fitting) < len(others):
            return ""  # it is no block to repeat
        if not fitting:
            return reason
        self.open.append(knob._replace(alternatives=(first, *fitting)))
        return None

    def _graph(self, knob: Knob, values: Sequence[Any]) -> Graph:
        """The network with an alternative. Raises UserError where it cannot be built."""
        changed = knob.changed(self.document, values)
        graph = build(with_values(self.document, changed, blocks=_blocks(values)), fixed).graph
        if knob.form == "repeat" and any(self.shapes.get(node.path, node.shape) != node.shape for node in graph.nodes):
            raise ShapeError("it does not leave shapes as they are")
        return graph


def _countable(document: Document, opening: _Opening, taken: set[str]) -> list[Knob]:
    """The knobs without those that would make a choice hang on a shape, or genomes too many to count."""

    def refusal(knobs: Sequence[Knob]) -> str | None:
        try:
            Space(_opened(document, knobs, set(taken))).size()
        except UserError as error:
            return error.what
        return None

    if refusal(opening.open) is None:
        return opening.open
    alone = {number: refusal([knob]) for number, knob in enumerate(opening.open)}
    knobs = [knob for number, knob in enumerate(opening.open) if alone[number] is None]
    low, high, reason = 1, len(knobs), refusal(knobs)  # the first `low` can be counted, and the first `high` not
    while reason is not None and high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if refusal(knobs[:middle]) is None else (low, middle)
    kept = knobs if reason is None else knobs[:low]
    for number, knob in enumerate(opening.open):
        if knob not in kept:
            why = alone[number] or reason
            opening.closed.append(f"{knob.kind}: {dotted(knob.places[0])} stays as it is: {why}")
    return kept


def _blocks(values: Sequence[Any]) -> dict[str, Any]:
    return {name: block for name, block in separable_blocks().items() if name in values}


def tied(refused: Sequence[Knob], found: Trace) -> list[Knob]:
    """Widths that cannot change one by one, because the maps that they give are added, together."""
    leader = _added_together(found.graph)
    groups: list[tuple[set[int], list[Place]]] = []
    for knob in refused:
        (place,) = knob.places
        maps, places = {leader(node) for node, width in found.widths.items() if place in width.slopes}, [place]
        apart = []
        for others, members in groups:
            if others.isdisjoint(maps):
                apart.append((others, members))
            else:
                maps, places = maps | others, [*members, *places]
        groups = [*apart, (maps, places)]
    knobs = []
    for _, places in groups:
        numbers = [int(found.numbers[place]) for place in places]
        alternatives = [tuple(wider(number, factor) for number in numbers) for factor in WIDER]
        if len(places) > 1:
            knobs.append(Knob("widths", tuple(places), (tuple(numbers), *alternatives)))
    return knobs


def _added_together(graph: Graph) -> Callable[[int], int]:
    """Of each node the first one whose channels have to be as many as its own."""
    leaders = list(range(len(graph.nodes)))

    def leader(node: int) -> int:
        while leaders[node] != node:
            node = leaders[node]
        return node

    for number, node in enumerate(graph.nodes):
        own = number in {0} or hasattr(node.op, "channels") or hasattr(node.op, "features")
        depthwise = own and getattr(node.op, "groups", 1) == graph.nodes[node.inputs[0]].shape[0] if node.inputs else 0
        if node.operation == "concat" or (own and not (depthwise and node.shape[0] > 1)):
            continue
        for source in node.inputs if OPERATIONS[node.operation].merges else node.inputs[:1]:
            if graph.nodes[source].shape[0] == node.shape[0]:
                leaders[leader(number)] = leader(source)
    return leader


def _opened(document: Document, knobs: Sequence[Knob], taken: set[str]) -> Document:
    """The document with a choice for each knob: in place, or a parameter where several places read one answer."""
    changed: dict[Place, Any] = {}
    forms: list[tuple[Place, Knob, Any]] = []
    parameters: dict[str, Any] = {}
    blocks: dict[str, Any] = {}
    for knob in knobs:
        blocks |= _blocks([value for values in knob.alternatives for value in values])
        choice = {"choice": [alternative[0] for alternative in knob.alternatives]}
        if _in_place(document, knob):
            forms.append((knob.places[0], knob, choice))
            continue
        name = free_name(NAMES[knob.kind], taken)
        if len(set(knob.alternatives[0])) > 1:  # different numbers, by one factor
            factors = {tuple(wider(number, f) for number in knob.alternatives[0]): f for f in WIDER}
            choice = {"choice": [1, *(factors[alternative] for alternative in knob.alternatives[1:])]}
        for place, value in zip(knob.places, knob.alternatives[0], strict=True):
            forms.append((place, knob, f"={name}" if choice["choice"][0] == value else multiple(value, name)))
        parameters[name] = choice
    for place, knob, value in forms:
        if knob.form == "value":
            changed[place] = value
    opened = with_values(document, changed, parameters, blocks)
    for place, knob, value in sorted(forms, key=lambda one: (-len(one[0]), one[1].form)):  # what is inside comes first
        if knob.form != "value":
            opened = with_values(opened, knob._replace(places=(place,)).changed(opened, (value,)))
    return Document({**opened.data, "name": f"{document.name}_mutable"})


def _in_place(document: Document, knob: Knob) -> bool:
    """Kernels and repeats have an answer at each use; what stands among the parameters has one anyway."""
    if len(knob.places) > 1 or knob.form == "call" or document.shares:
        return False
    word_of_cell = knob.kind == "operations" and knob.places[0][0] == "cells" and "nodes" in knob.places[0]
    return knob.places[0][0] == "parameters" or knob.kind in ("kernels", "depths") or word_of_cell
