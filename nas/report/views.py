"""A network under several answers at once: what a drawing says of it, with `{3, 5, 7}` where the answers differ."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

from nas.errors import ShapeError, UserError
from nas.graph.graph import Graph, Node
from nas.report import labels
from nas.space import Space
from nas.space.place import Choice
from nas.space.sketch import Sketch, sketch

NUMBER = re.compile(r"\d+(?:\.\d+)?")
LISTED, WRITTEN = 5, 3  # values that are listed one by one; ways to write something that are all written
USUAL: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile(r"\d / \d"), lambda text: re.sub(r"^([^,]*\d)(,|$)", r"\1 / 1\2", text)),
    (re.compile(r", \d+ groups"), lambda text: text if "depthwise" in text else f"{text}, 1 groups"),
)
BASE = "base"  # no choice's path has one segment
LEAST = (
    "least"  # the choice of the walk in which all numbers are the least: how far what several decide together may reach
)
WALKS = 400  # with another answer to one choice


class Other(NamedTuple):
    """The graph with another answer to one choice."""

    choice: str
    graph: Graph


class View:
    """A graph, and what it is under other answers to the choices that are no operation's.

    sketch: the walk of an open document that it is from.
    """

    def __init__(self, graph: Graph, others: Sequence[Other] = (), sketch: Sketch | None = None) -> None:
        self.graph, self.others, self.sketch = graph, others, sketch

    def prune(self) -> "View":
        """The same of the pruned graphs."""
        others = [Other(choice, graph.prune()) for choice, graph in self.others]
        return View(self.graph.prune(), others, self.sketch)

    @cached_property
    def _places(self) -> list[dict[tuple[str, ...], int]]:
        return [{_place(node): i for i, node in enumerate(other.graph.nodes)} for other in self.others]

    @cached_property
    def _prefixes(self) -> list[dict[str, int]]:
        """Of the beginnings of paths, a node that is there."""
        found = []
        for places in self._places:
            starts: dict[str, int] = {}
            for (path, *_), i in places.items():
                words = path.split(".")
                for depth in range(1, len(words) + 1):
                    starts.setdefault(".".join(words[:depth]), i)
            found.append(starts)
        return found

    def say(self, nodes: Sequence[int], text: Callable[[Graph, list[int]], str]) -> str:
        """What `text` gives for these nodes, over all answers under which they are all there."""
        paths = [_place(self.graph.nodes[i]) for i in nodes]
        others = []
        for (choice, graph), places in zip(self.others, self._places, strict=True):
            there = [places[path] for path in paths if path in places]
            if len(there) == len(paths):
                others.append((choice, text(graph, there)))
        return merged(text(self.graph, list(nodes)), others)

    def end(self, prefix: str, last: int) -> str:
        """The shape at the end of the part whose nodes' paths begin so, over all answers; `last` is its last node."""
        others = []
        for (choice, graph), places in zip(self.others, self._places, strict=True):
            inside = [i for (path, *_), i in places.items() if f"{path}.".startswith(f"{prefix}.")]
            if inside:
                others.append((choice, labels.shape(graph.nodes[inside[-1]].shape)))
        return merged(labels.shape(self.graph.nodes[last].shape), others)

    def varies(self, nodes: Sequence[int]) -> bool:
        """Whether other answers change these nodes, or open operations are among them."""
        own = [self.graph.nodes[i] for i in nodes]
        if any(node.op.drawn == "choice" for node in own):
            return True
        for other, places in zip(self.others, self._places, strict=True):
            for node in own:
                at = places.get(_place(node))
                if at is None or _sizes(other.graph.nodes[at]) != _sizes(node):
                    return True
        return False

    def count(self, prefixes: Sequence[str]) -> str:
        """How many of the parts under these beginnings of paths are there: `3`, `{1, 2, 3}`, `{1 … 4}`."""
        lost: dict[str, list[int]] = {}
        for (choice, _), starts in zip(self.others, self._prefixes, strict=True):
            lost.setdefault(choice, []).append(sum(prefix not in starts for prefix in prefixes))
        lost = {choice: counts for choice, counts in lost.items() if any(counts) and choice != LEAST}
        most = len(prefixes)
        if len(lost) > 1:
            return f"{{{max(0, most - sum(map(max, lost.values())))} … {most}}}"
        (counts,) = lost.values() or [[]]
        return _listed({most, *(most - count for count in counts)}) if counts else str(most)

    def names(self, prefix: str, name: str) -> str:
        """The names of the block whose nodes' paths begin so."""
        names = {name: None}
        for other, starts in zip(self.others, self._prefixes, strict=True):
            if prefix in starts:
                scopes = other.graph.nodes[starts[prefix]].scopes
                called = [scope.template for scope in scopes if scope.path == prefix and scope.turn is None]
                if name not in called:
                    names.update(dict.fromkeys(called[:1]))
        return next(iter(names)) if len(names) == 1 else "{" + ", ".join(names) + "}"


