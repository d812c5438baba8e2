"""The best network of a search keeps its weights, whatever ended the search."""

from pathlib import Path
from typing import Any

import pytest

import nas
from nas.data import load
from nas.run import Interrupted
from nas.training import evaluate
from nas.training.trained import load_trained

DOCUMENT = """
name: small
parameters: {width: 6}
network:
  - conv_bn_relu: {channels: =width, kernel: {choice: [1, 3, 5]}}
  - flatten
  - linear: =classes
"""


def weights(path: Path) -> list[str]:
    return sorted(str(file.parent.relative_to(path)) for file in path.rglob("weights.safetensors*"))


def search(tmp_path: Path, **settings: Any) -> nas.Run:
    (tmp_path / "small.yaml").write_text(DOCUMENT)
    common = {"trials": 3, "epochs": 1, "final_epochs": 0, "runs": tmp_path, "name": "a", "searcher": "random"}
    return nas.search(tmp_path / "small.yaml", **{**common, **settings})


def test_without_a_final_training_they_are_the_best_trials(tmp_path: Path) -> None:
    run = search(tmp_path)
    assert weights(run.path) == ["best"]
    model, preprocessing = nas.load_run(run.path).model()
    data = load("digits")
    assert run.best is not None and run.best.result is not None and run.best.result.metrics is not None
    accuracy = run.best.result.metrics["valid_accuracy"]
    assert evaluate(model, data, "valid")["valid_accuracy"] == pytest.approx(accuracy, abs=0.01)
    assert preprocessing == data.preprocessing
    assert model.classes == data.classes


def test_a_stopped_search_has_its_best_so_far_in_the_trials_folder(tmp_path: Path) -> None:
    def stop(progress: Any) -> None:
        if progress.entry is not None and progress.finished == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        search(tmp_path, progress=stop)
    run = nas.load_run(tmp_path / "a")
    assert run.best is not None
    assert weights(run.path) == [f"trials/{run.best.trial.number:04d}"]
    assert run.weights() == run.path / "trials" / f"{run.best.trial.number:04d}"
    assert run.model()[0].classes is not None
    run = nas.resume(run.path)
    assert run.weights() == run.path / "best" and weights(run.path) == ["best"]


def test_promoted_trials_keep_those_of_their_last_epochs(tmp_path: Path) -> None:
    run = search(tmp_path, schedule="asha", schedule_options={"eta": 2}, epochs=2)
    assert weights(run.path) == ["best"]
    assert run.best is not None and run.best.result is not None and run.best.result.metrics is not None
    assert run.best.trial.budget == 2
    accuracy = run.best.result.metrics["valid_accuracy"]
    found = evaluate(run.model()[0], load("digits"), "valid")["valid_accuracy"]
    assert found == pytest.approx(accuracy, abs=0.01)


def test_weights_beside_another_genome_are_no_network(tmp_path: Path) -> None:
    run = search(tmp_path, trials=2)
    other = next(e.trial.genome for e in run.trials if run.best is not None and e.trial.number != run.best.trial.number)
    other.save(run.path / "best" / "genome.json")
    with pytest.raises(nas.UserError, match="not the weights of the genome beside it: they are of another genome"):
        load_trained(run.path / "best")


def test_where_nothing_was_trained_there_are_none(tmp_path: Path) -> None:
    run = search(tmp_path, evaluator=lambda genome: float(len(str(genome.answers))))
    with pytest.raises(nas.UserError, match=r"it has no weights of its best network.*; train it: nas train"):
        run.model()
