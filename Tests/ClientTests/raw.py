"""HTTP without an SDK in between: exact bytes out, and everything that came back."""

from __future__ import annotations

import dataclasses
import http.client
import json
import socket


@dataclasses.dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    # False when the connection ended before the body was complete.
    complete: bool = True

    def header(self, name: str) -> str | None:
        """The one value of a field; a repeated field is a failure of the test."""
        values = [value for found, value in self.headers if found.lower() == name]
        assert len(values) <= 1, f"{name} is there {len(values)} times"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)


def ask(port: int, method: str, target: str, headers: dict | None = None, body: bytes | None = None) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        return read(connection.getresponse())
    finally:
        connection.close()


def read(response: http.client.HTTPResponse) -> Answer:
    try:
        return Answer(response.status, response.getheaders(), response.read())
    except http.client.IncompleteRead as problem:
        return Answer(response.status, response.getheaders(), problem.partial, complete=False)
    except ConnectionResetError:
        return Answer(response.status, response.getheaders(), b"", complete=False)


def post(tenant, path: str, body: object, **headers: str) -> Answer:
    """A POST of a tenant's key; `body` is JSON to be, or bytes as they are. Header names with _ for -."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"authorization": f"Bearer {tenant.key}", "content-type": "application/json"} | named
    return ask(tenant.weir.port, "POST", path, fields, data)


def get(tenant, target: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(tenant.weir.port, "GET", target, {"authorization": f"Bearer {tenant.key}"} | named)


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)
