"""The fake upstream itself: its good answers please the official SDKs, its bad ones are bad in the way they say.

If one of these fails, believe no other client test.
"""

from __future__ import annotations

import gzip
import json
import re
import socket

import anthropic
import openai
import pytest

from fake import Fake, ask, header

WORDS = "You said früh 水 流れ 🌊 "


@pytest.fixture(scope="module")
def running():
    with Fake() as fake:
        yield fake


@pytest.fixture
def fake(running):
    running.reset()
    return running


@pytest.fixture
def claude(fake):
    return anthropic.Anthropic(base_url=fake.url, api_key="k", max_retries=0)


@pytest.fixture
def gpt(fake):
    return openai.OpenAI(base_url=f"{fake.url}/v1", api_key="k", max_retries=0)


def exchange(fake: Fake, path: str, value: dict, headers: dict | None = None) -> bytes:
    """The raw answer to one request, until the fake closes or the answer is complete by its chunks."""
    body = json.dumps(value).encode()
    lines = [f"POST {path} HTTP/1.1", "host: fake", "content-type: application/json", f"content-length: {len(body)}"]
    lines += [f"{name}: {text}" for name, text in (headers or {}).items()]
    host, port = fake.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        received = bytearray()
        while not received.endswith(b"\r\n0\r\n\r\n") and (data := raw.recv(65_536)):
            received += data
        return bytes(received)


def streamed(directive: str) -> dict:
    return {"model": "m", "max_tokens": 9, "stream": True, "messages": ask(directive)}


def test_anthropic_sdk_reads_a_message_and_a_stream(claude):
    message = claude.messages.create(model="m", max_tokens=9, messages=ask("normal"))
    assert (message.content[0].text, message.usage.input_tokens, message.usage.output_tokens) == (WORDS, 25, 6)
    with claude.messages.stream(model="m", max_tokens=9, messages=ask("tools thinking=1")) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert final.content[2].input == {"city": "Zürich", "days": 2}
    assert final.stop_reason == "tool_use"


