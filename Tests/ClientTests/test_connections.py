"""Accounts are connected over HTTP: by a program with a key, by a person in a browser, by the operator.

The daemons are the built ones, the vendor is Authlib's (consent.py), the browser is plain HTTP that follows nothing by
itself. At the end no secret is in any answer, log or database file.
"""

from __future__ import annotations

import html
import http.cookies
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse

import pytest

import binaries
import raw
from authority import CLIENT, SECRET, Authority
from binaries import Program
from consent import Vendor

ADMIN_KEY = "admin-key-0123456789-0123456789-0123456789"
PUBLIC = "http://localhost:8080"
CONSOLE = "https://console.example"
_numbers = itertools.count(1)
# A refresh follows its account within milliseconds.
PATIENCE_SECONDS = 20

CONFIGURATION = """
gatewayd:
  listen: ["127.0.0.1:{port}"]
  socket: g.sock
  state_directory: gatewayd
  log_level: trace
  threads: 2
  tokend_socket: t.sock
  public_url: {public}
  return_origins: [{console}]
  trusted_proxies: [127.0.0.0/8]
{admin}
walletd: {{socket: w.sock, state_directory: walletd}}
tokend: {{socket: t.sock, state_directory: tokend, log_level: trace, encryption_key: {{file: vault-key}}}}
connections:
  providers:
{providers}
  clients:
    consent: {{client_id: {client}, client_secret: {{file: client-secret}}}}
    other: {{client_id: {client}, client_secret: {{file: client-secret}}}}
    regional: {{client_id: {client}, client_secret: {{file: client-secret}}}}
"""
PROVIDER = """\
    {id}:
      name: "{name}"
      base_url: {vendor}/api
      auth: {{oauth2: bearer, api_key: bearer}}
      test: GET /me
      allow: [GET /**]
      oauth:
        authorize_url: {vendor}/authorize
        token_url: {vendor}/token
        revocation: {{url: "{vendor}/revoke"}}
        issuer: {vendor}
        issuer_required: true
        scopes: [read]
"""


# As docs/CONNECTIONS.md shows one: where it is called is known from the tenant, whose it is from the vendor.
REGIONAL = """\
    regional:
      name: Regional
      base_url: "{vendor}/api/{{region}}"
      auth: {{oauth2: bearer, api_key: bearer}}
      account_fields:
        region: {{from: tenant, form: label, required: true}}
        user: {{from: identity, field: id}}
      identity: GET /me
      test: GET /me
      allow: [GET /**]
      oauth: {{authorize_url: "{vendor}/authorize", token_url: "{vendor}/token", scopes: [read]}}
"""


