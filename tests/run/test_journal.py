import errno
import json
import os
import random
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.run.journal import Journal, read_journal, seal

RECORDS = [{"kind": "issued", "number": n, "answers": {"a": f"{n}", "b": [0, n]}, "x": 0.1 * n} for n in range(6)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "journal.jsonl")
    for record in RECORDS:
        journal.append(record)
    journal.close()
    return journal.path


def test_records_come_back_as_written(path: Path) -> None:
    assert read_journal(path)[0] == RECORDS
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == list(range(6))  # it is plain JSON


def test_cut_at_every_byte(path: Path) -> None:
    """Whatever was written whole is kept, the torn rest is cut off, and appending goes on from there."""
    whole = path.read_bytes()
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        kept = whole[:size].count(b"\n")
        assert read_journal(path)[0] == RECORDS[:kept]  # looking changes nothing
        assert path.stat().st_size == size
        journal = Journal(path)
        assert journal.records == RECORDS[:kept]
        for record in RECORDS[kept:]:
            journal.append(record)
        journal.close()
        assert path.read_bytes() == whole


def test_every_flipped_bit_is_found_and_its_line_named(path: Path) -> None:
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            line = whole[:place].count(b"\n") + 1
            with pytest.raises(UserError, match=rf"journal\.jsonl:{line}: damaged"):
                read_journal(path)
            with pytest.raises(UserError):
                Journal(path)


@pytest.mark.parametrize("change", ["remove", "double", "swap"])
def test_missing_doubled_and_moved_lines_are_found(path: Path, change: str) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {
        "remove": lines[:2] + lines[3:],
        "double": lines[:3] + lines[2:],
        "swap": [lines[0], lines[2], lines[1], *lines[3:]],
    }[change]
    path.write_bytes(b"".join(changed))
    with pytest.raises(UserError, match="damaged"):
        read_journal(path)


def test_noise_instead_of_a_journal(tmp_path: Path) -> None:
    rng = random.Random(0)
    for _ in range(200):
        noise = rng.randbytes(rng.randrange(300))
        (tmp_path / "noise").write_bytes(noise)
        try:
            assert read_journal(tmp_path / "noise")[0] == []
        except UserError:
            assert b"\n" in noise


def test_deep_nesting_with_a_right_checksum_is_refused(tmp_path: Path) -> None:
    line, _ = seal({"a": 0}, 0)
    body = b'{"a":' + b"[" * 100_000
    import zlib

    (tmp_path / "deep").write_bytes(body + b',"crc":"%08x"}\n' % zlib.crc32(body))
    assert line.endswith(b'"}\n')
    with pytest.raises(UserError, match="not JSON"):
        read_journal(tmp_path / "deep")


def test_a_missing_journal_is_empty(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none") == ([], 0, 0)


def test_nan_is_never_written(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(ValueError, match="JSON compliant"):
        journal.append({"metrics": {"valid_accuracy": float("nan")}})
    assert read_journal(path)[0] == RECORDS


def test_appending_is_on_disk_before_it_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    write, sync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda *a: calls.append("write") or write(*a))
    monkeypatch.setattr(os, "fsync", lambda *a: calls.append("fsync") or sync(*a))
    journal = Journal(path)
    journal.append({"kind": "end"})
    assert calls == ["write", "fsync"]


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_is_loud_and_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    journal, real = Journal(path), os.write

    def full(*arguments: object) -> int:
        if call == "write" and len(arguments[1]) > 5:  # type: ignore[arg-type]
            return real(arguments[0], arguments[1][:5])  # type: ignore[arg-type, index]
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space left") as caught:
            journal.append({"kind": "end"})
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    with pytest.raises(OSError, match="Bad file descriptor"):  # it takes no more: its tail may be torn
        journal.append({"kind": "end"})
    again = Journal(path)
    assert again.records[:6] == RECORDS
    again.append({"kind": "more"})
    assert read_journal(path)[0][-1] == {"kind": "more"}


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "journal.jsonl").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        Journal(tmp_path / "journal.jsonl")
