"""The official OpenAI SDK on models whose vendor speaks Anthropic's messages: what agents and scripts need of Claude.

The vendor must get what its dialect documents and nothing of the other; the client must not be able to tell. Cases Y-*,
R-*, T-17, T-18.
"""

from __future__ import annotations

import json
from decimal import Decimal

import openai
import pydantic
import pytest

import documented
import raw
import streams
from conftest import gpt_of, new_tenant
from dialects import OPENAI_ON_ANTHROPIC as CROSSED
from dialects import WORDS
from fake import ask, header
from weir import VENDOR_KEY, Weir

PNG, PDF = "iVBORw0KGgo=", "JVBERi0xLjcK"
SCHEMA = {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"],
}
TOOLS = [
    {"type": "function", "function": {"name": f"tool_{index}", "description": "the weather", "parameters": SCHEMA}}
    for index in range(2)
]
ARGUMENTS = '{"city":"Zürich","days":2}'


def create(gpt, directive="normal", **more):
    return gpt.chat.completions.create(**CROSSED.body(directive, **more))


def streamed(gpt, directive="normal", **more):
    """The completion that the SDK puts together of a stream."""
    body = CROSSED.body(directive, stream_options={"include_usage": True}, **more)
    with gpt.chat.completions.stream(**body) as running:
        return running.get_final_completion()


either = pytest.mark.parametrize("get", [create, streamed], ids=["whole", "streamed"])


def sent(vendor) -> dict:
    """What reached the vendor, which must be as its dialect documents it."""
    return documented.check(vendor.only_request())


def told(text: str) -> list[dict]:
    return [{"type": "text", "text": text}]


# requests

def test_whole_conversation_reaches_the_vendor_in_its_own_words(gpt, vendor):
    """R-02, R-04, R-06, R-08, R-09, R-10, R-11: everything that a turn of an agent may hold."""
    gpt.chat.completions.create(
        model="sonnet", max_completion_tokens=300, stop="END", temperature=0.5, user="u-1", parallel_tool_calls=False,
        messages=[
            {"role": "system", "content": "You are terse."},
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;charset=x;base64,{PNG}", "detail": "high"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "file", "file": {
                    "filename": "plan.pdf", "file_data": f"data:application/pdf;base64,{PDF}",
                }},
            ]},
            {"role": "developer", "content": [{"type": "text", "text": "You like 水."}]},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "tool_0", "arguments": ARGUMENTS}},
                {"id": "call_2", "type": "function", "function": {"name": "tool_1", "arguments": ""}},
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
            {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "windy"}]},
            {"role": "user", "content": "and?"},
        ],
        tools=TOOLS,
    )
    assert sent(vendor) == {
        "model": "claude-vendor-2025", "max_tokens": 300, "stop_sequences": ["END"], "temperature": 0.5,
        "metadata": {"user_id": "u-1"},
        "system": [*told("You are terse."), *told("You like 水.")],
        "messages": [
            {"role": "user", "content": [
                *told("look"),
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "document", "title": "plan.pdf", "source": {
                    "type": "base64", "media_type": "application/pdf", "data": PDF,
                }},
            ]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "call_1", "name": "tool_0", "input": json.loads(ARGUMENTS)},
                {"type": "tool_use", "id": "call_2", "name": "tool_1", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "sunny"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": told("windy")},
                *told("and?"),
            ]},
        ],
        "tools": [
            {"name": f"tool_{index}", "description": "the weather", "input_schema": SCHEMA} for index in range(2)
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    }


@pytest.mark.parametrize("choice, expected", [
    ("auto", {"type": "auto"}), ("required", {"type": "any"}), ("none", {"type": "none"}),
    ({"type": "function", "function": {"name": "tool_1"}}, {"type": "tool", "name": "tool_1"}),
], ids=["auto", "required", "none", "function"])
def test_r01_tool_choice(gpt, vendor, choice, expected):
    create(gpt, tools=TOOLS, tool_choice=choice)
    assert sent(vendor)["tool_choice"] == expected


def test_r04_without_a_limit_the_catalogs_longest_answer_is_asked_for(gpt, vendor):
    gpt.chat.completions.create(model="claude-test", messages=ask("normal"))
    assert sent(vendor)["max_tokens"] == 1000