class Gateway:
    """gatewayd, walletd and tokend of this module's own."""

    def __init__(self, folder: pathlib.Path, vendor: Vendor) -> None:
        self.folder, self.vendor, self.port = folder, vendor, 0
        self.seen: list[bytes] = []
        self.secrets: set[str] = {SECRET, ADMIN_KEY}
        # In the answer that gives them out, and in no file.
        self.tickets: set[str] = set()
        files = {"vault-key": "0123456789abcdef" * 3, "client-secret": SECRET, "admin-key": ADMIN_KEY}
        for name, text in files.items():
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o600)
        self.configuration = folder / "weir.yaml"
        self.configure()
        self.daemons: dict[str, Program] = {}
        try:
            for name in ("walletd", "tokend", "gatewayd"):
                self.start(name)
        except BaseException:
            self.end()
            raise

    def configure(self, public: str = PUBLIC, admin: bool = True) -> None:
        names = {"consent": "<b>Consent</b>", "other": "Other"}
        providers = "".join(PROVIDER.format(id=id, name=name, vendor=self.vendor.url) for id, name in names.items())
        providers += REGIONAL.format(vendor=self.vendor.url)
        self.configuration.write_text(CONFIGURATION.format(
            port=self.port, public=public, console=CONSOLE, client=CLIENT, providers=providers,
            admin="  admin_key: {file: admin-key}" if admin else "",
        ))

    def start(self, name: str) -> None:
        self.daemons[name] = Program(name, "--config", str(self.configuration), log=self.folder / f"{name}.log")
        if name == "gatewayd":
            self.port = int(re.search(r"listen=\"?http://127\.0\.0\.1:(\d+)", self.daemons[name].ready_line)[1])
            self.configure()

    def wait_until_well(self) -> None:
        """Until both event loops have found tokend; connections come to either."""
        until, well = time.monotonic() + PATIENCE_SECONDS, 0
        while well < 20:
            assert time.monotonic() < until, "gatewayd does not find tokend"
            well = well + 1 if self.admin("GET", "/admin/audit?limit=1").status == 200 else 0

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        self.daemons[name].end(number)

    def end(self) -> None:
        for name in reversed(self.daemons):
            self.stop(name)

    def ctl(self, *words: str) -> list[dict]:
        command = [binaries.path("weirctl"), "--config", str(self.configuration), "--json", *words]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert answer.returncode == 0, answer.stderr
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def key(self, tenant: str, scopes: str = "connections") -> str:
        (made,) = self.ctl("key", "create", tenant, "--scopes", scopes)
        self.secrets.add(made["secret"])
        return made["secret"]

    def ask(self, method: str, target: str, headers: dict | None = None, body: object = None) -> raw.Answer:
        """`body` is JSON to be, or bytes as they are."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = raw.ask(self.port, method, target, headers, data)
        assert answer.header("x-weir-request-id"), answer
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers if name.lower() != "set-cookie")
        self.seen.append(head.encode() + b"\n" + answer.body)
        return answer

    def admin(self, method: str, target: str, body: object = None, key: str = ADMIN_KEY) -> raw.Answer:
        return self.ask(method, target, {"x-admin-key": key}, body)


class Person:
    """A tenant with a key, and somebody's browser."""

    def __init__(self, gateway: Gateway, tenant: str) -> None:
        self.gateway, self.tenant, self.cookies = gateway, tenant, {}
        gateway.ctl("tenant", "create", tenant)
        self.key = gateway.key(tenant)

    def ask(self, method: str, target: str, body: object = None) -> raw.Answer:
        headers = {"authorization": f"Bearer {self.key}"}
        return self.gateway.ask(method, f"/console/connections{target}", headers, body)

    def link(self, provider: str = "consent", **query: str) -> str:
        """What the ticket's link asks this gateway."""
        answer = self.ask("GET", f"/{provider}/start?{urllib.parse.urlencode(query)}")
        assert answer.status == 200, answer
        url = answer.json()["url"]
        assert url.startswith(f"{PUBLIC}/oauth/connections/{provider}/begin?ticket=")
        assert 0 < answer.json()["expires_at_ms"] / 1000 - time.time() <= 600
        self.gateway.tickets.add(url.split("=")[1])
        return url.removeprefix(PUBLIC)

    def browse(self, target: str, form: dict | None = None) -> raw.Answer:
        """What the browser does: cookies go along, and redirects are looked at. A form is sent with POST."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers, body = {"cookie": cookies} if cookies else {}, None
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(form).encode()
        answer = self.gateway.ask("GET" if form is None else "POST", target, headers, body)
        self.set_cookie = answer.header("set-cookie")
        for name, morsel in http.cookies.SimpleCookie(self.set_cookie or "").items():
            self.cookies[name] = morsel.value
            self.gateway.secrets.add(morsel.value)
        return answer

    def form(self, link: str) -> tuple[str, dict]:
        """The link, opened: where the form on its page leads, and what is in it."""
        page = self.browse(link)
        assert page.status == 200 and not page.header("location"), page
        text = page.body.decode()
        action = re.search(r'<form method="post" action="([^"]+)">', text)[1]
        return html.unescape(action), {"seal": re.search(r'name="seal" value="([^"]+)"', text)[1]}

    def follow(self, link: str) -> raw.Answer:
        """Opens a link and says yes."""
        return self.browse(*self.form(link))

    def agree(self, place: str, more: str = "") -> str:
        """The vendor's page: where it sends the browser back to."""
        parts = urllib.parse.urlsplit(place)
        answer = raw.ask(self.gateway.vendor.port, "GET", f"{parts.path}?{parts.query}{more}")
        back = answer.header("location")
        assert answer.status == 302 and back.startswith(f"{PUBLIC}/oauth/connections/"), answer
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)
        self.gateway.secrets |= set(query.get("code", []))
        return back.removeprefix(PUBLIC)

    def begin(self, **query: str) -> str:
        """A link, followed: where the vendor's page is."""
        answer = self.follow(self.link(**query))
        assert answer.status == 303, answer
        return answer.header("location")

    def connections(self) -> dict[str, dict]:
        return {row["id"]: row for row in self.ask("GET", "").json()["connections"]}


