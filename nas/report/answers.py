"""The answers of genomes as people read them: short names of choices, and words for alternatives that have none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nas.errors import ShapeError, UserError
from nas.run.lineage import Change
from nas.run.words import names
from nas.space import Genome, Space
from nas.space.place import Choice

LONGEST = 60  # characters of an alternative


@dataclass
class Answers:
    """Of the genomes of one space. names: of each choice, by its path."""

    names: Mapping[str, str]
    words: dict[tuple[str, Any], str] = field(default_factory=dict)  # for answers that are positions

    @classmethod
    def of(cls, space: Space, genomes: Iterable[Genome]) -> "Answers":
        """Of genomes of `space`; one that cannot be expanded keeps its positions."""
        answers = cls({})
        known, named = set[str](), dict[str, None]()
        for genome in genomes:
            named |= dict.fromkeys(genome.answers)
            if genome.answers.keys() <= known:
                continue
            known |= genome.answers.keys()
            try:
                for choice in space.choices(genome):
                    answers.words |= _words(choice)
            except (UserError, ShapeError):
                continue
        answers.names = dict(zip(named, readable(list(named)), strict=True))
        return answers

    def text(self, path: str, answer: Any) -> str:
        if isinstance(answer, bool):
            return str(answer).lower()
        if isinstance(answer, list | tuple):
            return ", ".join(map(str, answer))
        return self.words.get((path, answer)) or str(answer)

    def listed(self, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
        """(name, answer) of each choice."""
        return [(self.names.get(path, path), self.text(path, answer)) for path, answer in answers.items()]

    def changed(self, change: Change) -> str:
        """`node 2.1: skip_connect → nor_conv_3x3`."""
        name = self.names.get(change.path, change.path)
        if change.before is None:
            return f"{name}: {self.text(change.path, change.after)} (a new choice)"
        if change.after is None:
            return f"{name}: {self.text(change.path, change.before)} (no longer asked)"
        return f"{name}: {self.text(change.path, change.before)} → {self.text(change.path, change.after)}"


def readable(paths: list[str]) -> list[str]:
    """As `names`, with a word before a number: `node 2.1` of cells.cell.nodes.2.1.operation."""
    short = names(paths)
    if len(paths) < 2 or not all(name[:1].isdigit() for name in short):
        return short
    before = paths[0][: paths[0].find(short[0])].rstrip(".").rpartition(".")[2]
    return [f"{before.removesuffix('s')} {name}".strip() for name in short]


def _words(choice: Choice) -> dict[tuple[str, Any], str]:
    said = [_said(alternative) for alternative in choice.alternatives]
    if len(set(said)) < len(said):  # they differ in what is left out
        said = [str(getattr(alternative, "item", alternative))[:LONGEST] for alternative in choice.alternatives]
    pairs = zip(choice.answers, choice.alternatives, said, strict=True)
    return {(choice.path, answer): text for answer, alternative, text in pairs if answer is not alternative}


def _said(alternative: Any) -> str:
    """A block by its name, a chain by those of its items."""
    item = getattr(alternative, "item", alternative)
    if isinstance(item, Mapping) and len(item) == 1:
        return str(next(iter(item)))
    if isinstance(item, list | tuple):
        return ", ".join(map(_said, item))[:LONGEST] or "nothing"
    return str(item)[:LONGEST]
