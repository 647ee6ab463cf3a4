"""Cases that no other file has the place for: each test's name says which. The list is Tests/Cases/cases.md."""

from __future__ import annotations

import gzip
import json
import time

import pytest

import raw
import streams
from conftest import new_tenant
from dialects import ALL, ANTHROPIC, BOTH, CROSSED, OPENAI, WORDS
from fake import header
from weir import Weir

both = pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
every = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)

# An upstream may be silent this long in `impatient`.
IDLE_SECONDS = 1
PRICE = "{input: 3, output: 15}"
# A model whose first host fails after it has told what the prompt cost, and then one that does not.
TWO_HOSTS = f"""\
  unlucky:
    context_window: 200000
    max_output_tokens: 1000
    prefer: listed
    hosts:
      - {{provider: claude-vendor-0, model: fake-prelude-reset, price: {PRICE}}}
      - {{provider: claude-vendor, model: claude-vendor-2025, price: {PRICE}}}
"""


@pytest.fixture(scope="module")
def impatient(running_fake, tmp_path_factory):
    timeouts = f"{{connect: 5s, first_byte: 5s, whole_answer: 5s, idle: {IDLE_SECONDS}s}}"
    with Weir(tmp_path_factory.mktemp("impatient"), running_fake.url, timeouts=timeouts) as weir:
        yield weir
        weir.audit()


@pytest.fixture
def own(vendor, tmp_path):
    """A Weir that this test alone may break."""
    with Weir(tmp_path / "w", upstream=vendor.url, more_models=TWO_HOSTS) as weir:
        yield weir
        weir.audit()


def reload_with(weir: Weir, old: str, new: str) -> None:
    """Puts a line of the configuration differently."""
    text = weir.configuration.read_text()
    assert old in text
    weir.configuration.write_text(text.replace(old, new))
    weir.ctl("reload")


# streams

@every
def test_s09_events_are_the_same_in_one_read_and_in_many(tenant, dialect):
    def said(situation: str) -> tuple[list, str]:
        data = dialect.check(raw.post(tenant, dialect.path, dialect.stream(situation)).body)
        return [(value.get("type"), value.get("index")) for value in data], streams.text_of(data)

    usual = said("normal")
    assert usual[1] == WORDS
    assert said("normal joined=1") == usual
    assert said("normal chop=1") == usual


@every
def test_s16_compressed_stream_is_metered_and_says_what_it_is(tenant, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream("gzip"))
    coding = answer.header("content-encoding")
    assert coding in (None, "gzip")
    body = gzip.decompress(answer.body) if coding else answer.body
    assert streams.text_of(dialect.check(body)) == WORDS
    assert tenant.cost() == dialect.cost