def test_openai_sdk_reads_a_completion_and_a_stream(gpt):
    completion = gpt.chat.completions.create(model="m", messages=ask("normal"), n=2)
    assert [choice.message.content for choice in completion.choices] == [WORDS, WORDS]
    assert completion.usage.total_tokens == 31
    with gpt.chat.completions.stream(
        model="m", messages=ask("tools"), stream_options={"include_usage": True}
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == WORDS
    assert final.choices[0].message.tool_calls[1].function.arguments == '{"city":"Zürich","days":2}'
    assert final.usage.prompt_tokens == 25


def test_openai_stream_tells_usage_only_when_asked(gpt):
    plain = list(gpt.chat.completions.create(model="m", messages=ask("normal"), stream=True))
    asked = list(gpt.chat.completions.create(
        model="m", messages=ask("normal"), stream=True, stream_options={"include_usage": True}
    ))
    assert all(chunk.usage is None and chunk.choices for chunk in plain)
    assert asked[-1].usage.completion_tokens == 6 and not asked[-1].choices


def test_models_have_the_shape_of_the_dialect_that_asks(claude, gpt):
    assert [model.id for model in claude.models.list()] == ["claude-fake-1", "gpt-fake-1"]
    assert [model.id for model in gpt.models.list()] == ["claude-fake-1", "gpt-fake-1"]


@pytest.mark.parametrize("situation, problem", [
    ("bad-request", anthropic.BadRequestError), ("unauthorized", anthropic.AuthenticationError),
    ("not-found", anthropic.NotFoundError), ("rate-limited", anthropic.RateLimitError),
    ("server-error", anthropic.InternalServerError), ("overloaded", anthropic.InternalServerError),
])
def test_errors_become_the_sdks_exceptions(claude, situation, problem):
    with pytest.raises(problem):
        claude.messages.create(model="m", max_tokens=9, messages=ask(situation))


def test_rate_limit_carries_each_vendors_headers(claude, gpt):
    with pytest.raises(anthropic.RateLimitError) as claudes:
        claude.messages.create(model="m", max_tokens=9, messages=ask("rate-limited"))
    with pytest.raises(openai.RateLimitError) as gpts:
        gpt.chat.completions.create(model="m", messages=ask("rate-limited"))
    assert claudes.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert gpts.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert claudes.value.response.headers["retry-after"] == "2"


@pytest.mark.parametrize("situation, ending", [
    ("crlf", b"\r\n\r\n"), ("cr", b"\r\r"), ("normal", b"\n\n"), ("no-space", b"\n\n"), ("multiline", b"\n\n"),
    ("comments", b"\n\n"), ("bytewise", b"\n\n"), ("joined", b"\n\n"), ("no-names", b"\n\n"),
])
def test_every_spelling_of_a_stream_holds_the_same_events(fake, situation, ending):
    raw = exchange(fake, "/v1/messages", streamed(situation + " framing=close"))
    body = raw.split(b"\r\n\r\n", 1)[1]
    assert body.endswith(ending)
    assert data_of(body)[-1] == {"type": "message_stop"}
    texts = [event["delta"]["text"] for event in data_of(body) if event.get("delta", {}).get("type") == "text_delta"]
    assert "".join(texts) == WORDS


def data_of(stream: bytes) -> list[dict]:
    """The JSON of all events, read the slow way."""
    lines = re.sub("\r\n?", "\n", stream.decode()).split("\n\n")
    data = ["\n".join(re.findall(r"^data: ?(.*)$", event, re.M)) for event in lines]
    return [json.loads(text) for text in data if text]


def test_gzip_stream_inflates_to_the_stream(fake):
    raw = exchange(fake, "/v1/messages", streamed("gzip framing=close"))
    head, body = raw.split(b"\r\n\r\n", 1)
    assert b"content-encoding: gzip" in head
    assert data_of(gzip.decompress(body))[-1]["type"] == "message_stop"


@pytest.mark.parametrize("situation, complete", [
    ("cut", False), ("reset", False), ("utf8-cut", False), ("bare-close", False), ("junk", False),
    ("truncated", True), ("prelude-only", True), ("no-done", True), ("error-first", True), ("error-late", True),
    ("malformed-event", True),
])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_endings_are_those_of_their_name(fake, path, situation, complete):
    try:
        raw = exchange(fake, path, streamed(situation))
    except ConnectionResetError:
        raw = b""
    assert raw.endswith(b"\r\n0\r\n\r\n") == complete
    assert fake.wait(requests=1, at_most={"in_flight": 0})["answered" if complete else "cut"] == 1
    if situation == "utf8-cut":
        assert raw.removesuffix(b"\r\n")[-1] >= 0xC0
    if situation == "truncated":
        assert b"message_stop" not in raw and b"[DONE]" not in raw and b'"stop"' not in raw
    if situation.startswith("error"):
        assert b"overloaded_error" in raw and b"message_stop" not in raw and b"[DONE]" not in raw


def test_cancelled_request_is_counted_when_the_client_hangs_up(fake):
    with socket.create_connection(tuple(fake.address.split(":")), timeout=10) as raw:
        raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: f\r\nx-fake: stall\r\ncontent-length: 2\r\n\r\n{}")
        fake.wait(requests=1, in_flight=1)
    assert fake.wait(cancelled=1, at_most={"in_flight": 0})["answered"] == 0
    assert fake.only_request()["outcome"] == "cancelled"


def test_gate_holds_an_answer_until_it_is_opened(fake, claude):
    with claude.messages.stream(model="m", max_tokens=9, messages=ask("normal gate=g gate_at=5")) as stream:
        events = iter(stream)
        assert next(events).type == "message_start"
        assert fake.wait(waiting=1)["answered"] == 0
        fake.open_gate("g")
        assert stream.get_final_text() == WORDS


def test_requests_are_recorded_byte_for_byte(fake):
    exchange(fake, "/v1/messages?beta=true", {"model": "m", "x": 1e3}, {
        "x-api-key": "k", "anthropic-beta": "a,b", "x-fake": "closing",
    })
    request = fake.only_request()
    assert request["target"] == "/v1/messages?beta=true"
    assert request["body"] == json.dumps({"model": "m", "x": 1e3}).encode()
    assert request["head"].startswith(b"POST /v1/messages?beta=true HTTP/1.1\r\nhost: fake\r\n")
    assert header(request, "anthropic-beta") == "a,b"


def test_a_misspelt_situation_and_a_doubled_header_are_violations(fake, claude):
    with pytest.raises(anthropic.BadRequestError, match="no situation"):
        claude.messages.create(model="m", max_tokens=9, messages=ask("stalll"))
    exchange(fake, "/v1/messages", {"model": "m"}, {
        "authorization": "a", "Authorization": "b", "x-fake": "closing",
    })
    assert [line.split(": ", 1)[1] for line in fake.violations()] == [
        "no situation is called 'stalll'", "2 times authorization"
    ]
