"""When trials ran, from journals whose times are written down."""

from pathlib import Path
from typing import Any

import nas
from nas.run import Run
from nas.run.journal import read_journal, seal
from nas.run.spans import Span, spans
from tests import cheap


def timed(tmp_path: Path, times: list[tuple[float, float, int | None]]) -> Run:
    """A run whose trials ended at such times, after so many seconds, on such workers."""
    path = nas.search(cheap.space(), evaluator=cheap.some_fail, trials=len(times), runs=tmp_path, progress=False).path
    text, crc = b"", 0
    for line in read_journal(path / "journal.jsonl")[0]:
        about: dict[str, Any] = {}
        if line["kind"] == "done":
            end, seconds, worker = times[line["number"]]
            about = {"time": 1e9 + end, "seconds": seconds} | ({} if worker is None else {"worker": worker})
        sealed, crc = seal({**line, **about}, crc)
        text += sealed
    (path / "journal.jsonl").write_bytes(text)
    return Run.open(path)


def told(found: list[Span]) -> list[tuple[int | None, int, float, float]]:
    return [(span.number, span.lane, round(span.begun, 3), round(span.ended, 3)) for span in found]


def test_workers_that_are_known(tmp_path: Path) -> None:
    run = timed(tmp_path, [(10.0, 10.0, 1), (4.0, 4.0, 0), (9.0, 5.0, 0)])
    found, cut, known = spans(run)
    assert (cut, known) == (0.0, True)
    assert told(found) == [(1, 0, 0.0, 4.0), (0, 1, 0.0, 10.0), (2, 0, 4.0, 9.0)]
    assert [span.failed for span in found] == [run.trials[span.number or 0].score is None for span in found]


def test_where_nobody_noted_the_workers_each_takes_the_first_that_is_free(tmp_path: Path) -> None:
    found, _, known = spans(
        timed(tmp_path, [(10.0, 10.0, None), (4.0, 4.0, None), (9.0, 4.99, None), (30.0, 19.0, None)])
    )
    assert not known
    assert told(found) == [(1, 0, 0.0, 4.0), (0, 1, 0.0, 10.0), (2, 0, 4.01, 9.0), (3, 0, 11.0, 30.0)]


def test_pauses_of_a_resumed_search_are_cut_out(tmp_path: Path) -> None:
    found, cut, _ = spans(timed(tmp_path, [(10.0, 10.0, 0), (5000.0, 20.0, 0), (5030.0, 15.0, 0)]))
    assert cut == 4970.0
    assert told(found) == [(0, 0, 0.0, 10.0), (1, 0, 10.0, 30.0), (2, 0, 45.0, 60.0)]


def test_a_run_without_results(tmp_path: Path) -> None:
    run = timed(tmp_path, [(1.0, 1.0, 0)])
    lines = (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (run.path / "journal.jsonl").write_bytes(lines[0])
    assert spans(Run.open(run.path)) == ([], 0.0, True)
