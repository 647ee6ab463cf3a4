"""Rate limits, as clients of either vendor see them; and what a request may take up."""

from __future__ import annotations

import re

import anthropic
import openai
import pytest

import raw
from conftest import claude_of, gpt_of, new_tenant
from dialects import ANTHROPIC, BOTH, OPENAI
from fake import ask

both = pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)


def limited(weir):
    """A tenant whose key may send two requests at once and then one a minute."""
    return new_tenant(weir, requests_per_minute="1", request_burst="2")


@both
def test_requests_beyond_the_burst_are_429_with_the_time_to_wait(weir, vendor, dialect):
    tenant = limited(weir)
    statuses = [raw.post(tenant, dialect.path, dialect.body()).status for _ in range(2)]
    answer = raw.post(tenant, dialect.path, dialect.body())
    assert (statuses, answer.status) == ([200, 200], 429)
    assert 0 < int(answer.header("retry-after")) <= 60
    assert len(vendor.requests()) == 2
    assert raw.post(new_tenant(weir), dialect.path, dialect.body()).status == 200


def test_limit_fields_carry_each_vendors_names(weir, vendor):
    tenant = limited(weir)
    claudes, gpts = raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body()), raw.post(tenant, OPENAI.path, OPENAI.body())
    assert claudes.header("anthropic-ratelimit-requests-limit") == "1"
    assert claudes.header("anthropic-ratelimit-requests-remaining") == "1"
    assert claudes.header("anthropic-ratelimit-requests-reset").endswith("Z")
    assert gpts.header("x-ratelimit-limit-requests") == "1"
    assert gpts.header("x-ratelimit-remaining-requests") == "0"


def test_sdks_raise_their_rate_limit_errors(weir, vendor):
    tenant = limited(weir)
    claude, gpt = claude_of(tenant), gpt_of(tenant)
    for _ in range(2):
        claude.messages.create(model="claude-test", max_tokens=9, messages=ask("normal"))
    with pytest.raises(anthropic.RateLimitError) as claudes:
        claude.messages.create(model="claude-test", max_tokens=9, messages=ask("normal"))
    with pytest.raises(openai.RateLimitError) as gpts:
        gpt.chat.completions.create(model="gpt-test", messages=ask("normal"))
    for problem in (claudes.value, gpts.value):
        assert int(problem.response.headers["retry-after"]) > 0 and problem.request_id.startswith("req_")


def test_models_and_account_routes_count_as_well(weir, vendor):
    tenant = limited(weir)
    assert [raw.get(tenant, "/v1/models").status for _ in range(3)] == [200, 200, 429]
    assert raw.get(tenant, "/v1/billing/balance").status == 429


@both
def test_vendors_own_limits_are_hidden_where_ours_apply_and_shown_where_none_does(weir, vendor, dialect):
    name = "anthropic-ratelimit-tokens-limit" if dialect is ANTHROPIC else "x-ratelimit-limit-tokens"
    assert raw.post(limited(weir), dialect.path, dialect.body("limits")).header(name) is None
    assert raw.post(new_tenant(weir), dialect.path, dialect.body("limits")).header(name) is not None


@pytest.mark.parametrize("request_bytes, status", [
    (b"POST /v1/messages HTTP/1.1\r\nhost: w\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}", 400),
    (b"POST /v1/messages HTTP/1.1\r\nhost: w\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", 400),
    (b"GET / HTTP/1.1\r\nhost : w\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nhost: w\r\n x: folded\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/2.0\r\nhost: w\r\n\r\n", 505),
    (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: w\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nhost: w\r\nx: " + b"a" * 100_000 + b"\r\n\r\n", 431),
], ids=["both-lengths", "two-lengths", "space-before-colon", "folded", "no-host", "http2", "target", "head"])
def test_what_is_no_request_is_refused_and_the_connection_closed(weir, vendor, request_bytes, status):
    with raw.dial(weir.port) as client:
        client.sendall(request_bytes)
        received = b""
        while data := client.recv(65_536):
            received += data
    assert re.findall(rb"HTTP/1\.1 (\d{3}) ", received) == [str(status).encode()]
    assert vendor.requests() == []


@pytest.mark.parametrize("method, target, allowed", [
    ("GET", "/v1/messages", "POST"), ("POST", "/v1/models", "GET"), ("BREW", "/v1/messages", "POST"),
])
def test_other_methods_are_405_and_told_which_are_not(tenant, vendor, method, target, allowed):
    answer = raw.ask(tenant.weir.port, method, target, {"authorization": f"Bearer {tenant.key}"})
    assert (answer.status, answer.header("allow")) == (405, allowed)


def test_pipelined_requests_are_answered_in_order(tenant, vendor):
    head = f"GET /v1/models/%s HTTP/1.1\r\nhost: w\r\nauthorization: Bearer {tenant.key}\r\n\r\n"
    with raw.dial(tenant.weir.port) as client:
        client.sendall((head % "four" + head % "bench" + head % "gpt-test").encode())
        received = b""
        while received.count(b"HTTP/1.1 200") < 3 or not received.endswith(b"}"):
            received += client.recv(65_536)
    places = [received.index(f'"id":"{name}"'.encode()) for name in ("four", "bench", "gpt-test")]
    assert places == sorted(places)


def test_expect_100_continue_is_answered_before_the_body_comes(tenant, vendor):
    body = b'{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}'
    with raw.dial(tenant.weir.port) as client:
        client.sendall(
            f"POST {OPENAI.path} HTTP/1.1\r\nhost: w\r\nauthorization: Bearer {tenant.key}\r\nexpect: 100-continue\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode()
        )
        assert client.recv(1024).startswith(b"HTTP/1.1 100 ")
        client.sendall(body)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_chunked_request_with_extensions_and_trailers_is_understood(tenant, vendor):
    body = b'{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}'
    with raw.dial(tenant.weir.port) as client:
        client.sendall(
            f"POST {OPENAI.path} HTTP/1.1\r\nhost: w\r\nauthorization: Bearer {tenant.key}\r\n"
            "transfer-encoding: chunked\r\n\r\n".encode()
            + b"".join(b"1;a=b\r\n%c\r\n" % byte for byte in body) + b"0\r\nx-trailer: y\r\n\r\n"
        )
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
    assert vendor.only_request()["body"].replace(b"gpt-vendor-2025", b"gpt-test") == body