@pytest.fixture(scope="module")
def vendor():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(vendor, tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("connections"), vendor)
    yield gateway
    gateway.end()
    secrets = {text.encode() for text in gateway.secrets | vendor.given}
    files = [path for path in gateway.folder.rglob("*") if path.is_file() and path.suffix in (".log", ".db", ".db-wal")]
    assert {path.name for path in files} >= {"gatewayd.log", "tokend.log", "gatewayd.db", "token.db"}
    kept = {str(path): path.read_bytes() for path in files}
    places = kept | {f"answer {number}": answer for number, answer in enumerate(gateway.seen)}
    leaks = [f"{place}: {secret}" for place, text in places.items() for secret in secrets if secret in text]
    tickets = {text.encode() for text in gateway.tickets}
    leaks += [f"{place}: {ticket}" for place, text in kept.items() for ticket in tickets if ticket in text]
    assert not leaks, "\n".join(leaks[:20])


@pytest.fixture
def person(gateway) -> Person:
    """A tenant of this test alone."""
    return Person(gateway, f"t{next(_numbers)}")


# in a browser


def test_an_account_is_connected_tested_and_removed(gateway, person, vendor):
    link = person.link(account="main", display_name="Ours & theirs", scopes="read write")
    begun = person.follow(link)
    place = begun.header("location")
    assert begun.status == 303 and place.startswith(f"{vendor.url}/authorize?")
    assert "HttpOnly" in person.set_cookie and "SameSite=Lax" in person.set_cookie
    assert "Path=/oauth/connections" in person.set_cookie and "Max-Age=600" in person.set_cookie
    assert "Secure" not in person.set_cookie
    assert begun.header("cache-control") == "no-store" and begun.header("referrer-policy") == "no-referrer"
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(place).query)
    assert asked["scope"] == ["read write"] and asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{PUBLIC}/oauth/connections/consent/callback"]
    page = person.browse(person.agree(place))
    text = page.body.decode()
    assert page.status == 200 and "<h1>Connected</h1>" in text and "main" in text, text
    assert "&lt;b&gt;Consent&lt;/b&gt;" in text and "<b>" not in text and "<script" not in text
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert page.header("content-security-policy").startswith("default-src 'none'")
    row = person.connections()["consent/main"]
    assert (row["kind"], row["status"], row["failures"]) == ("oauth2", "active", 0)
    assert row["display_name"] == "Ours & theirs"
    assert row["expires_at_ms"] and row["refresh_at_ms"] and row["scopes"] == ["read", "write"]
    # The link has done its work.
    assert person.browse(link).status == 400
    tried = person.ask("POST", "/consent/main/test")
    assert tried.status == 200 and tried.json()["ok"] is True and tried.json()["status"] == 200
    removed = person.ask("DELETE", "/consent/main")
    assert removed.status == 200 and removed.json()["revoked"] is True, removed
    assert len(vendor.revoked) == 1 and vendor.revoked[0] in vendor.given
    assert person.connections() == {}


def test_a_link_alone_connects_nothing_and_its_page_says_for_whom(gateway, person, vendor):
    """A web page can lead somebody to a link, and a vendor asks nobody twice: a form has to be sent."""
    link = person.link(account="main", display_name="<b>GitHub</b>, safe")
    page = person.browse(link)
    text = page.body.decode()
    assert page.status == 200 and page.header("location") is None, page
    assert f"<strong>{person.tenant}</strong>" in text and "<strong>main</strong>" in text, text
    assert "<strong>&lt;b&gt;Consent&lt;/b&gt;</strong>" in text and "<script" not in text and "safe" not in text
    policy = page.header("content-security-policy")
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy, policy
    assert policy.endswith(f"form-action 'self' https: {vendor.url}"), policy
    assert page.header("x-frame-options") == "DENY" and page.header("cache-control") == "no-store"
    assert "HttpOnly" in person.set_cookie and "SameSite=Lax" in person.set_cookie


