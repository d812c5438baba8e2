"""The report of a search while it runs, by a server on this machine.

The page is made anew when a browser asks and the journal has changed; the browser asks every few seconds, because a
header tells it to: no script of the page asks for anything. Nothing else is served, and nothing is written.
"""

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nas.errors import UserError
from nas.report.write import text_of
from nas.run.directory import JOURNAL, LOCK, existing
from nas.run.lock import in_use

ADDRESS, REFRESH = "127.0.0.1", 3  # of this machine alone; seconds
HINT = "give another, or 0 for any that is free (--port)"


class Live(ThreadingHTTPServer):
    """Serves the report of the run at `path` once `serve_forever` is called, until `server_close`. port: 0: any.

    Raises UserError where there is no run, or the port is taken.
    """

    daemon_threads = True

    def __init__(self, path: str | Path, port: int = 0) -> None:
        self.run = existing(path)
        self.lock = threading.Lock()
        self.made: tuple[object, bytes] | None = None
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            raise UserError(f"port {port}", error.strerror or str(error), HINT) from None
        except OverflowError:
            raise UserError(f"port {port}", "there is no such port", HINT) from None

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}/"

    def page(self) -> tuple[str, bytes]:
        """A name of what the page shows now, and the page. Raises UserError where the run cannot be read."""
        with self.lock:
            journal, running = self.run / JOURNAL, in_use(self.run / LOCK)
            state = journal.stat() if journal.exists() else None
            key = (running, state and (state.st_mtime_ns, state.st_size))
            if self.made is None or self.made[0] != key:
                note = "This search is running." if running else "This search is not running now."
                self.made = key, text_of(self.run, [note], running).encode()
            return f'"{abs(hash(key)):x}"', self.made[1]


class Handler(BaseHTTPRequestHandler):
    server: Live
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host = str(self.headers.get("Host")).rpartition(":")[0]  # the port may be another, where it is forwarded
        if host not in (ADDRESS, "localhost"):  # a page from elsewhere that has given this machine its own name
            return self._answer(HTTPStatus.FORBIDDEN, b"ask by the address that nas watch printed\n")
        if self.path != "/":
            return self._answer(HTTPStatus.NOT_FOUND, b"only the report is here, at /\n")
        try:
            tag, page = self.server.page()
        except (UserError, OSError) as error:
            return self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n".encode())
        if self.headers.get("If-None-Match") == tag:
            return self._answer(HTTPStatus.NOT_MODIFIED, b"", ETag=tag)
        return self._answer(HTTPStatus.OK, page, "text/html; charset=utf-8", ETag=tag)

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8", **headers: str) -> None:
        self.send_response(status)
        about = {"Content-Type": kind, "Content-Length": str(len(body)), "Refresh": str(REFRESH), **headers}
        for name, value in (about | {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: a line every few seconds is no news."""
