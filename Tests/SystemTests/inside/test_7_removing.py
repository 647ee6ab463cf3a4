"""Removing keeps what the operator would miss; purging does not."""

from __future__ import annotations

import pathlib

from machine import CONFIGURATION, DAEMONS, PACKAGE, SOCKETS, STATE, is_active, run, running_daemons, wait_until
from tenants import audit, ctl


def test_removing_stops_everything_and_keeps_ledger_configuration_and_keys():
    run("dpkg", "--remove", "weir")
    assert running_daemons() == []
    assert not any(is_active(socket) for socket in SOCKETS)
    assert not any(pathlib.Path(f"/usr/lib/{path}").exists() for path in ("weir", "systemd/system/weir.target"))
    assert (STATE / "walletd/wallet.db").exists() and CONFIGURATION.exists()
    assert pathlib.Path("/etc/weir/credentials/openai-key").exists()
    assert run("systemctl", "is-system-running").strip() == "running"


def test_installed_again_it_goes_on_where_it_was(vendors):
    run("dpkg", "--force-confold", "--install", str(PACKAGE))
    assert running_daemons() == []
    run("systemctl", "enable", "--now", "weir.target")
    wait_until("all up", lambda: all(is_active(f"{daemon}.service") for daemon in DAEMONS))
    assert len(ctl("wallet", "balance")) > 5
    audit()


def test_purging_leaves_nothing_but_the_users():
    run("dpkg", "--purge", "weir")
    assert running_daemons() == []
    folders = ("/var/lib/weir", "/etc/weir", "/run/weir", "/usr/lib/weir")
    left = [folder for folder in folders if pathlib.Path(folder).exists()]
    left += [str(path) for path in pathlib.Path("/etc/systemd/system").rglob("*weir*")]
    left += [str(path) for path in pathlib.Path("/run").glob("weir-*")]
    assert not left
    assert "weir-walletd" in run("getent", "passwd")
    assert run("systemctl", "is-system-running").strip() == "running"
    assert run("dpkg", "--audit") == ""
