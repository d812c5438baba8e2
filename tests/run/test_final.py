import json
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.run import Interrupted, Run, Unfinished
from nas.space import Document, Genome, Space
from tests import cheap


def widening(width: int = 4) -> Space:
    layer = {"conv": {"channels": "=width", "kernel": {"choice": [1, 3, 5, 7]}}}
    document = {"name": "widening", "parameters": {"width": width}, "final": {"width": 8}, "network": [layer, layer]}
    return Space(Document(document))


class Trains:
    """Has a final recipe; notes how it was called."""

    def __init__(self, fail: BaseException | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.fail = fail

    def __call__(self, trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        return {"valid_accuracy": cheap.score(trial.genome)}

    def final(
        self, genome: Genome, seed: int, epochs: Any, overrides: Any, directory: Path, report: Any
    ) -> dict[str, float]:
        self.calls.append((genome, seed, epochs, overrides))
        report(1, {"train_loss": 2.0})
        if self.fail:
            raise self.fail
        (directory / "model.safetensors").write_bytes(b"weights")
        return {"test_accuracy": 0.75}


def search(tmp_path: Path, evaluator: Any, **values: Any) -> Run:
    options = {"population": 3, "sample": 2}
    return nas.search(
        widening(), evaluator=evaluator, trials=6, runs=tmp_path, searcher_options=options, seed=3, **values
    )


def test_the_winner_is_trained_with_the_final_parameters(tmp_path: Path) -> None:
    evaluator, events = Trains(), []
    run = search(tmp_path, evaluator, final_epochs=5, final_set={"width": 12}, progress=events.append)
    assert run.best is not None
    assert evaluator.calls == [(run.best.trial.genome, 3, 5, {"width": 12})]
    assert run.final == {"test_accuracy": 0.75}
    assert (events[-1].final, events[-1].epoch, events[-1].metrics) == (True, 1, {"train_loss": 2.0})
    genome = Genome.load(run.path / "best" / "genome.json")
    assert dict(genome.answers) == dict(run.best.trial.genome.answers)
    assert Space(genome.document).graph(genome).shape[0] == 12  # the network whose weights lie beside it
    result = json.loads((run.path / "best" / "result.json").read_text())
    assert (result["final"], result["number"]) == ({"test_accuracy": 0.75}, run.best.trial.number)
    assert nas.resume(run.path, evaluator=evaluator).final == {"test_accuracy": 0.75}
    assert len(evaluator.calls) == 1  # not trained again


def test_the_documents_own_final_parameters_count(tmp_path: Path) -> None:
    run = search(tmp_path, Trains())
    genome = Genome.load(run.path / "best" / "genome.json")
    assert Space(genome.document).graph(genome).shape[0] == 8


def test_none_is_trained_for_0_epochs(tmp_path: Path) -> None:
    evaluator = Trains()
    run = search(tmp_path, evaluator, final_epochs=0)
    assert (evaluator.calls, run.final) == ([], None)
    genome = Genome.load(run.path / "best" / "genome.json")
    assert Space(genome.document).graph(genome).shape[0] == 4


@pytest.mark.parametrize(
    ("error", "raised"), [(RuntimeError("loss is nan"), Unfinished), (KeyboardInterrupt(), Interrupted)]
)
def test_a_final_training_that_failed_or_was_stopped_is_tried_again(tmp_path: Path, error: Any, raised: Any) -> None:
    with pytest.raises(raised, match=r"loss is nan|nas resume"):
        search(tmp_path, Trains(error), name="r")
    run = Run.open(tmp_path / "r")
    assert (run.reason, run.final, len(run.results())) == ("all trials done", None, 6)
    evaluator = Trains()
    run = nas.resume(tmp_path / "r", evaluator=evaluator)
    assert run.final == {"test_accuracy": 0.75}
    assert len(run.results()) == 6
