"""MCP with real daemons: the official SDK from discovery to a tool's result, and what raw HTTP must not get."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
import re
import secrets
import urllib.parse

import httpx2
import pytest
from mcp.client import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

import raw
from connected import ConnectedWeir, is_secret_free
from provider import Provider
from weir import SECRETS

KEY = "shop-key-of-tools-0123456789"
REDIRECT = "http://127.0.0.1:3999/callback?from=weir"
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def connected(provider, tmp_path_factory):
    with ConnectedWeir(tmp_path_factory.mktemp("tools"), provider.url, timeout="2s") as weir:
        # The port is known only now; what browsers are told is taken over at a reload.
        weir.configure(more_gateway=f"  public_url: {weir.url}")
        weir.ctl("reload")
        yield weir


@pytest.fixture
def agent(connected, provider):
    """A tenant with an account at the shop and a key that may give keys away."""
    tenant = connected.agent(f"tools{next(connected._numbers)}", scopes="agent,keys")
    connected.connect(f"{tenant.name}/shop/main", KEY)
    provider.asked.clear()
    return tenant


def rpc(tenant, method: str, params: dict | None = None, **headers: str) -> raw.Answer:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    return raw.post(tenant, "/mcp", message, **(JSON_NAMED | headers))


JSON_NAMED = {name.replace("-", "_"): value for name, value in JSON.items()}


def use(tenant, tool: str, **arguments: object) -> dict:
    answer = rpc(tenant, "tools/call", {"name": tool, "arguments": arguments})
    assert answer.status == 200, answer
    result = answer.json()["result"]
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
    return result


# MARK: the official SDK


class Person:
    """Somebody with a browser who agrees: plain HTTP, as the page's form says it."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key
        self.page = b""

    async def open(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self.location = await asyncio.to_thread(self.agree, f"{parts.path}?{parts.query}")

    def agree(self, target: str, **changes: str) -> str:
        answer = self.look(target)
        assert answer.status == 200, answer
        sent = self.send(answer, **changes)
        assert sent.status == 303, sent.body
        return sent.header("location")

    def look(self, target: str) -> raw.Answer:
        answer = raw.ask(self.port, "GET", target)
        self.page = answer.body
        return answer

    def send(self, answer: raw.Answer, cookie: str | None = None, **changes: str) -> raw.Answer:
        page = answer.body.decode()
        action = html.unescape(re.search(r'action="([^"]+)"', page)[1])
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page))
        form |= {"key": self.key, "decision": "allow"} | changes
        cookie = answer.header("set-cookie").split(";")[0] if cookie is None else cookie
        headers = {"content-type": "application/x-www-form-urlencoded", "cookie": cookie, "origin": "null"}
        return raw.ask(self.port, "POST", action, headers, urllib.parse.urlencode(form).encode())

    async def come_back(self) -> AuthorizationCodeResult:
        assert self.location.startswith(REDIRECT + "&code="), self.location
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.location).query))
        return AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query["iss"])


