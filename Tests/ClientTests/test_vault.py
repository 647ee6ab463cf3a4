"""The vault as an operator has it: accounts connected, listed, tested, refreshed and removed by weirctl, its key changed
while kills interrupt the change, a wrong key, and what a core dump or the swap would hold.
"""

from __future__ import annotations

import base64
import json
import pathlib
import re
import shutil
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

import binaries
from backups import KillPoints
from binaries import Program
from vaults import KEY, Vault, write

# What tests hand over; none of it may be told again.
SECRETS = ["key-9d1f", "bot-77aa", "word-5c3e", "access-b001", "refresh-c002", "own-secret-d003", "client-secret-e004"]
CONNECTIONS = """
connections:
  providers:
    acme:
      name: Acme
      base_url: http://127.0.0.1:{port}/api
      auth:
        api_key: bearer
        bot_token: bearer
        basic: basic
        oauth2: bearer
        client_credentials: bearer
      test: GET /me
      allow: [GET /**]
      oauth:
        authorize_url: http://127.0.0.1:{port}/authorize
        token_url: http://127.0.0.1:{port}/token
        revocation: {{url: "http://127.0.0.1:{port}/revoke"}}
  clients:
    acme: {{client_id: weir, client_secret: {{file: client.secret}}}}
"""


class Vendor:
    """Answers `GET /api/me` to whom it knows, gives out tokens, and takes them back. Others are told what they sent."""

    def __init__(self) -> None:
        self.known = {"Bearer key-9d1f", "Bearer access-new"}
        self.asked: list[tuple[str, str, dict]] = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                vendor.asked.append((self.path, self.headers.get("authorization", ""), {}))
                sent = self.headers.get("authorization")
                good = sent in vendor.known
                self.answer(200 if good else 401, {"id": 1} if good else {"error": "bad token", "you_sent": sent})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                vendor.asked.append((self.path, "", {name: values[0] for name, values in form.items()}))
                self.answer(200, {"access_token": "access-new", "token_type": "bearer", "expires_in": 3600})

            def answer(self, status: int, body: dict) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def forms(self, path: str) -> list[dict]:
        return [form for at, _, form in self.asked if at == path]

    def end(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def vendor():
    vendor = Vendor()
    yield vendor
    vendor.end()


@pytest.fixture
def vault(tmp_path, vendor):
    write(tmp_path / "client.secret", "client-secret-e004\n")
    vault = Vault(tmp_path, CONNECTIONS.format(port=vendor.port))
    yield vault
    vault.end()


def connect_one_of_each(vault: Vault, folder: pathlib.Path) -> str:
    """Everything that weirctl said meanwhile."""
    refresh = str(write(folder / "refresh", "refresh-c002\n"))
    own = str(write(folder / "own", "own-secret-d003\n"))
    said = []
    for name, secret, words in [
        ("key", "key-9d1f", []),
        ("bot", "bot-77aa", ["--kind", "bot_token"]),
        ("basic", "word-5c3e", ["--kind", "basic", "--user", "ada"]),
        ("oauth", "access-b001", ["--kind", "oauth", "--refresh-token-file", refresh, "--expires", "1h"]),
        ("client", None, ["--kind", "client_credentials", "--client-id", "own", "--client-secret-file", own]),
    ]:
        from_input = ["--secret-file", "-"] if secret else []
        answer = vault.try_ask("connection", "add", f"acme/acme/{name}", *words, *from_input, stdin=secret)
        assert answer.returncode == 0, answer.stderr
        said.append(answer.stdout + answer.stderr)
    return "".join(said)


def test_accounts_of_every_kind_are_told_without_a_secret(vault, vendor, tmp_path):
    said = connect_one_of_each(vault, tmp_path)
    kinds = {name: row["kind"] for name, row in vault.accounts().items()}
    assert kinds == {
        "key": "api_key", "bot": "bot_token", "basic": "basic", "oauth": "oauth", "client": "client_credentials"}
    # The vault asks for the token itself, with the account's own client.
    until = time.monotonic() + 30
    while vault.accounts()["client"]["state"] != "active":
        assert time.monotonic() < until, vault.accounts()["client"]
        time.sleep(0.02)
    form = vendor.forms("/token")[0]
    assert form["grant_type"] == "client_credentials" and form["client_secret"] == "own-secret-d003"
    for words in (["connection", "list"], ["connection", "events"], ["status"], ["vault", "status"]):
        answer = vault.try_ask(*words)
        said += answer.stdout + answer.stderr
    vault.end()
    written = vault.stored() + vault.log.read_bytes() + said.encode()
    for secret in [*SECRETS, "access-new", KEY]:
        assert secret.encode() not in written, secret
    # What is looked at is what was meant to be: names of accounts are there.
    assert b"client_credentials" in written and vault.stored().count(b"enc:v1:") >= 6


def test_events_tell_whether_a_secret_changed_and_nothing_else(vault):
    for secret in ["key-9d1f", "key-9d1f", "key-other"]:
        vault.ask("connection", "add", "acme/acme/key", "--replace", "--secret-file", "-", stdin=secret)
    newest, same, first = vault.ask("connection", "events", "acme")
    assert first["before"] == "" and first["after"]
    assert same["before"] == same["after"] == first["after"]
    assert newest["before"] == same["after"] != newest["after"]


def test_a_test_asks_the_provider_with_the_credential(vault, vendor):
    vault.ask("connection", "add", "acme/acme/good", "--secret-file", "-", stdin="key-9d1f")
    vault.ask("connection", "add", "acme/acme/bad", "--secret-file", "-", stdin="key-bad")
    assert vault.ask("connection", "test", "acme/acme/good")[0]["status"] == 200
    basic = ("--kind", "basic", "--user", "ada")
    vault.ask("connection", "add", "acme/acme/basic", *basic, "--secret-file", "-", stdin="word-bad")
    said = ""
    for name in ("bad", "basic"):
        answer = vault.try_ask("connection", "test", f"acme/acme/{name}")
        assert answer.returncode != 0 and "you_sent" in answer.stdout + answer.stderr
        said += answer.stdout + answer.stderr
    said += vault.try_ask("connection", "events", "acme").stdout
    assert "you_sent" in said and [at for at, _, _ in vendor.asked] == ["/api/me"] * 3
    vault.end()
    said += vault.stored().decode("latin-1") + vault.log.read_text()
    for secret in ("key-bad", "word-bad", base64.b64encode(b"ada:word-bad").decode()):
        assert secret not in said, secret


def test_a_refresh_by_hand_and_a_removal_that_revokes(vault, vendor, tmp_path):
    refresh = str(write(tmp_path / "refresh", "refresh-c002\n"))
    vault.ask(
        "connection", "add", "acme/acme/oauth", "--kind", "oauth", "--secret-file", "-", "--refresh-token-file", refresh,
        "--expires", "1h", stdin="access-b001")
    # A credential that is new is not asked for again; a restart forgets how new it is.
    vault.end()
    vault.start()
    vault.ask("connection", "refresh", "acme/acme/oauth")
    assert [form["refresh_token"] for form in vendor.forms("/token")] == ["refresh-c002"]
    removed = vault.ask("connection", "remove", "acme/acme/oauth")[0]
    assert removed["revoked"] in (True, "yes")
    # The answer had no refresh token, so the old one stayed good and is handed back.
    assert vendor.forms("/revoke")[0]["token"] == "refresh-c002"
    assert vault.accounts() == {}
    vault.end()
    # What is left is the file's own envelope, by which a wrong key is known.
    database = sqlite3.connect(vault.state / "token.db")
    assert database.execute("SELECT count(*) FROM sealed").fetchone() == (1,)
    database.close()


def test_what_is_wrong_is_said_and_changes_nothing(vault):
    vault.ask("connection", "add", "acme/acme/key", "--secret-file", "-", stdin="key-9d1f")
    for words, wanted in [
        (["connection", "add", "acme/acme/key", "--secret-file", "-"], "replace"),
        (["connection", "add", "acme/nowhere/key", "--secret-file", "-"], "nowhere"),
        (["connection", "add", "acme/acme", "--secret-file", "-"], "TENANT/PROVIDER/ACCOUNT"),
        (["connection", "add", "acme/acme/../x", "--secret-file", "-"], "TENANT/PROVIDER/ACCOUNT"),
        (["connection", "remove", "acme/acme/other"], "other"),
        (["connection", "test", "acme/acme/other"], "other"),
        (["connection", "refresh", "acme/acme/key"], "refresh"),
    ]:
        answer = vault.try_ask(*words, stdin="key-new")
        assert answer.returncode != 0 and wanted in answer.stderr, (words, answer.stderr)
    assert list(vault.accounts()) == ["key"]


def rotated(vault: Vault, kills: KillPoints, step: int) -> bool:
    """Rotates in a tokend that is killed at a step of its files; whether it came to its end."""
    environment = {"LD_PRELOAD": str(kills.library), "KILL_AT": str(step), "KILL_PAGES": "1"}
    try:
        vault.start(**environment)
    except AssertionError:
        return False
    answer = vault.try_ask("vault", "rotate")
    vault.kill()
    return answer.returncode == 0


def test_the_key_is_changed_whenever_a_kill_interrupts_it(vault, tmp_path):
    """300 secrets are two pages of a rotation; tokend is killed at every change of a file on the way."""
    names = [f"n{number}" for number in range(300)]

    def add(name: str) -> None:
        vault.ask("connection", "add", f"acme/acme/{name}", "--secret-file", "-", stdin=f"secret-{name}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, names))
    vault.end()
    write(vault.folder / "key2", "fedcba9876543210fedcba9876543210\n")
    before, kills, found = tmp_path / "before", KillPoints(tmp_path), Counter()
    vault.state.rename(before)
    for step in range(1, 4000):
        shutil.rmtree(vault.state, ignore_errors=True)
        shutil.copytree(before, vault.state)
        vault.configure("encryption_key: {file: key2}\n  older_encryption_keys: [{key: {file: key}}]")
        is_whole = rotated(vault, kills, step)
        vault.start()
        left = int(vault.ask("vault", "status")[0]["old_sealed"])
        assert left == 0 or not is_whole
        found["none" if left > 300 else "some" if left else "all"] += 1
        if left:
            assert vault.ask("vault", "rotate")[-1]["failed"] == 0
        vault.end()
        # The old key is gone: all there is opens under the new one.
        vault.configure("encryption_key: {file: key2}")
        vault.start()
        assert {row["state"] for row in vault.accounts().values()} == {"active"}
        assert vault.ask("vault", "rotate")[-1]["failed"] == 0
        vault.end()
        if is_whole:
            break
    vault.start()
    assert sorted(vault.accounts()) == sorted(names)
    print(f"killed {step - 1} times; sealed anew by then: {dict(found)}")
    assert set(found) == {"none", "some", "all"}


def test_another_key_opens_nothing_and_serves_nothing(vault):
    vault.ask("connection", "add", "acme/acme/key", "--secret-file", "-", stdin="key-9d1f")
    vault.end()
    write(vault.folder / "key", "another-key-of-thirty-two-bytes!\n")
    with pytest.raises(AssertionError, match="did not become ready"):
        vault.start()
    said = vault.log.read_text()
    assert "CRITICAL" in said and "is sealed under key" in said and "another-key" not in said
    write(vault.folder / "key", KEY + "\n")
    vault.start()
    assert vault.accounts()["key"]["state"] == "active"


def test_a_reload_with_another_key_is_refused_in_the_same_words_and_changes_nothing(vault):
    vault.ask("connection", "add", "acme/acme/one", "--secret-file", "-", stdin="key-9d1f")
    write(vault.folder / "key", "another-key-of-thirty-two-bytes!\n")
    answer = vault.try_ask("reload")
    assert answer.returncode != 0 and "is sealed under key" in answer.stdout + answer.stderr, answer
    vault.ask("connection", "add", "acme/acme/two", "--secret-file", "-", stdin="key-9d1f")
    write(vault.folder / "key", KEY + "\n")
    # The vault takes it; there is no gateway to take the rest.
    assert "gatewayd cannot be reached" in vault.try_ask("reload").stderr
    vault.end()
    vault.start()
    assert {name: row["state"] for name, row in vault.accounts().items()} == {"one": "active", "two": "active"}


@pytest.mark.parametrize("key", ["short", "a" * 32], ids=["short", "visibly not random"])
def test_a_key_that_is_none_is_refused(vault, key):
    write(vault.folder / "key", key + "\n")
    asked = binaries.path("tokend"), "--config", str(vault.configuration)
    vault.end()
    with pytest.raises(AssertionError, match="did not become ready"):
        Program(asked[0].rsplit("/", 1)[1], *asked[1:], log=vault.log)
    assert "encryption_key" in vault.log.read_text()
    write(vault.folder / "key", KEY + "\n")
    vault.start()


def test_nothing_of_it_is_dumped(vault):
    """The key's pages are locked and left out of dumps (VmFlags of proc_pid_smaps(5)), and no dump is written at all."""
    maps = pathlib.Path(f"/proc/{vault.program.pid}/smaps").read_text()
    flags = [set(line.split()[1:]) for line in maps.splitlines() if line.startswith("VmFlags:")]
    assert any({"lo", "dd"} <= one for one in flags)
    limits = pathlib.Path(f"/proc/{vault.program.pid}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0", limits)
