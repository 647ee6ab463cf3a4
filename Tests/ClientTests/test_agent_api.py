"""The agent API with real daemons: what agents get from providers, and what nobody gets."""

from __future__ import annotations

import concurrent.futures
import json
import os
import select
import signal
import socket
import threading
import time

import pytest

import raw
from authority import CLIENT, SECRET, Authority
from binaries import READY_SECONDS
from connected import ConnectedWeir, call, failure, is_secret_free
from provider import Provider
from weir import SECRETS

KEY = "shop-key-0123456789"


@pytest.fixture(scope="module")
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def connected(provider, tmp_path_factory):
    with ConnectedWeir(tmp_path_factory.mktemp("agents"), provider.url, timeout="2s") as weir:
        yield weir


@pytest.fixture
def agent(connected, provider):
    """A tenant with one account at the shop."""
    tenant = connected.agent(f"agent{next(connected._numbers)}")
    connected.connect(f"{tenant.name}/shop/main", KEY)
    provider.asked.clear()
    provider.refused.clear()
    return tenant


def test_a_call_reaches_the_provider_with_the_credential_and_its_json_comes_back_as_it_was(agent, provider):
    answer = call(agent, "shop", method="PUT", path="/echo/a?b=1", query={"c": [2, True]}, body={"d": [1.50, "é"]})
    asked = provider.take()
    assert (asked.method, asked.target) == ("PUT", "/api/echo/a?tenant=fixed&b=1&c=2&c=true")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["x-version"] == "7"
    assert asked.headers["content-type"] == "application/json"
    assert "x-api-key" not in asked.headers and agent.key not in str(asked)
    assert json.loads(asked.body) == {"d": [1.50, "é"]} and answer.status == 200
    said = answer.json()
    assert (said["status"], said["cache"]) == (200, "MISS")
    assert said["data"]["owner"] == {"name": "früh", "id": 12345678901234567890}
    assert b'"id": 12345678901234567890' in answer.body


def test_fields_and_compact_leave_out_what_is_not_wanted(agent):
    answer = call(agent, "shop", path="/echo", fields=["owner.name", "nothing", "absent"])
    assert answer.json()["data"] == {"owner": {"name": "früh"}, "nothing": None}
    answer = call(agent, "shop", path="/echo", format="compact")
    assert {"nothing", "empty"}.isdisjoint(answer.json()["data"])
    assert b'"owner":{"name"' in answer.body


def test_actions_and_further_domains_are_called_by_name(agent, provider):
    assert call(agent, "shop", action="find", item="a b/c").status == 400
    assert call(agent, "shop", action="find", item="a b", limit=3).status == 200
    assert provider.take().target == "/api/echo/items/a%20b?tenant=fixed&limit=3"
    assert call(agent, "till", path="/echo/1").status == 200
    assert provider.take().target == "/till/echo/1?tenant=fixed"


def test_credentials_stand_where_the_definition_says(connected, provider, agent):
    name = agent.name
    connected.connect(f"{name}/keyed/query", "key-in-the-query-1")
    connected.connect(f"{name}/keyed/path", "key-in-the-path-1", "--kind", "bot_token")
    connected.connect(f"{name}/shop/basic", "password-of-basic-1", "--kind", "basic", "--user", "me")
    assert call(agent, "keyed", path="/echo", account_id="query").status == 200
    assert provider.take().target == "/api/echo?key=key-in-the-query-1"
    assert call(agent, "keyed", path="/echo", account_id="path").status == 200
    assert provider.take().target == "/api/botkey-in-the-path-1/echo"
    assert call(agent, "shop", path="/echo", account_id="basic").status == 200
    assert provider.take().headers["authorization"] == "Basic bWU6cGFzc3dvcmQtb2YtYmFzaWMtMQ=="


def test_of_several_accounts_one_has_to_be_named(connected, agent, provider):
    connected.connect(f"{agent.name}/shop/other", "shop-key-of-the-other")
    answer = call(agent, "shop", path="/echo")
    assert failure(answer) == (400, "VALIDATION_ERROR")
    assert answer.json()["accounts"] == ["main", "other"]
    assert call(agent, "shop", path="/echo", account_id="other").status == 200
    assert provider.take().headers["authorization"] == "Bearer shop-key-of-the-other"
    assert failure(call(agent, "shop", path="/echo", account_id="third")) == (404, "TOKEN_MISSING")


