"""Both dialects under one roof, and both ways across, for tests that ask the same of each."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from decimal import Decimal

import streams
from fake import ask
from weir import SPARES

_spares = itertools.count()


@dataclasses.dataclass(frozen=True)
class Dialect:
    name: str
    # Whose language the client speaks, and whose the vendor.
    client: str
    vendor: str
    path: str
    model: str
    alias: str
    vendor_model: str
    # What 25 tokens in and 6 out cost at the model's prices.
    cost: Decimal
    check: Callable[..., list[dict]]
    request_id: str

    def body(self, directive: str = "normal", words: str = "hello", **more: object) -> dict:
        """A request that asks the fake vendor for a situation; of a spare host, unless the vendor is to behave."""
        model = self.model if directive.startswith("normal") else self.spare()
        return {"model": model, "max_tokens": 100, "messages": ask(directive, words)} | more

    def spare(self) -> str:
        """A model like `model`, on a host that no other test is using."""
        return f"{self.model}-{next(_spares) % SPARES}"

    def stream(self, directive: str = "normal", **more: object) -> dict:
        return self.body(directive, stream=True, **more)


ANTHROPIC = Dialect(
    "anthropic", "anthropic", "anthropic", "/v1/messages", "claude-test", "sonnet", "claude-vendor-2025",
    Decimal("0.000165"), streams.check_anthropic, "request-id",
)
OPENAI = Dialect(
    "openai", "openai", "openai", "/v1/chat/completions", "gpt-test", "four", "gpt-vendor-2025",
    Decimal("0.000092"), streams.check_openai, "x-request-id",
)
BOTH = [ANTHROPIC, OPENAI]


def across(name: str, client: Dialect, vendor: Dialect) -> Dialect:
    """A client's surface with a model that speaks the other dialect."""
    return dataclasses.replace(
        client, name=name, vendor=vendor.vendor, model=vendor.model, alias=vendor.alias,
        vendor_model=vendor.vendor_model, cost=vendor.cost,
    )


ANTHROPIC_ON_OPENAI = across("anthropic-on-openai", ANTHROPIC, OPENAI)
OPENAI_ON_ANTHROPIC = across("openai-on-anthropic", OPENAI, ANTHROPIC)
CROSSED = [ANTHROPIC_ON_OPENAI, OPENAI_ON_ANTHROPIC]
ALL = BOTH + CROSSED
# What the fake vendor says when nothing else is asked of it.
WORDS = "You said früh 水 流れ 🌊 "
