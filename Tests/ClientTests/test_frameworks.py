"""An agent framework on every surface, over either dialect: tools in a loop, thinking, pictures, typed answers.

A framework sends what no hand-written test would: its own defaults, its own way to send an answer back.
"""

from __future__ import annotations

import json

import openai
import pydantic
import pydantic_ai
import pytest
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openrouter import OpenRouterProvider

import documented
from conftest import new_tenant
from dialects import ALL, OPENAI_ON_ANTHROPIC, WORDS
from weir import Weir

every = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
either = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
PNG = b"\x89PNG\r\n\x1a\n"


class Weather(pydantic.BaseModel):
    city: str
    days: int


def agent_of(tenant, dialect, model: str | None = None, **more) -> pydantic_ai.Agent:
    """An agent whose model is asked for on the dialect's surface."""
    name = model or dialect.model
    # What the framework knows of models by their names, it cannot know of these.
    profile = {"supports_json_schema_output": True}
    if dialect.client == "anthropic":
        provider = AnthropicProvider(base_url=tenant.weir.url, api_key=tenant.key)
        asked = AnthropicModel(name, provider=provider, profile=profile)
    else:
        provider = OpenAIProvider(base_url=f"{tenant.weir.url}/v1", api_key=tenant.key)
        asked = OpenAIChatModel(name, provider=provider, profile=profile)
    return pydantic_ai.Agent(asked, instructions="You are terse.", **more)


async def _read(_, events) -> None:
    """Reads a stream to its end; that somebody does makes the framework ask for streams."""
    async for _ in events:
        pass


def run(agent: pydantic_ai.Agent, prompt, streamed: bool, **more):
    """What comes of a prompt when the framework has called every tool that it was told to."""
    return agent.run_sync(prompt, event_stream_handler=_read if streamed else None, **more)


def bodies(vendor, streamed: bool) -> list[dict]:
    """What reached the vendor; each must be as its dialect documents it."""
    found = [documented.check(request) for request in vendor.requests()]
    assert [body.get("stream", False) for body in found] == [streamed] * len(found)
    return found


@every
@either
@pytest.mark.parametrize("calls", [1, 2])
def test_agent_calls_its_tools_until_it_answers(tenant, vendor, dialect, streamed, calls):
    asked = []

    def forecast(city: str, days: int) -> str:
        """The weather of some days."""
        asked.append((city, days))
        return "sunny"

    done = run(agent_of(tenant, dialect, tools=[forecast]), f"how is it? [[fake loop tools={calls}]]", streamed)
    assert (done.output, asked) == (WORDS, [("Zürich", 2)] * calls)
    assert (done.usage.requests, done.usage.input_tokens, done.usage.output_tokens) == (2, 50, 12)
    first, second = bodies(vendor, streamed)
    assert second["messages"][:len(first["messages"])] == first["messages"]
    assert json.dumps(second).count("sunny") == calls
    assert sum(float(entry["amount"]) for entry in tenant.settlements(2)) == pytest.approx(-2 * float(dialect.cost))


@every
@either
def test_agent_is_told_its_answer_by_a_tool_that_it_must_call(tenant, vendor, dialect, streamed):
    """The framework's own way to typed answers: one tool, and no way around it."""
    done = run(agent_of(tenant, dialect, output_type=Weather), "how is it? [[fake loop]]", streamed)
    assert done.output == Weather(city="Zürich", days=2)
    (body,) = bodies(vendor, streamed)
    forced = {"openai": "required", "anthropic": {"type": "any"}}[dialect.vendor]
    assert body["tool_choice"] == forced


@every
@either
def test_agent_is_told_its_answer_by_a_schema(tenant, vendor, dialect, streamed):
    agent = agent_of(tenant, dialect, output_type=pydantic_ai.NativeOutput(Weather))
    assert run(agent, "how is it? [[fake json]]", streamed).output == Weather(city="Zürich", days=2)
    (body,) = bodies(vendor, streamed)
    schema = (
        body["response_format"]["json_schema"]["schema"] if dialect.vendor == "openai"
        else body["output_config"]["format"]["schema"]
    )
    assert schema["properties"].keys() == {"city", "days"}