def test_of_several_accounts_the_default_is_used(connected, agent, provider):
    connected.connect(f"{agent.name}/shop/preferred", "shop-key-preferred", "--set", "default=true")
    assert call(agent, "shop", path="/echo").status == 200
    assert provider.take().headers["authorization"] == "Bearer shop-key-preferred"
    assert call(agent, "shop", path="/echo", account_id="main").status == 200
    assert provider.take().headers["authorization"] == f"Bearer {KEY}"
    # Two defaults are none.
    connected.connect(f"{agent.name}/shop/another", "shop-key-of-another", "--set", "default=true")
    assert failure(call(agent, "shop", path="/echo")) == (400, "VALIDATION_ERROR")


def test_what_is_wrong_is_told_at_once_and_nothing_is_sent(connected, agent, provider):
    answer = call(agent, "shop", path="/a/../b", fields=[], colour="red")
    assert failure(answer) == (400, "VALIDATION_ERROR")
    assert {problem["path"] for problem in answer.json()["details"]} == {"path", "fields", "colour"}
    assert failure(raw.post(agent, f"/api/v1/{agent.name}/shop", b"{")) == (400, "VALIDATION_ERROR")
    large = json.dumps({"path": "/echo", "body": "x" * (1 << 20)}).encode()
    assert failure(raw.post(agent, f"/api/v1/{agent.name}/shop", large)) == (413, "VALIDATION_ERROR")
    assert failure(call(agent, "nowhere", path="/")) == (404, "CONFIG_MISSING")
    assert failure(call(agent, "keyed", path="/")) == (404, "TOKEN_MISSING")
    assert not provider.asked


def test_only_a_key_of_the_tenant_with_the_scope_is_let_in(connected, agent, provider):
    path = f"/api/v1/{agent.name}/shop"
    body = {"path": "/echo"}
    assert failure(raw.ask(connected.port, "POST", path, {}, b"{}")) == (401, "AUTH_FAILED")
    other = connected.agent(f"{agent.name}-other")
    assert failure(raw.post(other, path, body)) == (401, "AUTH_FAILED")
    # Nobody learns which tenants there are.
    assert failure(raw.post(other, "/api/v1/no-such-tenant/shop", body)) == (401, "AUTH_FAILED")
    assert connected.metrics().total("weir_gateway_agent_calls_total", outcome="refused") >= 1
    # A tenant that there is not is told from another's no more than a key is.
    assert failure(raw.post(agent, "/api/v1/nobody/shop", body)) == (401, "AUTH_FAILED")
    agent.key, _ = connected.key(agent.name)
    assert failure(raw.post(agent, path, body)) == (403, "AUTH_FAILED")
    connected.ctl("tenant", "suspend", other.name)
    assert failure(raw.post(other, f"/api/v1/{other.name}/shop", body)) == (403, "TENANT_SUSPENDED")
    assert failure(raw.get(other, path)) == (405, "VALIDATION_ERROR")
    assert failure(raw.post(other, "/api/v1/one", body)) == (404, "CONFIG_MISSING")
    assert not provider.asked


def test_beyond_its_rate_a_key_is_told_when_to_come_back(connected, agent):
    agent.key, _ = connected.key(agent.name, scopes="agent", requests_per_minute="1", request_burst="1")
    assert call(agent, "shop", path="/echo").status == 200
    answer = call(agent, "shop", path="/echo")
    assert failure(answer) == (429, "RATE_LIMITED") and 0 < int(answer.header("retry-after")) <= 60


def test_errors_of_the_provider_keep_their_status_and_are_rows_where_they_are_somebodys_business(
    connected, agent, provider
):
    answer = call(agent, "shop", path="/status/404")
    assert failure(answer) == (404, "UPSTREAM_ERROR")
    assert answer.json()["data"] == {"message": "as you asked: 404"}
    limited = call(agent, "shop", path="/status/429")
    assert failure(limited) == (429, "UPSTREAM_ERROR")
    # When to come back is the provider's to say.
    assert limited.header("retry-after") == "17" and limited.json()["retry_after"] == 17
    assert failure(call(agent, "shop", path="/status/503")) == (503, "UPSTREAM_ERROR")
    assert failure(call(agent, "shop", path="/cut")) == (502, "UPSTREAM_ERROR")
    assert failure(call(agent, "shop", path="/garbage")) == (502, "UPSTREAM_ERROR")
    rows = connected.ctl("errors", "--tenant", agent.name)
    kinds = sorted(row["kind"] for row in rows)
    assert kinds == ["upstream_closed", "upstream_malformed", "upstream_status", "upstream_status"]


