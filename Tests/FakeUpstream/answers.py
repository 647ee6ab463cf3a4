"""The bytes of both vendors' answers: JSON bodies, event streams, errors, models, rate-limit headers.

Pure: a request and a plan in, values out. An event stream is a sequence of (event name or None, data text) pairs; how
they are written as bytes is `framing.py`. Shapes follow the vendors' public references; the official SDKs read them in
Tests/ClientTests/test_fake_upstream.py.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from plan import Plan

CREATED = 1_700_000_000
# Words of one to four bytes a character, so that every cut inside a character can happen.
WORDS = ["You ", "said ", "früh ", "水 ", "流れ ", "🌊 ", "and ", "naïve ", "— ", "done. "]
HUGE = 2**63
ARGUMENTS = ['{"city":', '"Zürich",', '"days":2}']
THOUGHTS = ["Let ", "me ", "see. "]
# What a vendor seals; valid base64, as theirs is.
SIGNATURE = "c2lnbmVk"
SEALED = "cmVkYWN0ZWQ="

ERROR_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 422: "invalid_request_error", 429: "rate_limit_error",
    500: "api_error", 502: "api_error", 503: "api_error", 529: "overloaded_error",
}
MODELS = [("claude-fake-1", "Fake Claude"), ("gpt-fake-1", "Fake GPT")]


@dataclasses.dataclass
class Asked:
    """What the fake understood of a request."""

    dialect: str                # anthropic | openai
    number: int                 # of this request, for ids
    model: str = ""
    stream: bool = False
    include_usage: bool = False
    choices: int = 1
    fields: frozenset[str] = frozenset()
    tools: tuple[str, ...] = ()     # the names of the tools it offers
    ends_with_result: bool = False  # its last message is a tool's result
    counts: bool = False        # it asks how many tokens a prompt has
    embeds: int = 0             # the texts it wants embedded


def deltas(asked: Asked, plan: Plan) -> list[str]:
    """The text deltas that a plan asks for."""
    if plan.says == "json":
        return ARGUMENTS
    if plan.says == "spoken-call":
        call = dumps({"name": tool_name(asked, plan, 0), "arguments": json.loads("".join(ARGUMENTS))})
        return ["Let me look. <tool", "_call>\n", call[:9], call[9:], "\n</tool_", "call>"]
    if plan.mega_bytes and plan.ending != "endless":
        return ["x" * 16_384] * (plan.mega_bytes * 64)
    words = [WORDS[i % len(WORDS)] for i in range(plan.tokens)]
    return [word.ljust(plan.token_bytes, "·") for word in words]


def text(asked: Asked, plan: Plan) -> str:
    return "".join(deltas(asked, plan))


def tool_name(asked: Asked, plan: Plan, index: int) -> str:
    return asked.tools[index % len(asked.tools)] if plan.offered and asked.tools else f"tool_{index}"


def arguments(plan: Plan) -> list[str]:
    """What a call says, in pieces."""
    return {"usual": ARGUMENTS, "none": [], "cut": ARGUMENTS[:2]}[plan.arguments]


# usage

def anthropic_usage(plan: Plan) -> dict | None:
    """Anthropic's usage: the cache's tokens stand beside input_tokens."""
    if plan.usage == "missing":
        return None
    usage = {
        "input_tokens": plan.input - plan.cached, "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": plan.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": plan.tokens, "service_tier": "standard",
    }
    odd = {
        "zero": {"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0},
        "negative": {"input_tokens": -5, "output_tokens": -7},
        "huge": {"input_tokens": HUGE, "output_tokens": HUGE},
        "float": {"input_tokens": 25.0, "output_tokens": 6.5},
        "text": {"input_tokens": "25", "output_tokens": "6"},
        "partial": {"input_tokens": None, "cache_read_input_tokens": None},
        "cached-over-prompt": {"input_tokens": 10, "cache_read_input_tokens": 4000},
        "cache-writes": {
            "input_tokens": 50, "cache_read_input_tokens": 100_000, "cache_creation_input_tokens": 3000,
            "cache_creation": {"ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 2000},
        },
    }
    return usage | odd.get(plan.usage, {})


def openai_usage(plan: Plan) -> dict | None:
    """OpenAI's usage: the cached tokens are a part of prompt_tokens, reasoning a part of completion_tokens."""
    if plan.usage == "missing":
        return None
    prompt, completion, cached, reasoning = plan.input, plan.tokens, plan.cached, 0
    if plan.usage == "zero":
        prompt, completion, cached = 0, 0, 0
    elif plan.usage == "negative":
        prompt, completion = -5, -7
    elif plan.usage == "huge":
        prompt, completion = HUGE, HUGE
    elif plan.usage == "cached-over-prompt":
        prompt, cached = 10, 4000
    elif plan.usage == "reasoning":
        completion, reasoning = 900, 600
    usage: dict = {
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning, "audio_tokens": 0, "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
    if plan.usage == "float":
        usage |= {"prompt_tokens": 25.0, "completion_tokens": 6.5}
    elif plan.usage == "text":
        usage |= {"prompt_tokens": "25", "completion_tokens": "6"}
    elif plan.usage == "partial":
        del usage["completion_tokens"]
    elif plan.usage == "cache-writes":
        usage["prompt_tokens_details"]["cached_tokens"] = 20
    return usage


def usage(asked: Asked, plan: Plan) -> dict | None:
    if plan.usage == "null":
        return None
    return anthropic_usage(plan) if asked.dialect == "anthropic" else openai_usage(plan)


# whole answers

def _embeddings(asked: Asked, plan: Plan) -> dict:
    usage = openai_usage(plan) or {}
    return {
        "object": "list", "model": plan.echo_model or asked.model,
        "data": [{"object": "embedding", "index": index, "embedding": [0.5, -0.25, 1.0]} for index in range(asked.embeds)],
        "usage": {"prompt_tokens": usage.get("prompt_tokens", 0), "total_tokens": usage.get("prompt_tokens", 0)},
    }


def body(asked: Asked, plan: Plan) -> dict:
    """The answer that is not a stream."""
    if asked.counts:
        return {"input_tokens": plan.input}
    if asked.embeds:
        return _embeddings(asked, plan)
    return _anthropic_body(asked, plan) if asked.dialect == "anthropic" else _openai_body(asked, plan)


def _anthropic_body(asked: Asked, plan: Plan) -> dict:
    content: list[dict] = []
    if plan.thinking:
        content.append({"type": "thinking", "thinking": "".join(THOUGHTS), "signature": SIGNATURE})
    if plan.redacted:
        content.append({"type": "redacted_thinking", "data": SEALED})
    if plan.tokens or plan.mega_bytes:
        content.append({"type": "text", "text": text(asked, plan)})
    for index in range(plan.tools):
        content.append({
            "type": "tool_use", "id": f"toolu_fake_{asked.number}_{index}", "name": tool_name(asked, plan, index),
            "input": json.loads("".join(ARGUMENTS)) if plan.arguments == "usual" else {},
        })
    answer = {
        "id": f"msg_fake_{asked.number:06}", "type": "message", "role": "assistant",
        "model": plan.echo_model or asked.model, "content": content, "stop_reason": _anthropic_finish(plan),
        "stop_sequence": None,
    }
    if plan.usage != "missing":
        answer["usage"] = usage(asked, plan)
    return answer


def _openai_body(asked: Asked, plan: Plan) -> dict:
    said = text(asked, plan) if plan.tokens or plan.mega_bytes else None
    message: dict = {"role": "assistant", "content": None, "refusal": None}
    message["refusal" if plan.refusal else "content"] = said
    if plan.thinking:
        message[plan.reasoning] = "".join(THOUGHTS)
    if plan.tools:
        said = "".join(arguments(plan))
        message["tool_calls"] = [_call(asked, plan, index, said) for index in range(plan.tools)]
    answer = {
        "id": f"chatcmpl-fake-{asked.number:06}", "object": "chat.completion", "created": CREATED,
        "model": plan.echo_model or asked.model,
        "choices": [
            {"index": index, "message": message, "logprobs": None, "finish_reason": _openai_finish(plan)}
            for index in range(asked.choices)
        ],
        "service_tier": "default", "system_fingerprint": "fp_fake",
    }
    if plan.usage != "missing":
        answer["usage"] = usage(asked, plan)
    return answer


def _call(asked: Asked, plan: Plan, index: int, said: str) -> dict:
    """A tool call of OpenAI's."""
    function = {"name": tool_name(asked, plan, index), "arguments": said}
    call = {"id": f"call_fake_{asked.number}_{index}", "type": "function", "function": function}
    return call | ({"extra_content": {"google": {"thought_signature": SIGNATURE}}} if plan.signatures else {})


def _anthropic_finish(plan: Plan) -> str:
    return plan.finish or ("tool_use" if plan.tools else "refusal" if plan.refusal else "end_turn")


def _openai_finish(plan: Plan) -> str:
    return plan.finish or ("tool_calls" if plan.tools else "stop")


# streams

def events(asked: Asked, plan: Plan) -> Iterator[tuple[str | None, str]]:
    """The whole event stream as (event name, data) pairs, made as they are needed."""
    if asked.dialect == "anthropic":
        for event in _anthropic_events(asked, plan):
            yield event["type"], dumps(event)
        return
    for chunk in _openai_chunks(asked, plan):
        yield None, dumps(chunk)
    if plan.done:
        yield None, "[DONE]"


def _anthropic_events(asked: Asked, plan: Plan):
    start = _anthropic_body(asked, plan) | {"content": [], "stop_reason": None}
    reported = usage(asked, plan)
    if reported:
        start["usage"] = reported | ({"output_tokens": 1} if plan.usage == "normal" else {})
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    blocks = 0
    if plan.thinking:
        yield from _thinking_block(blocks)
        blocks += 1
    if plan.redacted:
        block = {"type": "redacted_thinking", "data": SEALED}
        yield {"type": "content_block_start", "index": blocks, "content_block": block}
        yield {"type": "content_block_stop", "index": blocks}
        blocks += 1
    if plan.tokens or plan.mega_bytes:
        yield {"type": "content_block_start", "index": blocks, "content_block": {"type": "text", "text": ""}}
        for piece in deltas(asked, plan):
            yield {"type": "content_block_delta", "index": blocks, "delta": {"type": "text_delta", "text": piece}}
        yield {"type": "content_block_stop", "index": blocks}
        blocks += 1
    yield from _tool_blocks(asked, plan, blocks)
    if not plan.terminal:
        return
    last = {"type": "message_delta", "delta": {"stop_reason": _anthropic_finish(plan), "stop_sequence": None}}
    if plan.usage != "missing":
        last["usage"] = {"output_tokens": reported["output_tokens"]} if reported else None
    yield last
    yield {"type": "message_stop"}


def _thinking_block(index: int):
    block = {"type": "thinking", "thinking": "", "signature": ""}
    yield {"type": "content_block_start", "index": index, "content_block": block}
    for piece in THOUGHTS:
        yield {"type": "content_block_delta", "index": index, "delta": {"type": "thinking_delta", "thinking": piece}}
    yield {"type": "content_block_delta", "index": index, "delta": {"type": "signature_delta", "signature": SIGNATURE}}
    yield {"type": "content_block_stop", "index": index}


def _tool_blocks(asked: Asked, plan: Plan, first: int):
    """One call after the other, or all of them at once (Y-07)."""
    calls = [list(_tool_block(asked, plan, index, first + index)) for index in range(plan.tools)]
    if plan.calls == "interleaved":
        calls = [[event for events in zip(*calls) for event in events]]
    for call in calls:
        yield from call


def _tool_block(asked: Asked, plan: Plan, tool: int, index: int):
    name = tool_name(asked, plan, tool)
    block = {"type": "tool_use", "id": f"toolu_fake_{asked.number}_{tool}", "name": name, "input": {}}
    yield {"type": "content_block_start", "index": index, "content_block": block}
    for piece in ["", *arguments(plan)]:
        delta = {"type": "input_json_delta", "partial_json": piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _openai_chunks(asked: Asked, plan: Plan):
    base = {
        "id": f"chatcmpl-fake-{asked.number:06}", "object": "chat.completion.chunk", "created": CREATED,
        "model": plan.echo_model or asked.model, "service_tier": "default", "system_fingerprint": "fp_fake",
    }
    reported = usage(asked, plan)
    tells = plan.usage != "missing" and (asked.include_usage or plan.usage_place != "last")

    def chunk(choices: list[dict] | None, carries: bool = False) -> dict:
        answer = base | {"choices": choices}
        if tells:
            answer["usage"] = reported if carries or plan.usage_place == "every" else None
        return answer

    def delta(index: int, content: dict, finish: str | None = None) -> list[dict]:
        return [{"index": index, "delta": content, "logprobs": None, "finish_reason": finish}]

    for index in range(asked.choices):
        yield chunk(delta(index, {"role": "assistant", "content": "", "refusal": None}))
    if plan.usage_place == "early":
        yield chunk([], carries=True)
    if plan.thinking:
        for piece in THOUGHTS:
            yield chunk(delta(0, {plan.reasoning: piece}))
    for piece in deltas(asked, plan):
        for index in range(asked.choices):
            yield chunk(delta(index, {"refusal" if plan.refusal else "content": piece}))
    yield from (chunk(delta(0, call)) for call in _tool_deltas(asked, plan))
    if not plan.terminal:
        return
    for index in range(asked.choices):
        last = index == asked.choices - 1 and plan.usage_place == "finish"
        yield chunk(delta(index, {}, _openai_finish(plan)), carries=last)
    if tells and plan.usage_place == "last":
        yield chunk([], carries=True)
    elif tells and plan.usage_place == "null-choices":
        yield chunk(None, carries=True)


def _tool_deltas(asked: Asked, plan: Plan):
    """Calls as deltas, in the ways of the servers that speak this dialect (X-04, X-08, X-09)."""
    whole = plan.calls == "whole"
    starts = [_call(asked, plan, index, "".join(arguments(plan)) if whole else "") for index in range(plan.tools)]
    pieces = [[{"function": {"arguments": piece}} for piece in ([] if whole else arguments(plan))] for _ in starts]
    for index, fragments in enumerate([[start, *rest] for start, rest in zip(starts, pieces)]):
        for fragment in fragments:
            if plan.calls != "no-index":
                fragment["index"] = 0 if plan.calls == "one-index" else index
        if plan.calls == "no-id":
            del fragments[0]["id"]
    if plan.calls == "interleaved":
        yield {"tool_calls": starts}
        yield from ({"tool_calls": [piece]} for round in zip(*pieces) for piece in round)
        return
    for start, rest in zip(starts, pieces):
        yield from ({"tool_calls": [fragment]} for fragment in (start, *rest))


def ping(asked: Asked) -> tuple[str | None, str] | bytes:
    """What keeps a silent stream alive in a dialect: an event, or a comment line."""
    return ("ping", dumps({"type": "ping"})) if asked.dialect == "anthropic" else b": keep-alive\n\n"


# errors, models, headers

def error_body(asked: Asked, plan: Plan, status: int) -> dict:
    """The dialect's error. The wording names the fake, so that a test sees whose error reached the client."""
    kind = plan.error or ERROR_TYPES.get(status, "api_error")
    message = f"fake upstream says {status}"
    if asked.dialect == "anthropic":
        error = {"type": "error", "error": {"type": kind, "message": message}}
        return error | {"request_id": f"req_fake_{asked.number:06}"}
    code = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def rejection(plan: Plan) -> tuple[int, dict]:
    """A field of the request is not known here: status and body."""
    if plan.rejects_as == "openai":
        message = f"Unrecognized request argument supplied: {plan.rejects}"
        kind = "invalid_request_error"
        return 400, {"error": {"message": message, "type": kind, "param": None, "code": None}}
    detail = {"type": "extra_forbidden", "loc": ["body", plan.rejects], "msg": "Extra inputs are not permitted"}
    return 422, {"detail": [detail]}


def error_event(asked: Asked, plan: Plan) -> tuple[str | None, str]:
    """An error inside a stream of status 200."""
    status = plan.status if plan.status != 200 else 529
    return ("error" if asked.dialect == "anthropic" else None, dumps(error_body(asked, plan, status)))


def models(dialect: str) -> dict:
    if dialect == "anthropic":
        data = [
            {"type": "model", "id": name, "display_name": title, "created_at": "2025-01-01T00:00:00Z"}
            for name, title in MODELS
        ]
        return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}
    data = [{"id": name, "object": "model", "created": CREATED, "owned_by": "fake"} for name, _ in MODELS]
    return {"object": "list", "data": data}


def extra_headers(asked: Asked, plan: Plan) -> list[tuple[str, str]]:
    """The request id that each vendor sends, and what the plan adds."""
    number = f"req_fake_{asked.number:06}"
    found = [("request-id" if asked.dialect == "anthropic" else "x-request-id", number)]
    if plan.retry_after:
        found.append(("retry-after", plan.retry_after))
    if plan.headers == "limits":
        found += _ANTHROPIC_LIMITS if asked.dialect == "anthropic" else _OPENAI_LIMITS
    if plan.headers == "session":
        found += [("set-cookie", "session=upstream-secret"), ("openai-organization", "org-upstream-secret")]
    return found


_ANTHROPIC_LIMITS = [
    ("anthropic-ratelimit-requests-limit", "4000"), ("anthropic-ratelimit-requests-remaining", "0"),
    ("anthropic-ratelimit-requests-reset", "2030-01-01T00:00:02Z"),
    ("anthropic-ratelimit-tokens-limit", "400000"), ("anthropic-ratelimit-tokens-remaining", "399000"),
    ("anthropic-ratelimit-tokens-reset", "2030-01-01T00:00:02Z"),
]
_OPENAI_LIMITS = [
    ("x-ratelimit-limit-requests", "10000"), ("x-ratelimit-remaining-requests", "0"),
    ("x-ratelimit-reset-requests", "2s"), ("x-ratelimit-limit-tokens", "2000000"),
    ("x-ratelimit-remaining-tokens", "1999000"), ("x-ratelimit-reset-tokens", "12ms"),
]


def dumps(value: object) -> str:
    """JSON as vendors write it: no spaces, characters as UTF-8, not as escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
