"""The official Anthropic SDK through Weir: what its users do every day, and every error as its own exception."""

from __future__ import annotations

import anthropic
import pytest

from conftest import claude_of, new_tenant
from dialects import ANTHROPIC, WORDS
from fake import ask, header

TOOL = {"name": "tool_0", "description": "weather", "input_schema": {"type": "object", "properties": {}}}


def create(claude, directive="normal", **more):
    return claude.messages.create(**ANTHROPIC.body(directive), **more)


def stream(claude, directive):
    return claude.messages.stream(**ANTHROPIC.body(directive))


def test_message(claude):
    message = create(claude)
    assert (message.content[0].text, message.stop_reason, message.model) == (WORDS, "end_turn", "claude-test")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (25, 6)
    assert message._request_id.startswith("req_")


def test_stream_accumulates_to_the_message(claude):
    with stream(claude, "normal") as running:
        assert "".join(running.text_stream) == WORDS
        final = running.get_final_message()
    assert (final.model, final.usage.input_tokens, final.usage.output_tokens) == ("claude-test", 25, 6)


def test_tools_and_thinking_arrive_whole(claude):
    with claude.messages.stream(**ANTHROPIC.body("tools thinking=1"), tools=[TOOL]) as running:
        streamed = running.get_final_message()
    whole = create(claude, "tools thinking=1", tools=[TOOL])
    for message in (streamed, whole):
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
        assert message.content[0].signature == "c2lnbmVk"
        assert message.content[3].input == {"city": "Zürich", "days": 2}
        assert message.stop_reason == "tool_use"


def test_tool_results_and_images_reach_the_vendor_as_they_were(claude, vendor):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "look"}, image]},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "toolu_1", "name": "tool_0", "input": {"a": 1.0}},
        ]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]},
    ]
    claude.messages.create(model="claude-test", max_tokens=100, messages=messages, tools=[TOOL])
    body = vendor.only_request()["body"]
    assert b'"iVBORw0KGgo="' in body and b'"input":{"a":1.0}' in body


def test_models_are_listed_and_found(claude):
    listed = {model.id for model in claude.models.list()}
    assert {"claude-test", "sonnet", "gpt-test", "four"} <= listed
    assert claude.models.retrieve("claude-test").type == "model"
    with pytest.raises(anthropic.NotFoundError):
        claude.models.retrieve("claude-unknown")


def test_betas_reach_the_vendor_and_their_fields_with_them(claude, vendor):
    betas = [f"some-feature-2025-01-{day:02}" for day in range(1, 21)]
    claude.beta.messages.create(
        model="claude-test", max_tokens=100, messages=ask("normal"), betas=betas,
        extra_body={"context_management": {"edits": []}},
    )
    request = vendor.only_request()
    assert header(request, "anthropic-beta").split(",") == betas
    assert b'"context_management"' in request["body"]


@pytest.mark.parametrize("situation, problem, status", [
    ("bad-request", anthropic.BadRequestError, 400),
    ("not-found", anthropic.NotFoundError, 404), ("too-large", anthropic.APIStatusError, 413),
    ("overloaded", anthropic.InternalServerError, 529),
])
def test_vendors_errors_keep_their_class_and_words(claude, situation, problem, status):
    with pytest.raises(problem, match=f"fake upstream says {status}") as raised:
        create(claude, situation)
    assert raised.value.status_code == status and raised.value.request_id


def test_vendors_rate_limit_keeps_its_headers(claude):
    with pytest.raises(anthropic.RateLimitError) as raised:
        create(claude, "rate-limited")
    assert raised.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert float(raised.value.response.headers["retry-after"]) > 0


def test_unknown_key_is_an_authentication_error(weir, vendor):
    client = anthropic.Anthropic(base_url=weir.url, api_key="weir_" + "0" * 42, max_retries=0)
    with pytest.raises(anthropic.AuthenticationError) as raised:
        create(client)
    assert raised.value.body["error"]["type"] == "authentication_error" and raised.value.request_id.startswith("req_")
    assert vendor.requests() == []


def test_empty_wallet_is_402(weir, vendor):
    with pytest.raises(anthropic.APIStatusError) as raised:
        create(claude_of(new_tenant(weir, credit="0.0001")))
    assert (raised.value.status_code, raised.value.body["error"]["type"]) == (402, "billing_error")
    assert vendor.requests() == []


def test_unknown_model_is_404(claude, vendor):
    with pytest.raises(anthropic.NotFoundError, match="claude-unknown"):
        claude.messages.create(**ANTHROPIC.body(model="claude-unknown"))
    assert vendor.requests() == []


def test_body_above_the_limit_is_413(claude, vendor):
    with pytest.raises(anthropic.APIStatusError) as raised:
        claude.messages.create(
            model="claude-test", max_tokens=9, messages=[{"role": "user", "content": "x" * (9 << 20)}]
        )
    assert (raised.value.status_code, raised.value.body["error"]["type"]) == (413, "request_too_large")
    assert vendor.requests() == []


def test_error_in_mid_stream_is_raised_after_the_text(claude):
    text = ""
    with pytest.raises(anthropic.APIStatusError, match="529"):
        with stream(claude, "error-late") as running:
            for piece in running.text_stream:
                text += piece
    assert text and WORDS.startswith(text)


@pytest.mark.parametrize("situation", ["cut", "reset", "utf8-cut", "truncated", "stall"])
def test_broken_stream_never_looks_complete(claude, situation):
    with pytest.raises(anthropic.APIError):
        with stream(claude, situation) as running:
            running.get_final_message()


def test_big_tool_sets_are_accepted(claude):
    tools = [TOOL | {"name": f"tool_{index}", "description": "d" * 450} for index in range(150)]
    assert create(claude, tools=tools).content[0].text == WORDS