def _place(node: Node) -> tuple[str, ...]:
    """Its path, and the templates around it: another kind of block is another place."""
    return node.path, *(scope.template for scope in node.scopes)


def _sizes(node: Node) -> tuple[Any, ...]:
    return node.op, node.shape, node.parameters, node.mult_adds


def views(space: Space) -> Iterator[View]:
    """Of an open space: under the largest numbers and the first words; then under each other word that a parameter of
    the document can have, such as another kind of block.

    Where these do not fit each other, it is under the answers of a genome; where all alternatives of all choices do not
    fit in one network, it is that genome's alone.
    """
    try:
        first = sketch(space.document, {})
    except (UserError, ShapeError):  # the largest numbers do not fit each other
        genome = space.sample(random.Random(0))
        try:
            yield _view(space, sketch(space.document, genome.answers), dict(genome.answers))
        except (UserError, ShapeError):  # nor do all sources of an edge
            yield View(space.graph(genome))
        return
    yield _view(space, first, {})
    for path, choice in first.answered.items():
        if path.startswith("parameters.") and choice.kind == "operation":
            for answer in choice.answers[1:]:
                try:
                    yield _view(space, sketch(space.document, {path: answer}), {path: answer})
                except (UserError, ShapeError):
                    continue


def _view(space: Space, base: Sketch, answers: dict[str, Any]) -> View:
    others = []
    walks = [
        (path, answer)
        for path, choice in base.answered.items()
        for answer in choice.answers
        if answer != _given(choice, answers)
    ]
    for path, answer in walks[:WALKS]:
        try:
            others.append(Other(path, sketch(space.document, {**answers, path: answer}).graph))
        except (UserError, ShapeError):  # does not fit the others
            continue
    fixed = {
        path: answer
        for path, answer in answers.items()
        if path not in base.answered or base.answered[path].kind != "number"
    }
    least = {path: min(choice.answers) for path, choice in base.answered.items() if choice.kind == "number"}
    if len(least) > 1:
        with suppress(UserError, ShapeError):
            others.append(Other(LEAST, sketch(space.document, {**least, **fixed}).graph))
    return View(base.graph, others, base)


def _given(choice: Choice, answers: Mapping[str, Any]) -> Any:
    """What the first walk answers."""
    usual = max(choice.answers) if choice.kind == "number" else choice.answers[0]
    return answers.get(choice.path, usual)


def merged(text: str, others: Sequence[tuple[str, str]]) -> str:
    """A text, and what it is under other answers to choices: numbers that differ as `{3, 5, 7}`, or `{16 … 96}` where
    several choices decide them; texts of other words beside each other."""
    frames: dict[str, list[tuple[str, list[str]]]] = {}
    base = NUMBER.sub("\0", text)
    others = [(choice, said) for choice, said in others if choice != LEAST or NUMBER.sub("\0", said) == base]
    for choice, said in _usual([(BASE, text), *others]):
        frames.setdefault(NUMBER.sub("\0", said), []).append((choice, NUMBER.findall(said)))
    if len(frames) > 1:
        written = list(dict.fromkeys(_numbers(frame, said) for frame, said in frames.items()))
        return "{" + ", ".join(written[:WRITTEN]) + (", …" if len(written) > WRITTEN else "") + "}"
    return _numbers(*next(iter(frames.items())))


def _usual(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same, with a stride or groups of 1 written out where others have more."""
    for word, missing in USUAL:
        if any(word.search(text) for _, text in said) and any(not word.search(text) for _, text in said):
            said = [(choice, text if word.search(text) else missing(text)) for choice, text in said]
    return said


def _numbers(frame: str, said: list[tuple[str, list[str]]]) -> str:
    """The frame with its numbers in place; those joined by `×` that one choice decides are listed together."""
    pieces, first = frame.split("\0"), said[0][1]
    deciding = [
        {choice for choice, numbers in said if numbers[at] != first[at] and choice != LEAST} for at in range(len(first))
    ]
    single = [(choice, numbers) for choice, numbers in said if choice != LEAST]
    text, at = pieces[0], 0
    while at < len(first):
        end = at + 1
        while (
            end < len(first) and pieces[end].strip() == "×" and deciding[end] == deciding[at] and len(deciding[at]) == 1
        ):
            end += 1
        if end - at > 1:
            text += _listed({pieces[end - 1].join(numbers[at:end]) for _, numbers in single})
        elif len(deciding[at]) > 1:
            values = sorted((numbers[at] for _, numbers in said), key=float)
            text += f"{{{values[0]} … {values[-1]}}}"
        else:
            text += _listed({numbers[at] for _, numbers in single})
        text += pieces[end]
        at = end
    return text


def _listed(values: set[Any]) -> str:
    ordered = sorted(map(str, values), key=lambda value: [float(number) for number in NUMBER.findall(value)])
    if len(ordered) == 1:
        return ordered[0]
    shown = ordered if len(ordered) <= LISTED else [*ordered[:2], "…", ordered[-1]]
    return "{" + ", ".join(shown) + "}"
