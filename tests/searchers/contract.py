"""Spaces and drivers for the contract that every searcher keeps; importable by another process too."""

import hashlib
import json
import random
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from nas.run.propose import End, propose
from nas.searchers import SEARCHERS, create_searcher, for_budget
from nas.space import Document, Genome, Space
from nas.types import Result, Searcher, Trial, trial_random
from tests import cheap
from tests.space.documents import small

FIRST = {"n_startup_trials": 3}
SMALL: dict[str, dict[str, Any]] = {  # for quick tests, and so that all of them learn within a few trials
    "bananas": {"first": 3, "mutations": 4, "samples": 2},
    "reinforce": {"hidden": 8, "layers": 1, "learning_rate": 0.3},
    "ppo": {"hidden": 8, "layers": 1, "learning_rate": 0.3, "batch": 2, "epochs": 2},
    "optuna:tpe": {**FIRST, "n_ei_candidates": 4},
    "optuna:gp": FIRST,
    "optuna:nsga2": {"population_size": 3},
    "optuna:nsga3": {"population_size": 3},
    "optuna:cmaes": FIRST,
    "optuna:qmc": {},
    "optuna:random": {},
}
NAMES = [*SEARCHERS, *(name for name in SMALL if name not in SEARCHERS)]
SLOW = ("optuna:gp",)  # its fits by gradients take seconds a search
LOST = ("grid", "nasbench101")  # the first thousands of genomes that it counts are one network: the loop gives up
NEEDS = {"optuna:cmaes": "cmaes"}  # packages that come with nothing else


def _space(network: list[Any], **more: Any) -> Space:
    head = ["global_avg_pool", {"linear": "=classes"}]
    data = {"name": "toy", "input": [3, 6, 6], "classes": 2, "network": [*network, *head], **more}
    return Space(Document(data))


def conditional() -> Space:
    """Some choices are met under some answers alone."""
    conv = {"conv": {"channels": {"choice": [2, 4]}, "kernel": {"choice": [1, 3]}}}
    deep = {"repeat": {"choice": [1, 2]}, "body": [conv, {"choice": ["relu", "tanh"]}]}
    return _space([{"choice": [[deep], [conv, {"choice": ["elu", "silu"]}], "identity"]}, {"choice": ["relu", "gelu"]}])


def shrinking() -> Space:
    """A third of the answers leaves no map to work on."""
    conv = {"conv": {"channels": {"choice": [2, 3]}, "kernel": {"choice": [1, 3, 4, 6]}, "padding": 0}}
    return _space([conv, "relu", conv])


TOYS: dict[str, Callable[[], Space]] = {
    "conditional": conditional,
    "shrinking": shrinking,
    "twenty": lambda: cheap.space(1),
    "one": lambda: _space([{"choice": ["relu"]}]),
}


def fresh(place: str) -> Space:
    """A toy, or a shipped document on small images."""
    return TOYS[place]() if place in TOYS else small(place, 32)


def made(name: str, space: Space, trials: int) -> Searcher:
    return create_searcher(name, space, {**for_budget(name, trials), **SMALL.get(name, {})})


def result(trial: Trial, failing: Callable[[Trial], bool] = lambda trial: False) -> Result:
    """Depends on the genome alone. Two objectives, of which most searchers see the first."""
    if failing(trial):
        return Result(trial, None, "failed")
    score = cheap.score(trial.genome)
    return Result(trial, {"valid_accuracy": score}, values=(score, -float(len(str(trial.genome.answers)))))


class Drive:
    """A search without evaluations: `issue` asks as the loop does, `end` tells; a copy can be made from the tells."""

    def __init__(self, name: str, space: Space, trials: int, seed: int = 0) -> None:
        self.name, self.space, self.trials, self.seed = name, space, trials, seed
        self.searcher = made(name, space, trials)
        self.issued: list[Trial] = []
        self.seen: set[str] = set()
        self.pending: dict[int, Trial] = {}
        self.told: list[Result] = []
        self.kept: tuple[int, dict[str, Any]] = (0, {})  # a learner's state after so many results

    def issue(self) -> Trial | None:
        rng = trial_random(self.seed, len(self.issued))
        found = propose(self.searcher, self.space, rng, tuple(self.pending.values()), self.seen, {})
        if isinstance(found, End):
            return None
        assert set(found.parents or ()) <= {told.trial.number for told in self.told if not told.failed}
        trial = Trial(len(self.issued), found.genome, 0)
        self.issued.append(trial)
        self.seen.add(found.fingerprint)
        self.pending[trial.number] = trial
        return trial

    def end(self, trial: Trial, failing: Callable[[Trial], bool] = lambda trial: False) -> None:
        del self.pending[trial.number]
        self.told.append(result(trial, failing))
        self.searcher.tell(self.told[-1])
        if hasattr(self.searcher, "state") and len(self.told) % 4 == 3:
            self.kept = len(self.told), self.searcher.state()

    def resumed(self, snapshot: bool = False) -> "Drive":
        """Another searcher that was told the same: what a journal replays to, from a learner's snapshot or without."""
        other = Drive(self.name, self.space, self.trials, self.seed)
        other.issued, other.seen, other.pending = list(self.issued), set(self.seen), dict(self.pending)
        count, state = self.kept if snapshot else (0, {})
        if count:
            other.searcher.load(state)  # type: ignore[attr-defined]
        for each in self.told[count:]:
            other.searcher.tell(each)
        other.told, other.kept = list(self.told), self.kept
        return other

    def run(self, failing: Callable[[Trial], bool] = lambda trial: False) -> list[Genome]:
        """With one worker, to the end; the genomes."""
        while len(self.issued) < self.trials and (trial := self.issue()) is not None:
            self.end(trial, failing)
        return [trial.genome for trial in self.issued]


def digest(genomes: list[Genome]) -> str:
    return hashlib.sha256(json.dumps([dict(genome.answers) for genome in genomes]).encode()).hexdigest()


def digests(spaces: list[str], trials: int) -> dict[str, str]:
    """Of what every searcher proposes in each space."""
    return {
        f"{searcher} {space}": digest(Drive(searcher, fresh(space), trials).run())
        for space in spaces
        for searcher in NAMES
        if searcher not in SLOW and (searcher, space) != LOST and find_spec(NEEDS.get(searcher, "optuna"))
    }


if __name__ == "__main__":
    random.seed(12345)  # which nothing may read
    print(json.dumps(digests(sys.argv[2:], int(sys.argv[1]))))
