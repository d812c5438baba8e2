"""Any of our searchers as an Optuna sampler: `study.optimize` stays as it is, the searcher decides what is tried."""

import threading
from collections.abc import Mapping
from typing import Any

from optuna import Study, TrialPruned
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nas.errors import UserError
from nas.integrations.guide import Guide
from nas.integrations.optuna_choices import Parameters, suggest
from nas.space import Genome, Space

ENDED = (TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED)


class OptunaSampler(BaseSampler):
    """A searcher by name over a space, for objectives that call `nas.integrations.suggest(trial, space)`.

        study = optuna.create_study(sampler=OptunaSampler(space, "regularized_evolution", seed=0), direction="maximize")
        study.optimize(lambda trial: score(suggest(trial, space)), n_trials=100)

    What the searcher knows is read from the study: a study that is kept in a database goes on, a pickled sampler goes
    on with its study, and several processes may share one. Pruned trials count as failed: their last values are of
    different epochs. Parameters of a trial that are none of the space's choices are sampled at random.

    Args:
        space: a space, or a name as in `nas.load`.
        searcher: its name, as in `nas.search`.
        options: settings of the searcher by name.
        seed: of everything random.
        deduplicate: as in `nas.search`.

    Raises:
        UserError: an unknown searcher or option; in a study, when there is nothing new.
    """

    def __init__(
        self,
        space: Space | str,
        searcher: str = "regularized_evolution",
        options: Mapping[str, Any] | None = None,
        seed: int = 0,
        deduplicate: str = "genome",
    ) -> None:
        self.arguments = (space, searcher, options, seed, deduplicate)
        self.guide = Guide(*self.arguments)
        self.others = RandomSampler(seed=seed)
        self.told: set[int] = set()  # numbers of trials
        self.tried: dict[int, Genome] = {}  # by trial number, of those proposed here or seen to run elsewhere
        self.lock = threading.Lock()  # a study may have several threads

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as it was made: what it knows is read from the study again."""
        return OptunaSampler, self.arguments

    def reseed_rng(self) -> None:
        self.others.reseed_rng()  # the searcher's randomness comes of the trial's number

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters of the genome that the searcher proposes for this trial: no inactive choice is among them."""
        with self.lock:
            self._catch_up(study, trial.number)
            pending = {number: genome for number, genome in self.tried.items() if number not in self.told}
            genome = self.guide.propose(trial.number, pending)
            if isinstance(genome, str):
                raise UserError("OptunaSampler", genome, "the study has tried every network that it can")
            self.tried[trial.number] = genome
        return Parameters().of(self.guide.space, genome)[1]

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return Parameters().of(self.guide.space, self.tried[trial.number])[0]

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        return self.others.sample_independent(study, trial, param_name, param_distribution)

    def _catch_up(self, study: Study, current: int) -> None:
        """Tell the searcher of trials that ended, in their order; note those that run."""
        signs = [1 if direction == StudyDirection.MAXIMIZE else -1 for direction in study.directions]
        for trial in study.get_trials(deepcopy=False):
            if trial.number in self.told or trial.number == current:
                continue
            proposed = self.tried.get(trial.number)
            if proposed is None or trial.state in ENDED:  # a trial may have been enqueued with answers of the user's
                genome = self._read(trial) or proposed
            else:
                genome = proposed
            if genome is not None and genome != proposed:
                self.tried[trial.number] = genome
                self.guide.tried(genome)
            if trial.state in ENDED:
                self.told.add(trial.number)
                values = trial.values if trial.state == TrialState.COMPLETE else None
                if genome is not None:
                    signed = None if values is None else [sign * v for sign, v in zip(signs, values, strict=True)]
                    self.guide.tell(trial.number, genome, signed)

    def _read(self, trial: FrozenTrial) -> Genome | None:
        """The genome of a trial of another process, None where it has not suggested one (whole, or at all)."""
        try:
            return suggest(trial, self.guide.space)
        except (ValueError, TrialPruned):
            return None