@every
def test_agent_shows_pictures_and_documents(tenant, vendor, dialect):
    prompt = [
        "look [[fake normal]]", pydantic_ai.BinaryContent(PNG, media_type="image/png"),
        pydantic_ai.BinaryContent(b"%PDF-1.7\n", media_type="application/pdf"),
    ]
    assert run(agent_of(tenant, dialect), prompt, streamed=False).output == WORDS
    (body,) = bodies(vendor, streamed=False)
    content = body["messages"][-1]["content"]
    kinds = {"openai": ["text", "image_url", "file"], "anthropic": ["text", "image", "document"]}[dialect.vendor]
    assert [part["type"] for part in content] == kinds


@every
@either
def test_agent_that_sees_thinking_goes_on(tenant, vendor, dialect, streamed):
    """What a framework makes of thinking, and sends back with its tools' results, must not end its conversation."""
    agent = agent_of(tenant, dialect, tools=[weather])
    done = run(agent, "how is it? [[fake loop thinking=1]]", streamed)
    assert done.output == WORDS
    thoughts = [part for message in done.all_messages() for part in message.parts if part.part_kind == "thinking"]
    assert thoughts[0].content == "Let me see. "
    again = run(agent, "and tomorrow? [[fake normal]]", streamed, message_history=done.all_messages())
    assert again.output == WORDS
    # The second question called a tool as well.
    assert len(vendor.requests()) == 4


THINKING = {"max_tokens": 8000, "extra_body": {"reasoning_effort": "low"}}


def weather(city: str, days: int) -> str:
    """The weather of some days."""
    return "sunny"


def test_r14_agent_that_keeps_reasoning_details_has_claude_think_in_its_tool_loops(roomy, vendor):
    """Between a call and its result Claude wants its own thinking back, sealed as it was.

    Streamed alone: of a whole answer this model of the framework wants a field of OpenRouter's own.
    """
    tenant = new_tenant(roomy)
    client = openai.AsyncOpenAI(base_url=f"{roomy.url}/v1", api_key=tenant.key, max_retries=0)
    model = OpenRouterModel("anthropic/roomy", provider=OpenRouterProvider(openai_client=client))
    done = run(
        pydantic_ai.Agent(model, tools=[weather]), "how is it? [[fake loop thinking=1]]", streamed=True,
        model_settings=THINKING,
    )
    assert done.output == WORDS
    first, second = bodies(vendor, streamed=True)
    assert first["thinking"] == second["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    sealed = {"type": "thinking", "thinking": "Let me see. ", "signature": "c2lnbmVk"}
    assert second["messages"][1]["content"][0] == sealed


@either
def test_r14_agent_that_keeps_the_words_of_reasoning_alone_is_told_so(roomy, vendor, streamed):
    agent = agent_of(new_tenant(roomy), OPENAI_ON_ANTHROPIC, model="anthropic/roomy", tools=[weather])
    with pytest.raises(pydantic_ai.ModelHTTPError, match="signature") as raised:
        run(agent, "how is it? [[fake loop thinking=1]]", streamed, model_settings=THINKING)
    assert raised.value.status_code == 400


ROOMY = """\
  anthropic/roomy:
    context_window: 200000
    max_output_tokens: 64000
    hosts:
      - {provider: claude-vendor, model: claude-vendor-2025, price: {input: 3, output: 15}}
"""


@pytest.fixture(scope="module")
def roomy(running_fake, tmp_path_factory):
    """A Weir with a model that has room to think."""
    with Weir(tmp_path_factory.mktemp("roomy"), running_fake.url, more_models=ROOMY) as weir:
        yield weir
        weir.audit()
