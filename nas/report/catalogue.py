"""The packaged documents by family: what each network and search space is, computed from its document each time."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from nas.errors import UserError, did_you_mean
from nas.space import Space, packaged
from nas.space.files import FOLDER
from nas.space.resolve import resolve


class Family(NamedTuple):
    """A document's name, the spaces of the document itself and of its variants, and its file in `search_spaces/`."""

    name: str
    spaces: tuple[Space, ...]
    file: str = ""

    @property
    def year(self) -> int | None:
        """When its first design was published."""
        years = [space.document.data["year"] for space in self.spaces if "year" in space.document.data]
        return min(years, default=None)

    @property
    def source(self) -> str:
        return self.spaces[0].source

    @property
    def number(self) -> str:
        """Its number in the arXiv, by which those of one year are in order; empty for what is not there."""
        match = re.search(r"\d{4}\.\d{4,5}", self.source)
        return match[0] if match else ""


def families(word: str = "") -> list[Family]:
    """The families with `word` in their name, or with those of their variants that have it: the oldest first.

    Nothing is expanded here. Raises UserError where there are none, and for a document that cannot be read.
    """
    named: dict[str, dict[str, str]] = {}
    for name, (path, variant) in packaged().items():
        named.setdefault(path.relative_to(FOLDER).as_posix(), {})[name] = variant or ""
    families = []
    for file, names in named.items():
        (family,) = (name for name, variant in names.items() if not variant)
        chosen = [name for name in names if word.lower() in family.lower() or word.lower() in name.lower()]
        if chosen:
            families.append(Family(family, tuple(Space(resolve(name, {})) for name in chosen), file))
    if not families:
        raise UserError(word, "no packaged document or variant with this in its name", did_you_mean(word, packaged()))
    return sorted(families, key=lambda family: (family.year or 9999, family.number, family.name))


def facts(family: Family, networks: bool = True, spaces: bool = True) -> Iterator[dict[str, Any]]:
    """What each document and variant is: costs for a network (null for a space), the number of genomes.

    networks, spaces: whether these are wanted; what is not is not expanded.
    """
    for space in family.spaces:
        if not (networks if space.fixed else spaces):
            continue
        graph = space.graph().prune() if space.fixed else None
        data = space.document.data
        yield {
            "name": space.name,
            "family": family.name,
            "kind": "space" if graph is None else "network",
            "year": data.get("year"),
            "parameters": graph and graph.parameters,
            "mult_adds": graph and graph.mult_adds,
            "size": space.size() if graph is None else 1,
            "source": space.source,
            "deviation": data.get("deviation"),
        }
