"""LiteLLM on every surface, over either dialect: a tool loop, whole and streamed."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest

import binaries
import documented
from conftest import new_tenant
from dialects import ALL, OPENAI, OPENAI_ON_ANTHROPIC, WORDS

PYTHON = pathlib.Path(os.environ.get("LITELLM_PYTHON", binaries.ROOT / ".build-venv-litellm" / "bin" / "python"))
# LiteLLM's name of a surface, and whose model is asked for on it.
SURFACES = [(dialect.client, dialect) for dialect in ALL]
SURFACES += [("openai/responses", dialect) for dialect in (OPENAI, OPENAI_ON_ANTHROPIC)]
CASES = [(surface, dialect, streamed) for surface, dialect in SURFACES for streamed in (False, True)]


@pytest.fixture(scope="module")
def loops(weir, running_fake):
    """Every case's outcome and what the vendor was asked for it, of one process: it takes seconds to start."""
    assert PYTHON.exists(), f"{PYTHON} is not there: make client-test installs it, or LITELLM_PYTHON says where it is"
    running_fake.reset()
    tenants = [new_tenant(weir) for _ in CASES]
    cases = [
        {
            "surface": surface, "model": dialect.model, "streamed": streamed, "key": tenant.key,
            "url": weir.url + ("" if dialect.client == "anthropic" else "/v1"),
            "prompt": f"case {number}: how is it? [[fake loop tools=2 thinking=1]]",
        }
        for number, ((surface, dialect, streamed), tenant) in enumerate(zip(CASES, tenants))
    ]
    command = [str(PYTHON), str(pathlib.Path(__file__).with_name("litellm_client.py"))]
    done = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert running_fake.violations() == []
    return json.loads(done.stdout.splitlines()[-1]), running_fake.requests(), tenants


@pytest.mark.parametrize("number", range(len(CASES)), ids=[
    f"{surface.replace('/', '-')}-of-{dialect.vendor}-{'streamed' if streamed else 'whole'}"
    for surface, dialect, streamed in CASES
])
def test_tool_loop(loops, number):
    surface, dialect, streamed = CASES[number]
    outcomes, requests, tenants = loops
    call = ["weather", {"city": "Zürich", "days": 2}]
    assert outcomes[number] == {"text": WORDS, "finish": "stop", "calls": [call, call]}
    asked = [request for request in requests if f"case {number}:".encode() in request["body"]]
    assert len(asked) == 2
    # What is not translated is LiteLLM's own affair: it sends fields that OpenAI does not document.
    if surface != dialect.vendor:
        assert [documented.check(request).get("stream", False) for request in asked] == [streamed] * 2
    assert len(tenants[number].settlements(2)) == 2
