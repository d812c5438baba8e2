"""What the logs have in common."""

from pathlib import Path
from typing import Any

import pytest

import nas
from nas.errors import UserError
from nas.integrations.logs.csv_files import CsvFiles
from tests import cheap
from tests.integrations.logs.searched import curves


def test_a_log_that_fails_ends_the_search_in_one_line_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"epochs": 2, "trials": 4, "searcher": "random", "runs": tmp_path, "name": "r"}

    def down(self: CsvFiles, entry: Any, result: Any, points: Any) -> None:
        if entry.trial.number == 2:
            raise ConnectionError("no server\nfor miles" + "!" * 1000)
        trial(self, entry, result, points)

    trial = CsvFiles.trial
    with monkeypatch.context() as patch:
        patch.setattr(CsvFiles, "trial", down)
        with pytest.raises(UserError) as error:
            nas.search(cheap.space(), evaluator=cheap.trained, log="csv", progress=False, **given)
    said = str(error.value)
    assert said.startswith("log csv: ConnectionError: no server for miles!!!") and len(said) < 500
    assert said.endswith(f"; nothing is lost: nas resume {tmp_path / 'r'}")
    assert nas.load_run(tmp_path / "r").state.finished == 3  # the third was journaled before
    run = nas.resume(tmp_path / "r", evaluator=cheap.trained, progress=False)
    rows = (run.path / "logs" / "csv" / "epochs.csv").read_text().splitlines()[1:]
    numbers = [row.split(",")[1:3] for row in rows]
    assert numbers == [[str(number), str(epoch)] for number in curves(run) for epoch in (1, 2)]


def test_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=1, runs=tmp_path, log="csv", progress=False)
    (run.path / "logs").rename(tmp_path / "mine")
    (run.path / "logs").symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match="logs: a link; a run directory holds its own files"):
        nas.resume(run.path, evaluator=cheap.score, trials=2, progress=False)
