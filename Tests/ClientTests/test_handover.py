"""Restarting each daemon at noon: sockets that outlive processes, a gatewayd that hands over, and clients that notice nothing."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import signal
import socket
import threading
import time

import pytest

import dialects
import streams
from dialects import ALL
from service_manager import Unit
from weir import Weir

# Live streams, and clients with plain requests, across a restart.
STREAMS = 12
CLIENTS = 8


class ServedWeir(Weir):
    """A Weir whose daemons a service manager starts with its sockets."""

    def __init__(self, folder: pathlib.Path, upstream: str, **settings: object) -> None:
        folder.mkdir(parents=True)
        clients = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = clients.getsockname()[1]
        super().__init__(folder, upstream, port=self.port, **settings)
        self._sockets = [clients]
        self.units = {
            "walletd": Unit("walletd", self.configuration, folder, {"ipc": self._path("w.sock")}),
            "gatewayd": Unit(
                "gatewayd", self.configuration, folder, {"http": clients, "ipc": self._path("g.sock")}),
        }

    def _path(self, name: str) -> socket.socket:
        opened = socket.socket(socket.AF_UNIX)
        opened.bind(str(self.folder / name))
        opened.listen(128)
        self._sockets.append(opened)
        return opened

    def __enter__(self) -> ServedWeir:
        for unit in self.units.values():
            unit.start()
        self._wait_until_well()
        return self

    def __exit__(self, *_: object) -> None:
        for unit in reversed(self.units.values()):
            unit.close()
        for opened in self._sockets:
            opened.close()

    def pid(self, name: str) -> int:
        return self.units[name].main

    def log(self, name: str) -> str:
        return self.units[name].text()

    def hand_over(self) -> tuple[int, int]:
        """gatewayd's process before and after."""
        before = self.pid("gatewayd")
        answer = self.ctl("restart", "gatewayd")[0]
        self.units["gatewayd"].wait_for("READY")
        assert answer["accepted"] and answer["process"] == self.pid("gatewayd") != before
        return before, self.pid("gatewayd")

    def requests_used(self) -> int:
        return sum(row["requests"] for row in self.ctl("usage", "--from", "1h"))


@pytest.fixture
def served(vendor, tmp_path):
    with ServedWeir(tmp_path / "w", vendor.url) as weir:
        yield weir
        weir.audit()