@both
def test_s19_large_body_in_small_pieces_arrives_as_it_was(tenant, vendor, dialect):
    body = json.dumps(dialect.body(words="x" * 6_000_000)).encode()
    with raw.dial(tenant.weir.port) as client:
        client.sendall(
            f"POST {dialect.path} HTTP/1.1\r\nhost: weir\r\nauthorization: Bearer {tenant.key}\r\n"
            "content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".encode()
        )
        for start in range(0, len(body), 4096):
            piece = body[start:start + 4096]
            client.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        client.sendall(b"0\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
    sent = body.replace(dialect.model.encode(), dialect.vendor_model.encode(), 1)
    assert vendor.only_request()["body"] == sent


@every
def test_t09_stall_in_mid_stream_ends_it_and_the_upstream(tenant, vendor, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream("stall"))
    dialect.check(answer.body)
    assert b'"error"' in answer.body
    vendor.wait(cancelled=1, at_most={"in_flight": 0})
    assert 0 < tenant.cost() < dialect.cost * 2


@every
def test_t09_events_of_any_kind_are_no_silence(impatient, vendor, dialect):
    """No gap is as long as the upstream may be silent; all of them together are longer."""
    tenant, began = new_tenant(impatient), time.monotonic()
    answer = raw.post(tenant, dialect.path, dialect.stream(f"normal thinking=1 gap_ms={IDLE_SECONDS * 200}"))
    assert streams.text_of(dialect.check(answer.body)) == WORDS
    assert time.monotonic() - began > 1.5 * IDLE_SECONDS


@every
def test_t09_an_upstream_that_only_pings_is_not_cut_off(impatient, vendor, dialect):
    tenant = new_tenant(impatient)
    body = json.dumps(dialect.stream("normal stop_after=4 ending=pings gap_ms=200")).encode()
    with raw.dial(impatient.port) as client:
        client.sendall(
            f"POST {dialect.path} HTTP/1.1\r\nhost: weir\r\nauthorization: Bearer {tenant.key}\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode() + body
        )
        received, until = b"", time.monotonic() + 2 * IDLE_SECONDS
        while time.monotonic() < until:
            received += client.recv(65_536)
        assert b"error" not in received and vendor.counters()["in_flight"] == 1
    vendor.wait(cancelled=1, at_most={"in_flight": 0})


# limits of vendors

@both
def test_t12_short_pause_is_waited_for_and_then_told_with_the_vendors_limits(own, vendor, dialect):
    answer = raw.post(new_tenant(own), dialect.path, dialect.body("rate-limited"))
    assert answer.status == 429 and answer.header("retry-after") == "2"
    name = "anthropic-ratelimit-tokens-limit" if dialect is ANTHROPIC else "x-ratelimit-limit-tokens"
    assert answer.header(name) is not None
    # Two seconds were within the three that a request may wait; two more were not.
    assert len(vendor.requests()) == 2


@both
def test_t13_long_pause_is_told_at_once_and_kept(own, vendor, dialect):
    tenant, body = new_tenant(own), dialect.body("rate-limited-long")
    first = raw.post(tenant, dialect.path, body)
    assert (first.status, first.header("retry-after")) == (429, "287441")
    second = raw.post(tenant, dialect.path, body)
    assert second.status == 429 and int(second.header("retry-after")) > 80_000
    assert len(vendor.requests()) == 1
    assert tenant.wait_until_nothing_is_held()["balance"] == 100


@both
def test_t14_bare_limit_is_tried_four_times_within_seconds(own, vendor, dialect):
    began = time.monotonic()
    assert raw.post(new_tenant(own), dialect.path, dialect.body("rate-limited-bare")).status == 429
    assert len(vendor.requests()) == 4
    assert time.monotonic() - began < 5


# requests

def test_r20_our_own_betas_join_the_clients(own, vendor):
    reload_with(own, '{anthropic-version: "2023-06-01"}',
                '{anthropic-version: "2023-06-01", anthropic-beta: "ours-1,theirs-2"}')
    tenant = new_tenant(own)
    raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body(), anthropic_beta="theirs-1, theirs-2")
    raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body())
    merged, alone = [header(request, "anthropic-beta").replace(" ", "").split(",") for request in vendor.requests()]
    assert merged == ["theirs-1", "theirs-2", "ours-1"]
    assert alone == ["ours-1", "theirs-2"]


@every
def test_c09_hundred_and_fifty_tools_meet_no_limit(tenant, vendor, dialect):
    schema = {"type": "object", "properties": {"city": {"type": "string", "description": "y" * 200}}}
    words = "z" * 450
    if dialect.client == "anthropic":
        tools = [{"name": f"t{n}", "description": words, "input_schema": schema} for n in range(150)]
    else:
        tools = [
            {"type": "function", "function": {"name": f"t{n}", "description": words, "parameters": schema}}
            for n in range(150)
        ]
    assert raw.post(tenant, dialect.path, dialect.body(tools=tools)).status == 200
    asked = json.loads(vendor.only_request()["body"])["tools"]
    assert [tool.get("function", tool)["name"] for tool in asked] == [f"t{n}" for n in range(150)]
    assert all(tool.get("function", tool)["description"] == words for tool in asked)