def test_the_form_is_good_for_the_browser_and_the_link_it_was_made_for(gateway, person):
    action, form = person.form(person.link(account="one"))
    stranger = Person(gateway, "forger")
    other, foreign = stranger.form(stranger.link(account="one"))
    for sender, target, sent in (
        (person, action, {}), (person, action, {"seal": ""}), (person, action, {"seal": "0" * 64}),
        (person, action, foreign), (person, other, form), (stranger, action, form), (stranger, other, form),
        (person, action.replace("/consent/", "/other/"), form), (person, action.split("?")[0], form),
    ):
        page = sender.browse(target, sent)
        assert page.status == 400 and page.header("location") is None and not page.header("set-cookie"), page
    bare = Person(gateway, "cookieless")
    assert bare.browse(action, form).status == 400
    assert person.browse(action, {"seal": "x" * 5000}).status == 413
    assert person.browse(action, form).status == 303


def test_a_link_that_was_opened_twice_works_and_so_do_two_accounts_at_once(person):
    link = person.link(account="one")
    places = [person.follow(link).header("location") for _ in range(2)]
    other = person.begin(account="two")
    assert person.browse(person.agree(places[0])).status == 200
    assert person.browse(person.agree(other)).status == 200
    assert set(person.connections()) == {"consent/one", "consent/two"}


def test_what_the_tenant_names_of_an_account_goes_the_whole_way(person):
    for query, field in (({}, "region"), ({"region": "eu", "regoin": "eu"}, "regoin"), ({"region": "e.u"}, "region"),
                         ({"region": ""}, "region"), ({"region": "eu", "user": "me"}, "user")):
        answer = person.ask("GET", f"/regional/start?{urllib.parse.urlencode(query)}")
        assert (answer.status, answer.json()["error"]["field"]) == (400, field), (query, answer)
    assert person.ask("GET", "/consent/start?region=eu").json()["error"]["code"] == "field_invalid"
    page = person.browse(person.agree(person.begin(provider="regional", region="EU")))
    assert page.status == 200, page.body
    tried = person.ask("POST", "/regional/default/test").json()
    assert tried["ok"] is True, tried
    assert person.connections()["regional/default"]["facts"] == {"region": "eu", "user": "somebody"}
    (listed,) = person.gateway.ctl("connection", "list", person.tenant)
    assert listed["facts"] == "region=eu, user=somebody", listed


def test_another_browser_cannot_finish_and_the_state_is_used_up(gateway, person, vendor):
    back = person.agree(person.begin())
    stranger = Person(gateway, "stranger")
    before = len(vendor.exchanged)
    # Without a cookie nobody is asked; with another one the state ends.
    assert stranger.browse(back).status == 400
    stranger.cookies = {"weir-connect": "x" * 43}
    page = stranger.browse(back)
    assert page.status == 400 and b"another session" in page.body, page.body
    assert person.browse(back).status == 400
    assert len(vendor.exchanged) == before and person.connections() == {} == stranger.connections()


def test_a_state_is_good_once(person, vendor):
    back = person.agree(person.begin())
    assert person.browse(back).status == 200
    before = len(vendor.exchanged)
    page = person.browse(back)
    assert page.status == 400 and b"used before" in page.body, page.body
    assert len(vendor.exchanged) == before


def test_a_state_of_another_provider_is_refused_before_its_code_goes_anywhere(person, vendor):
    back = person.agree(person.begin())
    before = len(vendor.exchanged)
    assert person.browse(back.replace("/consent/", "/other/")).status == 400
    assert person.browse(back).status == 400
    assert len(vendor.exchanged) == before and person.connections() == {}


def test_a_person_who_says_no_is_told_so(person):
    page = person.browse(person.agree(person.begin(), "&deny=1"))
    assert page.status == 400 and b"access_denied" in page.body, page.body
    assert person.connections() == {}


def test_what_a_vendor_says_is_text(person):
    place = person.agree(person.begin(), "&deny=1")
    evil = urllib.parse.quote("<script>alert(1)</script><img src=x onerror=y>")
    page = person.browse(re.sub("error_description=[^&]*", "", place) + f"&error_description={evil}")
    assert page.status == 400 and b"<script" not in page.body and b"<img" not in page.body
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in page.body, page.body


