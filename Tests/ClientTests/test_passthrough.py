"""What crosses Weir untouched, what is exchanged, and what never crosses. Cases C-*, R-18, R-21, S-*, T-17."""

from __future__ import annotations

import concurrent.futures
import gzip
import json
import re

import pytest

import raw
import streams
from dialects import ALL, ANTHROPIC, BOTH, OPENAI, WORDS
from fake import header
from weir import VENDOR_KEY

both = pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
every = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


@both
def test_r21_body_reaches_the_vendor_byte_for_byte_but_for_the_model(tenant, vendor, dialect):
    prompt = '{"role":"user","content":"h\\u00e9 \\ud83c\\udf0a <&>"}'
    body = (
        '{ "zeta" : 1.0, "max_tokens":1e2,"big":9223372036854775808, "model" : "MODEL",\n'
        f'\t"messages":[{prompt}], "dup":1,"dup":2 ,"nested":{{"model":"keep","a":[1e400,-0.0]}}}}'
    )
    sent = body.replace("MODEL", dialect.alias).encode()
    assert raw.post(tenant, dialect.path, sent).status == 200
    assert vendor.only_request()["body"] == body.replace("MODEL", dialect.vendor_model).encode()


def test_r21_openai_stream_gains_include_usage_and_nothing_else(tenant, vendor):
    body = b'{"model":"gpt-test","stream":true, "max_tokens":9,"messages":[{"role":"user","content":"x"}]}'
    raw.post(tenant, OPENAI.path, body)
    received = vendor.only_request()["body"]
    expected = json.loads(body) | {"model": "gpt-vendor-2025", "stream_options": {"include_usage": True}}
    assert json.loads(received) == expected


@every
@pytest.mark.parametrize("streamed", [False, True])
def test_c06_every_model_in_the_answer_is_the_one_asked_for(tenant, vendor, dialect, streamed):
    answer = raw.post(tenant, dialect.path, dialect.body(model=dialect.alias, stream=streamed))
    assert dialect.vendor_model.encode() not in answer.body
    assert answer.body.count(f'"model":"{dialect.alias}"'.encode()) >= 1
    assert json.loads(vendor.only_request()["body"])["model"] == dialect.vendor_model


@every
def test_c03_no_tenants_key_reaches_the_vendor_and_no_vendors_key_the_tenant(tenant, vendor, dialect):
    answer = raw.post(tenant, dialect.path, dialect.body("normal headers=session"), x_api_key="other-secret")
    head = vendor.only_request()["head"]
    assert answer.status == 200
    assert tenant.key.encode() not in head and b"other-secret" not in head
    assert VENDOR_KEY.encode() in head and VENDOR_KEY not in str(answer.headers)
    assert "upstream-secret" not in str(answer.headers)


def test_c03_bearer_wins_over_x_api_key(tenant, vendor):
    fields = {"authorization": "Bearer weir_" + "0" * 42, "x-api-key": tenant.key}
    assert raw.ask(tenant.weir.port, "POST", ANTHROPIC.path, fields, b"{}").status == 401


@every
def test_vendor_gets_its_own_credential_in_its_own_field(tenant, vendor, dialect):
    raw.post(tenant, dialect.path, dialect.body())
    request = vendor.only_request()
    if dialect.vendor == "anthropic":
        assert (header(request, "x-api-key"), header(request, "authorization")) == (VENDOR_KEY, None)
        assert header(request, "anthropic-version") == "2023-06-01"
    else:
        assert (header(request, "x-api-key"), header(request, "authorization")) == (None, f"Bearer {VENDOR_KEY}")


def test_c02_query_string_is_routed_and_forwarded(tenant, vendor):
    assert raw.post(tenant, "/v1/messages?beta=true", ANTHROPIC.body()).status == 200
    assert vendor.only_request()["target"] == "/v1/messages?beta=true"


def test_c08_unknown_beta_tokens_and_c10_session_fields_are_forwarded_in_the_same_dialect(tenant, vendor):
    betas = ",".join(f"unknown-token-{index}-2026-11-21" for index in range(12))
    raw.post(
        tenant, ANTHROPIC.path, ANTHROPIC.body(), anthropic_beta=betas, x_claude_code_session_id="s-1",
        x_forwarded_for="10.1.2.3", cookie="a=b",
    )
    request = vendor.only_request()
    assert header(request, "anthropic-beta") == betas
    assert header(request, "x-claude-code-session-id") == "s-1"
    assert header(request, "x-forwarded-for") is None and header(request, "cookie") is None


@pytest.mark.parametrize("model", ["claude-test", "gpt-test"])
def test_c07_bracket_suffix_is_no_unknown_model(tenant, vendor, model):
    answer = raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body(model=f"{model}[1m]"))
    assert answer.status == 200, answer.body
    assert answer.json()["model"] == f"{model}[1m]"


def test_c01_probes_need_no_key(weir):
    for method, target in (("HEAD", "/"), ("HEAD", "/api/hello"), ("GET", "/health")):
        assert raw.ask(weir.port, method, target).status == 200


def test_c05_model_list_has_the_shape_of_the_caller_and_every_model(tenant):
    anthropic = raw.ask(tenant.weir.port, "GET", "/v1/models?limit=1000", {
        "x-api-key": tenant.key, "anthropic-version": "2023-06-01",
    }).json()
    openai = raw.get(tenant, "/v1/models").json()
    assert {"data", "has_more", "first_id", "last_id"} <= anthropic.keys()
    assert openai["object"] == "list" and all(model["object"] == "model" for model in openai["data"])
    listed = [model["id"] for model in openai["data"]]
    assert {"claude-test", "sonnet", "gpt-test", "four", "bench"} <= set(listed)
    assert [model["id"] for model in anthropic["data"]] == listed