# money

def abandon(weir: Weir, tenant, dialect, vendor, number: int) -> None:
    """A client that leaves in the middle of an answer, which waits at a gate."""
    answer = json.dumps(dialect.stream("normal gate=left gate_at=6")).encode()
    with raw.dial(weir.port) as client:
        client.sendall(
            f"POST {dialect.path} HTTP/1.1\r\nhost: weir\r\nauthorization: Bearer {tenant.key}\r\n"
            f"content-length: {len(answer)}\r\n\r\n".encode() + answer
        )
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        vendor.wait(requests=number, waiting=1)


@both
def test_b11_abandoned_answers_are_read_on_within_a_bound(vendor, tmp_path, dialect):
    with Weir(tmp_path / "w", vendor.url, on_client_gone="drain") as own:
        reload_with(own, "  drain_limit:", "  abandoned: {most: 1, time: 1h}\n  drain_limit:")
        tenant = new_tenant(own)
        abandon(own, tenant, dialect, vendor, 1)
        abandon(own, tenant, dialect, vendor, 2)
        assert vendor.wait(cancelled=1)["in_flight"] == 1
        # Who is still there notices nothing.
        assert raw.post(new_tenant(own), dialect.path, dialect.body()).status == 200
        vendor.open_gate("left")
        costs = sorted(-float(entry["amount"]) for entry in tenant.settlements(2))
        assert float(dialect.cost) in costs and costs[0] > 0
        own.audit()


def test_b11_abandoned_answer_is_read_on_no_longer_than_said(vendor, tmp_path):
    with Weir(tmp_path / "w", vendor.url, on_client_gone="drain") as own:
        reload_with(own, "  drain_limit:", "  abandoned: {most: 10, time: 200ms}\n  drain_limit:")
        tenant = new_tenant(own)
        abandon(own, tenant, OPENAI, vendor, 1)
        vendor.wait(cancelled=1, at_most={"in_flight": 0})
        assert tenant.cost() > 0


def test_b12_b17_attempt_that_failed_before_its_answer_is_noted_and_free(own, vendor):
    """Its vendor had told the prompt's tokens, and said nothing: our rule is that no answer costs nothing."""
    tenant = new_tenant(own)
    # A prompt without a directive, so that each host's model decides what its vendor does.
    prompt = [{"role": "user", "content": "hello"}]
    answer = raw.post(tenant, ANTHROPIC.path, ANTHROPIC.stream(model="unlucky", messages=prompt))
    assert streams.text_of(ANTHROPIC.check(answer.body)) == WORDS
    assert len(vendor.requests()) == 2
    assert tenant.cost() == ANTHROPIC.cost
    (row,) = own.ctl("usage", "--tenant", tenant.name)
    assert row["requests"] == 1
    (error,) = own.ctl("errors", "--tenant", tenant.name)
    assert error["side"] == "upstream" and error["request"] == answer.header("x-weir-request-id")


@every
def test_b26_requests_are_known_by_our_own_number(tenant, vendor, dialect):
    answers = [raw.post(tenant, dialect.path, dialect.body(), x_request_id=id) for id in ("same", "same", "")]
    ours = [answer.header("x-weir-request-id") for answer in answers]
    assert len(set(ours)) == 3 and all(id.startswith("req_") for id in ours)
    assert sorted(entry["request"] for entry in tenant.settlements(3)) == sorted(ours)


@pytest.mark.parametrize("dialect", CROSSED, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("streamed", [False, True])
def test_b27_request_that_crosses_dialects_is_charged_once(tenant, vendor, dialect, streamed):
    answer = raw.post(tenant, dialect.path, dialect.body(stream=streamed))
    assert answer.status == 200 and len(vendor.requests()) == 1
    assert tenant.cost() == dialect.cost
    assert tenant.wait_until_nothing_is_held()["balance"] == 100 - dialect.cost
