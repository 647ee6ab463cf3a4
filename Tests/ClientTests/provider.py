"""A provider's API for tests of connected accounts: it records what was asked and does as the path says.

`/api/echo/…` answers what it was asked; `/api/status/503`, `/api/redirect`, `/api/slow`, `/api/cut`, `/api/garbage`,
`/api/large`, `/api/leak` and `/api/empty` misbehave. Credentials in `refused` get 401, wherever they stand.
"""

from __future__ import annotations

import dataclasses
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Longer than any timeout of a test; the server lets go of it when it ends.
SLOW_SECONDS = 60


@dataclasses.dataclass
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Provider:
    """The server; use it as a context."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.refused: set[str] = set()
        self.hung_up = threading.Event()
        self.ends = threading.Event()
        provider = self

        class Handler(_Handler):
            server_provider = provider

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self) -> Asked:
        """The one request since the last time."""
        (asked,) = self.asked
        self.asked.clear()
        return asked


class _Handler(BaseHTTPRequestHandler):
    server_provider: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Tests look at what was recorded."""

    def handle_any(self) -> None:
        provider = self.server_provider
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider.asked.append(Asked(self.command, self.path, headers, body))
        said = urllib.parse.unquote(f"{self.path} {headers.get('authorization', '')}")
        if any(secret in said for secret in provider.refused):
            return self.answer(401, {"error": {"message": "Bad credentials", "seen": said}})
        path = urllib.parse.urlsplit(self.path).path.removeprefix("/api")
        first, _, rest = path.strip("/").partition("/")
        getattr(self, f"do_{first}", self.do_echo)(rest, said, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

    def answer(self, status: int, value: object, **headers: str) -> None:
        self.send(status, b"" if value is None else json.dumps(value).encode(), "application/json", **headers)

    def send(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    # what paths stand for

    def do_echo(self, rest: str, said: str, body: bytes) -> None:
        parts = urllib.parse.urlsplit(self.path)
        self.answer(200, {
            "method": self.command, "path": parts.path, "query": urllib.parse.parse_qs(parts.query),
            "body": body.decode(), "nothing": None, "empty": [], "owner": {"name": "früh", "id": 12345678901234567890},
        })

    def do_status(self, rest: str, said: str, body: bytes) -> None:
        wait = {"Retry-After": "17"} if rest in ("429", "503") else {}
        self.answer(int(rest), {"message": f"as you asked: {rest}"}, **wait)

    def do_redirect(self, rest: str, said: str, body: bytes) -> None:
        self.answer(302, None, location=f"{self.server_provider.url}/api/echo/elsewhere")

    def do_slow(self, rest: str, said: str, body: bytes) -> None:
        # A client that goes away is seen as the end of its connection.
        self.connection.settimeout(SLOW_SECONDS)
        try:
            if not self.connection.recv(1):
                self.server_provider.hung_up.set()
        except OSError:
            pass
        self.close_connection = True

    def do_cut(self, rest: str, said: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", "1000")
        self.end_headers()
        self.wfile.write(b'{"half": ')
        self.close_connection = True

    def do_garbage(self, rest: str, said: str, body: bytes) -> None:
        self.wfile.write(b"this is not HTTP\r\n\r\n")
        self.close_connection = True

    def do_large(self, rest: str, said: str, body: bytes) -> None:
        self.answer(200, {"text": "x" * int(rest)})

    def do_leak(self, rest: str, said: str, body: bytes) -> None:
        self.answer(400, {"message": f"I do not like {said}"})

    def do_empty(self, rest: str, said: str, body: bytes) -> None:
        self.send_response(204)
        self.end_headers()

    def do_text(self, rest: str, said: str, body: bytes) -> None:
        self.send(200, "früh".encode(), "text/plain")
