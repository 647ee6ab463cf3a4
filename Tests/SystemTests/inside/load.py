"""Clients that ask without end and note what became of every request: what is refused at the door counts for itself.

Two more are agents and call an API with a connected account.
"""

from __future__ import annotations

import collections
import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable

from machine import wait_until
from tenants import Tenant, audit

PORT = 8080
CLIENTS = 6
PAUSE_SECONDS = 0.005
AGENTS = 2
AGENTS_PAUSE_SECONDS = 0.02
# Longer than the watchdog: a client of a daemon that hangs waits until it is back.
TIMEOUT_SECONDS = 40
# Answers before and after the event of a test.
AROUND = 40
BODY = json.dumps({"model": "demo", "max_tokens": 100, "messages": [{"role": "user", "content": "load"}]})


class Load:
    """Six clients, each with a new connection for every request, as a proxy without keep-alive has: whatever closes the
    door for a moment is noticed."""

    def __init__(self, tenant: Tenant) -> None:
        self._key = tenant.key
        self.agent = tenant.agent
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self.counts: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        self.slowest = 0.0
        clients = [(self._ask, PAUSE_SECONDS)] * CLIENTS + [(self._call, AGENTS_PAUSE_SECONDS)] * AGENTS
        self._threads = [threading.Thread(target=self._ask_on, args=client) for client in clients]
        for thread in self._threads:
            thread.start()

    def wait_for_more(self, count: int = AROUND) -> None:
        goal = self.counts["answered"] + count
        wait_until(f"{goal} answers", lambda: self.counts["answered"] >= goal or self._too_many(), seconds=60)

    def end(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(TIMEOUT_SECONDS + 10)
            assert not thread.is_alive(), "a client hangs"

    def _too_many(self) -> bool:
        assert len(self.failures) < 5000, self.failures[:3]
        return False

    def _ask_on(self, ask: Callable[[], str], pause: float) -> None:
        while not self._ends.wait(pause):
            asked = time.monotonic()
            outcome = ask()
            with self._lock:
                self.counts[outcome.partition(":")[0]] += 1
                self.slowest = max(self.slowest, time.monotonic() - asked)
                if outcome not in ("answered", "called"):
                    self.failures.append(outcome)

    def _call(self) -> str:
        return self.agent.ask(PORT, TIMEOUT_SECONDS)

    def _ask(self) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_SECONDS)
        try:
            try:
                connection.connect()
            except ConnectionRefusedError:
                return "refused"
            connection.request("POST", "/v1/messages", BODY, {"x-api-key": self._key})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                return f"status {answer.status}: {text[:200]!r}"
            return "answered" if json.loads(text)["type"] == "message" else f"odd: {text[:200]!r}"
        except (OSError, http.client.HTTPException, ValueError) as problem:
            return f"broken: {problem!r}"
        finally:
            connection.close()


class Outcome:
    """What a load came to, once it is over."""

    def __init__(self, tenant: Tenant, load: Load) -> None:
        counts = load.counts
        self.answered, self.called, self.refused = counts["answered"], counts["called"], counts["refused"]
        self.failed = sum(counts.values()) - self.answered - self.called
        self.failures, self.slowest = load.failures, load.slowest
        self.failed_calls = [failure for failure in load.failures if failure.startswith("call ")]
        self.settled, self.recorded = len(tenant.settlements()), tenant.requests()
        self.audit = audit()

    def __str__(self) -> str:
        kinds = collections.Counter(failure.partition(":")[0] for failure in self.failures)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        failed = f"{self.failed} failed" + (f" ({told})" if told else "")
        return (
            f"{self.answered} answered, {self.called} agents' calls, {self.refused} refused, {failed}, "
            f"{self.settled} charged, "
            f"slowest {self.slowest * 1000:.0f} ms"
        )

    def check(self, *, may_fail: bool, calls_may_fail: bool = False, may_be_uncharged: int = 0) -> None:
        """No client was refused, each answer is charged once and the ledger agrees with gatewayd's records."""
        assert self.refused == 0, f"{self}: {self.failures[:3]}"
        assert may_fail or self.failed == 0, f"{self}: {self.failures[:3]}"
        assert calls_may_fail or not self.failed_calls, f"{self}: {self.failed_calls[:3]}"
        assert self.recorded == self.settled, f"{self}, but {self.recorded} recorded"
        # An answer that failed on its way to the client is charged for what was produced.
        assert self.answered - may_be_uncharged <= self.settled <= self.answered + self.failed, str(self)


@contextlib.contextmanager
def under_load(tenant: Tenant, around: int = AROUND):
    """Clients ask before, during and after the body; `outcome` of what it yields is there when it is over. A token that
    has to be refreshed is in the vault when the body begins, and agents call with its successor at the end."""
    load = Load(tenant)
    try:
        load.wait_for_more(around)
        load.agent.connect()
        yield load
        load.wait_for_more(around)
        load.agent.wait_until_refreshed()
    finally:
        load.end()
    tenant.wait_until_settled()
    load.outcome = Outcome(tenant, load)
