"""Surfaces beside messages and chat completions: responses, embeddings, counting tokens; and headers both sides may set."""

from __future__ import annotations

import json

import openai
import pytest

import raw
from conftest import gpt_of, new_tenant
from fake import ask, header
from weir import Weir

MODELS = pytest.mark.parametrize("model", ["gpt-test", "claude-test"], ids=["over-openai", "over-anthropic"])
TOOL = {
    "type": "function", "name": "tool_0", "description": "the weather", "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def said(directive: str) -> str:
    return ask(directive)[0]["content"]


# POST /v1/responses

@MODELS
def test_response_whole_and_streamed_are_the_same_and_billed_once_each(gpt, tenant, model):
    """The text, the usage and the bill, with the official SDK, over either dialect."""
    whole = gpt.responses.create(model=model, input=said("normal"), instructions="Be brief.")
    assert whole.status == "completed" and whole.model == model and whole.instructions == "Be brief."
    with gpt.responses.stream(model=model, input=said("normal"), instructions="Be brief.") as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_response()
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert streamed.output_text == whole.output_text and whole.output_text
    assert (streamed.usage.input_tokens, streamed.usage.output_tokens) == (25, 6)
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (25, 6)
    assert len(tenant.settlements(2)) == 2


@MODELS
def test_response_calls_a_tool_and_takes_its_result(gpt, vendor, model):
    """One round of an agent: the call comes back as an item, and its output goes to the vendor as its dialect has it."""
    first = gpt.responses.create(model=model, input=said("normal tools=1"), tools=[TOOL])
    (call,) = [item for item in first.output if item.type == "function_call"]
    assert call.name == "tool_0" and json.loads(call.arguments)
    second = gpt.responses.create(
        model=model, tools=[TOOL],
        input=[{"role": "user", "content": said("normal")}, call.model_dump(exclude_none=True),
               {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}])
    assert second.output_text
    sent = json.loads(vendor.requests()[-1]["body"])
    assert "sunny" in json.dumps(sent["messages"])


@MODELS
def test_t01_response_of_a_broken_stream_fails(gpt, model):
    """T-01: a stream that ends early ends with response.failed, and never with response.completed."""
    with gpt.responses.stream(model=f"{model}-0", input=said("cut")) as stream:
        kinds = [event.type for event in stream]
    assert kinds[-1] == "response.failed" and "response.completed" not in kinds


@MODELS
def test_y11_response_at_the_output_limit_is_incomplete(gpt, model):
    """Y-11: what the limit cut off is `incomplete`, and says why."""
    finish = "finish=length" if model == "gpt-test" else "finish=max_tokens"
    answer = gpt.responses.create(model=model, input=said(f"normal {finish}"))
    assert answer.status == "incomplete" and answer.incomplete_details.reason == "max_output_tokens"


def test_response_that_needs_what_is_not_stored_is_refused(gpt, vendor):
    with pytest.raises(openai.BadRequestError) as refused:
        gpt.responses.create(model="gpt-test", input="hello", previous_response_id="resp_1")
    assert refused.value.body["param"] == "previous_response_id" and vendor.requests() == []


def test_b24_response_with_an_empty_wallet_is_402(weir, vendor):
    """B-24: every door that can cost money asks for it."""
    tenant = new_tenant(weir, credit="0.000001")
    for path, body in (
        ("/v1/responses", {"model": "gpt-test", "input": "hello"}),
        ("/v1/embeddings", {"model": "gpt-test", "input": "hello " * 1000}),
    ):
        assert raw.post(tenant, path, body).status == 402, path
    assert vendor.requests() == []


# POST /v1/embeddings

def test_embeddings_are_passed_through_and_billed_by_their_input(gpt, tenant, vendor):
    answer = gpt.embeddings.create(model="gpt-test", input=["one", "two"], encoding_format="float")
    assert [len(entry.embedding) for entry in answer.data] == [3, 3] and answer.model == "gpt-test"
    assert answer.usage.prompt_tokens == 25
    # 25 tokens of 1.25 dollars a million, rounded up once.
    assert str(tenant.cost()) == "0.000032"
    request = vendor.only_request()
    assert request["head"].startswith(b"POST /v1/embeddings HTTP/1.1\r\n")
    assert json.loads(request["body"])["model"] == "gpt-vendor-2025"


def test_embeddings_of_a_model_that_only_speaks_anthropic_are_refused(gpt, vendor):
    with pytest.raises(openai.NotFoundError):
        gpt.embeddings.create(model="claude-test", input="hello")
    assert vendor.requests() == []


# POST /v1/messages/count_tokens

def test_c04_tokens_are_counted_by_the_vendor_and_cost_nothing(weir, claude, tenant, vendor):
    """C-04: authenticated, free, and the vendor's own count where it has one."""
    count = claude.messages.count_tokens(model="claude-test", messages=ask("normal"))
    assert count.input_tokens == 25
    assert vendor.only_request()["head"].startswith(b"POST /v1/messages/count_tokens HTTP/1.1\r\n")
    assert tenant.wait_until_nothing_is_held()["balance"] == 100


def test_c04_tokens_are_estimated_where_the_vendor_counts_none(tenant, vendor):
    """C-04: an upstream of the other dialect has no such route; the answer says that it is an estimate."""
    body = {"model": "gpt-test", "messages": [{"role": "user", "content": "The quick brown fox jumps over the lazy dog."}]}
    answer = raw.post(tenant, "/v1/messages/count_tokens", body)
    assert answer.status == 200 and answer.header("x-weir-estimated") == "input_tokens"
    assert 8 <= json.loads(answer.body)["input_tokens"] <= 20
    assert vendor.requests() == []


def test_c04_counting_works_without_a_balance_and_not_without_a_key(weir, vendor):
    """C-04."""
    tenant = new_tenant(weir, credit="0.000001")
    body = {"model": "gpt-test", "messages": [{"role": "user", "content": "hello"}]}
    assert raw.post(tenant, "/v1/messages/count_tokens", body).status == 200
    data = json.dumps(body).encode()
    assert raw.ask(weir.port, "POST", "/v1/messages/count_tokens", {}, data).status == 401


# headers

def test_r20_betas_of_operator_and_client_are_one_list(running_fake, tmp_path, vendor):
    """R-20: the operator's tokens join the client's, in order, each once."""
    with Weir(tmp_path / "w", running_fake.url, claude_headers=', anthropic-beta: "own-1,both-2"') as weir:
        tenant = new_tenant(weir)
        answer = raw.post(
            tenant, "/v1/messages", {"model": "claude-test", "max_tokens": 10, "messages": ask("normal")},
            anthropic_beta="a-1, both-2")
        assert answer.status == 200
    assert header(vendor.requests()[0], "anthropic-beta") == "a-1,both-2,own-1"


def test_models_answer_on_the_surface_that_their_operator_prefers(gpt, vendor, tenant):
    """A model with hosts of both dialects asks the one that speaks the client's own first."""
    gpt_of(tenant).chat.completions.create(model="bench", messages=ask("normal"))
    assert vendor.only_request()["head"].startswith(b"POST /v1/chat/completions")
