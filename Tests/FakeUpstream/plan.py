"""What one answer shall do, and how a request asks for it.

A plan is a set of independent switches: what is said, how the bytes are written, when, and how it ends. A *situation*
is a name for some switches at once. A request chooses, in this order of precedence, by

    the header      x-fake: stall stop_after=3
    its body        …"content":"[[fake stall stop_after=3]]"…     (anywhere in it, so it survives a gateway)
    its model       "model":"fake-stall"

An unknown situation, switch or value is an error that the answer names: a misspelt test must not pass as "normal".
"""

from __future__ import annotations

import dataclasses
import re


class PlanError(ValueError):
    """The request asked for something that is not in this file."""


@dataclasses.dataclass
class Plan:
    """One answer. The defaults are a vendor on a good day."""

    name: str = "normal"

    # what is said
    status: int = 200           # other than 2xx: the dialect's error body
    error: str = ""             # the error's type, else derived from the status
    rejects: str = ""           # a field that is unknown here: a request that has it is refused by its name
    rejects_as: str = "openai"  # openai | fastapi : with 400 in OpenAI's words, or 422 with a list of details
    headers: str = ""           # limits | limits-bare | session : extra response headers, see answers.py
    retry_after: str = ""       # the value of the retry-after header
    tokens: int = 6             # text deltas; also the output tokens that usage reports
    token_bytes: int = 0        # pads every delta to this many bytes; 0 = a word
    mega_bytes: int = 0         # deltas of 16 KiB until this many MiB are said, instead of `tokens`
    says: str = "words"         # words | json | spoken-call : what the text is
    refusal: bool = False       # the text is a refusal: delta.refusal (OpenAI), stop_reason refusal (Anthropic)
    tools: int = 0              # tool calls after the text
    offered: bool = False       # calls bear the names of the tools that the request offers, not tool_0, tool_1 …
    until_result: bool = False  # no more calls once the request ends with a tool's result
    calls: str = "in-turn"      # in-turn | interleaved | whole | no-index | no-id | one-index : how calls are streamed
    arguments: str = "usual"    # usual | none | cut : what a call says
    signatures: bool = False    # calls carry Gemini's thought signatures in extra_content (OpenAI)
    thinking: bool = False      # a signed thinking block (Anthropic) or reasoning_content (OpenAI) before the text
    redacted: bool = False      # a redacted_thinking block before the text (Anthropic)
    reasoning: str = "reasoning_content"  # the name of OpenAI's reasoning field; OpenRouter and vLLM say `reasoning`
    usage: str = "normal"       # see answers.py: USAGES
    usage_place: str = "last"   # last | every | finish | early : which OpenAI chunks carry usage
    finish: str = ""            # the finish or stop reason, else stop / end_turn / tool_calls / tool_use
    echo_model: str = ""        # the model that the answer names, else the one asked for
    input: int = 25             # input tokens that usage reports
    cached: int = 0             # of these, read from the cache

    # which shape the answer has
    shape: str = "asked"        # asked | json | html | empty | text : what comes, whatever was asked
    framing: str = "auto"       # auto | chunked | close | length | http10 : how the body's end is known;
                                # auto is chunked for streams and a length for everything else
    gzip: bool = False          # content-encoding: gzip though nobody asked
    interim: int = 0            # an informational answer (103, 100) before the real one
    trailers: bool = False      # a trailer after the last chunk
    extensions: bool = False    # chunk extensions on every chunk
    closing: bool = False       # connection: close, and close after a complete answer

    # how events are written
    eol: str = "lf"             # lf | crlf | cr
    space: bool = True          # one space after the field's colon
    names: bool = True          # event: lines (Anthropic)
    comments: bool = False      # a comment line before and between events
    multiline: bool = False     # a JSON object over several data: lines
    chop: int = 0               # bytes per write; 0 = one write per event
    joined: bool = False        # the whole answer in one write

    # when
    first_byte_ms: int = 0      # before the head
    first_event_ms: int = 0     # after the head
    gap_ms: int = 0             # between events
    gate: str = ""              # waits at event number `gate_at` until this gate is opened
    gate_at: int = 0            # 0 = before the head; n = before the n-th event

    # how it ends
    stop_after: int = -1        # this many events, then `ending`; -1 = all of them
    ending: str = "finish"      # finish | eof | one of CHOICES["ending"], see delivery.py
    done: bool = True           # OpenAI: [DONE] at the end
    terminal: bool = True       # the finish chunk, or message_delta and message_stop
    final_blank: bool = True    # the blank line after the last event
    read_body: bool = True      # False: answers while the request's body is still coming


