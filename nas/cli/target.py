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
class Subject:
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
    from nas.cli.completion import documents

    document = parser.add_argument(name, metavar=name.upper(), help=explained, **settings)
    document.completer = documents  # type: ignore[attr-defined]  # argcomplete's
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override a parameter of the document (repeatable)",
    )


def trained_folder(word: str) -> Path:
    """The folder with the weights of a run's best network, or of one that nas train or nas export has left.

    Raises UserError where there are none.
    """
    from nas.training.trained import WEIGHTS

    path = Path(word)
    if (path / "run.yaml").exists():
        from nas.run import Run

        return Run.open(path).weights()
    if not (path / WEIGHTS).is_file():
        hint = "give a run, or a folder of nas train, or of nas export --format safetensors"
        raise UserError(word, f"no trained network: it has no {WEIGHTS}", hint)
    return path


def trained_source(word: str) -> str:
    """What `nas.training.beginning.begin` takes for `--weights WORD`: folders and files by their whole paths.

    Raises UserError for a folder without a trained network.
    """
    path = Path(word).expanduser()
    if not path.exists():
        return word
    return str((trained_folder(str(path)) if path.is_dir() else path).resolve())


def trained_on(word: str) -> dict[str, Any]:
    """On which data a run, or a network in a folder of nas train, was trained: arguments of `nas.data.load`.

    Empty where nobody noted it.
    """
    import json

    path = Path(word)
    if (path / "run.yaml").exists():
        from nas.evaluators import trainer_of
        from nas.run import Run

        return trainer_of(Run.open(path).config.evaluator).source
    try:
        dataset = json.loads((path / "result.json").read_text(encoding="utf-8"))["dataset"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return {"name": dataset} if isinstance(dataset, str) else {}


def value(text: str) -> Any:
    """A value as a document would have it: `3`, `1e-3`, `[3, 32, 32]`, `{kernel: 5}`, a word."""
    from nas.space.reader import read_yaml

    return read_yaml(text, "value") if text.strip() else ""


def find(word: str, settings: list[str] | None = None, fitted: dict[str, Any] | None = None) -> Subject:
    """What a word means, with the user's settings; `fitted` are parameters that give way to these.

    Raises UserError for a word that names nothing, and for settings that the document does not have.
    """
    import nas
    from nas.space import Genome, Space

    overrides = {**(fitted or {}), **pairs(settings or [], "--set", value)}
    path, run = Path(word), None
    if path.is_dir() and (path / "run.yaml").exists():
        from nas.run import best_genome

        genome, run = best_genome(path), path
    elif path.is_dir() and not (path / "genome.json").exists():
        hint = "give a run, a folder of nas train or nas export, a document, or a packaged name (nas list)"
        raise UserError(word, "a folder without a network: it has neither run.yaml nor genome.json", hint)
    elif path.is_dir() or path.suffix == ".json":
        genome = Genome.load(path / "genome.json" if path.is_dir() else path)
    else:
        return Subject(nas.load(word, **overrides))
    space = Space(genome.document)
    if overrides:
        space = space.with_parameters(**overrides)
    return Subject(space, space.genome(genome.answers), run)
