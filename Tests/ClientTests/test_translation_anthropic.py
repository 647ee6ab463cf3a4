"""The official Anthropic SDK on models whose vendor speaks OpenAI's chat completions: what Claude Code needs of them.

The vendor must get what its dialect documents and nothing of the other; the client must not be able to tell. Cases X-*,
R-*, C-*, T-17, T-18.
"""

from __future__ import annotations

import json
from decimal import Decimal

import anthropic
import pydantic
import pytest

import documented
import raw
import streams
from conftest import claude_of, new_tenant
from dialects import ANTHROPIC_ON_OPENAI as CROSSED
from dialects import OPENAI, WORDS
from fake import ask, header
from weir import VENDOR_KEY, Weir

PNG, PDF = "iVBORw0KGgo=", "JVBERi0xLjcK"
TOOLS = [
    {"name": f"tool_{index}", "description": "the weather", "input_schema": {
        "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    }}
    for index in range(2)
]
CALLED = {"city": "Zürich", "days": 2}


def create(claude, directive="normal", **more):
    return claude.messages.create(**CROSSED.body(directive, **more))


def streamed(claude, directive="normal", **more) -> anthropic.types.Message:
    """The message that the SDK puts together of a stream."""
    with claude.messages.stream(**CROSSED.body(directive, **more)) as running:
        return running.get_final_message()


either = pytest.mark.parametrize("get", [create, streamed], ids=["whole", "streamed"])


def sent(vendor) -> dict:
    """What reached the vendor, which must be as its dialect documents it."""
    return documented.check(vendor.only_request())


# requests

def test_whole_conversation_reaches_the_vendor_in_its_own_words(claude, vendor):
    """R-05, R-07, R-09, R-10, R-12, R-14: everything that a turn of an agent may hold."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    claude.messages.create(
        model="four", max_tokens=300, stop_sequences=["END"],
        system=[
            {"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "You like 水."},
        ],
        messages=[
            {"role": "user", "content": [
                {"type": "text", "text": "look"}, image,
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "document", "title": "plan.pdf", "source": {
                    "type": "base64", "media_type": "application/pdf", "data": PDF,
                }},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"},
                {"type": "text", "text": "I "}, {"type": "text", "text": "look."},
                {"type": "tool_use", "id": "toolu_1", "name": "tool_0", "input": CALLED},
                {"type": "tool_use", "id": "toolu_2", "name": "tool_1", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "text", "text": "and?"},
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": [
                    {"type": "text", "text": "a picture"}, image,
                ]},
            ]},
        ],
        tools=TOOLS, tool_choice={"type": "any", "disable_parallel_tool_use": True},
    )
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    assert sent(vendor) == {
        "model": "gpt-vendor-2025", "max_tokens": 300, "stop": ["END"],
        "messages": [
            {"role": "system", "content": "You are terse.\n\nYou like 水."},
            {"role": "user", "content": [
                {"type": "text", "text": "look"}, picture,
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "file", "file": {
                    "filename": "plan.pdf", "file_data": f"data:application/pdf;base64,{PDF}",
                }},
            ]},
            {"role": "assistant", "content": "I look.", "tool_calls": [
                {"id": "toolu_1", "type": "function", "function": {
                    "name": "tool_0", "arguments": json.dumps(CALLED, ensure_ascii=False, separators=(",", ":")),
                }},
                {"id": "toolu_2", "type": "function", "function": {"name": "tool_1", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "toolu_1", "content": "sunny"},
            {"role": "tool", "tool_call_id": "toolu_2", "content": "a picture"},
            {"role": "user", "content": [
                {"type": "text", "text": "Attached to the result of tool call toolu_2:"}, picture,
                {"type": "text", "text": "and?"},
            ]},
        ],
        "tools": [
            {"type": "function", "function": {
                "name": tool["name"], "description": "the weather", "parameters": tool["input_schema"],
            }}
            for tool in TOOLS
        ],
        "tool_choice": "required", "parallel_tool_calls": False,
    }


@pytest.mark.parametrize("choice, expected", [
    ({"type": "auto"}, "auto"), ({"type": "any"}, "required"), ({"type": "none"}, "none"),
    ({"type": "tool", "name": "tool_1"}, {"type": "function", "function": {"name": "tool_1"}}),
], ids=lambda value: value["type"] if isinstance(value, dict) else None)
def test_r01_tool_choice(claude, vendor, choice, expected):
    create(claude, tools=TOOLS, tool_choice=choice)
    assert sent(vendor)["tool_choice"] == expected


def test_x25_stream_asks_for_usage_and_a_whole_answer_does_not(claude, vendor):
    streamed(claude)
    create(claude)
    stream, whole = [documented.check(request) for request in vendor.requests()]
    assert stream["stream"] is True and stream["stream_options"] == {"include_usage": True}
    assert "stream" not in whole and "stream_options" not in whole


def test_r21_the_same_request_is_the_same_bytes_and_numbers_keep_their_spelling(tenant, vendor):
    body = CROSSED.body(messages=[
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": "INPUT"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]},
    ])
    text = json.dumps(body).replace('"INPUT"', '{"zeta":1.0,"big":9223372036854775808,"alpha":1e3}').encode()
    for _ in range(2):
        assert raw.post(tenant, CROSSED.path, text).status == 200
    first, second = [request["body"] for request in vendor.requests()]
    assert first == second
    arguments = json.loads(first)["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert arguments == '{"zeta":1.0,"big":9223372036854775808,"alpha":1e3}'


def test_r19_c10_nothing_meant_for_anthropic_reaches_another_vendor(tenant, vendor):
    answer = raw.post(
        tenant, "/v1/messages?beta=true",
        CROSSED.body(context_management={"edits": []}, metadata={"user_id": "u-1"}, top_k=5),
        anthropic_version="2023-06-01", anthropic_beta="context-management-2025-06-27,other",
        anthropic_dangerous_direct_browser_access="true", x_claude_code_session_id="s-1", x_app="cli",
        x_stainless_lang="python", x_api_key="other-secret",
    )
    assert answer.status == 200, answer.body
    request = vendor.only_request()
    documented.check(request)
    assert request["target"] == "/v1/chat/completions"
    names = {name for name, _ in request["headers"]}
    assert [name for name in names if name.startswith(("anthropic-", "x-claude-", "x-stainless-", "x-app"))] == []
    assert "x-api-key" not in names and header(request, "authorization") == f"Bearer {VENDOR_KEY}"
    assert tenant.key.encode() not in request["head"]
    dropped = set(answer.header("x-weir-dropped").split(", "))
    assert {"context_management", "metadata", "top_k", "anthropic-beta"} <= dropped


def test_dropped_fields_are_named_and_nothing_is_said_where_nothing_was_dropped(tenant):
    plain = raw.post(tenant, CROSSED.path, CROSSED.stream(tools=TOOLS))
    assert plain.status == 200 and plain.header("x-weir-dropped") is None
    body = CROSSED.stream(
        system=[{"type": "text", "text": "be", "cache_control": {"type": "ephemeral"}}], service_tier="auto",
        tools=[*TOOLS, {"type": "web_search_20250305", "name": "web_search"}],
        thinking={"type": "enabled", "budget_tokens": 2000}, max_tokens=4000,
    )
    answer = raw.post(tenant, CROSSED.path, body)
    assert answer.status == 200, answer.body
    expected = {"cache_control", "max_tokens", "service_tier", "tools.web_search_20250305", "thinking"}
    assert set(answer.header("x-weir-dropped").split(", ")) == expected


def test_r22_line_for_anthropics_books_is_not_told_to_others(tenant, vendor):
    nonce = "x-anthropic-billing-header: cc_version=2.1; cch=1a2b3;"
    system = [{"type": "text", "text": nonce}, {"type": "text", "text": "You are Claude Code."}]
    assert raw.post(tenant, CROSSED.path, CROSSED.body(system=system)).status == 200
    assert sent(vendor)["messages"][0] == {"role": "system", "content": "You are Claude Code."}


@pytest.mark.parametrize("more, path", [
    ({"messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
    ]}]}, "messages.0.content.0.source"),
    ({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]}, "messages"),
    ({"tool_choice": {"type": "any"}}, "tool_choice"),
], ids=["file-by-id", "r23-prefill", "forced-without-tools"])
def test_what_cannot_be_said_is_refused_and_free(claude, tenant, vendor, more, path):
    with pytest.raises(anthropic.BadRequestError, match=path) as raised:
        create(claude, **more)
    assert raised.value.body["error"]["type"] == "invalid_request_error"
    assert vendor.requests() == [] and tenant.wait_until_nothing_is_held()["balance"] == 100


class Weather(pydantic.BaseModel):
    city: str
    days: int


def test_structured_output_is_asked_for_and_parsed(claude, vendor):
    parsed = claude.messages.parse(**CROSSED.body("json"), output_format=Weather)
    assert parsed.parsed_output == Weather(city="Zürich", days=2)
    wanted = sent(vendor)["response_format"]
    assert wanted["type"] == "json_schema" and wanted["json_schema"]["strict"] is True
    assert wanted["json_schema"]["schema"]["properties"].keys() == {"city", "days"}


def test_c04_tokens_are_counted_for_any_model_and_free(claude, tenant, vendor):
    counted = claude.messages.count_tokens(model="gpt-test", messages=ask("normal"), tools=TOOLS)
    assert 10 < counted.input_tokens < 1000
    assert vendor.requests() == [] and tenant.settlements(0) == []


# answers

@either
def test_text(claude, get):
    """X-01, X-18, C-06."""
    message = get(claude, model="four")
    assert [block.type for block in message.content] == ["text"] and message.content[0].text == WORDS
    assert (message.stop_reason, message.stop_sequence, message.model) == ("end_turn", None, "four")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (25, 6)
    assert message.id.startswith("msg_")


@either
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_x15_reasoning_text_and_tools_arrive_whole(claude, get, field):
    message = get(claude, f"tools thinking=1 reasoning={field}", tools=TOOLS)
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    thinking, text, *calls = message.content
    assert (thinking.thinking, thinking.signature, text.text) == ("Let me see. ", "", WORDS)
    assert [(call.name, call.input) for call in calls] == [("tool_0", CALLED), ("tool_1", CALLED)]
    assert calls[0].id != calls[1].id and message.stop_reason == "tool_use"


@pytest.mark.parametrize("directive", [
    "tools", "tools tokens=0", "interleaved", "tools calls=whole", "tools calls=no-index", "tools calls=no-id",
    "tools calls=one-index", "tools finish=stop",
], ids=["x03", "x02-tools-only", "x04-interleaved", "whole", "x08-no-index", "x08-no-id", "x09-one-index", "x11-stop"])
def test_tool_calls_arrive_whole_however_they_are_streamed(claude, directive):
    message = streamed(claude, directive, tools=TOOLS)
    calls = [block for block in message.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [("tool_0", CALLED), ("tool_1", CALLED)]
    assert len({call.id for call in calls}) == 2 and all(call.id for call in calls)
    assert message.stop_reason == "tool_use"
    assert [block.type for block in message.content[:-2]] == ([] if "tokens=0" in directive else ["text"])


@either
def test_x07_call_without_arguments_is_an_empty_object(claude, get):
    message = get(claude, "tool-only arguments=none", tools=TOOLS)
    assert [(block.type, block.input) for block in message.content] == [("tool_use", {})]


@either
@pytest.mark.parametrize("finish, reason", [
    ("length", "max_tokens"), ("content_filter", "refusal"), ("xyz", "end_turn"), ("tool_calls", "end_turn"),
    ("function_call", "end_turn"),
])
def test_x12_x13_stop_reasons(claude, get, finish, reason):
    assert get(claude, f"normal finish={finish}").stop_reason == reason


@either
def test_x17_refusal_is_said_and_is_one(claude, get):
    message = get(claude, "refusal")
    assert (message.content[0].text, message.stop_reason) == (WORDS, "refusal")


@either
@pytest.mark.parametrize("name", ["mcp__srv.method", "a" * 100, "wetter_für_morgen"])
def test_r13_names_of_tools_come_back_as_the_client_wrote_them(claude, vendor, get, name):
    message = get(claude, "loop", tools=[TOOLS[0] | {"name": name}])
    assert [block.name for block in message.content if block.type == "tool_use"] == [name]
    called = sent(vendor)["tools"][0]["function"]["name"]
    assert called != name and called.replace("_", "").replace("-", "").isalnum() and len(called) <= 64
    assert called.isascii()


def test_tool_loop_with_the_sdk_ends_with_text(claude, vendor):
    """A turn of an agent: what came is sent back, with a result beside it."""
    messages = ask("loop tools=2 thinking=1")
    for turns in range(1, 4):
        message = streamed(claude, messages=messages, tools=TOOLS)
        messages = [*messages, {"role": "assistant", "content": [block.to_dict() for block in message.content]}]
        if message.stop_reason != "tool_use":
            break
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": "sunny"}
            for block in message.content if block.type == "tool_use"
        ]
        messages.append({"role": "user", "content": results})
    assert turns == 2 and message.content[-1].text == WORDS
    last = documented.check(vendor.requests()[-1])["messages"]
    assert [said["role"] for said in last] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in last[1]["tool_calls"]] == [said["tool_call_id"] for said in last[2:]]


def test_tool_runner_of_the_sdk_runs_its_tools(claude, vendor):
    asked = []

    @anthropic.beta_tool
    def weather(city: str, days: int) -> str:
        """The weather of some days."""
        asked.append((city, days))
        return "sunny"

    runner = claude.beta.messages.tool_runner(**CROSSED.body("loop tools=2"), tools=[weather])
    assert runner.until_done().content[-1].text == WORDS
    assert asked == [("Zürich", 2)] * 2
    for request in vendor.requests():
        documented.check(request)


def test_c09_big_tool_sets_are_accepted(claude, vendor):
    tools = [TOOLS[0] | {"name": f"tool_{index}", "description": "d" * 450} for index in range(150)]
    create(claude, tools=tools)
    assert len(sent(vendor)["tools"]) == 150


# streams

@pytest.mark.parametrize("directive", [
    "normal", "tools", "tool-only tokens=0", "interleaved", "tools thinking=1", "refusal", "no-output tokens=0",
    "no-done", "usage-on-every-chunk", "usage-in-finish-chunk", "null-choices", "normal usage_place=early",
    "malformed-event",
])
def test_every_stream_keeps_the_invariants_and_tells_the_true_usage(tenant, directive):
    """INV-A; X-18 … X-23, S-13."""
    body = CROSSED.stream(directive, tools=TOOLS)
    answer = raw.post(tenant, CROSSED.path, body)
    assert answer.status == 200, answer.body
    data = streams.check_anthropic(answer.body)
    usage = data[-2]["usage"]
    assert usage["input_tokens"] == 25
    assert usage["output_tokens"] == (0 if "tokens=0" in directive else 6)
    started = data[0]["message"]
    assert started["usage"]["input_tokens"] > 0 and started["model"] == body["model"]
    assert all(value["delta"].get("text") != "" for value in data if value["type"] == "content_block_delta")
    tenant.settlements(1)


def test_x24_cached_tokens_stand_beside_the_input(claude, tenant):
    for message in (create(claude, "cached-usage"), streamed(claude, "cached-usage")):
        usage = message.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens) == (3914, 16298)
        assert not usage.cache_creation_input_tokens and usage.output_tokens == 6
    # B-19: 3914 × 1.25 + 16298 × 0.125 + 6 × 10, in millionths.
    assert [-Decimal(entry["amount"]) for entry in tenant.settlements(2)] == [Decimal("0.006990")] * 2


# errors

@pytest.mark.parametrize("situation, problem, status, kind", [
    ("bad-request", anthropic.BadRequestError, 400, "invalid_request_error"),
    ("not-found", anthropic.NotFoundError, 404, "not_found_error"),
    ("too-large", anthropic.APIStatusError, 413, "request_too_large"),
    ("unprocessable", anthropic.APIStatusError, 400, "invalid_request_error"),
    ("rate-limited", anthropic.RateLimitError, 429, "rate_limit_error"),
    ("server-error", anthropic.InternalServerError, 500, "api_error"),
    ("overloaded", anthropic.InternalServerError, 529, "overloaded_error"),
])
def test_t18_vendors_errors_become_anthropics(claude, tenant, situation, problem, status, kind):
    with pytest.raises(problem, match="fake upstream says") as raised:
        create(claude, situation)
    error = raised.value
    assert (error.status_code, error.body["type"], error.body["error"]["type"]) == (status, "error", kind)
    assert error.body["request_id"].startswith("req_") and error.request_id == error.body["request_id"]
    assert (error.response.headers.get("retry-after") is not None) == (status == 429)
    assert tenant.wait_until_nothing_is_held()["balance"] == 100


@pytest.mark.parametrize("situation", ["unauthorized", "forbidden"])
def test_t17_vendors_refusal_of_our_key_is_never_the_tenants(claude, situation):
    with pytest.raises(anthropic.InternalServerError, match="credential") as raised:
        create(claude, situation)
    assert (raised.value.status_code, raised.value.body["error"]["type"]) == (502, "api_error")
    assert "fake upstream" not in str(raised.value) and VENDOR_KEY not in str(raised.value.response.headers)


@pytest.mark.parametrize("situation", ["cut", "reset", "utf8-cut", "truncated", "stall", "error-late"])
def test_t01_t03_broken_stream_is_raised_and_never_looks_complete(claude, situation):
    said = ""
    with pytest.raises(anthropic.APIError):
        with claude.messages.stream(**CROSSED.body(situation)) as running:
            for piece in running.text_stream:
                said += piece
    assert said and WORDS.startswith(said)


def test_t04_error_as_the_first_event_is_a_status(claude):
    with pytest.raises(anthropic.APIStatusError, match="fake upstream says 529") as raised:
        streamed(claude, "error-first")
    assert raised.value.status_code in (503, 529)


# what hosts differ in

# Each is remembered to refuse stream_options, so each test has its own.
REFUSALS = ["no-stream-options", "strict-server"]
FORGETFUL = ["told-openai", *(f"{refusal}-{dialect.name}" for refusal in REFUSALS for dialect in (CROSSED, OPENAI))]
TRAITS = """\
  thinker:
    context_window: 200000
    max_output_tokens: 1000
    hosts:
      - provider: gpt-vendor
        model: thinker-1
        price: {input: 1.25, output: 10}
        traits: {output_limit: max_completion_tokens, reasoning_echo: reasoning_content, reasoning_effort: true}
  signer:
    context_window: 200000
    max_output_tokens: 1000
    hosts:
      - provider: gpt-vendor
        model: signer-1
        price: {input: 1.25, output: 10}
        traits: {thought_signatures: true}
  speaker:
    context_window: 200000
    max_output_tokens: 1000
    hosts:
      - provider: gpt-vendor
        model: speaker-1
        price: {input: 1.25, output: 10}
        traits: {tool_calls_as_text: true}
  blind:
    context_window: 200000
    max_output_tokens: 1000
    capabilities: [tools]
    hosts:
      - {provider: gpt-vendor, price: {input: 1.25, output: 10}}
"""
PLAIN = """\
  {name}:
    context_window: 200000
    max_output_tokens: 1000
    hosts:
      - {{provider: gpt-vendor, price: {{input: 1.25, output: 10}}}}
"""


@pytest.fixture(scope="module")
def various(running_fake, tmp_path_factory):
    """A Weir whose hosts differ in what they take."""
    plain = "".join(PLAIN.format(name=name) for name in FORGETFUL)
    with Weir(tmp_path_factory.mktemp("various"), running_fake.url, more_models=TRAITS + plain) as weir:
        yield weir
        weir.audit()


def test_r16_r17_reasoning_goes_back_to_a_model_that_asks_for_it(various, vendor):
    claude = claude_of(new_tenant(various))
    tools, messages = TOOLS[:1], ask("loop thinking=1")
    first = streamed(claude, model="thinker", messages=messages, tools=tools, max_tokens=900)
    assert first.content[0].thinking == "Let me see. "
    call = first.content[-1]
    streamed(
        claude, model="thinker", tools=tools, max_tokens=900, thinking={"type": "adaptive"},
        output_config={"effort": "high"}, messages=[
            *messages, {"role": "assistant", "content": [block.to_dict() for block in first.content]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]},
        ],
    )
    body = json.loads(vendor.requests()[-1]["body"])
    assert body["messages"][1]["reasoning_content"] == "Let me see. "
    assert (body["max_completion_tokens"], body["reasoning_effort"]) == (900, "high") and "max_tokens" not in body


def test_thought_signature_survives_a_client_that_knows_nothing_of_it(various, vendor):
    claude = claude_of(new_tenant(various))
    messages = ask("loop signatures=1")
    first = streamed(claude, model="signer", messages=messages, tools=TOOLS[:1])
    call = first.content[-1]
    streamed(claude, model="signer", tools=TOOLS[:1], messages=[
        *messages, {"role": "assistant", "content": [block.to_dict() for block in first.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]},
    ])
    _, assistant, result = json.loads(vendor.requests()[-1]["body"])["messages"]
    (sent_call,) = assistant["tool_calls"]
    assert sent_call["extra_content"] == {"google": {"thought_signature": "c2lnbmVk"}}
    assert sent_call["id"].startswith("call_fake_") and "~" not in sent_call["id"]
    assert result["tool_call_id"] == sent_call["id"]


@either
def test_call_that_a_model_speaks_is_a_call(various, vendor, get):
    message = get(claude_of(new_tenant(various)), "spoken-call", model="speaker", tools=TOOLS[:1])
    assert [block.type for block in message.content] == ["text", "tool_use"]
    assert message.content[0].text.strip() == "Let me look."
    assert (message.content[1].name, message.content[1].input) == ("tool_0", CALLED)
    assert message.stop_reason == "tool_use"


def test_r07_picture_for_a_model_without_eyes_is_refused(various, vendor):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    with pytest.raises(anthropic.BadRequestError, match="images"):
        create(claude_of(new_tenant(various)), model="blind", messages=[{"role": "user", "content": [image]}])
    assert vendor.requests() == []


@pytest.mark.parametrize("dialect", [CROSSED, OPENAI], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("directive", REFUSALS)
def test_x26_vendor_without_stream_options_is_asked_again_without_and_from_then_on(various, vendor, dialect, directive):
    tenant = new_tenant(various)
    body = dialect.stream(messages=ask(directive), model=f"{directive}-{dialect.name}")
    for _ in range(2):
        answer = raw.post(tenant, dialect.path, body)
        assert answer.status == 200, answer.body
        assert streams.text_of(dialect.check(answer.body)) == WORDS
    asked = ["stream_options" in json.loads(request["body"]) for request in vendor.requests()]
    assert asked == [True, False, False]
    assert all(Decimal(entry["amount"]) < 0 for entry in tenant.settlements(2))
    (row,) = tenant.weir.ctl("usage", "--tenant", tenant.name)
    assert row["estimated"] == 2


def test_x26_client_that_asked_for_usage_itself_is_told_that_there_is_none(various, vendor):
    body = OPENAI.stream(
        messages=ask("no-stream-options"), model="told-openai", stream_options={"include_usage": True},
    )
    answer = raw.post(new_tenant(various), OPENAI.path, body)
    assert (answer.status, len(vendor.requests())) == (400, 1) and b"stream_options" in answer.body