@pytest.mark.parametrize("issuer", ["", "&iss=https%3A%2F%2Fevil.example"], ids=["none", "another"])
def test_an_answer_of_another_issuer_is_refused(person, vendor, issuer):
    back = re.sub("&iss=[^&]*", issuer, person.agree(person.begin()))
    before = len(vendor.exchanged)
    page = person.browse(back)
    assert page.status == 400 and b"issuer" in page.body, page.body
    assert len(vendor.exchanged) == before and person.connections() == {}


@pytest.mark.parametrize("query", [
    "", "code=x", "state=short&code=x", "state={0}&state={0}&code=x", "state={0}", "state={0}&code=" + "x" * 3000,
    "state={0}&code=%ff%00", "state={0}&code=x",
], ids=range(8))
def test_an_answer_that_is_none_is_a_page_with_400(person, query):
    person.cookies = {"weir-connect": "y" * 43}
    page = person.browse(f"/oauth/connections/consent/callback?{query.format('z' * 43)}")
    assert page.status == 400 and page.header("content-type").startswith("text/html"), page


def test_links_that_are_no_links_are_refused(person):
    for query in ("", "?ticket=", "?ticket=" + "a" * 43, "?ticket=" + "a" * 5000):
        page = person.browse(f"/oauth/connections/consent/begin{query}")
        assert page.status == 400 and b"unknown" in page.body and not page.header("set-cookie"), page
    # A ticket is for the provider it was given out for.
    assert person.browse(person.link().replace("/consent/", "/other/")).status == 400
    assert person.browse("/oauth/connections/nobody/begin?ticket=x").status == 404


def test_an_address_sees_300_pages_a_minute(gateway):
    path, here = "/oauth/connections/consent/begin?ticket=x", {"x-forwarded-for": "198.51.100.7"}
    assert {raw.ask(gateway.port, "GET", path, here).status for _ in range(300)} == {400}
    page = raw.ask(gateway.port, "GET", path, here)
    assert page.status == 429 and page.header("content-type").startswith("text/html")
    assert 0 < int(page.header("retry-after")) <= 60
    assert raw.ask(gateway.port, "GET", path, {"x-forwarded-for": "198.51.100.8"}).status == 400


def test_browsers_return_where_the_operator_allows_it(person):
    page = person.browse(person.agree(person.begin(account="a", return_to="/x?y=1")))
    assert (page.status, page.header("location")) == (303, f"{PUBLIC}/x?y=1")
    page = person.browse(person.agree(person.begin(account="b", return_to=f"{CONSOLE}/done#z")))
    assert (page.status, page.header("location")) == (303, f"{CONSOLE}/done#z")
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example", f"{CONSOLE}.evil.example/",
                    f"{CONSOLE}:444/", f"{CONSOLE}@evil.example/", "javascript:alert(1)", "http://console.example/"):
        answer = person.ask("GET", f"/consent/start?return_to={urllib.parse.quote(foreign)}")
        assert answer.status == 400 and answer.json()["error"]["field"] == "return_to", (foreign, answer)


def test_with_an_https_address_cookies_are_secure(gateway, person):
    gateway.configure(public="https://ai.example.com")
    gateway.ctl("reload")
    try:
        url = person.ask("GET", "/consent/start").json()["url"]
        assert url.startswith("https://ai.example.com/oauth/connections/consent/begin?ticket=")
        person.browse(url.removeprefix("https://ai.example.com"))
        assert person.set_cookie.startswith("__Host-weir-connect=") and person.set_cookie.endswith("; Secure")
    finally:
        gateway.configure()
        gateway.ctl("reload")


def test_a_restart_of_gatewayd_ends_no_flow(gateway, person):
    back = person.agree(person.begin())
    gateway.stop("gatewayd")
    gateway.start("gatewayd")
    gateway.wait_until_well()
    assert person.browse(back).status == 200
    assert set(person.connections()) == {"consent/default"}


# with a key


