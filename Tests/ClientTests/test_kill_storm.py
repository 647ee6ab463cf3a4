"""kill -9 of either daemon, again and again under load: every charge that was acknowledged is there exactly once.

WEIR_STORM_ROUNDS says how many kills (`make storm` asks for 400: 200 of each daemon); WEIR_TEST_SEED replays their
moments. What is acknowledged: an answer the client has in full is charged, unless gatewayd was killed within the moment
it takes to make its usage durable; whatever gatewayd has made durable is in the ledger once, whoever was killed when.
"""

from __future__ import annotations

import bisect
import http.client
import json
import os
import random
import re
import threading
import time

import pytest

from binaries import Program
from weir import Weir

ROUNDS = int(os.environ.get("WEIR_STORM_ROUNDS", "12"))
CLIENTS = 8
# From a request to its usage on disk: its answer, 10 ms for company, a commit; most of it for a busy machine.
UNACKNOWLEDGED_SECONDS = 2.0
# How far the order in which clients asked may differ from the order in which gatewayd recorded their usage.
DISORDER_SECONDS = 0.05
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
BODY = json.dumps({"model": "bench", "max_tokens": 100, "messages": [{"role": "user", "content": "storm"}]})


def reference(request_id: str) -> str:
    """The ledger's name of a request's first attempt."""
    number = 0
    for character in request_id.removeprefix("req_"):
        number = number * 32 + DIGITS.index(character)
    return f"{number:032x}"


class Load:
    """Clients that ask without a pause and note when they asked for each answer that came whole. When they asked,
    because a thread may come to note an answer only after the kill that took its usage."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._ends = threading.Event()
        self.answers: list[tuple[float, str]] = []
        self.refused = 0
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a client hangs"

    def wait_for(self, count: int) -> None:
        until = time.monotonic() + 60
        while len(self.answers) < count:
            assert time.monotonic() < until, "no answers any more"
            time.sleep(0.002)

    def _ask_on(self) -> None:
        connection = None
        while not self._ends.is_set():
            asked = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
                connection.request("POST", "/v1/messages", BODY, {"x-api-key": self._key})
                answer = connection.getresponse()
                body = answer.read()
                if answer.status == 200:
                    assert json.loads(body)["type"] == "message"
                    self.answers.append((asked, answer.headers["x-weir-request-id"]))
                else:
                    assert answer.status in (502, 503), (answer.status, body)
                    self.refused += 1
            except (OSError, http.client.HTTPException):
                # gatewayd was killed under this connection, or is not back yet
                if connection:
                    connection.close()
                connection = None
                self._ends.wait(0.005)
        if connection:
            connection.close()


@pytest.fixture
def upstream(tmp_path):
    """The demo upstream: fast, and the same usage for the same question."""
    program = Program("weir-demo-upstream", "--listen", "127.0.0.1:0", log=tmp_path / "upstream.log")
    yield "http://" + re.search(r"address=(\S+)", program.ready_line)[1]
    program.end()


def test_every_acknowledged_charge_is_there_once_after_a_storm_of_kills(tmp_path, upstream):
    seed = int(os.environ.get("WEIR_TEST_SEED", random.SystemRandom().randrange(2**63)))
    print(f"seed {seed}")
    dice = random.Random(seed)
    with Weir(tmp_path / "weir", upstream) as weir:
        tenant = weir.tenant("storm", credit="1000000")
        load = Load(weir.port, tenant.key)
        kills: list[float] = []
        try:
            for round_number in range(ROUNDS):
                load.wait_for(len(load.answers) + dice.randrange(1, 40))
                time.sleep(dice.random() * 0.02)
                victim = ("walletd", "gatewayd")[round_number % 2]
                weir.kill(victim)
                if victim == "gatewayd":
                    kills.append(time.monotonic())
                weir.start(victim)
        finally:
            load.end()
        weir_is_settled(weir, tenant)

        history = [entry for entry in tenant.history() if entry["kind"] == "settlement"]
        references = [entry["reference"] for entry in history]
        assert len(set(references)) == len(references), f"seed {seed}: a charge stands twice"
        known = set(references)
        charged = sorted(asked for asked, name in load.answers if reference(name) in known)
        uncharged = [(asked, name) for asked, name in load.answers if reference(name) not in known]
        lost = [(asked, name) for asked, name in uncharged if not was_cut_off(asked, charged, kills)]
        assert not lost, f"seed {seed}: {len(lost)} acknowledged charges are missing: {lost[:3]}"
        (usage,) = weir.ctl("usage", "--tenant", "storm")
        assert usage["requests"] == len(history), f"seed {seed}: usage and ledger disagree"
        audit = weir.audit()
        print(
            f"{ROUNDS} kills, {len(load.answers)} answers, {len(history)} charges, {len(uncharged)} answers cut off "
            f"before their usage was durable, {load.refused} refusals; {audit}"
        )


def was_cut_off(when: float, charged: list[float], kills: list[float]) -> bool:
    """Whether an uncharged answer is of the last ones before gatewayd was killed: nothing asked later was charged."""
    kill = next((kill for kill in kills if kill >= when), None)
    if kill is None or kill - when > UNACKNOWLEDGED_SECONDS:
        return False
    later = bisect.bisect_right(charged, when + DISORDER_SECONDS)
    return later == len(charged) or charged[later] > kill


def weir_is_settled(weir: Weir, tenant) -> None:
    """Waits until nothing is held and nothing waits to be settled."""
    tenant.wait_until_nothing_is_held()
    until = time.monotonic() + 30
    while True:
        status = next(row for row in weir.ctl("status") if row["daemon"] == "gatewayd")
        if status["wallet_connected"] and not int(status["outbox"]):
            break
        assert time.monotonic() < until, f"unsettled: {status}"
        time.sleep(0.05)
    tenant.wait_until_nothing_is_held()
