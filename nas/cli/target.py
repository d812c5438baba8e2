"""What the commands are pointed at: a packaged name, a document, a genome file, or a run (its best genome)."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.cli.parser import pairs
from nas.errors import UserError

if TYPE_CHECKING:
    from nas.space import Genome, Space


@dataclass(frozen=True)
class Target:
    """A space, the genome where one is given, and the run directory where it comes from one."""

    space: "Space"
    genome: "Genome | None" = None
    run: Path | None = None

    @property
    def fixed(self) -> bool:
        """Whether this is one network: a genome, or a document without choices."""
        return self.genome is not None or self.space.fixed


def add_document(parser: argparse.ArgumentParser, name: str, explained: str, **settings: Any) -> None:
    """The arguments that say which document, and with which parameters."""
    parser.add_argument(name, metavar=name.upper(), help=explained, **settings)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override a parameter of the document; again for more",
    )


def value(text: str) -> Any:
    """A value as a document would have it: `3`, `1e-3`, `[3, 32, 32]`, `{kernel: 5}`, a word."""
    from nas.space.reader import read_yaml

    return read_yaml(text, "value") if text.strip() else ""


def find(word: str, settings: list[str] | None = None) -> Target:
    """Raises UserError for a word that names nothing, and for settings that the document does not have."""
    import nas
    from nas.space import Genome

    overrides = pairs(settings or [], "--set", value)
    path = Path(word)
    if path.is_dir():
        from nas.run import best_genome

        genome = best_genome(path)
        return Target(_space(genome, overrides, word), genome, path)
    if path.suffix == ".json":
        genome = Genome.load(path)
        return Target(_space(genome, overrides, word), genome)
    return Target(nas.load(word, **overrides))


def _space(genome: "Genome", overrides: dict[str, Any], word: str) -> "Space":
    from nas.space import Space

    if overrides:
        raise UserError(word, "--set changes a document; a genome already has one", "leave --set out")
    return Space(genome.document)