# What the names mean.
SITUATIONS: dict[str, dict[str, object]] = {
    "normal": {},
    # time
    "slow": {"first_byte_ms": 300},
    "silent": {"ending": "silent"},
    "head-only": {"stop_after": 0, "ending": "stall"},
    "stall": {"stop_after": 4, "ending": "stall"},
    "pings-only": {"stop_after": 4, "ending": "pings"},
    # endings
    "cut": {"stop_after": 4, "ending": "fin"},
    "reset": {"stop_after": 4, "ending": "reset"},
    "utf8-cut": {"stop_after": 5, "ending": "utf8"},
    "truncated": {"terminal": False, "done": False},
    "no-done": {"done": False},
    "no-final-blank": {"final_blank": False, "framing": "close"},
    "prelude-only": {"stop_after": 1, "ending": "eof"},
    "prelude-reset": {"stop_after": 1, "ending": "reset"},
    "bare-close": {"ending": "bare"},
    "junk": {"ending": "junk"},
    # framing and bytes
    "crlf": {"eol": "crlf"},
    "cr": {"eol": "cr"},
    "no-space": {"space": False},
    "no-names": {"names": False},
    "comments": {"comments": True},
    "multiline": {"multiline": True},
    "bytewise": {"chop": 1},
    "joined": {"joined": True},
    "gzip": {"gzip": True},
    "close-delimited": {"framing": "close"},
    "http10": {"framing": "http10"},
    "sized": {"framing": "length"},
    "interim": {"interim": 103},
    "trailers": {"framing": "chunked", "trailers": True, "extensions": True},
    "closing": {"closing": True},
    "early-answer": {"status": 413, "read_body": False, "closing": True},
    # errors
    "error-first": {"stop_after": 0, "ending": "error"},
    "error-late": {"stop_after": 4, "ending": "error"},
    "malformed-event": {"stop_after": 4, "ending": "malformed"},
    "endless-line": {"stop_after": 2, "ending": "endless", "mega_bytes": 64},
    "bad-request": {"status": 400},
    "unauthorized": {"status": 401},
    "payment": {"status": 402},
    "forbidden": {"status": 403},
    "not-found": {"status": 404},
    "too-large": {"status": 413},
    "unprocessable": {"status": 422},
    "no-stream-options": {"rejects": "stream_options"},
    "strict-server": {"rejects": "stream_options", "rejects_as": "fastapi"},
    "rate-limited": {"status": 429, "headers": "limits", "retry_after": "2"},
    "rate-limited-long": {"status": 429, "headers": "limits", "retry_after": "287441"},
    "rate-limited-bare": {"status": 429},
    "server-error": {"status": 500},
    "bad-gateway": {"status": 502, "shape": "html"},
    "unavailable": {"status": 503},
    "overloaded": {"status": 529},
    "redirect": {"status": 302, "shape": "empty"},
    # what comes instead of the thing asked for
    "json-for-stream": {"shape": "json"},
    "html": {"shape": "html"},
    "empty": {"shape": "empty"},
    "text": {"shape": "text"},
    # usage
    "no-usage": {"usage": "missing"},
    "null-usage": {"usage": "null"},
    "zero-usage": {"usage": "zero"},
    "cached-usage": {"input": 20212, "cached": 16298},
    "cached-over-prompt": {"usage": "cached-over-prompt"},
    "negative-usage": {"usage": "negative"},
    "huge-usage": {"usage": "huge"},
    "float-usage": {"usage": "float"},
    "text-usage": {"usage": "text"},
    "partial-usage": {"usage": "partial"},
    "cache-writes": {"usage": "cache-writes"},
    "reasoning-usage": {"usage": "reasoning"},
    "usage-on-every-chunk": {"usage_place": "every"},
    "usage-in-finish-chunk": {"usage_place": "finish"},
    "null-choices": {"usage_place": "null-choices"},
    "no-output": {"tokens": 0},
    # content
    "tool": {"tools": 1},
    "tools": {"tools": 2},
    "tool-only": {"tools": 1, "tokens": 0},
    "interleaved": {"tools": 2, "calls": "interleaved"},
    "loop": {"tools": 1, "offered": True, "until_result": True},
    "thinking": {"thinking": True},
    "redacted": {"redacted": True},
    "refusal": {"refusal": True},
    "json": {"says": "json"},
    "spoken-call": {"says": "spoken-call", "offered": True, "until_result": True},
    "limits": {"headers": "limits"},
    "big": {"mega_bytes": 8},
}

