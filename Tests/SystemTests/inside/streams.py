"""Streamed answers that the vendor holds at a gate, so that they are under way for as long as a test wants."""

from __future__ import annotations

import http.client
import json
import re

from fake import Fake, ask
from load import PORT
from tenants import Tenant

GATE = "held"
BODY = {"model": "slow", "max_tokens": 100, "stream": True, "messages": ask(f"normal gate={GATE} gate_at=6")}


class Stream:
    """One answer, begun; its head has come."""

    def __init__(self, tenant: Tenant) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        self._connection.request("POST", "/v1/messages", json.dumps(BODY), {"x-api-key": tenant.key})

    def begin(self) -> None:
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()

    def read(self) -> str:
        """The rest of it, once the gate is open; the name of its last event."""
        text = self._answer.read().decode()
        self._connection.close()
        return re.findall(r"^event: (\S+)", text, re.MULTILINE)[-1]


class Streams:
    """Any number of them at once, all waiting at the gate."""

    def __init__(self, tenant: Tenant, vendor: Fake, count: int = 1) -> None:
        self._vendor = vendor
        vendor.reset()
        self._streams = [Stream(tenant) for _ in range(count)]
        for stream in self._streams:
            stream.begin()
        vendor.wait(waiting=count)

    def finish(self) -> list[str]:
        """Opens the gate; the name of each answer's last event."""
        self._vendor.open_gate(GATE)
        return [stream.read() for stream in self._streams]
