"""Connected accounts in a backup: what an agent can do after a restore, and what tokens that were refreshed since are
worth then.

The provider's OAuth server takes a refresh token once; one that comes back ends its account (authority.py).
"""

from __future__ import annotations

import dataclasses
import pathlib
import shutil
import subprocess

import pytest

from authority import CLIENT, SECRET, Authority
from backups import backup, contents, manifest, verify, weirctl
from connected import VAULT_KEY, ConnectedWeir, call, failure
from provider import Provider

KEY, REPLACED = "shop-key-of-the-backup", "shop-key-of-later"
ACCOUNT = "acme/shop/main"


@pytest.fixture
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture
def authority():
    with Authority(leeway=0) as authority:
        yield authority


def restore(weir: ConnectedWeir, source: pathlib.Path, *words: str) -> subprocess.CompletedProcess:
    done = weirctl("restore", source, "--config", weir.configuration, *words)
    assert done.returncode == 0, done.stderr
    return done


def test_connected_accounts_come_back_with_a_backup_and_agents_call_with_them(tmp_path, provider):
    copy = tmp_path / "b"
    with ConnectedWeir(tmp_path / "w", provider.url) as weir:
        agent = weir.agent("acme")
        weir.connect(ACCOUNT, KEY)
        assert set(backup(weir, copy)) == {"gatewayd.db", "wallet.db", "token.db", "weir.yaml"}
        weir.connect(ACCOUNT, REPLACED, "--replace")
        for daemon in ("gatewayd", "walletd"):
            weir.stop(daemon)
        refused = weirctl("restore", copy, "--config", weir.configuration, "--force")
        assert refused.returncode == 1 and "tokend" in refused.stderr and "held by a running daemon" in refused.stderr
    assert verify(copy) == 0
    (kept,) = [file for file in manifest(copy)["files"] if file["path"] == "token.db"]
    assert kept["rows"]["accounts"] == 1
    for name, content in contents(copy).items():
        assert KEY.encode() not in content and VAULT_KEY.encode() not in content, name
    # Over what is there, and onto another machine, to which the vault's key was brought.
    other = ConnectedWeir(tmp_path / "other", provider.url)
    restore(weir, copy, "--force")
    assert len(list((weir.folder / "tokend").glob("before-restore-*/token.db"))) == 1
    restore(other, copy)
    for place in (weir, other):
        with place:
            assert [row["account"] for row in place.ctl("connection", "list")] == [ACCOUNT]
            assert call(dataclasses.replace(agent, weir=place), "shop", path="/echo").status == 200
            assert provider.take().headers["authorization"] == f"Bearer {KEY}"


def test_a_backup_whose_vault_is_damaged_is_found_out(tmp_path, provider):
    with ConnectedWeir(tmp_path / "w", provider.url) as weir:
        weir.agent("acme")
        weir.connect(ACCOUNT, KEY)
        backup(weir, tmp_path / "b")
    for damage in ("flip", "cut", "remove"):
        bad = tmp_path / damage
        shutil.copytree(tmp_path / "b", bad)
        content = bytearray((bad / "token.db").read_bytes())
        content[len(content) // 2] ^= 1
        if damage == "remove":
            (bad / "token.db").unlink()
        else:
            (bad / "token.db").write_bytes(content if damage == "flip" else content[:len(content) // 2])
        assert verify(bad) == 1, damage
        done = weirctl("restore", bad, "--config", weir.configuration, "--force")
        assert done.returncode == 1 and "token.db" in done.stderr, done.stderr
        assert not list(weir.folder.glob("*/before-restore-*")), "nothing was touched"


@pytest.fixture
def rotated(tmp_path, provider, authority):
    """A Weir that is stopped and whose one account was refreshed after the backup that was restored over it; its agent,
    and what the restore has said."""
    url = f"http://127.0.0.1:{authority.port}"
    with ConnectedWeir(tmp_path / "w", provider.url, url, registration=(CLIENT, SECRET)) as weir:
        agent = weir.agent("acme")
        add_oauth(weir, "main")
        backup(weir, tmp_path / "b")
        weir.ctl("connection", "refresh", ACCOUNT)
    assert len(authority.calls["main"]) == 1
    return weir, agent, restore(weir, tmp_path / "b", "--force").stderr


def add_oauth(weir: ConnectedWeir, family: str, *words: str) -> None:
    token = str(weir.secret_file(Authority.token(family, 0)))
    weir.connect(
        ACCOUNT, f"access.{family}.0", "--kind", "oauth", "--refresh-token-file", token, "--expires", "1h", *words)


def state(weir: ConnectedWeir) -> str:
    (row,) = weir.ctl("connection", "list")
    return row["state"]


def test_a_restored_vault_asks_with_a_spent_refresh_token_and_its_account_is_connected_again(
    rotated, provider, authority
):
    weir, agent, told = rotated
    (aside,) = (weir.folder / "tokend").glob("before-restore-*")
    assert "spent" in told and str(aside) in told and ACCOUNT not in told
    with weir:
        assert state(weir) == "active", "the token of the backup is used until it ends or somebody asks"
        assert weir.run_ctl("connection", "refresh", ACCOUNT)[0] == 1
        assert authority.ended == {"main"}, "the provider takes it for theft"
        weir.wait_until("the account is dead", lambda: state(weir) == "dead")
        assert failure(call(agent, "shop", path="/echo")) == (401, "TOKEN_EXPIRED")
        assert [row["account"] for row in weir.ctl("connection", "list", "--state", "dead")] == [ACCOUNT]
        add_oauth(weir, "again", "--replace")
        weir.wait_until("it is well again", lambda: call(agent, "shop", path="/echo").status == 200)
        assert provider.asked[-1].headers["authorization"] == "Bearer access.again.0"


def test_the_newer_vault_put_back_before_the_start_has_the_tokens_that_are_good(rotated, provider, authority):
    """As docs/OPERATING.md says: nothing ties the vault to the two other databases."""
    weir, agent, _ = rotated
    vault = weir.folder / "tokend"
    subprocess.run("rm token.db && mv before-restore-*/* .", shell=True, cwd=vault, check=True)
    with weir:
        weir.ctl("connection", "refresh", ACCOUNT)
        assert state(weir) == "active" and not authority.ended
        weir.wait_until(
            "agents call with the token after", lambda: call(agent, "shop", path="/echo").status == 200
            and provider.asked[-1].headers["authorization"] == "Bearer access.main.2")


def test_a_restore_without_connected_accounts_says_nothing_of_them(tmp_path, provider):
    with ConnectedWeir(tmp_path / "w", provider.url) as weir:
        backup(weir, tmp_path / "b")
    assert "spent" not in restore(weir, tmp_path / "b", "--force").stderr