_DIRECTIVE = re.compile(rb"\[\[fake ([^\]]{1,400})\]\]")
_KINDS = {field.name: field.type for field in dataclasses.fields(Plan)}
# Values that name a thing are checked here, so that a misspelt one is refused before anything is sent.
CHOICES = {
    "shape": {"asked", "json", "html", "empty", "text"},
    "framing": {"auto", "chunked", "close", "length", "http10"},
    "eol": {"lf", "crlf", "cr"},
    "headers": {"", "limits", "session"},
    "rejects_as": {"openai", "fastapi"},
    "says": {"words", "json", "spoken-call"},
    "calls": {"in-turn", "interleaved", "whole", "no-index", "no-id", "one-index"},
    "arguments": {"usual", "none", "cut"},
    "reasoning": {"reasoning_content", "reasoning"},
    "usage": {
        "normal", "missing", "null", "zero", "cached-over-prompt", "negative", "huge", "float", "text", "partial",
        "cache-writes", "reasoning",
    },
    "usage_place": {"last", "every", "finish", "early", "null-choices"},
    "ending": {
        "finish", "eof", "fin", "reset", "stall", "pings", "error", "malformed", "utf8", "silent", "bare", "junk",
        "endless",
    },
}


def parse(text: str) -> Plan:
    """The plan of a directive such as `stall stop_after=3 usage=zero`."""
    words = text.split()
    name = words[0] if words and "=" not in words[0] else "normal"
    if name not in SITUATIONS:
        raise PlanError(f"no situation is called {name!r}")
    plan = Plan(name=name, **SITUATIONS[name])
    for word in words[1:] if words and words[0] == name else words:
        key, equals, value = word.partition("=")
        if not equals or key not in _KINDS or key == "name":
            raise PlanError(f"no switch is called {key!r}")
        setattr(plan, key, _value(key, value))
    return plan


def of_request(header: str | None, body: bytes, model: str) -> Plan:
    """The plan that a request asks for; `normal` when it asks for none."""
    if header:
        return parse(header)
    found = _DIRECTIVE.search(body)
    if found:
        return parse(found.group(1).decode("utf-8", "replace"))
    if model.startswith("fake-"):
        return parse(model[len("fake-"):])
    return Plan()


def _value(key: str, text: str) -> object:
    kind = _KINDS[key]
    if kind == "bool":
        if text not in ("0", "1"):
            raise PlanError(f"{key} is 0 or 1, not {text!r}")
        return text == "1"
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            raise PlanError(f"{key} is a whole number, not {text!r}") from None
    if key in CHOICES and text not in CHOICES[key]:
        raise PlanError(f"{key} is one of {sorted(CHOICES[key])}, not {text!r}")
    return text