class Load:
    """Clients that ask again and again over connections they keep, as many times as it takes, without a second try."""

    def __init__(self, tenant) -> None:
        self.answered = 0
        self.troubles: list[str] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._progress = threading.Condition(self._lock)
        self._threads = [threading.Thread(target=self._run, args=(tenant, number)) for number in range(CLIENTS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        self.wait_for(CLIENTS * 3)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        with self._progress:
            goal = self.answered + more
            assert self._progress.wait_for(lambda: self.answered >= goal or self.troubles, 30), "nothing is answered"

    def _run(self, tenant, number: int) -> None:
        dialect = ALL[number % len(ALL)]
        body = json.dumps(dialect.body())
        fields = {"authorization": f"Bearer {tenant.key}", "content-type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", tenant.weir.port, timeout=30)
        while not self._stop.is_set():
            try:
                connection.request("POST", dialect.path, body, fields)
                answer = connection.getresponse()
                content = answer.read()
                trouble = None if answer.status == 200 else f"{answer.status} {content[:200]}"
            except (OSError, http.client.HTTPException) as problem:
                trouble = repr(problem)
                connection.close()
            with self._progress:
                self.answered += trouble is None
                self.troubles += [trouble] if trouble else []
                self._progress.notify_all()
        connection.close()


class LiveStreams:
    """Streams that stand in their middle until they are let go."""

    def __init__(self, tenant, vendor, name: str = "noon") -> None:
        self._vendor, self._name = vendor, name
        self.answers: list[bytes | BaseException] = []
        self.dialect = dialects.ANTHROPIC
        self._threads = [threading.Thread(target=self._run, args=(tenant,)) for _ in range(STREAMS)]
        for thread in self._threads:
            thread.start()
        vendor.wait(waiting=STREAMS)

    def _run(self, tenant) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", tenant.weir.port, timeout=60)
        body = json.dumps(self.dialect.stream(f"gate={self._name} gate_at=4"))
        fields = {"authorization": f"Bearer {tenant.key}", "content-type": "application/json"}
        try:
            connection.request("POST", self.dialect.path, body, fields)
            self.answers.append(connection.getresponse().read())
        except BaseException as problem:
            self.answers.append(problem)
        finally:
            connection.close()

    def end(self) -> None:
        """Lets them go, and finds each whole."""
        self._vendor.open_gate(self._name)
        for thread in self._threads:
            thread.join()
        for answer in self.answers:
            assert isinstance(answer, bytes), answer
            streams.check_anthropic(answer)
        assert len(self.answers) == STREAMS


def test_gatewayd_hands_over_under_load_and_nobody_notices(served, vendor):
    tenant = served.tenant("acme")
    live = LiveStreams(tenant, vendor)
    with Load(tenant) as load:
        before, after = served.hand_over()
        load.wait_for(200)
        assert Unit.is_running(before), "it finishes its streams"
        again, third = served.hand_over()
        assert again == after
        load.wait_for(200)
        live.end()
        for process in (before, after):
            served.units["gatewayd"].wait_until_gone(process)
        load.wait_for(50)
    assert load.troubles == []
    tenant.wait_until_nothing_is_held()
    tenant.settlements(load.answered + STREAMS)
    vendor.wait(answered=load.answered + STREAMS)
    wait_until(lambda: served.requests_used() == load.answered + STREAMS)
    wait_until(lambda: list((served.folder / "gatewayd").glob("leaving-*")) == [])


@pytest.fixture
def watched(vendor, tmp_path):
    """A served Weir with its page for Prometheus at an address of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with ServedWeir(tmp_path / "w", vendor.url, metrics_port=port) as weir:
        weir.metrics_port = port
        yield weir


def start_time(weir: Weir):
    return weir.metrics().total("process_start_time_seconds", daemon="gatewayd")


def test_metrics_are_the_successors_at_the_same_address(watched, vendor):
    """The page has what the old process's last answers used once they are taken in: nobody asks that one any more."""
    tenant = watched.tenant("acme")
    before, live = start_time(watched), LiveStreams(tenant, vendor)
    watched.hand_over()
    assert start_time(watched) > before and watched.metrics().total("weir_up") == 2
    live.end()
    wait_until(lambda: watched.metrics().total("weir_gateway_requests_total", outcome="completed") == STREAMS)
    tenant.wait_until_nothing_is_held()


def test_metrics_come_back_when_the_successor_fails(watched):
    before, good = start_time(watched), watched.configuration.read_text()
    watched.configuration.write_text(one_listener_more(good))
    status, _, _ = watched.run_ctl("restart", "gatewayd")
    watched.configuration.write_text(good)
    assert status != 0 and start_time(watched) == before


def test_gatewayd_stopped_and_started_refuses_nobody(served, vendor):
    tenant = served.tenant("acme")
    with Load(tenant) as load:
        for _ in range(3):
            served.units["gatewayd"].stop()
            served.units["gatewayd"].start()
            load.wait_for(50)
    assert load.troubles == []
    tenant.wait_until_nothing_is_held()
    tenant.settlements(load.answered)


def test_walletd_stopped_and_started_is_waited_for(served, vendor):
    tenant = served.tenant("acme")
    live = LiveStreams(tenant, vendor)
    with Load(tenant) as load:
        for _ in range(3):
            served.units["walletd"].stop()
            served.units["walletd"].start()
            load.wait_for(50)
        live.end()
    assert load.troubles == []
    tenant.wait_until_nothing_is_held()
    tenant.settlements(load.answered + STREAMS)


def test_successor_that_does_not_come_up_changes_nothing(served, vendor):
    tenant = served.tenant("acme")
    before = served.pid("gatewayd")
    good = served.configuration.read_text()
    with Load(tenant) as load:
        for bad in ("gatewayd: [", good.replace(str(served.folder / "vendor-key"), "/nowhere/key"),
                    one_listener_more(good)):
            served.configuration.write_text(bad)
            command = served.run_ctl("restart", "gatewayd") if bad != "gatewayd: [" else self_signalled(served, good)
            assert command[0] != 0
            served.configuration.write_text(good)
            load.wait_for(20)
            assert served.pid("gatewayd") == before and Unit.is_running(before)
            assert served.ctl("status")[0]["state"] == "up"
    assert load.troubles == []
    tenant.wait_until_nothing_is_held()
    tenant.settlements(load.answered)
    served.hand_over()


def one_listener_more(good: str) -> str:
    """A configuration that is good and does not fit the sockets: its reader fails when the state is in its hands."""
    return good.replace('listen: ["127.0.0.1:', 'listen: ["127.0.0.1:1", "127.0.0.1:', 1)


def self_signalled(served, good: str) -> tuple[int, list, str]:
    """weirctl reads the same file, so a broken one is tried by signal; what came of it is in the log."""
    served.units["gatewayd"].send(signal.SIGUSR2)
    wait_until(lambda: "not handed over" in served.log("gatewayd"))
    return 1, [], ""


@pytest.mark.parametrize("victim", ["leaving", "successor"])
def test_either_process_killed_while_both_are_there_loses_no_charge(served, vendor, victim):
    tenant = served.tenant("acme")
    live = LiveStreams(tenant, vendor)
    before, after = served.hand_over()
    with Load(tenant) as load:
        if victim == "successor":
            os.kill(after, signal.SIGKILL)
            served.units["gatewayd"].wait_until_gone(after)
            served.units["gatewayd"].start()
            live.end()
        else:
            os.kill(before, signal.SIGKILL)
            vendor.open_gate("noon")
        load.wait_for(50)
    served.units["gatewayd"].wait_until_gone(before)
    tenant.wait_until_nothing_is_held()
    if victim == "successor":
        # kill -9 gives away what was answered in the last moment before it; the streams were not.
        wait_until(lambda: len(tenant.history()) - 1 == served.requests_used() > STREAMS)
        wait_until(lambda: list((served.folder / "gatewayd").glob("leaving-*")) == [])
        assert len(tenant.history()) - 1 == served.requests_used()
    else:
        assert load.troubles == []
        tenant.settlements(load.answered)


def test_without_a_service_manager_nothing_is_handed_over(weir):
    status, _, complaint = weir.run_ctl("restart", "gatewayd")
    assert status == 1 and "service manager" in complaint


def wait_until(holds, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it does not come to hold"
        time.sleep(0.02)