def test_an_answer_beyond_the_bound_is_no_answer(provider, tmp_path):
    with ConnectedWeir(tmp_path / "w", provider.url, body_limit="8MiB, answer: 64KiB") as weir:
        tenant = weir.agent("bounded")
        weir.connect("bounded/shop/main", KEY)
        assert call(tenant, "shop", path="/large/65000").status == 200
        assert failure(call(tenant, "shop", path="/large/65600")) == (502, "UPSTREAM_ERROR")
        assert call(tenant, "shop", path="/echo").status == 200


def test_a_body_that_is_no_json_is_handed_on_as_text_and_none_as_null(agent):
    assert call(agent, "shop", path="/text").json()["data"] == "früh"
    empty = call(agent, "shop", path="/empty").json()
    assert (empty["data"], empty["status"]) == (None, 204)
    assert call(agent, "shop", method="HEAD", path="/echo").json()["data"] is None


def test_a_redirect_is_not_followed(agent, provider):
    assert failure(call(agent, "shop", path="/redirect")) == (502, "UPSTREAM_ERROR")
    assert [asked.target for asked in provider.asked] == ["/api/redirect?tenant=fixed"]


def test_a_provider_that_is_slow_is_a_timeout(connected, agent):
    assert failure(call(agent, "shop", path="/slow")) == (504, "TIMEOUT")
    assert [row["kind"] for row in connected.ctl("errors", "--tenant", agent.name)] == ["upstream_timeout"]


