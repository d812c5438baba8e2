"""What the weights of a network do not say: how pictures become its input, and which output is which class.

It lies as `config.json` beside every trained and exported network, and in the metadata of its files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas import tasks
from nas.data.preprocessing import Preprocessing
from nas.errors import UserError, shortened
from nas.tasks import Classification, Task

if TYPE_CHECKING:
    from nas.data.dataset import Dataset

CONFIG, FORMAT, MAX_FILE = "config.json", 1, 8_000_000


@dataclass(frozen=True)
class Record:
    """input: (channels, height, width). preprocessing, classes: None where nobody knows, of a network without data.
    task: what its outputs mean; `classes` are their names.

    Class names are anybody's text. Raises UserError for values of a wrong kind.
    """

    input: tuple[int, ...]
    preprocessing: Preprocessing | None = None
    classes: tuple[str, ...] | None = None
    task: Task = field(default_factory=Classification)

    def __post_init__(self) -> None:
        if not isinstance(self.input, tuple | list) or not all(type(size) is int and size > 0 for size in self.input):
            raise UserError("input", f"is {shortened(repr(self.input))}", "give (channels, height, width)")
        object.__setattr__(self, "input", tuple(self.input))
        if self.classes is not None:
            if not isinstance(self.classes, tuple | list) or not all(isinstance(name, str) for name in self.classes):
                raise UserError("classes", f"is {shortened(repr(self.classes))}", "give the names, in order")
            object.__setattr__(self, "classes", tuple(self.classes))
        if not isinstance(self.preprocessing, Preprocessing | None):
            raise UserError(
                "preprocessing", f"is {shortened(repr(self.preprocessing))}", "give a nas.data.Preprocessing"
            )

    @classmethod
    def of(cls, data: Dataset) -> Record:
        """Of networks that are trained on these data."""
        return cls(data.shape, data.preprocessing, data.classes, data.task)

    def to_json(self) -> dict[str, Any]:
        task = {"task": self.task.to_json()} if self.task != Classification() else {}
        return {
            "format": FORMAT,
            "preprocessing": self.preprocessing.to_json() if self.preprocessing else None,
            "classes": list(self.classes) if self.classes is not None else None,
            "input": list(self.input),
            **task,
        }

    @classmethod
    def from_json(cls, values: Any, where: str = CONFIG) -> Record:
        """From what anyone may have written; other keys are left alone. Raises UserError."""
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise UserError(where, f"not a record of format {FORMAT}", "export or train the network again")
        given = values.get("preprocessing")
        try:
            preprocessing = None if given is None else Preprocessing.from_json(given)
            task = tasks.from_json(values["task"]) if "task" in values else Classification()
            return cls(values.get("input", ()), preprocessing, values.get("classes"), task)
        except UserError as error:
            raise UserError(f"{where}: {error.where}", error.what, error.hint) from None

    def metadata(self) -> dict[str, str]:
        """Each value as JSON of ASCII characters, for files whose metadata are texts."""
        return {name: json.dumps(value) for name, value in self.to_json().items()}

    @classmethod
    def read(cls, folder: Path) -> Record | None:
        """That of config.json in a folder; None where there is none. Raises UserError for a damaged one."""
        values = read_config(folder)
        return None if values is None else cls.from_json(values, str(folder / CONFIG))


def read_config(folder: Path) -> dict[str, Any] | None:
    """config.json of a folder, None where there is none. Raises UserError for one that is no mapping."""
    path = folder / CONFIG
    if not path.is_file():
        return None
    if path.stat().st_size > MAX_FILE:
        raise UserError(str(path), f"larger than {MAX_FILE:,} bytes", "this is no record of a network")
    return parse(path.read_bytes(), str(path))


def parse(text: str | bytes, where: str) -> dict[str, Any]:
    """A mapping in JSON. Raises UserError for anything else."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(where, f"damaged: {shortened(str(error))}", "export or train the network again") from None
    if not isinstance(values, dict):
        raise UserError(where, "not a mapping", "export or train the network again")
    return values