def test_a_key_is_connected_replaced_and_listed_in_pages(gateway, person):
    for name in ("a", "b", "c"):
        secret = f"vendor-key-{name}-0123456789"
        gateway.secrets.add(secret)
        body = {"provider": "anthropic", "account": name, "display_name": f"N {name}", "api_key": secret}
        answer = person.ask("POST", "/api-key", body)
        assert answer.status == 201 and answer.json() == {
            "ok": True, "id": f"anthropic/{name}", "provider": "anthropic", "account": name}, answer
    again = person.ask("POST", "/api-key", body)
    assert (again.status, again.json()["error"]["code"]) == (400, "account_exists")
    assert person.ask("POST", "/api-key", body | {"replace": True}).status == 201
    first = person.ask("GET", "?limit=2").json()
    assert [row["display_name"] for row in first["connections"]] == ["N a", "N b"] and first["next"] == "anthropic/b"
    rest = person.ask("GET", f"?limit=2&after={first['next']}").json()
    assert [row["account"] for row in rest["connections"]] == ["c"] and rest["next"] is None
    assert all(row["kind"] == "api_key" and row["status"] == "active" for row in first["connections"])
    for name in ("a", "b", "c"):
        removed = person.ask("DELETE", f"/anthropic/{name}").json()
        assert removed["ok"] and removed["revoked"] is False and removed["message"]
    assert person.connections() == {}
    assert person.ask("DELETE", "/anthropic/a").status == 404


@pytest.mark.parametrize(("body", "status", "code"), [
    ({}, 400, "field_invalid"),
    ([], 400, "body_malformed"),
    ({"provider": "nobody", "api_key": "k"}, 404, "provider_unknown"),
    ({"provider": "anthropic"}, 400, "field_invalid"),
    ({"provider": "anthropic", "api_key": "k", "password": "p"}, 400, "kind_unfit"),
    ({"provider": "anthropic", "api_key": "k", "account": "a/b"}, 400, "field_invalid"),
    ({"provider": "anthropic", "api_key": "k", "acount": "a"}, 400, "field_invalid"),
    ({"provider": "anthropic", "api_key": "k", "kind": "oauth2"}, 400, "kind_unfit"),
    ({"provider": "anthropic", "api_key": "two\nlines"}, 400, "field_invalid"),
    ({"provider": "anthropic", "api_key": "blank at its end "}, 400, "field_invalid"),
    ({"provider": "anthropic", "api_key": "x" * 20_000}, 400, "field_invalid"),
    ({"provider": "google", "api_key": "k"}, 400, "kind_unfit"),
    ({"provider": "custom", "api_key": "k"}, 400, "field_invalid"),
    ({"provider": "custom", "user": "u", "password": "p", "base_url": "ftp://x"}, 400, "field_invalid"),
])
def test_bodies_that_make_no_sense_are_refused(person, body, status, code):
    answer = person.ask("POST", "/api-key", body)
    assert (answer.status, answer.json()["error"]["code"]) == (status, code), answer
    assert answer.json()["error"]["request_id"]
    assert person.connections() == {}


def test_a_body_that_is_too_large_is_refused(person):
    assert person.ask("POST", "/api-key", {"provider": "x" * 70_000}).status == 413


def test_an_own_api_with_a_password_is_connected_and_its_address_guarded(person):
    body = {"provider": "custom", "user": "u", "password": "hunter2-hunter2", "base_url": "https://127.0.0.1:1/x"}
    person.gateway.secrets.add("hunter2-hunter2")
    assert person.ask("POST", "/api-key", body).status == 201
    tried = person.ask("POST", "/custom/default/test")
    # Whatever is said of the address, it is not called.
    assert tried.json().get("ok") is not True, tried


def test_catalogue_lists_what_can_be_connected(person):
    providers = {row["id"]: row for row in person.ask("GET", "/providers").json()["providers"]}
    assert providers["consent"]["browser"] is True and providers["consent"]["kinds"] == ["api_key", "oauth2"]
    assert providers["anthropic"]["browser"] is False and providers["gmail" if "gmail" in providers else "google"]
    assert [field["name"] for field in providers["custom"]["fields"]] == ["base_url"]
    assert SECRET not in json.dumps(providers)


def test_what_is_connected_is_the_tenants_own(gateway, person):
    person.ask("POST", "/api-key", {"provider": "anthropic", "account": "mine", "api_key": "k-0123456789"})
    other = Person(gateway, "other-tenant")
    assert other.connections() == {}
    assert other.ask("POST", "/anthropic/mine/test").status == 404
    assert other.ask("DELETE", "/anthropic/mine").status == 404
    assert other.ask("GET", f"?after={person.tenant}/anthropic/mine").status == 400
    assert set(person.connections()) == {"anthropic/mine"}


