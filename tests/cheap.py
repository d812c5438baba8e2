"""A small space and evaluators that cost nothing, importable by subprocesses and Ray workers too."""

import hashlib
import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from nas.space import Document, Genome, Space

ACTIVATIONS = ["relu", "sigmoid", "tanh", "elu"]


def layer() -> list[Any]:
    return [{"conv": {"channels": {"choice": [4, 8, 12, 16, 20]}, "kernel": 1}}, {"choice": ACTIVATIONS}]


def space(layers: int = 3) -> Space:
    """20^layers networks, no two of them the same."""
    network = [item for _ in range(layers) for item in layer()]
    head = ["global_avg_pool", {"linear": "=classes"}]
    return Space(Document({"name": "cheap", "input": [3, 4, 4], "classes": 2, "network": [*network, *head]}))


def score(genome: Genome) -> float:
    """A number below 1 that depends on the answers alone."""
    text = json.dumps(dict(genome.answers), sort_keys=True)
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def some_fail(genome: Genome) -> float:
    """Every fourth fails."""
    if int(score(genome) * 1000) % 4 == 0:
        raise RuntimeError("a quarter fails")
    return score(genome)


def slow_score(genome: Genome) -> float:
    time.sleep(0.01)
    return score(genome)


def logged(genome: Genome) -> float:
    """Notes each evaluation that ended in the file $EVALUATIONS."""
    time.sleep(0.002)
    with Path(os.environ["EVALUATIONS"]).open("a") as file:
        file.write(f"{score(genome)}\n")
    return score(genome)


def trained(trial: Any, report: Any, checkpoint: Path | None = None) -> dict[str, float]:
    """Some epochs that each take the score further, in a way that depends on the answers alone.

    Goes on from its checkpoint, and notes each epoch that it makes in the file $EVALUATIONS if there is one.
    """
    made = int(checkpoint.read_text()) if checkpoint and checkpoint.exists() else 0
    noise = random.Random(score(trial.genome))
    scores = [score(trial.genome) + 0.1 * epoch + 0.3 * noise.random() for epoch in range(trial.budget)]
    for epoch in range(trial.budget):
        report(epoch + 1, {"valid_accuracy": scores[epoch]})
        if epoch < made:
            continue
        time.sleep(0.002)
        if "EVALUATIONS" in os.environ:
            with Path(os.environ["EVALUATIONS"]).open("a") as file:
                file.write(f"{trial.number} {epoch + 1}\n")
        if checkpoint:
            draft = checkpoint.with_name(f"{checkpoint.name}.{os.getpid()}.new")
            draft.write_text(str(epoch + 1))
            draft.rename(checkpoint)
    return {"valid_accuracy": scores[trial.budget - 1]}


class Behave:
    """An evaluator that does on trial `number` what `how` says, and scores quickly otherwise."""

    def __init__(self, how: str, number: int, seconds: float = 0.01, mark: str = "") -> None:
        self.how, self.number, self.seconds, self.mark = how, number, seconds, mark

    def __call__(self, trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        report(1, {"valid_accuracy": 0.25})
        if trial.number == self.number:
            self.misbehave(trial)
        else:
            time.sleep(self.seconds)
        return {"valid_accuracy": score(trial.genome), "pid": float(os.getpid())}

    def misbehave(self, trial: Any) -> None:
        if self.how == "hang":
            time.sleep(600)
        elif self.how == "slow":
            time.sleep(3)
        elif self.how == "memory":
            raise MemoryError
        elif self.how == "cuda":
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        elif self.how == "nan":
            raise FloatingPointError("the loss is nan")
        elif self.how == "exit":
            os._exit(1)
        elif self.how == "kill" or (self.how == "kill once" and trial.attempt == 0):
            os.kill(os.getpid(), signal.SIGKILL)


def genomes(count: int, layers: int = 3) -> list[Genome]:
    """Distinct genomes of the small space."""
    rng, found = random.Random(0), {}
    small = space(layers)
    while len(found) < count:
        found[small.sample(rng)] = None
    return list(found)
