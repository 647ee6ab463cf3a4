"""One model at two vendors of different dialects: who takes over, what the client sees of it, who is paid.

The client must not be able to tell whether its answer was translated, nor that another vendor was asked before. Cases
T-05, T-06, T-07, T-08, T-15, B-12, B-17.
"""

from __future__ import annotations

import itertools
import json

import pytest

import documented
import raw
import streams
from conftest import new_tenant
from dialects import ALL, ANTHROPIC, OPENAI, OPENAI_ON_ANTHROPIC, WORDS
from weir import Weir

PROVIDERS = {"anthropic": "claude-vendor", "openai": "gpt-vendor"}
PRICES = {"anthropic": "{input: 3, output: 15}", "openai": "{input: 1.25, output: 10}"}
# What the first vendor does before the second is asked: to any request, or to one for a stream.
FAILURES = [
    "unavailable", "overloaded", "unauthorized", "rate-limited-bare", "silent", "html", "empty", "bare-close",
]
STREAM_FAILURES = ["prelude-reset", "prelude-only", "error-first"]
OTHER_FAILURE = "server-error"
# What is an answer, or the beginning of one, so that nobody else is asked.
ANSWERS = ["normal", "bad-request", "error-late", "cut"]

every = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


def model_of(situation: str, dialect, streamed: bool = True) -> str:
    """A test's own model: at a vendor of this dialect, which does what the situation says, and then at the other."""
    return f"{situation}-{dialect.name}-{'streamed' if streamed else 'whole'}"


def models() -> str:
    numbers = {vendor: itertools.count() for vendor in PROVIDERS}
    cases = itertools.chain(
        itertools.product([*FAILURES, *STREAM_FAILURES, OTHER_FAILURE, *ANSWERS], ALL, [True]),
        itertools.product(FAILURES, ALL, [False]),
    )
    found = []
    for situation, dialect, streamed in cases:
        first, second = dialect, OPENAI if dialect.vendor == "anthropic" else ANTHROPIC
        # A failure of a connection or a credential benches the provider, hence one for each test.
        number = next(numbers[first.vendor])
        found.append(f"""\
  {model_of(situation, dialect, streamed)}:
    context_window: 200000
    max_output_tokens: 1000
    prefer: listed
    hosts:
      - provider: {PROVIDERS[first.vendor]}-{number}
        model: fake-{situation}
        price: {PRICES[first.vendor]}
      - provider: {PROVIDERS[second.vendor]}
        model: {second.vendor_model}
        price: {PRICES[second.vendor]}
""")
    return "".join(found)


@pytest.fixture(scope="module")
def twofold(running_fake, tmp_path_factory):
    """A Weir whose models are each at two vendors."""
    with Weir(tmp_path_factory.mktemp("twofold"), running_fake.url, more_models=models()) as weir:
        yield weir
        weir.audit()


@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI], ids=lambda dialect: dialect.name)
def test_unless_told_otherwise_the_host_that_speaks_the_clients_dialect_is_asked(tenant, vendor, dialect):
    assert raw.post(tenant, dialect.path, dialect.body(model="bench")).status == 200
    assert vendor.only_request()["target"] == dialect.path


def body_of(situation: str, dialect, streamed: bool = True) -> dict:
    prompt = [{"role": "user", "content": "hello"}]
    stream = {"stream": True} if streamed else {}
    return {"model": model_of(situation, dialect, streamed), "max_tokens": 100, "messages": prompt} | stream


@every
@pytest.mark.parametrize("situation, streamed", [
    *((situation, streamed) for situation in FAILURES for streamed in (False, True)),
    *((situation, True) for situation in STREAM_FAILURES),
])
def test_t05_the_other_vendor_takes_over_and_is_paid_alone(twofold, vendor, dialect, situation, streamed):
    tenant = new_tenant(twofold)
    answer = raw.post(tenant, dialect.path, body_of(situation, dialect, streamed))
    assert answer.status == 200, answer.body
    said = dialect.check(answer.body) if streamed else answer.json()
    assert WORDS == (streams.text_of(said) if streamed else text_of(said))
    assert model_of(situation, dialect, streamed).encode() in answer.body and b"fake-" not in without_ids(answer.body)
    first, second = vendor.requests()
    paths = {"anthropic": "/v1/messages", "openai": "/v1/chat/completions"}
    other = OPENAI if dialect.vendor == "anthropic" else ANTHROPIC
    assert (first["target"], second["target"]) == (paths[dialect.vendor], paths[other.vendor])
    for request in (first, second):
        documented.check(request)
    assert tenant.cost() == other.cost
    assert tenant.wait_until_nothing_is_held()["balance"] == 100 - other.cost


def without_ids(body: bytes) -> bytes:
    """The fake's answers bear its name in their ids."""
    return body.replace(b"chatcmpl-fake-", b"").replace(b"msg_fake_", b"")


def text_of(answer: dict) -> str:
    return answer["content"][0]["text"] if "content" in answer else answer["choices"][0]["message"]["content"]


@every
def test_t15_what_the_request_is_to_blame_for_is_not_asked_elsewhere(twofold, vendor, dialect):
    answer = raw.post(new_tenant(twofold), dialect.path, body_of("bad-request", dialect))
    assert answer.status == 400 and b"fake upstream says 400" in answer.body
    assert len(vendor.requests()) == 1


@every
@pytest.mark.parametrize("situation", ["error-late", "cut"])
def test_t06_an_answer_that_has_begun_is_not_spliced(twofold, vendor, dialect, situation):
    tenant = new_tenant(twofold)
    answer = raw.post(tenant, dialect.path, body_of(situation, dialect))
    assert answer.status == 200 and b'"error"' in answer.body
    dialect.check(answer.body)
    assert len(vendor.requests()) == 1
    assert 0 < tenant.cost() < dialect.cost * 2


def test_what_the_first_vendor_cannot_be_asked_the_second_is(twofold, vendor):
    """Two choices are no question for Anthropic; the model's other host answers them."""
    body = body_of("normal", OPENAI_ON_ANTHROPIC) | {"n": 2, "stream": False, "seed": 5}
    answer = raw.post(new_tenant(twofold), OPENAI_ON_ANTHROPIC.path, body)
    assert answer.status == 200 and len(answer.json()["choices"]) == 2
    # What was translated for nobody was dropped for nobody.
    assert answer.header("x-weir-dropped") is None
    request = vendor.only_request()
    assert request["target"] == "/v1/chat/completions" and json.loads(request["body"])["seed"] == 5


@every
@pytest.mark.parametrize("situation", ["normal", OTHER_FAILURE])
def test_what_is_named_as_dropped_was_kept_from_the_vendor_that_answered(twofold, vendor, dialect, situation):
    name, path = {"anthropic": ("top_k", "/v1/messages"), "openai": ("seed", "/v1/chat/completions")}[dialect.client]
    answer = raw.post(new_tenant(twofold), dialect.path, body_of(situation, dialect) | {name: 5})
    answered = vendor.requests()[-1]
    assert answer.status == 200 and len(vendor.requests()) == (1 if situation == "normal" else 2)
    assert (name in json.loads(answered["body"])) == (answered["target"] == path)
    assert answer.header("x-weir-dropped") == (None if answered["target"] == path else name)
