"""A genome: the answers to a document's choices, and the document that they answer."""

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nas.errors import UserError, shortened
from nas.graph.shown import Shown
from nas.space.document import Document, check_top
from nas.space.oracles import as_answer
from nas.space.plain import plain

FORMAT = 1
MAX_FILE = 4_000_000


class Genome(Shown):
    """The answers to the choices of a document. Frozen and hashable.

    Args:
        document: the document that they answer, resolved, so that a genome rebuilds its network by itself.
        answers: the answer to each choice by the choice's path, in the order in which they are asked.

    Attributes:
        document: the document that they answer.
        answers: the answers by path, which cannot be changed.
    """

    def __init__(self, document: Document, answers: Mapping[str, Any]) -> None:
        self.document = document
        self.answers: Mapping[str, Any] = MappingProxyType({path: as_answer(value) for path, value in answers.items()})

    @cached_property
    def _key(self) -> frozenset[tuple[str, type, Any]]:
        return frozenset((path, type(value), value) for path, value in self.answers.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Genome) and self._key == other._key and self.document == other.document

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Genome({self.document.name}, {dict(self.answers)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Genome, (self.document, dict(self.answers))

    def to_json(self) -> dict[str, Any]:
        """Self-contained: the resolved document and the answers. It rebuilds the same network without another file."""
        return {"format": FORMAT, "document": self.document.data, "answers": dict(self.answers)}

    @classmethod
    def from_json(cls, data: Any, where: str = "genome") -> "Genome":
        """Read `to_json()`'s value. Answers are checked when they are used.

        Args:
            data: the value.
            where: what an error names as its place.

        Raises:
            UserError: it is something else.
        """
        if not isinstance(data, dict) or not isinstance(data.get("answers"), dict) or "document" not in data:
            raise UserError(where, "not a genome: a mapping with format, document and answers is expected")
        if data.get("format") != FORMAT:
            raise UserError(where, f"genome format {data.get('format')!r} is not known", f"this version reads {FORMAT}")
        document = plain(data["document"], f"{where}: document")
        check_top(document, where)
        if "network" not in document or "extends" in document:
            raise UserError(where, "the genome's document is not resolved", "write genomes with Genome.save")
        for path, answer in data["answers"].items():
            if not isinstance(path, str) or not is_answer(answer):
                raise UserError(where, f"answers: {path}: {shortened(repr(answer))} is no answer")
        return cls(Document(document), data["answers"])

    def save(self, path: str | Path) -> None:
        """Write the genome as a JSON file, which `Genome.load` reads.

        Args:
            path: the file.
        """
        Path(path).write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Genome":
        """Read a genome file.

        Args:
            path: the file.

        Raises:
            UserError: it does not exist, or is something else.
        """
        try:
            if Path(path).stat().st_size > MAX_FILE:
                raise UserError(str(path), f"larger than {MAX_FILE} bytes", "is this a genome file?")
            return cls.from_json(json.loads(Path(path).read_text(encoding="utf-8")), str(path))
        except OSError as error:
            raise UserError(str(path), f"cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(str(path), f"not a genome file: {error}") from None


def is_answer(value: Any) -> bool:
    """A number, a word, true, false, or the positions of sources."""
    if isinstance(value, list | tuple):
        return all(type(item) is int for item in value)
    return isinstance(value, str | int | float)


def answers_of(given: Any) -> Mapping[str, Any]:
    """The answers of a genome, of the value of a genome file, or that are given as such. Raises UserError."""
    if isinstance(given, Mapping):
        whole = "document" in given and "answers" in given
        return Genome.from_json(dict(given)).answers if whole else given
    if not isinstance(given, Genome):
        raise UserError("genome", f"{shortened(repr(given))} is no genome", "give one, or a mapping of its answers")
    return given.answers
