"""Any Optuna sampler as a searcher: `optuna:tpe`, `optuna:gp` ... (Akiba et al. 2019, arXiv:1907.10902).

    ask:   a study in memory of what was told, and of what is pending as running trials
           <- a trial, whose suggestions answer the walk over the document
    tell:  the result joins the told

The study is made anew for each trial of the search, so that a proposal that the loop refused leaves nothing behind;
until then it is one more running trial, which a sampler that looks at these avoids. A study of a thousand trials takes
some milliseconds.
"""

import copy
import importlib.util
import inspect
import random
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

import optuna
from optuna.samplers import BaseGASampler, BaseSampler
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from nas.errors import UserError, did_you_mean
from nas.integrations.optuna_choices import Parameters, suggested
from nas.space import Genome, Space
from nas.space.oracles import Oracle, sampled
from nas.types import Refused, Result, Trial

SAMPLERS: dict[str, type[BaseSampler]] = {
    "tpe": optuna.samplers.TPESampler,
    "gp": optuna.samplers.GPSampler,
    "nsga2": optuna.samplers.NSGAIISampler,
    "nsga3": optuna.samplers.NSGAIIISampler,
    "cmaes": optuna.samplers.CmaEsSampler,
    "qmc": optuna.samplers.QMCSampler,
    "random": optuna.samplers.RandomSampler,
}
PACKAGES = {"cmaes": ("cmaes",), "gp": ("scipy", "torch"), "qmc": ("scipy",)}  # that Optuna does not bring
NUMBERS_ONLY = ("cmaes", "qmc")  # they leave categories to random search
ONE_OBJECTIVE = ("cmaes",)
PLAIN: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,), "str": (str,)}
TRIES = 100  # suggestions for one trial that were not to be had, after which it is answered at random
NAME = "nas"
EPOCH = datetime(1970, 1, 1)  # studies want dates, which decide nothing


def create_searcher(name: str, space: Space, options: Mapping[str, Any] | None = None) -> "OptunaSearcher":
    """The searcher `optuna:name`. Raises UserError for an unknown name or option, or a value that cannot be."""
    return OptunaSearcher(space, name, options)


def known_options(name: str) -> Iterable[str]:
    """The names of the options of `optuna:name`. Raises UserError for an unknown one."""
    return _plain_options(_kind(name))


class Told(FrozenTrial):
    """A trial that ended. Studies share it: Optuna's storage in memory never changes one in place."""

    def __deepcopy__(self, memory: dict[int, Any]) -> "Told":
        return copy.copy(self)