def test_r21_the_same_request_is_the_same_bytes_and_numbers_keep_their_spelling(tenant, vendor):
    arguments = '{"zeta":1.0,"big":9223372036854775808,"alpha":1e3}'
    body = CROSSED.body(messages=[
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "f", "arguments": arguments}},
        ]},
        {"role": "tool", "tool_call_id": "t1", "content": "ok"},
    ])
    for _ in range(2):
        assert raw.post(tenant, CROSSED.path, body).status == 200
    first, second = [request["body"] for request in vendor.requests()]
    assert first == second and arguments.encode() in first


def test_r19_nothing_meant_for_openai_reaches_another_vendor(tenant, vendor):
    answer = raw.post(
        tenant, f"{CROSSED.path}?api-version=2025", CROSSED.body(
            seed=7, logprobs=True, top_logprobs=2, logit_bias={"5": 1}, service_tier="flex", prompt_cache_key="k",
        ),
        openai_organization="org-1", openai_project="proj-1", openai_beta="assistants=v2",
        x_stainless_lang="python", x_api_key="other-secret",
    )
    assert answer.status == 200, answer.body
    request = vendor.only_request()
    documented.check(request)
    assert request["target"] == "/v1/messages"
    names = {name for name, _ in request["headers"]}
    assert [name for name in names if name.startswith(("openai-", "x-stainless-"))] == []
    assert (header(request, "x-api-key"), header(request, "authorization")) == (VENDOR_KEY, None)
    assert header(request, "anthropic-version") == "2023-06-01" and header(request, "anthropic-beta") is None
    dropped = set(answer.header("x-weir-dropped").split(", "))
    assert {"seed", "logprobs", "top_logprobs", "logit_bias", "service_tier", "prompt_cache_key"} <= dropped


def test_nothing_is_said_where_nothing_was_dropped(tenant):
    """What SDKs send at its default is no loss."""
    body = CROSSED.stream(
        tools=TOOLS, n=1, top_p=1, frequency_penalty=0, presence_penalty=0, stream_options={"include_usage": True},
    )
    answer = raw.post(tenant, CROSSED.path, body)
    assert answer.status == 200 and answer.header("x-weir-dropped") is None


@pytest.mark.parametrize("more, path", [
    ({"n": 2}, "n"),
    ({"modalities": ["text", "audio"], "audio": {"voice": "a", "format": "wav"}}, "audio"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AAAA"}},
    ]}]}, "image_url"),
    ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]}, "file"),
], ids=["x27-choices", "audio", "forced-without-tools", "r08-tiff", "file-by-id"])
def test_what_cannot_be_said_is_refused_and_free(gpt, tenant, vendor, more, path):
    with pytest.raises(openai.BadRequestError) as raised:
        create(gpt, **more)
    assert path in raised.value.param and raised.value.type == "invalid_request_error"
    assert vendor.requests() == [] and tenant.wait_until_nothing_is_held()["balance"] == 100


class Weather(pydantic.BaseModel):
    city: str
    days: int


@pytest.mark.parametrize("streams_it", [False, True])
def test_structured_output_is_asked_for_and_parsed(gpt, vendor, streams_it):
    body = CROSSED.body("json", response_format=Weather)
    if streams_it:
        with gpt.chat.completions.stream(**body) as running:
            parsed = running.get_final_completion()
    else:
        parsed = gpt.chat.completions.parse(**body)
    assert parsed.choices[0].message.parsed == Weather(city="Zürich", days=2)
    wanted = sent(vendor)["output_config"]["format"]
    assert wanted["type"] == "json_schema" and wanted["schema"]["properties"].keys() == {"city", "days"}
    assert wanted.keys() == {"type", "schema"}


def test_strict_tools_are_offered_as_such_and_their_arguments_parsed(gpt, vendor):
    tool = openai.pydantic_function_tool(Weather, name="tool_0")
    parsed = gpt.chat.completions.parse(**CROSSED.body("tool", tools=[tool]))
    assert parsed.choices[0].message.tool_calls[0].function.parsed_arguments == Weather(city="Zürich", days=2)
    (offered,) = sent(vendor)["tools"]
    assert offered["strict"] is True and offered["input_schema"] == tool["function"]["parameters"]


def test_c09_big_tool_sets_are_accepted(gpt, vendor):
    tools = [
        {"type": "function", "function": TOOLS[0]["function"] | {"name": f"tool_{index}", "description": "d" * 450}}
        for index in range(150)
    ]
    create(gpt, tools=tools)
    assert len(sent(vendor)["tools"]) == 150


