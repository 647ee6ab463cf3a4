"""How answers end: truncation, errors, silence, clients that leave or do not read. Cases T-01…T-11, S-18, B-10."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

import raw
import streams
from conftest import new_tenant
from dialects import ALL, OPENAI, WORDS
from fake import Fake
from weir import Weir, memory_megabytes

every = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


@every
@pytest.mark.parametrize("situation", ["cut", "reset", "utf8-cut", "truncated", "stall"])
def test_t01_truncated_stream_ends_with_an_error_and_is_billed(tenant, dialect, situation):
    answer = raw.post(tenant, dialect.path, dialect.stream(situation))
    assert answer.status == 200 and answer.complete
    dialect.check(answer.body)
    assert b"message_stop" not in answer.body and b"[DONE]" not in answer.body
    assert b"127.0.0.1" not in answer.body
    # No usage came: what was said is counted, on the safe side.
    assert 0 < tenant.cost() < dialect.cost * 2


@every
@pytest.mark.parametrize("ending", ["fin", "eof", "error"])
def test_t01_stream_cut_between_any_two_events_never_looks_complete(tenant, vendor, dialect, ending):
    """From the first content on; among thoughts, words and the pieces of two calls."""
    model, first = dialect.model, {"anthropic": 5, "openai": 3}[dialect.vendor]
    whole = raw.post(tenant, dialect.path, dialect.stream("tools thinking=1", model=model)).body
    for after in range(first, 15):
        body = dialect.stream(f"tools thinking=1 stop_after={after} ending={ending}", model=model)
        answer = raw.post(tenant, dialect.path, body)
        assert answer.status == 200 and answer.complete and len(answer.body) < len(whole)
        dialect.check(answer.body)
        assert "error" in streams.events(answer.body)[-1][1]
    assert all(Decimal(entry["amount"]) < 0 for entry in tenant.settlements(16 - first))


def test_t02_stream_that_ends_after_its_finish_is_a_success(tenant):
    answer = raw.post(tenant, OPENAI.path, OPENAI.stream("no-done"))
    assert b'"finish_reason":"stop"' in answer.body and b'"error"' not in answer.body
    assert tenant.cost() == OPENAI.cost


@every
def test_t03_vendors_error_in_mid_stream_is_the_last_event(tenant, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream("error-late"))
    dialect.check(answer.body)
    _, last = streams.events(answer.body)[-1]
    assert last["error"]["message"] == "fake upstream says 529"


@every
def test_t04_error_as_the_first_event_is_a_status_and_free(tenant, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream("error-first"))
    assert answer.status in (503, 529) and answer.header("content-type") == "application/json"
    assert answer.json()["error"]["message"] == "fake upstream says 529"
    assert tenant.wait_until_nothing_is_held()["balance"] == 100


@every
def test_t07_prelude_without_content_is_no_empty_success(tenant, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream("prelude-only"))
    assert answer.status == 502 or b'"error"' in answer.body


@every
@pytest.mark.parametrize("streamed", [False, True])
def test_t08_silent_upstream_is_given_up_in_time(tenant, vendor, dialect, streamed):
    answer = raw.post(tenant, dialect.path, dialect.body("silent", stream=streamed))
    assert answer.status in (502, 504)
    vendor.wait(cancelled=1, at_most={"in_flight": 0})
    assert tenant.wait_until_nothing_is_held()["balance"] == 100


@every
def test_t11_silent_stream_is_kept_alive_in_its_dialect(tenant, vendor, dialect):
    with raw.dial(tenant.weir.port) as client:
        send(client, tenant, dialect, dialect.stream("normal gate=g gate_at=6"))
        received = b""
        claudes = dialect.client == "anthropic"
        keep_alive = b"event: ping" if claudes else b"\n:"
        vendor.wait(waiting=1)
        while received.count(keep_alive) < (2 if claudes else 1):
            received += client.recv(65_536)
        vendor.open_gate("g")
        while not received.endswith(b"\r\n0\r\n\r\n"):
            received += client.recv(65_536)
    assert tenant.cost() == dialect.cost


@every
@pytest.mark.parametrize("gate_at", [1, 2, 3])
def test_t10_stream_is_opened_and_kept_alive_before_its_first_content(tenant, vendor, dialect, gate_at):
    """A model that thinks in silence: what has been opened early is the beginning of the one stream that follows."""
    with raw.dial(tenant.weir.port) as client:
        send(client, tenant, dialect, dialect.stream(f"normal gate=g gate_at={gate_at}"))
        vendor.wait(waiting=1)
        received = client.recv(65_536)
        assert received.startswith(b"HTTP/1.1 200")
        vendor.open_gate("g")
        while not received.endswith(b"\r\n0\r\n\r\n"):
            received += client.recv(65_536)
    said = dialect.check(unchunked(received))
    assert streams.text_of(said) == WORDS
    assert tenant.cost() == dialect.cost


def unchunked(answer: bytes) -> bytes:
    """The body of an answer in chunks."""
    _, rest = answer.split(b"\r\n\r\n", 1)
    body = b""
    while not rest.startswith(b"0\r\n"):
        size, rest = rest.split(b"\r\n", 1)
        body, rest = body + rest[:int(size, 16)], rest[int(size, 16) + 2:]
    return body


def send(client, tenant, dialect, body: dict) -> None:
    """A request on a bare socket."""
    data = json.dumps(body).encode()
    client.sendall(
        f"POST {dialect.path} HTTP/1.1\r\nhost: weir\r\nauthorization: Bearer {tenant.key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data
    )


@every
@pytest.mark.parametrize("reset", [False, True])
def test_b10_client_that_leaves_pays_for_what_was_said_and_the_upstream_is_cancelled(tenant, vendor, dialect, reset):
    client = raw.dial(tenant.weir.port)
    send(client, tenant, dialect, dialect.stream("normal gate=never gate_at=6"))
    received = client.recv(65_536)
    assert received.startswith(b"HTTP/1.1 200")
    vendor.wait(waiting=1)
    if reset:
        import socket
        import struct

        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    vendor.wait(cancelled=1, at_most={"in_flight": 0})
    assert 0 < tenant.cost() < dialect.cost * 2


@every
def test_client_that_leaves_before_the_head_pays_nothing_for_an_attempt_that_never_began(tenant, vendor, dialect):
    client = raw.dial(tenant.weir.port)
    send(client, tenant, dialect, dialect.body("normal gate=never gate_at=0"))
    vendor.wait(waiting=1)
    client.close()
    vendor.wait(cancelled=1, at_most={"in_flight": 0})
    tenant.wait_until_nothing_is_held()


@pytest.fixture(scope="module")
def draining(running_fake, tmp_path_factory):
    """A Weir that reads abandoned answers to their end."""
    with Weir(tmp_path_factory.mktemp("drain"), running_fake.url, on_client_gone="drain") as weir:
        yield weir


@every
def test_b10_with_drain_the_abandoned_answer_is_billed_as_the_vendor_reports_it(draining, vendor, dialect):
    tenant = new_tenant(draining)
    client = raw.dial(draining.port)
    send(client, tenant, dialect, dialect.stream("normal gate=late gate_at=6"))
    client.recv(65_536)
    vendor.wait(waiting=1)
    client.close()
    vendor.open_gate("late")
    assert tenant.cost() == dialect.cost
    assert vendor.wait(answered=1)["cancelled"] == 0


BIG_MEGABYTES = 200


@every
def test_s18_upstream_is_not_read_faster_than_the_client_reads(tenant, vendor, dialect):
    """200 MiB upstream, a client that reads one buffer and, later, the rest: Weir never holds more than a little."""
    gateway = tenant.weir.pid("gatewayd")
    before = memory_megabytes(gateway)
    with raw.dial(tenant.weir.port) as client:
        send(client, tenant, dialect, dialect.stream(f"big mega_bytes={BIG_MEGABYTES}"))
        first = len(client.recv(1024))
        vendor.wait(paused=1)
        assert vendor.counters()["written"] < 40 << 20
        assert memory_megabytes(gateway) - before < 8
        rest, most = read_to_end(client, gateway)
    assert first + rest > BIG_MEGABYTES << 20
    assert most - before < 8
    tenant.wait_until_nothing_is_held()
    assert memory_megabytes(gateway) - before < 4


def read_to_end(client, gateway: int) -> tuple[int, float]:
    """How many bytes of a chunked answer were left, and the most memory that gatewayd had while they were read."""
    count, most, tail = 0, 0.0, b""
    while not tail.endswith(b"\r\n0\r\n\r\n"):
        received = client.recv(1 << 20)
        assert received, f"the answer broke off after {count} bytes"
        count, tail = count + len(received), (tail + received[-7:])[-7:]
        most = max(most, memory_megabytes(gateway))
    return count, most


@every
def test_s12_endless_line_is_bounded(tenant, vendor, dialect):
    before = memory_megabytes(tenant.weir.pid("gatewayd"))
    answer = raw.post(tenant, dialect.path, dialect.stream("endless-line"))
    assert len(answer.body) < 16 << 20
    assert answer.status == 502 or b'"error"' in answer.body or not answer.complete
    assert memory_megabytes(tenant.weir.pid("gatewayd")) - before < 32


@every
def test_s13_one_malformed_event_harms_nothing(tenant, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream("malformed-event"))
    assert answer.complete and (b"message_stop" in answer.body or b"[DONE]" in answer.body)
    assert tenant.cost() == dialect.cost


@every
def test_s10_final_event_without_its_blank_line_still_counts(tenant, dialect):
    raw.post(tenant, dialect.path, dialect.stream("no-final-blank"))
    assert tenant.cost() == dialect.cost


def test_connections_are_reused_and_a_stale_one_is_not_an_error(tenant, vendor):
    for _ in range(20):
        assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 200
    assert vendor.counters()["accepted"] <= 3
    for _ in range(5):
        assert raw.post(tenant, OPENAI.path, OPENAI.body("closing")).status == 200
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 200


def test_unreachable_vendor_is_a_502_that_names_no_address(tmp_path):
    with Fake() as gone:
        url = gone.url
    with Weir(tmp_path / "w", upstream=url) as weir:
        tenant = new_tenant(weir)
        for dialect in ALL:
            answer = raw.post(tenant, dialect.path, dialect.body())
            assert answer.status in (502, 503) and b"127.0.0.1" not in answer.body
        assert tenant.wait_until_nothing_is_held()["balance"] == 100