class OptunaSearcher:
    """sampler: a key of SAMPLERS. options: of the sampler's constructor, its plain ones; the seed comes with each ask.

    A failed result is a failed trial. Genetic samplers, CMA-ES and QMC keep notes in the study when they sample: these
    are made when a result is told, so that they do not depend on what was asked for.
    """

    def __init__(self, space: Space, sampler: str = "tpe", options: Mapping[str, Any] | None = None) -> None:
        self.space, self.name, self.options = space, sampler, dict(options or {})
        self.kind = _kind(sampler)
        self.parameters = Parameters(distinct=True, numbers_only=sampler in NUMBERS_ONLY)
        self.takes_notes = issubclass(self.kind, BaseGASampler) or sampler in NUMBERS_ONLY
        self._check()
        self.told: dict[int, Told] = {}  # by trial number, in the order of telling
        self.notes: dict[str, Any] = {}  # of the sampler, on the study
        self.objectives = 1
        self.study: optuna.Study | None = None  # of the trial that was asked for last
        self.tries = count(1)  # of that trial: those that the loop refused, and those that the document does not allow

    def ask(self, rng: random.Random, pending: Sequence[Trial], refused: Sequence[Refused] = ()) -> Genome:
        if self.study is None or not refused:
            self.study, self.tries = self._study(InMemoryStorage(), pending), count(1)
        study = self.study

        def oracle() -> Oracle:
            if next(self.tries) > TRIES:
                return sampled(rng)
            study.sampler = self._sampler(rng.randrange(2**31))
            trial = study.ask()
            return self.parameters.oracle(lambda name, distribution: suggested(trial, name, distribution))

        with _quietly():
            return self.space.answered(oracle, rng)

    def tell(self, result: Result) -> None:
        self.study = None
        trial = self._ended(result)
        if trial.values is not None:
            self.objectives = len(trial.values)
        if self.takes_notes:
            trial.system_attrs = self._noted(result.trial.genome)
        self.told[result.trial.number] = trial

    def retell(self, result: Result) -> None:
        """The latest result of a trial that was told before."""
        self.study = None
        trial = self._ended(result)
        trial.system_attrs = self.told[result.trial.number].system_attrs
        self.told[result.trial.number] = trial

    def _ended(self, result: Result) -> Told:
        if result.failed:
            return self._trial(result.trial.genome, TrialState.FAIL)
        values = result.values or (result.score,)
        one = self.name in ONE_OBJECTIVE
        return self._trial(result.trial.genome, TrialState.COMPLETE, values[:1] if one else values)

    def _trial(self, genome: Genome, state: TrialState, values: Sequence[float] | None = None) -> Told:
        """The genome as a trial of Optuna's."""
        parameters, distributions = self.parameters.of(self.space, genome)
        ended = EPOCH if state.is_finished() else None
        return Told(-1, state, None, EPOCH, ended, parameters, distributions, {}, {}, {}, -1, values=values)

    def _study(self, storage: BaseStorage, pending: Sequence[Trial] = ()) -> optuna.Study:
        with _quietly():
            study = optuna.create_study(
                storage=storage, study_name=NAME, directions=["maximize"] * self.objectives, sampler=self._sampler(0)
            )
        for key, value in self.notes.items():
            storage.set_study_system_attr(storage.get_study_id_from_name(NAME), key, value)
        study.add_trials(self.told.values())
        study.add_trials(self._trial(trial.genome, TrialState.RUNNING) for trial in pending)
        return study

    def _noted(self, genome: Genome) -> dict[str, Any]:
        """What the sampler notes on a trial when it samples one; what it notes on the study stays in `notes`."""
        storage = InMemoryStorage()
        study = self._study(storage)
        study.add_trial(self._trial(genome, TrialState.RUNNING))
        (*_, trial) = study.get_trials(deepcopy=False)
        sampler = self._sampler(len(self.told))
        with _quietly():
            sampler.before_trial(study, trial)
            sampler.sample_relative(study, trial, sampler.infer_relative_search_space(study, trial))
        self.notes = storage.get_study_system_attrs(storage.get_study_id_from_name(NAME))
        (*_, trial) = study.get_trials(deepcopy=False)
        return trial.system_attrs

    def _sampler(self, seed: int) -> BaseSampler:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a sampler or an option is experimental, once for each trial
            return self.kind(seed=seed, **self.options)  # type: ignore[call-arg]

    def _check(self) -> None:
        """Raises UserError for options that the sampler does not take."""
        where = f"searcher optuna:{self.name}"
        for package in PACKAGES.get(self.name, ()):
            if importlib.util.find_spec(package) is None:
                raise UserError(where, f"the package {package} is not installed", f"pip install {package}")
        accepted = _plain_options(self.kind)
        for option, value in self.options.items():
            if option not in accepted:
                hint = did_you_mean(option, accepted) or "it takes none"
                raise UserError(where, f"unknown option '{option}'", hint)
            kinds = accepted[option]
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                wanted = " or ".join(dict.fromkeys("None" if kind is type(None) else kind.__name__ for kind in kinds))
                raise UserError(where, f"{option} is {value!r}", f"give {wanted}")
        warns = inspect.signature(self.kind).parameters.get("warn_independent_sampling")
        if warns is not None and warns.default is True:
            self.options.setdefault("warn_independent_sampling", False)  # conditional choices are the rule here
        try:
            self._sampler(0)
        except (ValueError, TypeError, AssertionError) as error:
            raise UserError(where, f"{type(error).__name__}: {error}") from None


def _kind(name: str) -> type[BaseSampler]:
    if name not in SAMPLERS:
        raise UserError("searcher", f"unknown searcher 'optuna:{name}'", did_you_mean(name, SAMPLERS, "optuna:"))
    return SAMPLERS[name]


def _plain_options(kind: type[BaseSampler]) -> dict[str, tuple[type, ...]]:
    """The constructor's arguments that a number or a word can be, but the seed, each with its types."""
    options = {}
    for name, parameter in inspect.signature(kind).parameters.items():
        words = re.split(r"\s*\|\s*", str(parameter.annotation))
        if name != "seed" and any(word in PLAIN for word in words):
            kinds = [plain for word in words for plain in PLAIN.get(word, ())]
            options[name] = (*kinds, type(None)) if "None" in words else tuple(kinds)
    return options


@contextmanager
def _quietly() -> Iterator[None]:
    """Without Optuna's line for each study that is made, and its warnings of conditional choices for each trial."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)