def test_json_without_a_schema_has_no_counterpart_and_is_named(tenant, vendor):
    answer = raw.post(tenant, CROSSED.path, CROSSED.body(response_format={"type": "json_object"}))
    assert (answer.status, answer.header("x-weir-dropped")) == (200, "response_format")
    assert "output_config" not in sent(vendor)


@pytest.mark.parametrize("effort, budget", [("low", 2048), ("medium", 8192), ("high", 24576)])
def test_r17_reasoning_effort_is_a_budget_within_half_of_the_answer(various, vendor, effort, budget):
    gpt = gpt_of(new_tenant(various))
    gpt.chat.completions.create(
        model="thinker", messages=ask("normal"), reasoning_effort=effort, max_completion_tokens=60000, temperature=0.2,
    )
    body = sent(vendor)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert "temperature" not in body


def test_r17_an_answer_too_short_to_think_in_is_not_thought_about(tenant, vendor):
    answer = raw.post(tenant, CROSSED.path, CROSSED.body(reasoning_effort="high", max_tokens=100))
    assert (answer.status, answer.header("x-weir-dropped")) == (200, "reasoning_effort")
    assert "thinking" not in sent(vendor)


def test_r17_adaptive_models_get_an_effort(various, vendor):
    gpt = gpt_of(new_tenant(various))
    gpt.chat.completions.create(
        model="adaptive", messages=ask("normal"), reasoning_effort="high", max_completion_tokens=900,
    )
    body = sent(vendor)
    assert (body["thinking"], body["output_config"]) == ({"type": "adaptive"}, {"effort": "high"})


# answers

@either
def test_text(gpt, get):
    """C-06, Y-01."""
    completion = get(gpt, model="sonnet")
    (choice,) = completion.choices
    assert (choice.message.content, choice.message.role, choice.finish_reason) == (WORDS, "assistant", "stop")
    assert not choice.message.tool_calls and choice.message.refusal is None
    assert completion.model == "sonnet" and completion.id.startswith("chatcmpl-") and completion.created > 1_700_000_000
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (25, 6, 31)


