"""What the fake remembers: every request with its raw bytes, counters, gates, and broken rules.

Tests read it through the control routes (control.py) and wait on it instead of sleeping.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import dataclasses
import hashlib

# Enough for a kill storm; older requests are forgotten first, and counted all the same.
MOST_REQUESTS = 5_000
# Bodies beyond this are kept as their SHA-256 alone, so that a load of big requests does not fill the memory.
MOST_BODY_BYTES = 256 * 1024 * 1024


@dataclasses.dataclass
class Recorded:
    """One request, and what became of its answer."""

    number: int
    connection: int
    method: str
    target: str
    headers: list[tuple[str, str]]
    head: bytes
    body: bytes = b""
    situation: str = ""
    outcome: str = "open"       # open | answered | cut | cancelled | refused
    written: int = 0

    def as_json(self) -> dict:
        return {
            "number": self.number, "connection": self.connection, "method": self.method, "target": self.target,
            "headers": self.headers, "head": base64.b64encode(self.head).decode(),
            "body": base64.b64encode(self.body).decode(), "body_sha256": hashlib.sha256(self.body).hexdigest(),
            "situation": self.situation, "outcome": self.outcome, "written": self.written,
        }


class State:
    """One fake's memory. All calls on its event loop."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._gates: dict[str, asyncio.Event] = {}
        self._numbers = 0
        self.forget()

    def forget(self) -> None:
        """Empties the record. Numbers go on, so that an id names one request for the life of the process."""
        self.requests: collections.deque[Recorded] = collections.deque(maxlen=MOST_REQUESTS)
        self.violations: list[str] = []
        self.counters = collections.Counter(
            requests=0, answered=0, cut=0, cancelled=0, refused=0, written=0, accepted=0, violations=0
        )
        for gate in self._gates.values():
            gate.set()
        self._gates = {}
        if not hasattr(self, "gauges"):
            self.gauges = collections.Counter(connections=0, in_flight=0, waiting=0, paused=0)

    def snapshot(self) -> dict[str, int]:
        return dict(self.counters) | dict(self.gauges)

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def keep(self, request: Recorded) -> None:
        if sum(len(kept.body) for kept in self.requests) + len(request.body) > MOST_BODY_BYTES:
            self.requests.clear()
        self.requests.append(request)
        self.count("requests")

    def count(self, name: str, amount: int = 1) -> None:
        self.counters[name] += amount
        self.touch()

    def gauge(self, name: str, change: int) -> None:
        self.gauges[name] += change
        self.touch()

    def violation(self, text: str) -> None:
        """A rule of HTTP or of this fake that the asking side broke."""
        self.violations.append(text)
        self.count("violations")

    def gate(self, name: str) -> asyncio.Event:
        return self._gates.setdefault(name, asyncio.Event())

    def touch(self) -> None:
        """Wakes who waits for a change."""
        asyncio.ensure_future(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def wait(self, at_least: dict[str, int], at_most: dict[str, int], seconds: float) -> bool:
        """Waits until every named number is in its bound; False when the time is up first."""
        def reached() -> bool:
            now = self.snapshot()
            return all(now.get(name, 0) >= bound for name, bound in at_least.items()) and all(
                now.get(name, 0) <= bound for name, bound in at_most.items()
            )

        async def until_reached() -> None:
            async with self._changed:
                await self._changed.wait_for(reached)

        try:
            await asyncio.wait_for(until_reached(), seconds)
            return True
        except asyncio.TimeoutError:
            return reached()