@both
def test_t17_vendors_error_body_reaches_the_client_byte_for_byte(tenant, vendor, dialect):
    answer = raw.post(tenant, dialect.path, dialect.body("bad-request"))
    assert answer.status == 400
    assert b"fake upstream says 400" in answer.body
    assert answer.header("x-weir-request-id").startswith("req_")
    assert answer.header(dialect.request_id).startswith("req_fake_")


@every
@pytest.mark.parametrize("situation", ["unauthorized", "forbidden"])
def test_a_vendor_that_refuses_our_credential_is_our_fault_not_the_clients(tenant, dialect, situation):
    """401 would tell the client to look at its own key."""
    answer = raw.post(tenant, dialect.path, dialect.body(situation))
    assert answer.status == 502 and b"credential" in answer.body and b"fake upstream" not in answer.body


# event streams

@every
@pytest.mark.parametrize("situation", [
    "normal", "crlf", "cr", "no-space", "comments", "multiline", "bytewise", "joined", "gzip", "close-delimited",
    "http10", "sized", "interim", "trailers", "no-done", "closing",
])
def test_every_spelling_of_a_stream_arrives_and_is_billed_once(tenant, vendor, dialect, situation):
    answer = raw.post(tenant, dialect.path, dialect.stream(situation))
    assert answer.status == 200 and answer.complete
    body = gzip.decompress(answer.body) if answer.header("content-encoding") == "gzip" else answer.body
    assert streams.text_of([data for _, data in streams.events(body) if isinstance(data, dict)]) == WORDS
    assert tenant.cost() == dialect.cost


@every
def test_s17_stream_fields(tenant, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream())
    assert answer.header("content-type").startswith("text/event-stream")
    assert answer.header("cache-control") == "no-cache, no-transform"
    assert answer.header("x-accel-buffering") == "no"
    assert answer.header("content-length") is None
    dialect.check(answer.body)


@every
@pytest.mark.parametrize("situation", ["normal", "tools", "thinking"])
def test_streams_keep_the_invariants_of_their_dialect(tenant, dialect, situation):
    dialect.check(raw.post(tenant, dialect.path, dialect.stream(situation)).body)


def test_y01_usage_chunk_comes_only_when_asked_for(tenant):
    asked = raw.post(tenant, OPENAI.path, OPENAI.stream(stream_options={"include_usage": True}))
    plain = raw.post(tenant, OPENAI.path, OPENAI.stream())
    streams.check_openai(asked.body, asked_for_usage=True)
    streams.check_openai(plain.body)
    assert len(tenant.settlements(2)) == 2


@every
def test_streams_that_run_at_once_do_not_mix(tenant, vendor, dialect):
    """Thirty tool calls with ids of their own, their events taking turns."""
    tools = {"anthropic": [{"name": "f", "input_schema": {"type": "object"}}],
             "openai": [{"type": "function", "function": {"name": "f"}}]}[dialect.client]
    body = dialect.stream("normal tools=2 thinking=1 gap_ms=5", tools=tools)
    with concurrent.futures.ThreadPoolExecutor(30) as clients:
        answers = list(clients.map(lambda _: raw.post(tenant, dialect.path, body), range(30)))
    assert len({re.sub(rb"\d+", b"", answer.body) for answer in answers}) == 1
    ids = [re.findall(rb"(?:call|toolu)_fake_(\d+)_", answer.body) for answer in answers]
    assert all(len(set(found)) == 1 for found in ids) and len({found[0] for found in ids}) == 30
    for answer in answers:
        assert streams.text_of(dialect.check(answer.body)) == WORDS
    assert {entry["amount"] for entry in tenant.settlements(30)} == {f"-{dialect.cost}"}


@every
def test_s14_json_for_a_stream_becomes_a_stream_billed_once(tenant, dialect):
    answer = raw.post(tenant, dialect.path, dialect.stream("json-for-stream"))
    assert answer.status == 200 and answer.header("content-type").startswith("text/event-stream")
    assert streams.text_of(dialect.check(answer.body)) == WORDS
    assert tenant.cost() == dialect.cost


@every
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("situation", ["html", "empty", "text", "bare-close", "junk"])
def test_s15_what_is_no_answer_is_502_in_the_dialect_and_free(tenant, dialect, streamed, situation):
    answer = raw.post(tenant, dialect.path, dialect.body(situation, stream=streamed))
    assert (answer.status, answer.header("content-type")) == (502, "application/json")
    assert answer.json()["error"]["message"]
    assert b"<html>" not in answer.body and b"127.0.0.1" not in answer.body
    assert tenant.wait_until_nothing_is_held()["balance"] == 100


@every
def test_gzip_request_body_is_understood(tenant, vendor, dialect):
    plain = json.dumps(dialect.body(model=dialect.alias)).encode()
    answer = raw.post(tenant, dialect.path, gzip.compress(plain), content_encoding="gzip")
    assert answer.status == 200
    assert json.loads(vendor.only_request()["body"])["model"] == dialect.vendor_model


def test_s19_compressed_bomb_is_413_before_it_is_held_in_memory(tenant, vendor):
    bomb = gzip.compress(b" " * (64 << 20))
    assert raw.post(tenant, ANTHROPIC.path, bomb, content_encoding="gzip").status == 413
    assert vendor.requests() == []