def test_a_client_that_goes_takes_its_call_with_it(connected, agent, provider):
    provider.hung_up.clear()
    body = json.dumps({"path": "/slow"}).encode()
    head = (
        f"POST /api/v1/{agent.name}/shop HTTP/1.1\r\nhost: weir\r\nauthorization: Bearer {agent.key}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode()
    with raw.dial(connected.port) as client:
        client.sendall(head + body)
        connected.wait_until("the call is under way", lambda: len(provider.asked) == 1)
    assert provider.hung_up.wait(1.5), "the provider was not hung up on before the timeout"
    connected.wait_until(
        "the call is counted",
        lambda: connected.metrics().total("weir_gateway_agent_calls_total", outcome="client_gone") >= 1)


def test_nothing_that_was_sent_in_secret_comes_back(agent, provider):
    for path in ("/leak", "/leak?x=1"):
        answer = call(agent, "shop", path=path)
        assert failure(answer) == (400, "UPSTREAM_ERROR")
        assert KEY not in answer.body.decode() and "data" not in answer.json()


def test_a_refused_key_is_told_and_the_account_stays(connected, agent, provider):
    provider.refused.add(KEY)
    answer = call(agent, "shop", path="/echo")
    assert failure(answer) == (401, "TOKEN_EXPIRED")
    assert KEY not in answer.body.decode()
    rows = connected.ctl("errors", "--tenant", agent.name)
    assert [(row["kind"], row["side"]) for row in rows] == [("credential_refused", "client")]
    provider.refused.clear()
    assert call(agent, "shop", path="/echo").status == 200


def test_a_refused_token_is_refreshed_and_the_next_call_is_good(provider, tmp_path):
    with Authority(leeway=60.0) as authority:
        url = f"http://127.0.0.1:{authority.port}"
        with ConnectedWeir(tmp_path / "w", provider.url, url, registration=(CLIENT, SECRET)) as weir:
            tenant = weir.agent("fresh")
            refresh = str(weir.secret_file(Authority.token("fresh", 0)))
            weir.connect(
                "fresh/shop/main", "access.old", "--kind", "oauth", "--refresh-token-file", refresh, "--expires", "1h")
            provider.asked.clear()
            provider.refused.add("access.old")
            assert failure(call(tenant, "shop", path="/echo")) == (401, "TOKEN_EXPIRED")
            weir.wait_until("the token is refreshed", lambda: call(tenant, "shop", path="/echo").status == 200)
            assert provider.asked[-1].headers["authorization"] == "Bearer access.fresh.1"
            assert len(authority.calls["fresh"]) == 1
            provider.refused.clear()


FACTS = """\
    known:
      name: Known
      base_url: "{provider}/api/echo/{{region}}/{{place}}/{{login}}"
      auth: {{oauth2: bearer}}
      account_fields:
        region: {{from: tenant, form: label, required: true}}
        place: {{from: token, field: token_type, required: true}}
        login: {{from: identity, field: login, required: true}}
      identity: GET {provider}/me
      allow: [GET /**]
      oauth:
        authorize_url: {authority}/authorize
        token_url: {authority}/token
"""


def test_o02_an_accounts_facts_stay_whatever_a_refresh_tells(provider, tmp_path):
    """The address needs a fact of the tenant, one of the token's answer and one of the identity."""
    with Authority(leeway=60.0) as authority:
        url = f"http://127.0.0.1:{authority.port}"
        facts = FACTS.format(provider=provider.url, authority=url)
        with ConnectedWeir(tmp_path / "w", provider.url, url, more_providers=facts) as weir:
            tenant = weir.agent("known")
            refresh, secret = (str(weir.secret_file(text)) for text in (Authority.token("known", 0), SECRET))
            named = [word for fact in ("region=eu", "place=first", "login=ada") for word in ("--set", fact)]
            weir.connect(
                "known/known/main", "access.old", "--kind", "oauth", "--refresh-token-file", refresh, "--expires", "1h",
                "--client-id", CLIENT, "--client-secret-file", secret, *named)
            assert call(tenant, "known", path="/x").status == 200
            assert provider.asked[-1].target == "/api/echo/eu/first/ada/x"
            provider.refused.add("access.old")
            assert failure(call(tenant, "known", path="/x")) == (401, "TOKEN_EXPIRED")
            weir.wait_until("the token is refreshed", lambda: call(tenant, "known", path="/x").status == 200)
            assert provider.asked[-1].target == "/api/echo/eu/Bearer/ada/x"
            assert provider.asked[-1].headers["authorization"] == "Bearer access.known.1"
            provider.refused.clear()


def test_o10_an_address_that_a_tenant_names_is_judged_where_it_leads(connected, agent, provider):
    provider.asked.clear()
    inside = {
        "address": f"http://127.0.0.1:{provider.port}", "loopback": "https://127.0.0.1",
        "metadata": "https://169.254.169.254/latest", "private": "https://10.0.0.1",
        "mapped": "https://[::ffff:10.0.0.1]",
        "name": "https://localhost", "own": f"https://{socket.gethostname()}",
    }
    for account, base in inside.items():
        connected.connect(f"{agent.name}/place/{account}", f"key-of-{account}", "--set", f"base_url={base}")
        answer = call(agent, "place", path="/echo", account_id=account)
        assert failure(answer) == (404, "CONFIG_MISSING"), account
        assert "may not be called" in answer.json()["error"]
        # What a name leads to inside is the operator's own knowledge.
        assert account not in ("name", "own") or not any(digit.isdigit() for digit in answer.json()["error"])
    kinds = [row["kind"] for row in connected.ctl("errors", "--tenant", agent.name)]
    assert kinds == ["address_forbidden"] * len(inside)
    assert not provider.asked


def test_o10_the_operators_list_opens_a_place_and_a_reload_takes_it_over(provider, tmp_path):
    with ConnectedWeir(tmp_path / "w", provider.url) as weir:
        tenant = weir.agent("placed")
        weir.connect("placed/place/main", "key-of-a-place", "--set", f"base_url={provider.url}/api")
        assert failure(call(tenant, "place", path="/echo")) == (404, "CONFIG_MISSING")
        weir.configure(allowed_targets=f'"127.0.0.1:{provider.port}"')
        weir.ctl("reload")
        assert call(tenant, "place", path="/echo").status == 200
        assert provider.asked[-1].headers["authorization"] == "Bearer key-of-a-place"
        weir.configure(allowed_targets="")
        weir.ctl("reload")
        assert failure(call(tenant, "place", path="/echo")) == (404, "CONFIG_MISSING")


def test_without_tokend_what_is_known_goes_on_and_its_restart_is_noticed(provider, tmp_path):
    provider.asked.clear()
    with ConnectedWeir(tmp_path / "w", provider.url, threads=2) as weir:
        tenant = weir.agent("warm")
        weir.connect("warm/shop/main", KEY)
        weir.kill("tokend")
        for _ in range(20):
            assert call(tenant, "shop", path="/echo").status == 200
        assert weir.health()["services"]["vault"] == "unavailable"
        assert weir.health()["status"] == "ok"
        told = weir.log("gatewayd").count("credentials are known")
        weir.start("tokend")
        weir.wait_until(
            "both loops have the picture again",
            lambda: weir.log("gatewayd").count("credentials are known") == told + 2)
        assert call(tenant, "shop", path="/echo").status == 200
        weir.connect("warm/shop/second", "a-second-shop-key")
        weir.ctl("connection", "remove", "warm/shop/main", "--keep-grant")
        weir.wait_until("it is gone", lambda: weir.credentials() == 1)
        assert call(tenant, "shop", path="/echo").status == 200
        assert provider.asked[-1].headers["authorization"] == "Bearer a-second-shop-key"


def test_first_calls_after_a_start_wait_for_the_credentials(provider, tmp_path):
    """A gatewayd serves clients as soon as it is started: that tokend has not told it all yet sends nobody away."""
    with ConnectedWeir(tmp_path / "w", provider.url) as weir:
        tenant = weir.agent("early")
        weir.connect("early/shop/main", KEY)
        weir.stop("gatewayd")
        os.kill(weir.pid("tokend"), signal.SIGSTOP)

        def first_call() -> bytes:
            with connected_to(weir.port) as client:
                body = b'{"path": "/echo"}'
                head = f"POST /api/v1/early/shop HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {tenant.key}\r\n"
                client.sendall(f"{head}connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
                waits = not select.select([client], [], [], 0.2)[0]
                os.kill(weir.pid("tokend"), signal.SIGCONT)
                assert waits, client.recv(4096)
                return client.recv(4096)

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            called = pool.submit(first_call)
            weir.start("gatewayd")
            assert called.result().startswith(b"HTTP/1.1 200 ")


def connected_to(port: int) -> socket.socket:
    """A connection as soon as somebody listens."""
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.005)


def test_before_tokend_has_told_anything_calls_are_503_and_afterwards_they_work(provider, tmp_path):
    with ConnectedWeir(tmp_path / "w", provider.url) as weir:
        tenant = weir.agent("cold")
        weir.connect("cold/shop/main", KEY)
        weir.stop("tokend")
        weir.restart("gatewayd")
        assert failure(call(tenant, "shop", path="/echo")) == (503, "UPSTREAM_ERROR")
        weir.start("tokend")
        weir.wait_until("credentials come", lambda: call(tenant, "shop", path="/echo").status == 200)


def test_a_dead_account_is_told_from_one_that_is_not_there(provider, tmp_path):
    with Authority(leeway=60.0) as authority:
        url = f"http://127.0.0.1:{authority.port}"
        with ConnectedWeir(tmp_path / "w", provider.url, url, registration=(CLIENT, SECRET)) as weir:
            tenant = weir.agent("ended")
            refresh = str(weir.secret_file(Authority.token("ended", 0)))
            weir.connect(
                "ended/shop/main", "access.old", "--kind", "oauth", "--refresh-token-file", refresh, "--expires", "1h")
            authority.ended.add("ended")
            provider.refused.add("access.old")
            assert failure(call(tenant, "shop", path="/echo")) == (401, "TOKEN_EXPIRED")
            weir.wait_until("the account is dead", lambda: weir.credentials() == 0)
            provider.asked.clear()
            for _ in range(2):
                answer = call(tenant, "shop", path="/echo")
                assert failure(answer) == (401, "TOKEN_EXPIRED")
                assert not provider.asked, "nothing is asked with a dead credential"
                assert "cannot be used" in answer.json()["error"]
                weir.restart("gatewayd")
                weir.wait_until_told()
            provider.refused.clear()


def test_health_and_metrics_count(connected, agent):
    health = connected.health()
    assert health["services"]["vault"] == "ok" and health["providers"] >= 14
    assert health["tokens"]["total"] >= 1 and set(health["tokens"]) == {"total", "expiring_soon", "expired"}
    before = connected.metrics()
    call(agent, "shop", path="/echo")
    call(agent, "shop", path="/status/500")
    after = connected.metrics()
    name = "weir_gateway_agent_calls_total"
    assert after.total(name, outcome="ok") == before.total(name, outcome="ok") + 1
    assert after.total(name, outcome="upstream_error") == before.total(name, outcome="upstream_error") + 1
    count = "weir_gateway_agent_call_duration_seconds_count"
    assert after.total(count) == before.total(count) + 2
    assert after.total("weir_gateway_agent_calls_in_flight") == 0
    assert after.total("weir_gateway_token_connections") == 1


def test_many_calls_at_once_go_out_side_by_side(connected, agent, provider):
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(call(agent, "shop", path="/echo").status)) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 50 and len(provider.asked) == 50


def test_no_secret_is_in_gatewayds_files_or_logs(connected):
    told = {secret for secret in SECRETS if secret.startswith(("shop-key", "key-", "password-of", "access.", "vault-"))}
    assert KEY in told
    assert is_secret_free(connected.folder, told) == []