@pytest.mark.parametrize("asks", [True, False])
def test_y01_y02_usage_is_told_only_when_asked_for_and_billed_all_the_same(gpt, tenant, asks):
    options = {"stream_options": {"include_usage": True}} if asks else {}
    chunks = list(create(gpt, stream=True, **options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == WORDS
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [asks]
    assert tenant.cost() == CROSSED.cost


@either
@pytest.mark.parametrize("directive", ["tools", "tools tokens=0", "interleaved"], ids=["tools", "only", "y07-overlap"])
def test_tool_calls_arrive_whole(gpt, get, directive):
    completion = get(gpt, directive, tools=TOOLS)
    message = completion.choices[0].message
    assert [call.function.name for call in message.tool_calls] == ["tool_0", "tool_1"]
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [json.loads(ARGUMENTS)] * 2
    assert len({call.id for call in message.tool_calls}) == 2
    assert completion.choices[0].finish_reason == "tool_calls"
    assert (message.content or "") == ("" if "tokens=0" in directive else WORDS)


@either
def test_x07_call_without_arguments_is_an_empty_object(gpt, get):
    (call,) = get(gpt, "tool-only arguments=none", tools=TOOLS).choices[0].message.tool_calls
    assert call.function.arguments == "{}"


@either
@pytest.mark.parametrize("finish, reason", [
    ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("refusal", "content_filter"),
    ("model_context_window_exceeded", "length"), ("pause_turn", "stop"), ("xyz", "stop"), ("tool_use", "stop"),
])
def test_y10_finish_reasons(tenant, get, finish, reason):
    """Asked for without the SDK: it raises its own errors for a length and a filter."""
    streams_it = get is streamed
    answer = raw.post(tenant, CROSSED.path, CROSSED.body(f"normal finish={finish}", stream=streams_it))
    choices = [chunk["choices"][0] for chunk in CROSSED.check(answer.body)] if streams_it else answer.json()["choices"]
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == [reason]


@either
@pytest.mark.parametrize("name", ["srv.method", "a" * 100])
def test_r13_names_of_tools_come_back_as_the_client_wrote_them(gpt, vendor, get, name):
    tool = {"type": "function", "function": {"name": name, "parameters": SCHEMA}}
    (call,) = get(gpt, "loop", tools=[tool]).choices[0].message.tool_calls
    assert call.function.name == name
    called = sent(vendor)["tools"][0]["name"]
    assert called != name and called.replace("_", "").replace("-", "").isalnum() and len(called) <= 64


def test_r12_ids_of_calls_that_the_vendor_would_refuse_stay_linked(gpt, vendor):
    ids = ["functions.web:0", "functions.web:1", "x" * 200]
    calls = [{"id": id, "type": "function", "function": {"name": "tool_0", "arguments": "{}"}} for id in ids]
    results = [{"role": "tool", "tool_call_id": id, "content": id[:15]} for id in ids]
    asked = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": calls}]
    create(gpt, tools=TOOLS, messages=[*asked, *results])
    _, assistant, user = sent(vendor)["messages"]
    wire = [block["id"] for block in assistant["content"]]
    assert [(block["tool_use_id"], block["content"]) for block in user["content"]] == [
        (id, original[:15]) for id, original in zip(wire, ids)
    ]
    assert len(set(wire)) == 3
    assert all(len(id) <= 64 and id.replace("_", "").replace("-", "").isalnum() for id in wire)


@pytest.mark.parametrize("directive", ["loop thinking=1", "loop redacted=1", "loop thinking=1 redacted=1"])
@either
def test_y08_y09_r14_thinking_comes_back_to_claude_byte_for_byte(various, vendor, get, directive):
    """The client sends the assistant's message back as the SDK gave it, and Claude finds its signature."""
    gpt = gpt_of(new_tenant(various))
    messages = ask(directive)
    more = {"model": "thinker", "tools": TOOLS[:1], "reasoning_effort": "low", "max_tokens": 8000}
    message = get(gpt, messages=messages, **more).choices[0].message
    assert "Let me see" not in (message.content or "")
    if "thinking" in directive:
        assert message.model_extra["reasoning_content"] == "Let me see. "
    said = message.to_dict()
    said = {name: said[name] for name in said if name in ("role", "content", "tool_calls", "reasoning_details")}
    said["tool_calls"] = [
        {name: call[name] for name in ("id", "type", "function")} | {
            "function": {name: call["function"][name] for name in ("name", "arguments")},
        }
        for call in said["tool_calls"]
    ]
    result = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "sunny"}
    answer = get(gpt, messages=[*messages, said, result], **more)
    assert answer.choices[0].message.content == WORDS
    body = documented.check(vendor.requests()[-1])
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    sealed = []
    if "thinking" in directive:
        sealed.append({"type": "thinking", "thinking": "Let me see. ", "signature": "c2lnbmVk"})
    if "redacted" in directive:
        sealed.append({"type": "redacted_thinking", "data": "cmVkYWN0ZWQ="})
    assert body["messages"][1]["content"][:len(sealed)] == sealed
    assert [block["type"] for block in body["messages"][1]["content"][len(sealed):]] == ["text", "tool_use"]


def test_r14_unsigned_reasoning_is_dropped_from_finished_turns_and_refused_in_a_tool_loop(various, vendor):
    gpt = gpt_of(new_tenant(various))
    more = {"model": "thinker", "tools": TOOLS[:1], "reasoning_effort": "low", "max_tokens": 8000}
    call = {"id": "call_1", "type": "function", "function": {"name": "tool_0", "arguments": "{}"}}
    thought = {"role": "assistant", "content": "ok", "reasoning_content": "of another vendor"}
    finished = [{"role": "user", "content": "x"}, thought, {"role": "user", "content": "go on"}]
    create(gpt, messages=finished, **more)
    assert sent(vendor)["messages"][1] == {"role": "assistant", "content": told("ok")}
    loop = [
        {"role": "user", "content": "x"}, thought | {"tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    with pytest.raises(openai.BadRequestError, match="signature"):
        create(gpt, messages=loop, **more)


# streams

@pytest.mark.parametrize("directive", [
    "normal", "tools", "tool-only tokens=0", "interleaved", "tools thinking=1", "redacted", "refusal",
    "no-output tokens=0", "malformed-event", "comments", "no-names",
])
def test_every_stream_keeps_the_invariants_and_tells_the_true_usage(tenant, directive):
    """INV-O; Y-01, Y-06, S-11, S-13."""
    body = CROSSED.stream(directive, tools=TOOLS, stream_options={"include_usage": True})
    answer = raw.post(tenant, CROSSED.path, body)
    assert answer.status == 200, answer.body
    chunks = streams.check_openai(answer.body, asked_for_usage=True)
    usage = chunks[-1]["usage"]
    assert chunks[-1]["choices"] == [] and usage["prompt_tokens"] == 25
    assert usage["completion_tokens"] == (0 if "tokens=0" in directive else 6)
    assert {chunk["model"] for chunk in chunks} == {body["model"]} and b"event:" not in answer.body
    indices = {
        call["index"] for chunk in chunks[:-1] for call in chunk["choices"][0]["delta"].get("tool_calls", [])
    }
    assert indices == set(range(len(indices)))
    tenant.settlements(1)


def test_y04_y05_cached_and_written_tokens_are_parts_of_the_prompt(gpt, tenant):
    for completion in (create(gpt, "cache-writes"), streamed(gpt, "cache-writes")):
        usage = completion.usage
        assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (103_050, 100_000)
        assert (usage.completion_tokens, usage.total_tokens) == (6, 103_056)
    # B-18: 50 × 3 + 100,000 × 0.30 + 1,000 × 3.75 + 2,000 × 6 + 6 × 15, in millionths.
    assert [-Decimal(entry["amount"]) for entry in tenant.settlements(2)] == [Decimal("0.045990")] * 2


# errors

@pytest.mark.parametrize("situation, problem, status", [
    ("bad-request", openai.BadRequestError, 400), ("not-found", openai.NotFoundError, 404),
    ("too-large", openai.APIStatusError, 413), ("unprocessable", openai.APIStatusError, 400),
    ("rate-limited", openai.RateLimitError, 429), ("server-error", openai.InternalServerError, 500),
    ("overloaded", openai.InternalServerError, 529),
])
def test_t18_vendors_errors_become_openais(gpt, tenant, situation, problem, status):
    with pytest.raises(problem, match="fake upstream says") as raised:
        create(gpt, situation)
    error = raised.value
    assert error.status_code == status and error.request_id.startswith("req_")
    assert error.body.keys() == {"message", "type", "param", "code"}
    # Clients act on codes; those of the other vendor are none.
    assert error.code == ("rate_limit_exceeded" if status == 429 else None)
    assert (error.response.headers.get("retry-after") is not None) == (status == 429)
    assert tenant.wait_until_nothing_is_held()["balance"] == 100


@pytest.mark.parametrize("situation", ["unauthorized", "forbidden"])
def test_t17_vendors_refusal_of_our_key_is_never_the_tenants(gpt, situation):
    with pytest.raises(openai.InternalServerError, match="credential") as raised:
        create(gpt, situation)
    assert raised.value.status_code == 502
    assert "fake upstream" not in str(raised.value) and VENDOR_KEY not in str(raised.value.response.headers)


@pytest.mark.parametrize("situation", ["cut", "reset", "utf8-cut", "truncated", "stall", "error-late"])
def test_t01_t03_broken_stream_is_raised_and_never_looks_complete(gpt, situation):
    said, finishes = "", []
    with pytest.raises(openai.APIError):
        for chunk in create(gpt, situation, stream=True):
            said += chunk.choices[0].delta.content or ""
            finishes += [choice.finish_reason for choice in chunk.choices]
    assert said and WORDS.startswith(said) and not any(finishes)


def test_t04_error_as_the_first_event_is_a_status(gpt):
    with pytest.raises(openai.InternalServerError, match="fake upstream says 529") as raised:
        create(gpt, "error-first", stream=True)
    assert raised.value.status_code in (503, 529)


TRAITS = """\
  thinker:
    context_window: 200000
    max_output_tokens: 64000
    hosts:
      - {provider: claude-vendor, model: thinker-1, price: {input: 3, output: 15}}
  adaptive:
    context_window: 200000
    max_output_tokens: 1000
    hosts:
      - {provider: claude-vendor, model: adaptive-1, price: {input: 3, output: 15}, traits: {thinking: adaptive}}
"""


@pytest.fixture(scope="module")
def various(running_fake, tmp_path_factory):
    """A Weir whose hosts differ in how they are told to think."""
    with Weir(tmp_path_factory.mktemp("various"), running_fake.url, more_models=TRAITS) as weir:
        yield weir
        weir.audit()
