"""optuna-dashboard over a run that may go on: the study is made anew from the journal when that has changed.

It is kept in memory alone, and cannot be changed by the dashboard: the journal is the truth.
"""

import threading
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import optuna

from nas.errors import UserError
from nas.integrations.optuna_study import study
from nas.run.directory import JOURNAL, existing

ADDRESS = "127.0.0.1"  # this machine alone
BREAK = 5  # times as long as making a study took, it is shown for
HINT = "give another, or 0 for any that is free (--port)"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Dashboard:
    """A WSGI application. Raises UserError where there is no run, or no optuna-dashboard."""

    def __init__(self, path: str | Path) -> None:
        if find_spec("optuna_dashboard") is None:
            raise UserError("dashboard", "the package optuna-dashboard is missing", "pip install optuna-dashboard")
        self.run = existing(path)
        self.lock = threading.Lock()
        self.made: Application | None = None
        self.key: object = None
        self.until = 0.0
        self.current()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        host = str(environ.get("HTTP_HOST")).rpartition(":")[0]
        if host not in (ADDRESS, "localhost"):  # a page from elsewhere that has given this machine its own name
            return _refused(start_response, b"ask by the address that nas dashboard printed\n")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _refused(start_response, b'{"reason": "this study shows a run, and is not to be changed"}')
        return self.current()(environ, start_response)

    def current(self) -> Application:
        """The dashboard of the journal as it is, or was a moment ago."""
        with self.lock:
            journal = self.run / JOURNAL
            state = journal.stat() if journal.exists() else None
            key = state and (state.st_mtime_ns, state.st_size)
            if self.made is None or (key != self.key and time.monotonic() >= self.until):
                from optuna_dashboard import wsgi

                began = time.monotonic()
                storage = optuna.storages.InMemoryStorage()
                study(self.run, storage, running=True)
                self.made, self.key = wsgi(storage), key
                self.until = time.monotonic() + BREAK * (time.monotonic() - began)
            return self.made


def serve(path: str | Path, port: int, said: Callable[[str], None]) -> None:
    """Serves the dashboard until it is interrupted; `said` is told the address. Raises UserError as Dashboard does, or
    where the port is taken."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    application = Dashboard(path)
    try:
        server = make_server(ADDRESS, port, application, _Server, _Handler)
    except OSError as error:
        raise UserError(f"port {port}", error.strerror or str(error), HINT) from None
    with server:
        said(f"http://{ADDRESS}:{server.server_port}/")
        server.serve_forever()


def _refused(start_response: Callable[..., Any], why: bytes) -> list[bytes]:
    start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", str(len(why)))])
    return [why]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the browser asks every few seconds."""
