"""What every client test stands on: one fake vendor, one Weir in front of it, a fresh tenant and both official SDKs.

The whole session shares a Weir, as customers do; a test that needs other settings, or kills something, starts its own.
"""

from __future__ import annotations

import itertools

import anthropic
import openai
import pytest

from fake import Fake
from weir import SECRETS, Tenant, Weir

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def nothing_secret_is_logged(tmp_path_factory, request):
    """When everything has ended, no log of any daemon of the session holds a key, a prompt or an answer."""
    yield
    told = [(log, log.read_text(errors="replace")) for log in tmp_path_factory.getbasetemp().rglob("*.log")]
    # A few chosen tests may have made none.
    is_whole = request.session.testscollected > 500
    assert not is_whole or any("gatewayd: request " in text for _, text in told), "no log to search has requests"
    leaks = [f"{log}: {secret}" for log, text in told for secret in sorted(SECRETS) if secret in text]
    assert not leaks, "\n".join(leaks)


@pytest.fixture(scope="session")
def running_fake():
    with Fake() as fake:
        yield fake


@pytest.fixture(scope="session")
def weir(running_fake, tmp_path_factory):
    with Weir(tmp_path_factory.mktemp("weir"), upstream=running_fake.url) as weir:
        yield weir
        weir.audit()


@pytest.fixture
def vendor(running_fake):
    """The fake vendor with an empty record; whatever is asked of it must keep the rules of HTTP."""
    running_fake.reset()
    yield running_fake
    assert running_fake.violations() == []


@pytest.fixture
def tenant(weir, vendor) -> Tenant:
    """A tenant of this test alone, with 100 dollars and a key. It holds nothing when the test is over."""
    tenant = new_tenant(weir)
    yield tenant
    tenant.wait_until_nothing_is_held()


def new_tenant(weir: Weir, **options: str) -> Tenant:
    return weir.tenant(f"t{next(_numbers)}", **options)


@pytest.fixture
def claude(tenant):
    return claude_of(tenant)


@pytest.fixture
def gpt(tenant):
    return gpt_of(tenant)


def claude_of(tenant: Tenant) -> anthropic.Anthropic:
    """The official Anthropic SDK with this tenant's key. It retries nothing: a test sees the first answer."""
    return anthropic.Anthropic(base_url=tenant.weir.url, api_key=tenant.key, max_retries=0, timeout=30)


def gpt_of(tenant: Tenant) -> openai.OpenAI:
    """The official OpenAI SDK with this tenant's key."""
    return openai.OpenAI(base_url=f"{tenant.weir.url}/v1", api_key=tenant.key, max_retries=0, timeout=30)
