"""Any of our searchers as a search algorithm of Ray Tune (Liaw et al. 2018, arXiv:1807.05118)."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ray.tune.search import Searcher
from ray.tune.search.sample import Domain

from nas.errors import UserError
from nas.integrations.guide import Guide
from nas.space import Genome, Space
from nas.types import OBJECTIVE

MODES = {"max": 1, "min": -1}


class RaySearcher(Searcher):
    """A searcher by name over a space, for trainables that read `Genome.from_json(config["genome"])`.

        search_alg = RaySearcher(space, "regularized_evolution", metric="accuracy", mode="max")
        tune.Tuner(trainable, tune_config=tune.TuneConfig(search_alg=search_alg, num_samples=100)).fit()

    Constants of a `param_space` are passed on to the trainable. A trial that ends without results, or with one that is
    no number, has failed.

    Args:
        space: a space, or a name as in `nas.load`.
        searcher: its name, as in `nas.search`.
        options: settings of the searcher by name.
        seed: of everything random.
        metric: of the results; a list for several objectives. None: valid_accuracy, or what TuneConfig has where Tune
            tells it, which is only beside a `param_space`.
        mode: "max" or "min"; a list for several objectives.
        deduplicate: as in `nas.search`.

    Raises:
        UserError: an unknown searcher or option, results without the metric, a `param_space` with choices.
    """

    def __init__(
        self,
        space: Space | str,
        searcher: str = "regularized_evolution",
        options: Mapping[str, Any] | None = None,
        seed: int = 0,
        metric: str | Sequence[str] | None = None,
        mode: str | Sequence[str] | None = None,
        deduplicate: str = "genome",
    ) -> None:
        super().__init__(metric=metric, mode=mode)  # type: ignore[arg-type]  # lists are documented
        self.asked_for = (space, searcher, dict(options or {}), seed, deduplicate)
        self.guide = Guide(*self.asked_for)
        self.constants: dict[str, Any] = {}
        self.issued: dict[str, Genome] = {}  # by Tune's id of the trial, in the order of their numbers
        self.told: dict[str, list[float] | None] = {}  # in the order of telling

    def set_search_properties(self, metric: Any, mode: Any, config: dict[str, Any], **spec: Any) -> bool:
        for name, value in config.items():
            if isinstance(value, Domain) or (isinstance(value, dict) and "grid_search" in value):
                raise UserError(f"param_space: {name}", "is a choice", "the document has the choices: give a constant")
        self._metric, self._mode = self._metric or metric, self._mode or mode
        self.constants = dict(config)
        return True

    def suggest(self, trial_id: str) -> Any:
        numbers = {name: number for number, name in enumerate(self.issued)}
        pending = {numbers[name]: genome for name, genome in self.issued.items() if name not in self.told}
        genome = self.guide.propose(len(self.issued), pending)
        if isinstance(genome, str):
            return Searcher.FINISHED
        self.issued[trial_id] = genome
        return {**self.constants, "genome": genome.to_json()}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        self._tell(trial_id, None if error or not result else self._values(result))

    def _tell(self, trial_id: str, values: list[float] | None) -> None:
        if trial_id in self.issued and trial_id not in self.told:
            self.told[trial_id] = values
            self.guide.tell(list(self.issued).index(trial_id), self.issued[trial_id], values)

    def _values(self, result: dict[str, Any]) -> list[float] | None:
        """The objectives, larger is better; None where one is no number."""
        wanted = self._metric or OBJECTIVE
        metrics = [wanted] if isinstance(wanted, str) else list(wanted)
        modes = [self._mode] * len(metrics) if isinstance(self._mode, str | None) else list(self._mode)
        for metric in metrics:
            if metric not in result:
                raise UserError("RaySearcher", f"the results have no '{metric}'", "give it metric=... and mode=...")
        values = [MODES[mode or "max"] * float(result[metric]) for metric, mode in zip(metrics, modes, strict=True)]
        return values if all(map(math.isfinite, values)) else None

    def save(self, checkpoint_path: str) -> None:
        """Writes what was issued and told: JSON, whatever the name says."""
        issued = [[name, dict(genome.answers)] for name, genome in self.issued.items()]
        state = {"issued": issued, "told": list(self.told.items()), "constants": self.constants}
        Path(checkpoint_path).write_text(json.dumps(state), encoding="utf-8")

    def restore(self, checkpoint_path: str) -> None:
        """Goes on from what `save` wrote, of a searcher made with the same arguments."""
        state = json.loads(Path(checkpoint_path).read_text(encoding="utf-8"))
        self.guide, self.told, self.issued = Guide(*self.asked_for), {}, {}
        self.constants = state["constants"]
        for name, answers in state["issued"]:
            self.issued[name] = self.guide.space.genome(answers)
            self.guide.tried(self.issued[name])
        for name, values in state["told"]:
            self._tell(name, values)
