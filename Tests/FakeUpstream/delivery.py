"""Carries out a plan on a connection: head, body or events, and the chosen ending."""

from __future__ import annotations

import dataclasses
import http
import json
from collections.abc import Iterator

import answers
from answers import Asked
from connection import Connection
from framing import Coding, cut_inside_character, event_bytes, without_final_blank
from plan import Plan
from state import Recorded

# How often a plan that only keeps a stream alive sends something, unless gap_ms says.
PING_MS = 50


class Delivery:
    """One answer. `run` says what became of it: answered (the connection goes on), closing, or cut."""

    def __init__(self, connection: Connection, request: Recorded, plan: Plan, asked: Asked) -> None:
        self._connection = connection
        self._request = request
        if plan.until_result and asked.ends_with_result:
            plan = dataclasses.replace(plan, tools=0, says="words")
        if plan.rejects in asked.fields:
            plan = dataclasses.replace(plan, status=answers.rejection(plan)[0])
        self._plan = plan
        self._asked = asked

    async def run(self) -> str:
        plan, connection = self._plan, self._connection
        if plan.ending == "bare":
            return "cut"
        if plan.ending == "junk":
            await connection.write(b"\x00\x01 this is not HTTP\r\n\r\n")
            return "cut"
        if plan.gate and plan.gate_at == 0:
            await connection.at_gate(plan.gate)
        if plan.first_byte_ms:
            await connection.pause(plan.first_byte_ms)
        if plan.ending == "silent":
            await connection.until_gone()
        if plan.interim:
            await connection.write(f"HTTP/1.1 {plan.interim} Early\r\nlink: </>\r\n\r\n".encode())
        return await self._answer()

    async def _answer(self) -> str:
        plan, asked = self._plan, self._asked
        if plan.shape == "html":
            return await self._whole("text/html", b"<html><body><h1>fake upstream</h1></body></html>")
        if plan.shape == "text":
            return await self._whole("text/plain", b"fake upstream")
        if plan.shape == "empty":
            return await self._whole("text/event-stream" if asked.stream else "application/json", b"")
        if plan.rejects in asked.fields:
            return await self._json(answers.rejection(plan)[1])
        if plan.status >= 300:
            return await self._json(answers.error_body(asked, plan, plan.status))
        if self._request.method in ("GET", "HEAD"):
            return await self._json(answers.models(asked.dialect))
        if asked.stream and plan.shape == "asked":
            return await self._stream()
        if plan.ending == "error":
            return await self._json(answers.error_body(asked, plan, 529))
        return await self._json(answers.body(asked, plan))

    # whole bodies

    async def _json(self, value: object) -> str:
        return await self._whole("application/json", answers.dumps(value).encode())

    async def _whole(self, kind: str, data: bytes) -> str:
        chunked = self._plan.framing == "chunked"
        coding = Coding(self._plan, chunked)
        wire = (coding.body(data) if data else b"") + coding.end()
        await self._head(kind, None if chunked or self._open_ended else len(wire), chunked)
        if self._request.method == "HEAD":
            return self._ending()
        if self._plan.ending in ("fin", "reset", "utf8", "stall"):
            await self._connection.write(wire[:len(wire) // 2], self._plan.chop)
            return await self._broken_ending()
        await self._connection.write(wire, self._plan.chop)
        return self._ending()

    # streams

    async def _stream(self) -> str:
        plan = self._plan
        if plan.framing == "length" or plan.joined:
            return await self._joined_stream()
        chunked = plan.framing in ("auto", "chunked")
        self._coding = Coding(plan, chunked)
        await self._head("text/event-stream; charset=utf-8", None, chunked)
        if plan.first_event_ms:
            await self._connection.pause(plan.first_event_ms)
        for index, (name, data), last in _with_last(answers.events(self._asked, plan)):
            if plan.gate and plan.gate_at == index + 1:
                await self._connection.at_gate(plan.gate)
            if index == plan.stop_after and plan.ending != "malformed":
                return await self._interrupted(event_bytes(plan, name, data))
            if index == plan.stop_after:
                await self._write(event_bytes(plan, name, data[:len(data) // 2]))
            event = event_bytes(plan, name, data)
            await self._write(without_final_blank(plan, event) if last and not plan.final_blank else event)
            if plan.gap_ms:
                await self._connection.pause(plan.gap_ms)
        return await self._finished()

    async def _joined_stream(self) -> str:
        plan = self._plan
        chunked = plan.framing in ("auto", "chunked")
        coding = Coding(plan, chunked)
        events = [event_bytes(plan, name, data) for name, data in answers.events(self._asked, plan)]
        wire = coding.body(b"".join(events)) + coding.end()
        length = len(wire) if plan.framing == "length" else None
        await self._head("text/event-stream", length, chunked)
        await self._connection.write(wire, plan.chop)
        return self._ending()

    async def _interrupted(self, next_event: bytes) -> str:
        """The ending that comes in place of event number `stop_after`."""
        plan = self._plan
        if plan.ending == "error":
            name, data = answers.error_event(self._asked, plan)
            await self._write(event_bytes(plan, name, data))
        elif plan.ending == "utf8":
            await self._write(cut_inside_character(next_event))
            return await self._broken_ending()
        elif plan.ending == "endless":
            await self._write(b"data: ")
            for _ in range(plan.mega_bytes * 16):
                await self._write(b"x" * 65_536)
        elif plan.ending in ("fin", "reset", "stall", "pings"):
            return await self._broken_ending()
        return await self._finished()

    async def _broken_ending(self) -> str:
        if self._plan.ending == "stall":
            await self._connection.until_gone()
        while self._plan.ending == "pings":
            await self._connection.pause(self._plan.gap_ms or PING_MS)
            ping = answers.ping(self._asked)
            await self._write(ping if isinstance(ping, bytes) else event_bytes(self._plan, *ping))
        if self._plan.ending == "reset":
            self._connection.reset()
        return "cut"

    async def _finished(self) -> str:
        end = self._coding.end()
        if end:
            await self._connection.write(end)
        return self._ending()

    async def _write(self, data: bytes) -> None:
        await self._connection.write(self._coding.body(data), self._plan.chop)

    # heads

    @property
    def _open_ended(self) -> bool:
        return self._plan.framing in ("close", "http10")

    def _ending(self) -> str:
        return "closing" if self._plan.closing or self._open_ended else "answered"

    async def _head(self, kind: str, length: int | None, chunked: bool) -> None:
        plan = self._plan
        reason = http.HTTPStatus(plan.status).phrase if plan.status in set(http.HTTPStatus) else "Fake"
        version = "1.0" if plan.framing == "http10" else "1.1"
        lines = [f"HTTP/{version} {plan.status} {reason}", f"content-type: {kind}", "server: fake"]
        if chunked:
            lines.append("transfer-encoding: chunked")
        elif length is not None:
            lines.append(f"content-length: {length}")
        if plan.gzip:
            lines.append("content-encoding: gzip")
        if plan.closing or plan.framing == "close":
            lines.append("connection: close")
        if plan.status == 302:
            lines.append("location: http://127.0.0.1:1/elsewhere")
        if kind.startswith("text/event-stream"):
            lines.append("cache-control: no-cache")
        lines += [f"{name}: {value}" for name, value in answers.extra_headers(self._asked, plan)]
        await self._connection.write(("\r\n".join(lines) + "\r\n\r\n").encode())


def understand(request: Recorded, body: bytes, number: int) -> Asked:
    """What a request asks for, by its path and body. Raises ValueError for a body that is no JSON object."""
    path = request.target.split("?")[0]
    headers = dict(request.headers)
    anthropic = path.startswith("/v1/messages") or "anthropic-version" in headers
    asked = Asked("anthropic" if anthropic else "openai", number)
    if request.method != "POST":
        return asked
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("the body is no JSON object")
    asked.model = str(value.get("model", ""))
    asked.stream = value.get("stream") is True
    asked.counts = path == "/v1/messages/count_tokens"
    asked.embeds = len(value.get("input") or []) if path == "/v1/embeddings" else 0
    options = value.get("stream_options")
    asked.include_usage = isinstance(options, dict) and options.get("include_usage") is True
    asked.choices = value["n"] if isinstance(value.get("n"), int) else 1
    asked.fields = frozenset(value)
    offered = [tool.get("function", tool) for tool in value.get("tools") or []]
    asked.tools = tuple(str(tool.get("name")) for tool in offered)
    asked.ends_with_result = _ends_with_result(value.get("messages") or [])
    return asked


def _ends_with_result(messages: list[dict]) -> bool:
    """Whether a tool's result is what the vendor is to answer: OpenAI's message of it, or a block in Anthropic's."""
    last = messages[-1] if messages else {}
    content = last.get("content")
    blocks = content if isinstance(content, list) else []
    return last.get("role") == "tool" or any(block.get("type") == "tool_result" for block in blocks)


def _with_last(items: Iterator) -> Iterator:
    """Every item with its index and whether it is the last one, without holding more than two."""
    index, held = 0, next(items, None)
    while held is not None:
        following = next(items, None)
        yield index, held, following is None
        index, held = index + 1, following
