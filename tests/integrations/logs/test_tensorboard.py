from pathlib import Path
from typing import Any

import pytest

from tests.integrations.logs.searched import FINAL, curves, search

event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder: Path) -> Any:
    events = event_accumulator.EventAccumulator(str(folder))
    events.Reload()
    return events


def steps(events: Any, tag: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in events.Scalars(tag)]


def test_the_event_files_read_back(tmp_path: Path) -> None:
    run = search(tmp_path, "tensorboard")
    folder = run.path / "logs" / "tensorboard"
    for number, curve in curves(run).items():
        events, entry = read(folder / "trials" / f"{number:04d}"), run.trials[number]
        expected = [(epoch, pytest.approx(value, rel=1e-6)) for epoch, value in enumerate(curve, start=1)]
        assert steps(events, "valid_accuracy") == expected
        hyperparameters = sessions(events)
        assert hyperparameters["fingerprint"].string_value == entry.fingerprint
        assert hyperparameters["parameters"].number_value == entry.costs["parameters"]
        for path, answer in entry.trial.genome.answers.items():
            kept = hyperparameters[path]
            assert (kept.string_value if isinstance(answer, str) else kept.number_value) == answer
    assert run.best is not None
    final = read(folder / "final" / f"{run.best.trial.number:04d}")
    made = [(epoch, pytest.approx(epoch / 10, rel=1e-6)) for epoch in range(1, FINAL + 1)]
    assert [step for step in steps(final, "test_accuracy") if step[0]] == made
    course = read(folder / "search")
    best = [value for _, value in steps(course, "search/best")]
    assert best[-1] == pytest.approx(run.best.score, rel=1e-6)
    (text,) = course.Tensors("settings/text_summary")
    assert b"| searcher | random |" in text.tensor_proto.string_val[0]


def sessions(events: Any) -> Any:
    """The hyperparameters of a series."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    content = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    return HParamsPluginData.FromString(content).session_start_info.hparams
