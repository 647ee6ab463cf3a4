"""The official OpenAI SDK through Weir: what its users do every day, and every error as its own exception."""

from __future__ import annotations

import openai
import pytest

from conftest import gpt_of, new_tenant
from dialects import OPENAI, WORDS

TOOL = {"type": "function", "function": {"name": "tool_0", "parameters": {"type": "object", "properties": {}}}}


def create(gpt, directive="normal", **more):
    return gpt.chat.completions.create(**OPENAI.body(directive, **more))


def test_completion(gpt):
    completion = create(gpt)
    assert (completion.choices[0].message.content, completion.model) == (WORDS, "gpt-test")
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (25, 6)
    assert completion._request_id.startswith("req_")


def test_several_choices(gpt):
    assert [choice.message.content for choice in create(gpt, n=2).choices] == [WORDS, WORDS]


@pytest.mark.parametrize("asks", [True, False])
def test_stream_tells_usage_only_when_asked(gpt, vendor, asks):
    options = {"stream_options": {"include_usage": True}} if asks else {}
    chunks = list(create(gpt, stream=True, **options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == WORDS
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [asks]
    assert {chunk.model for chunk in chunks} == {"gpt-test"}
    assert b'"include_usage":' in vendor.only_request()["body"]


def test_stream_helper_accumulates_to_the_completion(gpt):
    body = OPENAI.body("tools", stream_options={"include_usage": True}, tools=[TOOL])
    with gpt.chat.completions.stream(**body) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == WORDS
    assert [call.function.name for call in final.choices[0].message.tool_calls] == ["tool_0", "tool_1"]
    assert final.choices[0].message.tool_calls[1].function.arguments == '{"city":"Zürich","days":2}'
    assert final.usage.total_tokens == 31


def test_models_are_listed_and_found(gpt):
    listed = {model.id for model in gpt.models.list()}
    assert {"gpt-test", "four", "claude-test", "sonnet"} <= listed
    assert gpt.models.retrieve("gpt-test").object == "model"
    with pytest.raises(openai.NotFoundError):
        gpt.models.retrieve("gpt-unknown")


@pytest.mark.parametrize("situation, problem, status", [
    ("bad-request", openai.BadRequestError, 400),
    ("not-found", openai.NotFoundError, 404), ("too-large", openai.APIStatusError, 413),
])
def test_vendors_errors_keep_their_class_and_words(gpt, situation, problem, status):
    with pytest.raises(problem, match=f"fake upstream says {status}") as raised:
        create(gpt, situation)
    assert raised.value.status_code == status and raised.value.request_id


def test_vendors_rate_limit_keeps_its_headers(gpt):
    with pytest.raises(openai.RateLimitError) as raised:
        create(gpt, "rate-limited")
    assert raised.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert float(raised.value.response.headers["retry-after"]) > 0


def test_unknown_key_is_an_authentication_error(weir, vendor):
    client = openai.OpenAI(base_url=f"{weir.url}/v1", api_key="sk-something", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as raised:
        create(client)
    assert raised.value.request_id.startswith("req_")
    assert vendor.requests() == []


def test_empty_wallet_is_402(weir, vendor):
    with pytest.raises(openai.APIStatusError) as raised:
        create(gpt_of(new_tenant(weir, credit="0.0001")))
    assert (raised.value.status_code, raised.value.code) == (402, "insufficient_funds")
    assert vendor.requests() == []


def test_unknown_model_is_404(gpt, vendor):
    with pytest.raises(openai.NotFoundError, match="gpt-unknown"):
        create(gpt, model="gpt-unknown")
    assert vendor.requests() == []


def test_body_above_the_limit_is_413(gpt, vendor):
    with pytest.raises(openai.APIStatusError) as raised:
        gpt.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "x" * (9 << 20)}])
    assert raised.value.status_code == 413
    assert vendor.requests() == []


@pytest.mark.parametrize("situation", ["error-late", "cut", "reset", "utf8-cut", "truncated", "stall"])
def test_broken_stream_is_raised_and_never_looks_complete(gpt, situation):
    finishes = []
    with pytest.raises(openai.APIError):
        for chunk in create(gpt, situation, stream=True):
            finishes += [choice.finish_reason for choice in chunk.choices]
    assert finishes and not any(finishes)
