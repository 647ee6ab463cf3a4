"""What a vendor documents that a request may hold: the types of its own SDK, with nothing beside them.

For translated requests: a real vendor refuses a field of the other dialect that slipped in, and so does this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Union

from anthropic.types import message_create_params as anthropic
from openai.types.chat import completion_create_params as openai
from pydantic import ConfigDict, TypeAdapter

_CLOSED = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
_OPENAI = TypeAdapter(
    Union[openai.CompletionCreateParamsNonStreaming, openai.CompletionCreateParamsStreaming], config=_CLOSED
)
_ANTHROPIC = TypeAdapter(
    Union[anthropic.MessageCreateParamsNonStreaming, anthropic.MessageCreateParamsStreaming], config=_CLOSED
)
# Documented for anthropic-version 2023-06-01, which Weir says; the SDK speaks a newer one.
_SAMPLING = ("temperature", "top_p", "top_k")


def check(request: dict) -> dict:
    """The body of a recorded request, once every member of it is one that its dialect documents."""
    body = json.loads(request["body"])
    if request["target"].startswith("/v1/messages"):
        typed = {name: value for name, value in body.items() if name not in _SAMPLING}
        assert _whole(_ANTHROPIC.validate_python(typed)) == typed
    else:
        assert _whole(_OPENAI.validate_python(body)) == body
    return body


def _whole(value: object) -> object:
    """A validated value with its lazy lists read to their ends, which is when they are validated."""
    if isinstance(value, dict):
        return {name: _whole(member) for name, member in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_whole(element) for element in value]
    return value
