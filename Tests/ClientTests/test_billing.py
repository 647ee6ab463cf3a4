"""Money: what an answer costs, to the micro-dollar, and who does not get in. Cases B-*.

Every figure is compared in all places where somebody can see it: the ledger, the balance, the usage report.
"""

from __future__ import annotations

import concurrent.futures
import time
from decimal import Decimal

import pytest

import raw
from conftest import new_tenant
from dialects import ALL, ANTHROPIC, OPENAI

every = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


@every
@pytest.mark.parametrize("streamed", [False, True])
def test_cost_is_the_same_in_ledger_balance_and_usage(tenant, dialect, streamed):
    answer = raw.post(tenant, dialect.path, dialect.body(stream=streamed))
    (entry,) = tenant.settlements(1)
    assert Decimal(entry["amount"]) == -dialect.cost
    assert entry["key"] == tenant.key_id
    assert entry["request"] == answer.header("x-weir-request-id")
    assert tenant.wait_until_nothing_is_held()["balance"] == 100 - dialect.cost
    balance = raw.get(tenant, "/v1/billing/balance").json()
    assert balance["balance_micros"] == (100 - dialect.cost) * 1_000_000
    assert usage_of(tenant, requests=1) == (25, 6, dialect.cost)


def usage_of(tenant, requests: int) -> tuple[int, int, Decimal]:
    """Input, output and cost by the account route, once it counts this many requests; weirctl must say the same."""
    until = time.monotonic() + 20
    while (usage := raw.get(tenant, "/v1/usage").json())["request_count"] < requests:
        assert time.monotonic() < until, usage
        time.sleep(0.02)
    (row,) = tenant.weir.ctl("usage", "--tenant", tenant.name)
    cost = Decimal(usage["total_cost_micros"]) / 1_000_000
    assert (row["requests"], Decimal(row["cost"])) == (usage["request_count"], cost)
    return usage["total_input_tokens"], usage["total_output_tokens"], cost


@every
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("situation, anthropic, openai", [
    # 3.00 in, 0.30 read, 3.75 and 6.00 written, 15.00 out; 1.25 in, 0.125 read, 10.00 out; a million tokens each.
    pytest.param("cached-usage", "0.016722", "0.006990", id="b19-cached-tokens-are-a-part-of-openais-prompt"),
    pytest.param("cache-writes", "0.045990", None, id="b18-cache-writes-are-beside-anthropics-input"),
    pytest.param("zero-usage", "0", "0", id="b13-an-explicit-zero-is-free"),
    pytest.param("reasoning-usage", None, "0.009032", id="b21-reasoning-is-inside-the-completion"),
    pytest.param("no-output tokens=0", "0.000075", "0.000032", id="b16-input-is-billed-without-output"),
])
def test_prices(tenant, dialect, streamed, situation, anthropic, openai):
    expected = anthropic if dialect.vendor == "anthropic" else openai
    if expected is None:
        return
    assert raw.post(tenant, dialect.path, dialect.body(situation, stream=streamed)).status in (200, 502)
    if Decimal(expected) == 0:
        assert tenant.wait_until_nothing_is_held()["balance"] == 100
        assert tenant.settlements(0) == []
    else:
        assert tenant.cost() == Decimal(expected)


@every
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("situation", [
    "negative-usage", "huge-usage", "float-usage", "text-usage", "partial-usage", "cached-over-prompt",
])
def test_b20_odd_usage_never_credits_and_never_breaks(tenant, dialect, streamed, situation):
    answer = raw.post(tenant, dialect.path, dialect.body(situation, stream=streamed))
    assert answer.status == 200
    for entry in tenant.history():
        assert entry["kind"] == "credit" or Decimal(entry["amount"]) <= 0
    tenant.wait_until_nothing_is_held()
    assert raw.get(tenant, "/v1/models").status == 200


@every
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("situation", ["no-usage", "null-usage"])
def test_b14_missing_usage_is_estimated_and_said_to_be(tenant, dialect, streamed, situation):
    assert raw.post(tenant, dialect.path, dialect.body(situation, stream=streamed)).status == 200
    assert 0 < tenant.cost() < dialect.cost * 5
    usage_of(tenant, requests=1)
    (row,) = tenant.weir.ctl("usage", "--tenant", tenant.name)
    assert row["estimated"] == 1


@every
@pytest.mark.parametrize("situation", ["bad-request", "not-found", "server-error", "unavailable", "overloaded"])
def test_b15_an_error_before_output_is_free(tenant, dialect, situation):
    assert raw.post(tenant, dialect.path, dialect.body(situation)).status >= 400
    assert tenant.wait_until_nothing_is_held()["balance"] == 100
    assert tenant.settlements(0) == []


