"""Event streams as a careful client reads them, and the invariants every one of them keeps."""

from __future__ import annotations

import json
import re


def events(stream: bytes) -> list[tuple[str | None, object]]:
    """All events as (name, data): data is JSON where it is JSON, text otherwise. Comments are left out."""
    found = []
    for block in re.sub("\r\n?", "\n", stream.decode()).split("\n\n"):
        fields = [re.match(r"(\w+): ?(.*)", line) for line in block.split("\n") if line and not line.startswith(":")]
        names = [field[2] for field in fields if field and field[1] == "event"]
        data = "\n".join(field[2] for field in fields if field and field[1] == "data")
        if data:
            found.append((names[-1] if names else None, _json_or_text(data)))
    return found


def _json_or_text(data: str) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return data


def check_anthropic(stream: bytes) -> list[dict]:
    """INV-A: one message_start, blocks opened and closed once in order, exactly one terminal. Returns the data."""
    found = events(stream)
    assert all(name == data["type"] for name, data in found), found
    data = [value for _, value in found if value["type"] != "ping"]
    kinds = [value["type"] for value in data]
    if kinds != ["error"]:
        assert kinds[0] == "message_start" and kinds.count("message_start") == 1, kinds
    assert (kinds[-2:] == ["message_delta", "message_stop"]) != (kinds[-1] == "error"), kinds
    assert kinds.count("message_stop") + kinds.count("error") == 1, kinds
    _check_blocks(data)
    return data


def _check_blocks(data: list[dict]) -> None:
    open_block, opened = None, 0
    for value in data:
        if value["type"] == "content_block_start":
            assert open_block is None and value["index"] == opened
            open_block, opened = value["index"], opened + 1
        elif value["type"] == "content_block_delta":
            assert value["index"] == open_block
        elif value["type"] == "content_block_stop":
            assert value["index"] == open_block
            open_block = None
    if data[-1]["type"] == "message_stop":
        assert open_block is None


def check_openai(stream: bytes, asked_for_usage: bool = False) -> list[dict]:
    """INV-O: one id, one role, one finish, usage only when asked, [DONE] only after success. Returns the chunks."""
    data = [value for _, value in events(stream)]
    chunks = [value for value in data if isinstance(value, dict) and "error" not in value]
    if data and isinstance(data[-1], dict) and "error" in data[-1]:
        assert "[DONE]" not in data
        return chunks
    assert data[-1] == "[DONE]" and data.count("[DONE]") == 1, data[-3:]
    assert len({(chunk["id"], chunk["model"], chunk["created"]) for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    finishes = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]
    assert len(finishes) == 1, finishes
    usages = [index for index, chunk in enumerate(chunks) if chunk.get("usage")]
    assert usages == ([len(chunks) - 1] if asked_for_usage else []), usages
    return chunks


def text_of(data: list[dict]) -> str:
    """The text of a checked stream of either dialect."""
    texts = []
    for value in data:
        if value.get("type") == "content_block_delta":
            texts.append(value["delta"].get("text", ""))
        texts += [choice["delta"].get("content") or "" for choice in value.get("choices") or []]
    return "".join(texts)
