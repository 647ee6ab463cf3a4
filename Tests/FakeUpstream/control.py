"""The routes by which a test reads and steers the fake: /_fake/…, on the port it serves.

    GET  /_fake/requests[?since=N]      what was asked after request N: head and body (base64), headers, outcome
    GET  /_fake/counters                requests, answered, cut, cancelled, connections, in_flight, waiting, paused …
    GET  /_fake/wait?cancelled=1&at_most.in_flight=0[&seconds=5]
                                        the same, once every number is in its bound; status 408 when that never was
    GET  /_fake/violations              rules of HTTP that the asking side broke
    POST /_fake/open?gate=NAME          lets the requests that wait at this gate go on
    POST /_fake/reset                   forgets requests, counters and violations; opens every gate
"""

from __future__ import annotations

import json
import urllib.parse

from connection import Connection
from state import Recorded, State

PREFIX = "/_fake/"
DEFAULT_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 60.0


async def answer(state: State, connection: Connection, request: Recorded) -> bool:
    await connection.read_body(request)
    url = urllib.parse.urlsplit(request.target)
    query = dict(urllib.parse.parse_qsl(url.query))
    status, value = await _act(state, request.method, url.path[len(PREFIX):], query)
    data = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} Control\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    await connection.write(head.encode() + data)
    return True


async def _act(state: State, method: str, action: str, query: dict[str, str]) -> tuple[int, object]:
    if (method, action) == ("GET", "requests"):
        since = int(query.get("since", "0"))
        return 200, [kept.as_json() for kept in state.requests if kept.number > since]
    if (method, action) == ("GET", "counters"):
        return 200, state.snapshot()
    if (method, action) == ("GET", "violations"):
        return 200, state.violations
    if (method, action) == ("GET", "wait"):
        return await _wait(state, query)
    if (method, action) == ("POST", "open"):
        state.gate(query["gate"]).set()
        return 200, {}
    if (method, action) == ("POST", "reset"):
        state.forget()
        return 200, {}
    return 404, {"error": f"no control route {method} {action}"}


async def _wait(state: State, query: dict[str, str]) -> tuple[int, object]:
    seconds = min(float(query.pop("seconds", DEFAULT_WAIT_SECONDS)), LONGEST_WAIT_SECONDS)
    most = {name[len("at_most."):]: int(bound) for name, bound in query.items() if name.startswith("at_most.")}
    least = {name: int(bound) for name, bound in query.items() if not name.startswith("at_most.")}
    unknown = (most.keys() | least.keys()) - state.snapshot().keys()
    if unknown:
        return 400, {"error": f"no number is called {sorted(unknown)}"}
    reached = await state.wait(least, most, seconds)
    return (200 if reached else 408), state.snapshot()
