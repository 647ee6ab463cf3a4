"""The demo upstream: the official SDKs accept its answers, and nobody can take them for a model's."""

from __future__ import annotations

import re

import anthropic
import openai
import pytest

from binaries import Program

SAID = "This is Weir's demo upstream, not a language model. You said: what is a weir?"
ASKED = [{"role": "user", "content": "what is a weir?"}]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    log = tmp_path_factory.mktemp("demo") / "log"
    program = Program("weir-demo-upstream", "--listen", "127.0.0.1:0", "--event-interval", "1", log=log)
    yield "http://" + re.search(r"address=(\S+)", program.ready_line)[1]
    assert program.end() == 0


@pytest.fixture
def claude(url):
    return anthropic.Anthropic(base_url=url, api_key="any", max_retries=0)


@pytest.fixture
def gpt(url):
    return openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)


def test_message_says_that_no_model_wrote_it(claude):
    message = claude.messages.create(model="m", max_tokens=99, messages=ASKED)
    assert (message.content[0].text, message.stop_reason, message.model) == (SAID, "end_turn", "m")
    assert message.usage.output_tokens == len(SAID.split()) and message.usage.input_tokens > 0
    assert message._request_id.startswith("req_")


def test_message_stream_accumulates_to_the_message(claude):
    with claude.messages.stream(model="m", max_tokens=99, messages=ASKED) as stream:
        assert "".join(stream.text_stream) == SAID
        final = stream.get_final_message()
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", len(SAID.split()))


def test_completion_says_that_no_model_wrote_it(gpt):
    completion = gpt.chat.completions.create(model="m", messages=ASKED)
    choice = completion.choices[0]
    assert (choice.message.content, choice.finish_reason) == (SAID, "stop")
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + len(SAID.split())
    assert completion._request_id.startswith("req_")


@pytest.mark.parametrize("asks", [True, False])
def test_completion_stream_tells_usage_only_when_asked(gpt, asks):
    options = {"stream_options": {"include_usage": True}} if asks else {}
    chunks = list(gpt.chat.completions.create(model="m", messages=ASKED, stream=True, **options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == SAID
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [asks]


def test_limit_on_output_tokens_cuts_the_answer(claude, gpt):
    message = claude.messages.create(model="m", max_tokens=3, messages=ASKED)
    completion = gpt.chat.completions.create(model="m", max_completion_tokens=3, messages=ASKED)
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 3)
    assert (completion.choices[0].finish_reason, completion.choices[0].message.content) == ("length", "This is Weir's ")


def test_long_questions_are_repeated_in_part(claude):
    text = claude.messages.create(model="m", max_tokens=999, messages=[{"role": "user", "content": "水" * 500}]).content
    assert text[0].text.endswith("水" * 200 + "…")


def test_text_parts_and_system_count_as_input(claude):
    parts = [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]
    short = claude.messages.create(model="m", max_tokens=99, messages=parts)
    long = claude.messages.create(model="m", max_tokens=99, messages=parts, system="s" * 400)
    assert short.content[0].text.endswith("You said: a b")
    assert long.usage.input_tokens - short.usage.input_tokens == 100


def test_models_are_listed_in_both_shapes(claude, gpt):
    assert [model.id for model in claude.models.list()] == ["weir-demo"]
    assert [model.id for model in gpt.models.list()] == ["weir-demo"]


@pytest.mark.parametrize("body, words", [
    ({"model": "m"}, "messages"), ({"messages": ASKED}, "model"), ({"model": "m", "messages": ASKED, "n": 2}, "n:"),
    ({"model": "m", "messages": []}, "messages"),
])
def test_wrong_requests_are_refused_with_the_field(gpt, body, words):
    with pytest.raises(openai.BadRequestError, match=words):
        gpt.post("/chat/completions", body=body, cast_to=object)


def test_unknown_routes_and_methods_are_refused_in_the_dialect(claude, gpt):
    with pytest.raises(anthropic.NotFoundError) as claudes:
        claude.post("/v1/messages/batches", body={}, cast_to=object)
    assert claudes.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(openai.NotFoundError):
        gpt.embeddings.create(model="m", input="x")
    with pytest.raises(openai.APIStatusError) as other:
        gpt.get("/chat/completions", cast_to=object)
    assert other.value.status_code == 405
