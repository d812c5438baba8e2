"""Going on with a search otherwise than it began: more trials or time, other workers, failed trials once more.

run.yaml stays as it was asked for. What is changed is a record `session` of the journal, which whoever reads the run
applies: so it is settled at one moment, before anything acts on it. Settings of the searcher that were derived from the
number of trials stay as they began.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nas.errors import UserError
from nas.run.config import Config
from nas.run.duration import parse_duration
from nas.run.records import Session, now
from nas.run.same_data import moved
from nas.run.state import State


@dataclass(frozen=True)
class Changes:
    """What a search is told as it goes on; None: as before.

    trials: how many there are to be in all. max_time: how much longer it may run. retry_failed: whether its failed
    trials are tried again. executor: arguments of `create_executor`; of another one than before, all that it is given.
    data: the folder where its data are now.
    """

    trials: int | None = None
    max_time: Any = None
    retry_failed: bool = False
    executor: Mapping[str, Any] = field(default_factory=dict)
    data: str | Path | None = None

    def record(self, where: Path, config: Config, state: State) -> Session | None:
        """The record of a search at `state` that goes on so; None where it has ended and nothing more is asked for.

        Also None where there is nothing to say. Raises UserError for what cannot be.
        """
        settings: dict[str, Any] = {}
        if self.trials is not None and self.trials != config.trials:
            settings["trials"] = self._trials(where, state)
        if self.max_time is not None:
            settings["max_time"] = parse_duration(self.max_time, "max_time")
        if (executor := self._executor(config)) != config.executor:
            settings["executor"] = executor
        settings |= self.place(where, config)
        config.changed(settings, str(where))
        failed = [entry.trial.number for entry in state.entries if entry.result is not None and entry.result.failed]
        failed = [number for number in failed if number not in state.pending]
        if self.retry_failed and not failed:
            raise UserError(str(where), "no trial of this run has failed", "leave retry_failed (--retry-failed) out")
        retried = failed if self.retry_failed else []
        if state.end is not None and not self._goes_on(where, config, state, settings, retried):
            return None
        timed = config.max_time is not None or state.time_limit is not None
        said = settings or retried or timed
        return Session(settings=settings, retried=retried, time=now()) if said else None

    def place(self, where: Path, config: Config) -> dict[str, Any]:
        """The setting of where the data are now, if that is another place; also of a run that has ended."""
        place = moved(where, config, self.data)
        return {"place": place} if config.changed({"place": place}, str(where)) != config else {}

    def _trials(self, where: Path, state: State) -> int:
        if type(self.trials) is not int or self.trials < 1:
            raise UserError("run", f"trials is {self.trials!r}", "give a whole number of at least 1")
        if self.trials < len(state.entries):
            what = f"{len(state.entries)} trials have begun, and trials is {self.trials}"
            raise UserError(str(where), what, f"give {len(state.entries)} or more: the old ones count")
        return self.trials

    def _executor(self, config: Config) -> dict[str, Any]:
        if self.executor.get("name", config.executor["name"]) == config.executor["name"]:
            return {**config.executor, **self.executor}
        other = {"workers": None, "gpus_per_trial": 0.0, "address": None, "deadline": config.executor.get("deadline")}
        return {**other, **self.executor}

    def _goes_on(
        self, where: Path, config: Config, state: State, settings: Mapping[str, Any], retried: list[int]
    ) -> bool:
        """Whether a search that has ended is to go on. Raises UserError where it would need more time."""
        wanted = settings.get("trials", 0) > config.trials or bool(retried)
        if not state.out_of_time:
            return wanted
        if "max_time" not in settings and (wanted or "trials" in settings):
            raise UserError(str(where), "its time is used up", "give it more as well: max_time (--max-time 8h)")
        return "max_time" in settings