def test_b01_hundred_parallel_requests_on_money_for_ten(weir, vendor):
    """The gate keeps all that were admitted until everybody else was turned away, so the number is exact."""
    body = ANTHROPIC.body("normal gate=b01 gate_at=0", max_tokens=1000)
    hold = hold_of(new_tenant(weir), vendor, body)
    vendor.reset()
    tenant = new_tenant(weir, credit=str(hold * 10 + hold / 2))
    with concurrent.futures.ThreadPoolExecutor(100) as clients:
        answers = [clients.submit(raw.post, tenant, ANTHROPIC.path, body) for _ in range(100)]
        refused = []
        for answer in concurrent.futures.as_completed(answers):
            refused.append(answer)
            if len(refused) == 90:
                break
        assert vendor.wait(waiting=10)["requests"] == 10
        assert tenant.balance()["held"] == hold * 10
        vendor.open_gate("b01")
        statuses = sorted(answer.result().status for answer in answers)
    assert statuses == [200] * 10 + [402] * 90
    assert [-Decimal(entry["amount"]) for entry in tenant.settlements(10)] == [ANTHROPIC.cost] * 10
    assert tenant.wait_until_nothing_is_held()["free"] == hold * 10 + hold / 2 - 10 * ANTHROPIC.cost


def hold_of(tenant, vendor, body: dict) -> Decimal:
    """What one such request holds while it runs."""
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        answer = client.submit(raw.post, tenant, ANTHROPIC.path, body)
        vendor.wait(waiting=1)
        held = tenant.balance()["held"]
        vendor.open_gate("b01")
        assert answer.result().status == 200
    tenant.wait_until_nothing_is_held()
    return held


def test_b02_hold_covers_the_settlement_and_the_rest_comes_back(tenant, vendor):
    body = ANTHROPIC.body("normal gate=b01 gate_at=0", max_tokens=500)
    assert hold_of(tenant, vendor, body) >= Decimal("0.0075")
    assert tenant.cost() == ANTHROPIC.cost
    assert tenant.balance()["free"] == 100 - ANTHROPIC.cost


def test_positive_policy_admits_while_anything_is_left(weir, vendor):
    tenant = new_tenant(weir, credit="0.0001", policy="positive")
    assert raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body()).status == 200
    assert tenant.cost() == ANTHROPIC.cost
    assert tenant.balance()["balance"] < 0
    assert raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body()).status == 402


def test_b24_every_metered_door_is_closed_to_an_empty_wallet(weir, vendor):
    for credit in (None, "0.000001"):
        tenant = new_tenant(weir, credit=credit)
        for dialect in ALL:
            assert raw.post(tenant, dialect.path, dialect.body()).status == 402
        assert raw.get(tenant, "/v1/models").status == 200
        assert raw.get(tenant, "/v1/billing/balance").status == 200
    assert vendor.requests() == []


# keys

def test_revoked_key_is_refused_on_the_very_next_request(weir, tenant):
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 200
    weir.ctl("key", "revoke", tenant.key_id)
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 401


def test_suspended_tenant_is_refused_and_comes_back(weir, tenant):
    weir.ctl("tenant", "suspend", tenant.name)
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 403
    weir.ctl("tenant", "resume", tenant.name)
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 200


def test_scope_is_held_at_every_route(weir, tenant):
    tenant.key, _ = weir.key(tenant.name, scopes="account")
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 403
    assert raw.get(tenant, "/v1/usage").status == 200
    assert raw.get(tenant, "/v1/keys").status == 403


def test_lifetime_cap_of_a_key_cannot_be_overshot_in_parallel(weir, vendor):
    body = ANTHROPIC.body("normal gate=cap gate_at=0", max_tokens=1000)
    probe = new_tenant(weir)
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        answer = client.submit(raw.post, probe, ANTHROPIC.path, body)
        vendor.wait(waiting=1)
        hold = probe.balance()["held"]
        vendor.open_gate("cap")
        answer.result()
    vendor.reset()
    tenant = new_tenant(weir, cap=str(hold * 3))
    with concurrent.futures.ThreadPoolExecutor(20) as clients:
        answers = [clients.submit(raw.post, tenant, ANTHROPIC.path, body) for _ in range(20)]
        done = concurrent.futures.as_completed(answers)
        refused = [next(done) for _ in range(17)]
        vendor.wait(waiting=3)
        vendor.open_gate("cap")
    assert {answer.result().status for answer in refused} == {402}
    assert sorted(answer.result().status for answer in answers) == [200] * 3 + [402] * 17
    assert "cap" in refused[0].result().json()["error"]["message"]


def test_keys_are_made_listed_and_revoked_over_http(weir, tenant):
    tenant.key, _ = weir.key(tenant.name, scopes="inference,account,keys")
    made = raw.post(tenant, "/v1/keys", {"name": "of a program"}).json()
    other = type(tenant)(weir, tenant.name, made["secret"], made["id"])
    assert raw.post(other, OPENAI.path, OPENAI.body()).status == 200
    listed = raw.get(tenant, "/v1/keys").json()["keys"]
    assert made["id"] in [key["id"] for key in listed] and made["secret"] not in str(listed)
    assert raw.ask(
        weir.port, "DELETE", f"/v1/keys/{made['id']}", {"authorization": f"Bearer {tenant.key}"}
    ).status in (200, 204)
    assert raw.post(other, OPENAI.path, OPENAI.body()).status == 401