class Memory:
    """What the SDK keeps."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens
        SECRETS.add(tokens.access_token)

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


async def with_sdk(weir: ConnectedWeir, person: Person, memory: Memory, body) -> None:
    metadata = OAuthClientMetadata(client_name="Editor <b>&", redirect_uris=[REDIRECT])
    auth = OAuthClientProvider(f"{weir.url}/mcp", metadata, memory, person.open, person.come_back)
    async with httpx2.AsyncClient(auth=auth, timeout=20) as http:
        async with streamable_http_client(f"{weir.url}/mcp", http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await body(session)


def test_the_sdk_finds_registers_agrees_and_calls(connected, agent, provider):
    person, memory, seen = Person(connected.port, agent.key), Memory(), {}

    async def body(session: ClientSession) -> None:
        seen["welcome"] = await session.initialize()
        seen["tools"] = await session.list_tools()
        seen["found"] = await session.call_tool("discover", {"rationale": "what is there"})
        arguments = {"rationale": "read one", "domain": "shop", "action": "find", "item": "a b"}
        seen["called"] = await session.call_tool("call-api", arguments)
        seen["refused"] = await session.call_tool("call-api", {"domain": "shop", "path": "/echo"})

    asyncio.run(asyncio.wait_for(with_sdk(connected, person, memory, body), 60))
    assert [tool.name for tool in seen["tools"].tools] == ["discover", "call-api", "batch"]
    # What it calls itself is text on the page.
    assert b"Editor &lt;b&gt;&amp;" in person.page and b"<b>" not in person.page
    domains = {domain["domain"]: domain for domain in structure(seen["found"])["domains"]}
    assert set(domains) == {"shop", "till"}
    assert domains["shop"]["accounts"] == [{"account_id": "main", "usable": True, "facts": {}}]
    assert domains["shop"]["actions"][0]["parameters"]["required"] == ["item"]
    assert structure(seen["called"])["data"]["path"] == "/api/echo/items/a%20b"
    asked = provider.take()
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert memory.tokens.access_token not in str(asked)
    assert "rationale" in structure(seen["refused"])["error"]
    # The token is a key of the tenant like any other, and good for nothing else.
    (row,) = [row for row in connected.ctl("key", "list", agent.name) if row["name"].startswith("mcp: ")]
    assert row["name"] == "mcp: Editor <b>&" and row["scopes"] == "agent"
    assert 89 * 86400 < memory.tokens.expires_in <= 90 * 86400
    token = {"authorization": f"Bearer {memory.tokens.access_token}"}
    assert raw.ask(connected.port, "GET", "/v1/keys", token).status == 403
    assert raw.ask(connected.port, "GET", "/v1/models", token).status == 403
    # Why it was done is in the log; what was sent and got is not.
    assert "read one" in connected.log("gatewayd") and "items" not in connected.log("gatewayd")
    form = urllib.parse.urlencode({"token": memory.tokens.access_token}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert raw.ask(connected.port, "POST", "/oauth/revoke", kind, form).status == 200
    assert raw.ask(connected.port, "POST", "/mcp", JSON | token, b"{}").status == 401
    assert raw.ask(connected.port, "POST", "/oauth/revoke", kind, form).status == 200


def structure(result) -> dict:
    return json.loads(result.content[0].text)


# MARK: OAuth by hand


class Flow:
    """A registered program, the same for all tests because a peer registers five an hour, and a proof key."""

    def __init__(self, weir: ConnectedWeir) -> None:
        self.weir = weir
        if not hasattr(weir, "program"):
            body = json.dumps({"redirect_uris": [REDIRECT]}).encode()
            answer = raw.ask(weir.port, "POST", "/oauth/register", JSON, body)
            assert answer.status == 201 and answer.header("cache-control") == "no-store", answer
            weir.program = answer.json()["client_id"]
        self.client = weir.program
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def target(self, **changes: str) -> str:
        query = {
            "response_type": "code", "client_id": self.client, "redirect_uri": REDIRECT, "state": "s",
            "code_challenge": self.challenge, "code_challenge_method": "S256", "resource": f"{self.weir.url}/mcp",
        } | changes
        return "/oauth/authorize?" + urllib.parse.urlencode(query)

    def code(self, key: str) -> str:
        location = Person(self.weir.port, key).agree(self.target())
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))["code"]

    def exchange(self, code: str, **changes: str) -> raw.Answer:
        form = {
            "grant_type": "authorization_code", "code": code, "client_id": self.client, "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        } | changes
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = raw.ask(self.weir.port, "POST", "/oauth/token", kind, urllib.parse.urlencode(form).encode())
        assert answer.header("cache-control") == "no-store"
        if answer.status == 200:
            SECRETS.add(answer.json()["access_token"])
        return answer


def test_a_code_is_good_once_and_for_the_proof_key_that_began(connected, agent):
    flow = Flow(connected)
    code = flow.code(agent.key)
    token = {"authorization": f"Bearer {flow.exchange(code).json()['access_token']}"}
    ping = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
    assert raw.ask(connected.port, "POST", "/mcp", JSON | token, ping).status == 200
    assert (flow.exchange(code).status, flow.exchange(code).json()["error"]) == (400, "invalid_grant")
    # Somebody else has seen the code: the key that was made for it ends.
    connected.wait_until(
        "the key is revoked", lambda: raw.ask(connected.port, "POST", "/mcp", JSON | token, ping).status == 401)
    wrong = flow.exchange(flow.code(agent.key), code_verifier=secrets.token_urlsafe(48))
    assert (wrong.status, wrong.json()["error"]) == (400, "invalid_grant")
    code = flow.code(agent.key)
    assert flow.exchange(code, redirect_uri="http://127.0.0.1:3999/callback").json()["error"] == "invalid_grant"
    # A wrong attempt has used it up.
    assert flow.exchange(code).json()["error"] == "invalid_grant"


def test_a_key_that_was_revoked_meanwhile_gives_nothing_away(connected, agent):
    flow = Flow(connected)
    key, name = connected.key(agent.name, scopes="agent,keys")
    code = flow.code(key)
    connected.ctl("key", "revoke", name)
    assert flow.exchange(code).json()["error"] == "invalid_grant"


def test_who_may_not_make_keys_cannot_agree(connected, agent):
    flow = Flow(connected)
    capped, _ = connected.key(agent.name, scopes="agent,keys", cap="1")
    agent_only, _ = connected.key(agent.name, scopes="agent")
    for key in (capped, agent_only, "weir_nonsense", ""):
        person = Person(connected.port, key)
        answer = person.send(person.look(flow.target()))
        assert answer.status == 403 and b"<form" in answer.body, answer.body
        assert not key or key.encode() not in answer.body


def test_the_page_is_bound_to_its_browser_and_its_request(connected, agent):
    flow, person = Flow(connected), Person(connected.port, agent.key)
    page = person.look(flow.target())
    policy = page.header("content-security-policy")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:3999" in policy
    assert "HttpOnly" in page.header("set-cookie") and "SameSite=Strict" in page.header("set-cookie")
    assert page.header("cache-control") == "no-store"
    assert person.send(page, cookie="").status == 400
    assert person.send(page, cookie="weir-consent=" + "0" * 64).status == 400
    assert person.send(page, seal="0" * 64).status == 400
    # The same form for another request.
    body = page.body.replace(b"state=s", b"state=t")
    assert person.send(raw.Answer(200, page.headers, body)).status == 400
    said_no = person.send(page, decision="deny")
    assert said_no.status == 303 and "error=access_denied" in said_no.header("location")
    assert person.send(page).status == 303


@pytest.mark.parametrize("changes", [
    {"client_id": "mcp_" + "0" * 32}, {"client_id": "x"}, {"redirect_uri": "https://evil.example/"},
    {"redirect_uri": "http://127.0.0.1:3999/other"},
])
def test_nobody_is_sent_where_no_program_registered(connected, agent, changes):
    answer = raw.ask(connected.port, "GET", Flow(connected).target(**changes))
    assert answer.status == 400 and not answer.header("location") and b"<form" not in answer.body


@pytest.mark.parametrize("changes, error", [
    ({"code_challenge_method": "plain"}, "invalid_request"), ({"response_type": "token"}, "unsupported_response_type"),
    ({"resource": "https://other.example/mcp"}, "invalid_target"), ({"scope": "keys"}, "invalid_scope"),
])
def test_other_mistakes_are_told_to_the_program(connected, agent, changes, error):
    answer = raw.ask(connected.port, "GET", Flow(connected).target(**changes))
    assert answer.status == 303 and answer.header("location").startswith(f"{REDIRECT}&error={error}&")


def test_a_browser_leaves_this_machine_only_after_its_user_agreed(provider, tmp_path):
    """Anybody can register: a link of theirs must not become an address of ours that leads to theirs."""
    with ConnectedWeir(tmp_path, provider.url) as weir:
        weir.configure(more_gateway=f"  public_url: {weir.url}")
        weir.ctl("reload")
        weir.agent("acme", scopes="agent,keys")
        elsewhere = "https://elsewhere.example/back"
        body = json.dumps({"redirect_uris": [elsewhere]}).encode()
        client = raw.ask(weir.port, "POST", "/oauth/register", JSON, body).json()["client_id"]
        target = Flow(weir).target(client_id=client, redirect_uri=elsewhere, response_type="token")
        answer = raw.ask(weir.port, "GET", target)
        assert answer.status == 400 and not answer.header("location")
        assert f'href="{elsewhere}?error=unsupported_response_type'.encode() in answer.body


def test_a_peer_registers_five_programs_an_hour_and_they_outlive_a_restart(provider, tmp_path):
    with ConnectedWeir(tmp_path, provider.url) as weir:
        weir.configure(more_gateway=f"  public_url: {weir.url}")
        weir.ctl("reload")
        tenant = weir.agent("acme", scopes="agent,keys")
        flow = Flow(weir)
        body = json.dumps({"redirect_uris": [REDIRECT]}).encode()
        answers = [raw.ask(weir.port, "POST", "/oauth/register", JSON, body) for _ in range(5)]
        assert [answer.status for answer in answers] == [201, 201, 201, 201, 429]
        assert 3500 < int(answers[-1].header("retry-after")) <= 3600
        through = JSON | {"x-forwarded-for": "203.0.113.9, 198.51.100.7"}
        assert raw.ask(weir.port, "POST", "/oauth/register", through, body).status == 429, "anybody may write that field"
        weir.configure(more_gateway=f"  public_url: {weir.url}\n  trusted_proxies: [127.0.0.1]")
        weir.ctl("reload")
        answers = [raw.ask(weir.port, "POST", "/oauth/register", through, body) for _ in range(6)]
        assert [answer.status for answer in answers] == [201, 201, 201, 201, 201, 429]
        weir.restart("gatewayd")
        assert flow.exchange(flow.code(tenant.key)).status == 200


def test_a_code_of_one_event_loop_is_good_at_every_other(provider, tmp_path):
    with ConnectedWeir(tmp_path, provider.url, threads=4) as weir:
        weir.configure(more_gateway=f"  public_url: {weir.url}")
        weir.ctl("reload")
        weir.wait_until("every loop knows it", lambda: all(
            raw.ask(weir.port, "GET", "/.well-known/oauth-protected-resource").status == 200 for _ in range(8)))
        tenant = weir.agent("acme", scopes="agent,keys")
        flow = Flow(weir)
        for _ in range(8):
            code = flow.code(tenant.key)
            token = {"authorization": f"Bearer {flow.exchange(code).json()['access_token']}"}
            ping = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
            assert {raw.ask(weir.port, "POST", "/mcp", JSON | token, ping).status for _ in range(8)} == {200}
            assert [flow.exchange(code).status for _ in range(4)] == [400] * 4


def test_the_documents_name_every_place(connected):
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        document = raw.ask(connected.port, "GET", path).json()
        assert document["resource"] == f"{connected.url}/mcp"
        assert document["authorization_servers"] == [connected.url]
    document = raw.ask(connected.port, "GET", "/.well-known/oauth-authorization-server").json()
    assert document["issuer"] == connected.url and document["code_challenge_methods_supported"] == ["S256"]


# MARK: the transport


def test_without_a_key_a_client_is_told_where_to_get_one(connected, agent):
    answer = raw.ask(connected.port, "POST", "/mcp", JSON, b"{}")
    assert answer.status == 401 and answer.json()["error"]["code"] == -32000
    place = f'resource_metadata="{connected.url}/.well-known/oauth-protected-resource/mcp"'
    assert place in answer.header("www-authenticate")
    assert "error=" not in answer.header("www-authenticate")
    answer = raw.ask(connected.port, "POST", "/mcp", JSON | {"authorization": "Bearer weir_nonsense"}, b"{}")
    assert answer.status == 401 and 'error="invalid_token"' in answer.header("www-authenticate")
    other, _ = connected.key(agent.name)
    answer = raw.ask(connected.port, "POST", "/mcp", JSON | {"authorization": f"Bearer {other}"}, b"{}")
    assert answer.status == 403 and 'error="insufficient_scope"' in answer.header("www-authenticate")


def test_a_suspended_tenant_is_not_sent_for_another_key(connected, agent):
    connected.ctl("tenant", "suspend", agent.name)
    answer = rpc(agent, "ping")
    assert answer.status == 403 and not answer.header("www-authenticate")
    answer = Person(connected.port, agent.key).send(Person(connected.port, agent.key).look(Flow(connected).target()))
    assert answer.status == 403 and b"suspended" in answer.body


@pytest.mark.parametrize("headers, status", [
    ({"origin": "https://evil.example"}, 403), ({"content_type": "text/plain"}, 415),
    ({"accept": "text/event-stream"}, 406), ({"mcp_protocol_version": "2024-11-05"}, 400),
    ({"mcp_protocol_version": "2025-06-18"}, 200), ({"accept": "*/*"}, 200),
])
def test_the_header_is_held_to_the_transport(connected, agent, headers, status):
    assert rpc(agent, "ping", **headers).status == status


def test_our_own_origin_is_let_in(connected, agent):
    assert rpc(agent, "ping", origin=connected.url).status == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_are_no_streams_and_no_sessions(connected, agent, method):
    answer = raw.ask(connected.port, method, "/mcp", {"authorization": f"Bearer {agent.key}"})
    assert answer.status == 405 and answer.header("allow") == "POST"


def test_notifications_are_taken_and_broken_messages_are_not(connected, agent):
    note = raw.post(agent, "/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}, **JSON_NAMED)
    assert (note.status, note.body) == (202, b"")
    broken = raw.post(agent, "/mcp", b"{", **JSON_NAMED)
    assert (broken.status, broken.json()["error"]["code"]) == (400, -32700)
    assert rpc(agent, "resources/list").json()["error"]["code"] == -32601
    batch = [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "id": 2, "method": "ping"}]
    assert [answer["id"] for answer in raw.post(agent, "/mcp", batch, **JSON_NAMED).json()] == [1, 2]
    newer = raw.post(agent, "/mcp", batch, mcp_protocol_version="2025-06-18", **JSON_NAMED)
    assert (newer.status, newer.json()["error"]["code"]) == (400, -32600)


def test_a_batch_goes_out_at_once_and_comes_back_in_order(connected, agent, provider):
    calls = [{"domain": "shop", "path": f"/echo/{number}"} for number in range(9)]
    calls.append({"domain": "nowhere", "path": "/"})
    result = use(agent, "batch", rationale="many", calls=calls)
    assert result["isError"] is False and result["structuredContent"]["succeeded"] == 9
    results = result["structuredContent"]["results"]
    assert [one["data"]["path"] for one in results[:9]] == [f"/api/echo/{number}" for number in range(9)]
    assert results[9]["code"] == "CONFIG_MISSING"
    assert len(provider.asked) == 9


def test_what_a_provider_refuses_is_a_failure_that_the_model_reads(connected, agent):
    result = use(agent, "call-api", rationale="see", domain="shop", path="/status/404")
    assert result["isError"] is True and result["structuredContent"]["status"] == 404
    result = use(agent, "call-api", rationale="see", domain="shop", path="/slow")
    assert result["structuredContent"]["code"] == "TIMEOUT"


def test_calls_of_a_batch_count_against_the_limit(connected, provider):
    tenant = connected.agent(f"tools{next(connected._numbers)}", requests_per_minute="60", request_burst="4")
    connected.connect(f"{tenant.name}/shop/main", KEY)
    calls = [{"domain": "shop", "path": "/echo"} for _ in range(6)]
    results = use(tenant, "batch", rationale="many", calls=calls)["structuredContent"]["results"]
    assert [one.get("code") for one in results] == [None] * 4 + ["RATE_LIMITED"] * 2


def test_other_tenants_accounts_are_not_there(connected, agent):
    other = connected.agent(f"tools{next(connected._numbers)}")
    assert use(other, "discover", rationale="look")["structuredContent"]["domains"] == []
    result = use(other, "call-api", rationale="try", domain="shop", path="/echo", account_id="main")
    assert result["structuredContent"]["code"] == "TOKEN_MISSING"


def test_without_tokend_or_an_address_there_is_nothing(weir, tenant, provider, tmp_path):
    key, _ = weir.key(tenant.name, scopes="agent")
    assert raw.ask(weir.port, "POST", "/mcp", JSON | {"authorization": f"Bearer {key}"}, b"{}").status == 404
    assert raw.ask(weir.port, "GET", "/.well-known/oauth-authorization-server").status == 404
    assert raw.ask(weir.port, "POST", "/oauth/register", JSON, b"{}").status == 404


def test_no_secret_is_in_gatewayds_files_or_logs(connected):
    assert is_secret_free(connected.folder, SECRETS - {"[[fake "}) == []
