"""An API with accounts, which agents call in a load, and the OAuth server that gives out their tokens.

A refresh token stays good; each refresh gives the next access token, and all of them are good. Which of them calls came
with is kept: a token that a refresh gave says that tokend's alarm rang and that gatewayd was told.
"""

from __future__ import annotations

import http.client
import json
import pathlib
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from machine import wait_until
from tenants import ctl

SHOP_PORT = 4030
REFRESH_TOKEN = "refresh-token-of-the-shop"
# A token put in by hand ends after so long and is refreshed a second before: after a test's event, which comes at once.
LIFETIME = "3s"
# From the end of a token to its refresh, what a daemon that was away has to catch up with included.
REFRESH_SECONDS = 30
CONNECTIONS = f"""\
connections:
  providers:
    shop:
      name: Shop
      base_url: http://127.0.0.1:{SHOP_PORT}/api
      auth: {{oauth2: bearer}}
      allow: [GET /**]
      oauth:
        authorize_url: http://127.0.0.1:{SHOP_PORT}/authorize
        token_url: http://127.0.0.1:{SHOP_PORT}/token
        refresh_lead: 1s
"""


class Shop:
    """The provider; use it as a context."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Access tokens are numbered, whether put in by hand or granted.
        self._latest = 0
        self._granted: set[int] = set()
        self._used: set[int] = set()
        shop = self

        class Handler(_Handler):
            server_shop = shop

        self._server = ThreadingHTTPServer(("127.0.0.1", SHOP_PORT), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Shop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def new_token(self, *, granted: bool) -> tuple[int, str]:
        """Another access token and its number."""
        with self._lock:
            self._latest += 1
            if granted:
                self._granted.add(self._latest)
            return self._latest, f"access-{self._latest}"

    def use(self, authorization: str) -> int | None:
        """The number of the token that a call came with; `None` when there is no such token."""
        number = authorization.removeprefix("Bearer access-")
        with self._lock:
            if not number.isdigit() or not 0 < int(number) <= self._latest:
                return None
            self._used.add(int(number))
            return int(number)

    def refreshes_used(self, since: int) -> int:
        """How many tokens were granted after number `since` that a call came with."""
        with self._lock:
            return len([number for number in self._granted & self._used if number > since])


class _Handler(BaseHTTPRequestHandler):
    server_shop: Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        number = self.server_shop.use(self.headers.get("authorization", ""))
        self._answer(200, {"token": number}) if number else self._answer(401, {"error": "there is no such token"})

    def do_POST(self) -> None:
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        if self.path != "/token" or form.get("refresh_token") != [REFRESH_TOKEN]:
            return self._answer(400, {"error": "invalid_grant"})
        _, token = self.server_shop.new_token(granted=True)
        self._answer(200, {"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def _answer(self, status: int, value: dict) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests look at what was counted."""


class Agent:
    """A program with a key for the agent API, and its tenant's one connected account."""

    name = "agents"

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._since = 0
        ctl("tenant", "create", self.name)
        (key,) = ctl("key", "create", self.name, "--scopes", "agent")
        self.key = key["secret"]
        self.connect()
        wait_until("an agent's call is answered", lambda: self.ask(8080, 30) == "called")

    def connect(self) -> None:
        """Puts a token into the account that tokend has to refresh soon."""
        self._since, token = self._shop.new_token(granted=False)
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for name, secret in (("secret", token), ("refresh-token", REFRESH_TOKEN), ("client-secret", "secret")):
                path = pathlib.Path(folder) / name
                path.write_text(secret)
                path.chmod(0o600)
                files += [f"--{name}-file", str(path)]
            ctl(
                "connection", "add", f"{self.name}/shop/main", "--kind", "oauth", "--replace", "--client-id", "box",
                "--expires", LIFETIME, *files)

    def wait_until_refreshed(self) -> None:
        """Until calls come with a token that was granted since `connect`."""
        wait_until(
            "agents call with a token that was refreshed", lambda: self._shop.refreshes_used(self._since),
            seconds=REFRESH_SECONDS)

    def ask(self, port: int, timeout: float) -> str:
        """Makes a call; what became of it."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            try:
                connection.connect()
            except ConnectionRefusedError:
                return "refused"
            body = json.dumps({"path": "/me"})
            connection.request(
                "POST", f"/api/v1/{self.name}/shop", body, {"authorization": f"Bearer {self.key}"})
            answer = connection.getresponse()
            text = answer.read()
            said = json.loads(text)
            is_good = answer.status == 200 and said["success"] and said["data"]["token"]
            return "called" if is_good else f"call {answer.status}: {text[:200]!r}"
        except (OSError, http.client.HTTPException, ValueError) as problem:
            return f"call broken: {problem!r}"
        finally:
            connection.close()