def test_another_scope_or_no_key_opens_nothing(gateway, person):
    person.key = gateway.key(person.tenant, "inference,account,keys,agent")
    for method, target in (("GET", ""), ("GET", "/providers"), ("GET", "/consent/start"), ("POST", "/api-key"),
                           ("POST", "/consent/a/test"), ("DELETE", "/consent/a")):
        assert person.ask(method, target).status == 403, target
        assert gateway.ask(method, f"/console/connections{target}").status == 401, target


# while tokend is away


def test_without_tokend_everything_is_503_and_works_again_afterwards(gateway, person):
    link = person.link(account="later")
    place = person.begin(account="sooner")
    gateway.stop("tokend", signal.SIGKILL)
    try:
        for answer in (person.ask("GET", ""), person.ask("POST", "/consent/a/test"),
                       gateway.admin("GET", "/admin/audit")):
            assert answer.status == 503 and answer.json()["error"]["code"] == "vault_unavailable", answer
            assert answer.header("retry-after") == "1" and answer.json()["error"]["request_id"]
        page = person.follow(link)
        identity = page.header("x-weir-request-id")
        assert page.status == 503 and identity.encode() in page.body and not page.header("set-cookie"), page
        assert person.ask("GET", "/providers").status == 200
    finally:
        gateway.start("tokend")
        gateway.wait_until_well()
    assert person.browse(person.agree(place)).status == 200
    assert person.browse(person.agree(person.follow(link).header("location"))).status == 200
    assert set(person.connections()) == {"consent/sooner", "consent/later"}


# the operator


def test_the_administrators_key_is_needed(gateway, person):
    for key in ("", "x", ADMIN_KEY[:-1], ADMIN_KEY + "x", person.key):
        answer = gateway.admin("GET", "/admin/audit", key=key)
        assert (answer.status, answer.json()["error"]["code"]) == (401, "admin_key_wrong"), answer
    assert gateway.ask("GET", "/admin/audit").status == 401
    assert gateway.ask("GET", "/admin/audit", {"authorization": f"Bearer {person.key}"}).status == 401
    assert gateway.ask("GET", "/admin/audit", {"authorization": f"Bearer {ADMIN_KEY}"}).status == 200


def test_without_an_administrators_key_there_are_no_such_routes(gateway):
    gateway.configure(admin=False)
    gateway.ctl("reload")
    try:
        answer = gateway.admin("GET", "/admin/audit")
        assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found"), answer
    finally:
        gateway.configure()
        gateway.ctl("reload")
    assert gateway.admin("GET", "/admin/audit").status == 200


def test_the_operator_puts_lists_and_removes_tokens(gateway, person):
    gateway.secrets |= {"token-by-hand-0123", "token-by-hand-4567"}
    path = f"/admin/tokens/{person.tenant}/consent/by-hand"
    ends = int(time.time()) + 3600
    body = {"access_token": "token-by-hand-0123", "expires_at": ends, "token_type": "Bearer"}
    assert gateway.admin("PUT", path, body).status == 201
    assert gateway.admin("PUT", path, body | {"access_token": "token-by-hand-4567"}).status == 201
    (row,) = gateway.admin("GET", f"/admin/tokens/{person.tenant}").json()["connections"]
    assert (row["id"], row["kind"], row["expires_at_ms"]) == ("consent/by-hand", "oauth2", ends * 1000)
    assert gateway.admin("PUT", path, body | {"expires_at": ends * 1000}).status == 400
    assert gateway.admin("PUT", path, body | {"token_type": "mac"}).status == 400
    assert gateway.admin("PUT", path.replace(person.tenant, "nobody"), body).status == 404
    assert gateway.admin("GET", "/admin/tokens/nobody").status == 404
    assert gateway.admin("DELETE", path).json()["ok"] is True
    assert gateway.admin("DELETE", path).status == 404


def test_the_operator_names_what_a_vendor_would_have_told(gateway, person):
    path = f"/admin/tokens/{person.tenant}/salesforce/by-hand"
    gateway.secrets.add("sales-token-0123")
    body = {"access_token": "sales-token-0123"}
    missing = gateway.admin("PUT", path, body)
    assert (missing.status, missing.json()["error"]["field"]) == (400, "instance_url"), missing
    elsewhere = gateway.admin("PUT", path, body | {"instance_url": "https://evil.example"})
    assert (elsewhere.status, elsewhere.json()["error"]["field"]) == (400, "instance_url"), elsewhere
    made = gateway.admin("PUT", path, body | {"instance_url": "https://acme.my.salesforce.com", "default": True})
    assert made.status == 201, made
    facts = person.connections()["salesforce/by-hand"]["facts"]
    assert facts == {"default": "true", "instance_url": "https://acme.my.salesforce.com"}


