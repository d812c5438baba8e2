"""The page that follows a search, asked for as a browser does."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

import nas
from nas.errors import UserError
from nas.report.live import Live
from nas.run.lock import Lock
from tests import cheap


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Live]:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=3, runs=tmp_path, progress=False)
    with Live(run.path) as live:
        thread = threading.Thread(target=live.serve_forever, args=(0.01,))
        thread.start()
        yield live
        live.shutdown()
        thread.join()


def ask(server: Live, path: str = "/", **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def test_it_follows_the_journal_and_writes_nothing(server: Live) -> None:
    before = {path: path.stat().st_mtime_ns for path in server.run.rglob("*")}
    answer, page = ask(server)
    assert answer.status == 200 and answer.headers["Refresh"] == "3"
    assert "3 of 3" in page and "not running now" in page and "default-src 'none'" in page
    again, nothing = ask(server, If_None_Match=answer.headers["ETag"])
    assert (again.status, nothing, again.headers["Refresh"]) == (304, "", "3")
    assert {path: path.stat().st_mtime_ns for path in server.run.rglob("*")} == before

    nas.resume(server.run, evaluator=cheap.score, trials=5, progress=False)
    after, page = ask(server, If_None_Match=answer.headers["ETag"])
    assert after.status == 200 and "5 of 5" in page
    with Lock(server.run / "lock"):
        assert "This search is running." in ask(server)[1]


@pytest.mark.parametrize("path", ["/run.yaml", "/../lock", "/?", "/report.html", "/favicon.ico"])
def test_nothing_but_the_report_is_served(server: Live, path: str) -> None:
    answer, text = ask(server, path)
    assert (answer.status, text) == (404, "only the report is here, at /\n")


def test_it_is_for_this_machine_alone(server: Live) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert ask(server, Host=f"elsewhere.example:{server.server_port}")[0].status == 403
    assert ask(server, Host="localhost:9000")[0].status == 200  # forwarded


def test_a_damaged_journal_is_said_and_the_server_goes_on(server: Live) -> None:
    journal = server.run / "journal.jsonl"
    sound = journal.read_bytes()
    journal.write_bytes(b"no journal\n" + sound)
    answer, text = ask(server)
    assert answer.status == 500 and "damaged" in text and len(text.splitlines()) == 1
    journal.write_bytes(sound)
    assert ask(server)[0].status == 200


def test_what_cannot_be_served(server: Live, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"port {server.server_port}: Address already in use; give another"):
        Live(server.run, server.server_port)
    with pytest.raises(UserError, match="not a run"):
        Live(tmp_path)
