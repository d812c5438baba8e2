"""`run.yaml`: everything that it takes to run a search again, and to go on with it."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, get_origin

from nas import executors
from nas.errors import UserError, did_you_mean
from nas.graph.limits import parse_limits
from nas.objectives import parse_objectives
from nas.run import alike, callbacks
from nas.run.arguments import bare
from nas.run.directory import write_atomically
from nas.run.duration import parse_duration
from nas.run.schedule import Schedule, create_schedule
from nas.run.settings import Plan, names_of
from nas.run.warm_start import WarmStart
from nas.space import Genome, Space
from nas.types import OBJECTIVE

FORMAT, MAX_BYTES = 1, 8_000_000
PACKAGES = ("torch", "ray", "numpy")
KINDS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "True or False", str: "a name", list: "a list"}
CHANGES = ("trials", "max_time", "executor", "place")  # what a resumed search may be told otherwise


@dataclass(frozen=True, kw_only=True)
class Config(Plan):
    """A search as its user asked for it, and what that came to. Raises UserError for values of a wrong kind or range.

    The settings of the Plan are kept as they were given, but for these. space: the resolved document and, where there
    is one, nothing else that it would need. evaluator: as `evaluators.describe` puts it. executor: the arguments of
    `create_executor`. objectives: as `objectives.Objective.parse` reads them. warm_start: as `WarmStart.parse` does;
    empty: none. deduplicate: as `alike.identity` has it. max_time: seconds, None: however long it takes. data: the
    digest of the data set, empty where there is none. start_from: answers of the genomes that are tried first.
    """

    space: dict[str, Any] = field()  # type: ignore[assignment]  # what the user's name or Space stands for
    evaluator: dict[str, Any] = field()
    executor: dict[str, Any] = field()  # type: ignore[assignment]  # with what else is for it
    objectives: list[str] = field(default_factory=lambda: [OBJECTIVE])
    log: list[str] = field(default_factory=list)
    warm_start: str = ""
    deduplicate: str = "function"  # as all was before there was a choice
    max_time: float | None = None
    data: dict[str, Any] = field(default_factory=dict)
    start_from: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.max_time is not None:
            object.__setattr__(self, "max_time", parse_duration(self.max_time, "max_time"))
        for item in fields(self):
            value, least, kind = getattr(self, item.name), item.metadata.get("least"), bare(item.type)
            kind = get_origin(kind) or kind
            fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
            if not (item.default is None if value is None else fits and (least is None or value >= least)):
                wanted = KINDS.get(kind, "a mapping") + ("" if least is None else f" of at least {least}")
                raise UserError("run", f"{item.name} is {value!r}", f"give {wanted}")
        for name in self.executor:
            if name not in names_of("executor"):
                raise UserError("run", f"unknown executor option '{name}'", did_you_mean(name, names_of("executor")))
        executors.check_executor(**{"name": None, **self.executor})
        object.__setattr__(self, "limits", parse_limits(self.limits))
        parse_objectives(self.objectives)
        if self.warm_start:
            WarmStart.parse(self.warm_start)
        alike.check_deduplicate(self.deduplicate)
        callbacks.check_names(self.log)
        self.budgets()

    def changed(self, settings: Mapping[str, Any], where: str) -> "Config":
        """With the settings of a journal's sessions; `place` is where the evaluator's data are. Raises UserError."""
        for name in settings:
            if name not in CHANGES:
                raise UserError(where, f"unknown setting '{name}'", did_you_mean(name, CHANGES))
        settings, place = dict(settings), settings.get("place")
        if settings.pop("place", None):
            if not isinstance(place, dict) or not set(place) <= {"dataset", "data"}:
                raise UserError(where, f"the place of the data is {place!r}", "restore the run from a copy")
            evaluator = self.evaluator
            train = evaluator.get("train")
            inner = {"train": {**train, **place}} if isinstance(train, dict) else place
            settings["evaluator"] = {**evaluator, **inner}
        return replace(self, **settings) if settings else self

    def budgets(self) -> Schedule:
        """The schedule of the trials' epochs. Raises UserError for an unknown one, or options that do not fit."""
        return create_schedule(self.schedule, self.schedule_options, self.epochs)

    def document(self) -> Space:
        """The space that is searched. Raises UserError for a document that cannot be read."""
        return Space(Genome.from_json({"format": 1, "document": self.space, "answers": {}}).document)


def write_config(path: Path, config: Config) -> None:
    """One `name: value` a line, values as JSON, which YAML reads alike: no text is taken for a number."""
    values: Mapping[str, Any] = {"format": FORMAT, "versions": versions(), **asdict(config)}
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}\n" for name, value in values.items()]
    write_atomically(path, "".join(lines), sync=True)


def versions() -> dict[str, str]:
    """Versions of what a run depends on, where installed."""
    from nas import __version__

    installed = {"nas": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed


def read_config(path: Path) -> Config:
    """The configuration in a file from anyone. Raises UserError for what is not one."""
    from nas.space.reader import read_yaml

    if path.stat().st_size > MAX_BYTES:
        raise UserError(str(path), f"larger than {MAX_BYTES:,} bytes", "this is no run.yaml")
    try:
        values = read_yaml(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise UserError(str(path), "not text in UTF-8", "restore the run from a copy") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise UserError(str(path), f"not of format {FORMAT}", "it was not written by this version of nas search")
    names = {item.name for item in fields(Config)}
    values = {name: value for name, value in values.items() if name not in ("format", "versions")}
    for name in values:
        if name not in names:
            raise UserError(str(path), f"unknown key '{name}'", did_you_mean(name, names))
    try:
        return Config(**values)
    except UserError as error:
        raise UserError(str(path) if error.where == "run" else error.where, error.what, error.hint) from None
    except TypeError:
        missing = sorted(names - set(values))
        raise UserError(
            str(path), f"incomplete: it has no {', '.join(missing)}", "restore the run from a copy"
        ) from None