def test_a_grant_that_was_seeded_is_refreshed(gateway, person, vendor):
    refresh = Authority.token(f"seed{person.tenant}", 0)
    gateway.secrets.add(refresh)
    body = {"tenant_id": person.tenant, "provider": "consent", "account_id": "seeded", "client_id": CLIENT,
            "client_secret": SECRET, "token_endpoint": f"{vendor.url}/token", "refresh_token": refresh}
    assert gateway.admin("POST", "/admin/seed-oauth", body | {"tenant_id": "nobody"}).status == 404
    forbidden = gateway.admin("POST", "/admin/seed-oauth", body | {"token_endpoint": "https://169.254.169.254/token"})
    assert (forbidden.status, forbidden.json()["error"]["code"]) == (403, "address_forbidden"), forbidden
    assert gateway.admin("POST", "/admin/seed-oauth", body).status == 201
    until = time.monotonic() + PATIENCE_SECONDS
    while (row := person.connections()["consent/seeded"])["status"] != "active":
        assert time.monotonic() < until, row
        time.sleep(0.05)
    assert person.ask("POST", "/consent/seeded/test").json()["ok"] is True


def test_the_audit_says_who_did_what(gateway, person):
    person.ask("POST", "/api-key", {"provider": "anthropic", "api_key": "k-9876543210"})
    person.ask("DELETE", "/anthropic/default")
    accounts = gateway.admin("GET", f"/admin/audit?tenant={person.tenant}").json()
    assert [(row["action"], row["subject"]) for row in accounts["events"]] == [
        ("removed", "anthropic/default"), ("connected", "anthropic/default")], accounts
    assert all(row["source"].startswith("key_") for row in accounts["events"])
    assert accounts["events"][1]["after"] == accounts["events"][0]["before"] != ""
    first = gateway.admin("GET", f"/admin/audit?of=gateway&limit=1&tenant={person.tenant}").json()
    (made,) = first["events"]
    assert made["action"] == "key.created" and made["source"].startswith("weirctl, user ")
    assert made["before"] == "" and len(made["after"]) == 64
    before = f"&before={first['next']}"
    (tenant,) = gateway.admin("GET", f"/admin/audit?of=gateway&tenant={person.tenant}{before}").json()["events"]
    assert (tenant["action"], tenant["subject"]) == ("tenant.created", person.tenant)
    for query in ("of=money", "source=x", "acton=removed", "since=yesterday", "since=-1", "action=",
                  f"key={'x' * 200}", "limit=501"):
        refused = gateway.admin("GET", f"/admin/audit?{query}")
        assert (refused.status, refused.json()["error"]["field"]) == (400, query.split("=")[0]), refused
    (removed,) = gateway.admin(
        "GET", f"/admin/audit?tenant={person.tenant}&action=removed&key=anthropic/default").json()["events"]
    assert removed == accounts["events"][0]
    after = f"/admin/audit?tenant={person.tenant}&since={removed['at_ms'] + 1}"
    assert gateway.admin("GET", after).json() == {"events": [], "next": None}
    assert gateway.admin("GET", f"{after}&of=gateway&action=key.created").json()["events"] == []
    assert gateway.admin("GET", f"/admin/audit?of=gateway&key={person.tenant}").json()["events"] == [tenant]
    # Of an operator the kernel knows who it is.
    account, secret = f"{person.tenant}/anthropic/ctl", str(gateway.folder / "vault-key")
    gateway.ctl("connection", "add", account, "--secret-file", secret)
    gateway.ctl("connection", "remove", account)
    for row in gateway.ctl("connection", "events", person.tenant)[:2]:
        assert row["source"] == f"weirctl, user {os.getuid()}", row
    shown = gateway.ctl("audit", "--tenant", person.tenant)
    assert [(row["action"], row["after"]) for row in shown] == [(row["action"], row["after"]) for row in (made, tenant)]
