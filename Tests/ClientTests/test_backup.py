"""Backup under load, restore, and what is true afterwards: every charge of the backup's usage once, and an exact ledger.

What is killed here is killed at each of its steps; what is damaged is damaged in each of its files.
"""

from __future__ import annotations

import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import subprocess
import time
from decimal import Decimal

import pytest

import binaries
import raw
from backups import (
    DATABASES, MARK, KillPoints, backup, charges, contents, manifest, restored, rows, settlements, unsettled, verify,
    wait_until_drained, weirctl,
)
from binaries import Program
from conftest import new_tenant
from dialects import ANTHROPIC
from test_kill_storm import BODY, Load
from weir import Weir

BACKUPS = 4
SIGKILLED = -signal.SIGKILL


@pytest.fixture
def upstream(tmp_path):
    """The demo upstream: fast, and the same usage for the same question."""
    program = Program("weir-demo-upstream", "--listen", "127.0.0.1:0", log=tmp_path / "upstream.log")
    yield "http://" + re.search(r"address=(\S+)", program.ready_line)[1]
    program.end()


@pytest.fixture
def loaded(tmp_path, upstream):
    """A Weir that was asked without a pause while backups were made of it: itself, its tenant, the backups, oldest first."""
    with Weir(tmp_path / "w", upstream) as weir:
        tenant = weir.tenant("busy", credit="1000000")
        load = Load(weir.port, tenant.key)
        made = []
        try:
            for number in range(BACKUPS):
                load.wait_for(len(load.answers) + 300)
                made.append(tmp_path / f"backup-{number}")
                backup(weir, made[-1])
        finally:
            load.end()
        assert not load.refused
        wait_until_drained(weir)
        weir.audit()
        yield weir, tenant, made


def test_every_charge_of_a_backup_made_under_load_is_there_once_after_its_restore(loaded, tmp_path, upstream):
    _, tenant, made = loaded
    assert any(unsettled(folder / "gatewayd.db") for folder in made), "no backup caught a settlement on its way"
    for number, folder in enumerate(made):
        before, known = charges(folder / "gatewayd.db"), settlements(folder / "wallet.db")
        with restored(tmp_path / f"r{number}", upstream, folder) as weir:
            wait_until_drained(weir)
            audit = weir.audit()
            answer = raw.ask(weir.port, "POST", "/v1/messages", {"x-api-key": tenant.key}, BODY.encode())
            assert answer.status == 200
            wait_until_drained(weir)
            weir.audit()
        after = settlements(weir.folder / "walletd" / "wallet.db")
        assert before.items() <= after.items(), f"{len(before.items() - after.items())} charges are missing or differ"
        assert known.items() <= after.items(), "a restore takes no settlement away"
        (new,) = charges(weir.folder / "gatewayd" / "gatewayd.db").keys() - before.keys()
        assert after.keys() == before.keys() | known.keys() | {new}, "nothing is charged that was not used"
        assert int(audit["entries"]) == len(after), "the tenant's credit, and all settlements but the new one"


def test_a_pair_in_the_other_order_would_lose_charges_and_is_refused(loaded, tmp_path, upstream):
    """The canary of the test above: with a wallet that is older than gatewayd's records, charges are lost."""
    _, _, made = loaded
    mixed = tmp_path / "mixed"
    shutil.copytree(made[-1], mixed)
    shutil.copy(made[0] / "wallet.db", mixed / "wallet.db")
    assert verify(mixed) == 1
    weir = Weir(tmp_path / "r", upstream)
    for daemon, name in DATABASES.items():
        (weir.folder / daemon).mkdir(mode=0o700)
        shutil.copy(mixed / name, weir.folder / daemon / name)
    with weir:
        wait_until_drained(weir)
    assert charges(mixed / "gatewayd.db").keys() - settlements(weir.folder / "walletd" / "wallet.db").keys()


def test_a_backup_is_private_and_holds_credentials_only_when_asked(vendor, tmp_path):
    with Weir(tmp_path / "w", upstream=vendor.url) as own:
        (own.folder / "credentials").mkdir()
        (own.folder / "credentials" / "vendor").write_text("secret-of-a-vendor")
        tenant = new_tenant(own)
        plain, whole = backup(own, tmp_path / "plain"), backup(own, tmp_path / "whole", "--with-credentials")
    assert set(plain) == {"gatewayd.db", "wallet.db", "weir.yaml"}
    assert set(whole) == {*plain, "credentials/vendor"}
    assert (tmp_path / "whole" / "credentials" / "vendor").read_text() == "secret-of-a-vendor"
    for folder in (tmp_path / "plain", tmp_path / "whole"):
        for path in [folder, *folder.rglob("*")]:
            wanted = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path
    for name, content in contents(tmp_path / "plain").items():
        assert b"secret-of-a-vendor" not in content and tenant.key.encode() not in content, name


def test_a_backup_replaces_nothing_and_is_made_when_there_is_room_for_its_name(weir, tmp_path):
    (tmp_path / "empty").mkdir()
    backup(weir, tmp_path / "empty")
    before = contents(tmp_path / "empty")
    for place in (tmp_path / "empty", tmp_path / "empty" / "manifest.json", tmp_path / "missing" / "b", tmp_path):
        status, _, complaint = weir.run_ctl("backup", str(place))
        assert status == 1 and str(place.name) in complaint, (place, status, complaint)
    assert contents(tmp_path / "empty") == before
    assert not list(tmp_path.glob(".*")), "what was refused leaves nothing"


def test_a_daemon_that_does_not_answer_leaves_no_backup(vendor, tmp_path):
    with Weir(tmp_path / "w", upstream=vendor.url) as own:
        own.stop("walletd")
        status, _, complaint = own.run_ctl("backup", str(tmp_path / "b"))
        assert status == 3 and "walletd" in complaint
        assert not (tmp_path / "b").exists() and not list(tmp_path.glob(".*"))
        own.start("walletd")


def test_every_damage_is_found_and_nothing_of_it_is_restored(vendor, tmp_path):
    with Weir(tmp_path / "w", upstream=vendor.url) as own:
        backup(own, tmp_path / "b")
    assert verify(tmp_path / "b") == 0
    for name in ("gatewayd.db", "wallet.db", "weir.yaml", "manifest.json"):
        size = (tmp_path / "b" / name).stat().st_size
        for damage in ("flip", "cut", "remove"):
            bad = tmp_path / f"{name}-{damage}"
            shutil.copytree(tmp_path / "b", bad)
            content = bytearray((bad / name).read_bytes())
            content[size // 2] ^= 1
            if damage == "flip":
                (bad / name).write_bytes(content)
            elif damage == "cut":
                os.truncate(bad / name, size // 2)
            else:
                (bad / name).unlink()
            # One letter of a manifest may be a remark: what it says of the files is what is held against them.
            if (name, damage) != ("manifest.json", "flip"):
                assert verify(bad) == 1, bad
                assert weirctl("restore", bad, "--dir", tmp_path / "r").returncode == 1
                assert not (tmp_path / "r").exists()


def test_a_restore_refuses_daemons_that_run_and_state_that_is_there(vendor, tmp_path):
    with Weir(tmp_path / "w", upstream=vendor.url) as own:
        tenant = new_tenant(own)
        backup(own, tmp_path / "b")
        for words in ((), ("--force",)):
            refused = weirctl("restore", tmp_path / "b", "--config", own.configuration, *words)
            assert refused.returncode == 1 and "held by a running daemon" in refused.stderr
        own.ctl("wallet", "credit", tenant.name, "7")
    before = {daemon: contents(own.folder / daemon) for daemon in DATABASES}
    refused = weirctl("restore", tmp_path / "b", "--config", own.configuration)
    assert refused.returncode == 1 and "state already" in refused.stderr
    for daemon, name in DATABASES.items():
        assert contents(own.folder / daemon)[name] == before[daemon][name]
    assert weirctl("restore", tmp_path / "b", "--config", own.configuration, "--force").returncode == 0
    for daemon, name in DATABASES.items():
        (aside,) = (own.folder / daemon).glob(f"before-restore-*/{name}")
        assert aside.read_bytes() == before[daemon][name]
    with own:
        own.audit()
        assert tenant.balance()["balance"] == 100
        assert raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body()).status == 200


def test_a_folder_is_restored_into_another_folder_and_serves(tmp_path):
    """What `weirctl up --demo` made, moved to a new place, configuration, vendors' keys and all."""
    first = Demo(tmp_path / "first", tmp_path / "log")
    try:
        assert first.ask() == 200
        (first.folder / "credentials" / "some-key").write_text("k")
        done = weirctl("backup", tmp_path / "b", "--dir", first.folder, "--with-credentials")
        assert done.returncode == 0, done.stderr
    finally:
        first.end()
    done = weirctl("restore", tmp_path / "b", "--dir", tmp_path / "second")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "second" / "credentials" / "some-key").read_text() == "k"
    shutil.copy(first.folder / "demo-key", tmp_path / "second" / "demo-key")
    second = Demo(tmp_path / "second", tmp_path / "log2")
    try:
        assert second.ask() == 200
        audit = weirctl("wallet", "audit", "--dir", second.folder)
        assert audit.returncode == 0, audit.stdout + audit.stderr
    finally:
        second.end()


class Demo:
    """`weirctl up --demo` in a folder."""

    def __init__(self, folder: pathlib.Path, log: pathlib.Path) -> None:
        self.folder, self._log = folder, log
        with open(log, "wb") as file:
            self._process = subprocess.Popen(
                [binaries.path("weirctl"), "up", "--demo", "--dir", str(folder), "--listen", "127.0.0.1:18473"],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
        until = time.monotonic() + 60
        while "curl " not in log.read_text():
            assert self._process.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.02)

    def ask(self) -> int:
        key = (self.folder / "demo-key").read_text().strip()
        body = BODY.replace('"bench"', '"demo"').encode()
        return raw.ask(18473, "POST", "/v1/messages", {"x-api-key": key}, body).status

    def end(self) -> None:
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(30) == 0, self._log.read_text()


def test_a_folder_takes_no_state_that_its_configuration_keeps_elsewhere(weir, tmp_path):
    """The weir.yaml of a package names no state directory: --dir must not write to the system's."""
    backup(weir, tmp_path / "b")
    for place in (tmp_path / "elsewhere", None):
        folder = tmp_path / f"into-{place is None}"
        folder.mkdir()
        line = f"  state_directory: {place}/{{}}\n" if place else ""
        sections = (f"{daemon}:\n  log_level: info\n" + line.format(daemon) for daemon in DATABASES)
        (folder / "weir.yaml").write_text("".join(sections))
        done = weirctl("restore", tmp_path / "b", "--dir", f"{folder}/")
        assert done.returncode == 1 and "which is not in" in done.stderr, done.stderr
        assert [path.name for path in folder.iterdir()] == ["weir.yaml"] and not (tmp_path / "elsewhere").exists()


def test_a_restore_without_room_changes_nothing_and_one_with_force_leaves_no_file_of_before(vendor, tmp_path):
    """The disk's refusal is played by a limit on the size of files; what is aside is everything that was there."""
    with Weir(tmp_path / "w", upstream=vendor.url) as own:
        backup(own, tmp_path / "b")
    other = own.folder / "gatewayd" / "leaving-1-1.db"
    other.write_bytes(b"answers of a process that handed over")
    before = {daemon: state(own.folder / daemon) for daemon in DATABASES}
    command = [binaries.path("weirctl"), "restore", tmp_path / "b", "--config", own.configuration, "--force"]
    small = min((tmp_path / "b" / name).stat().st_size for name in DATABASES.values()) - 1

    def without_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (small, small))

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=without_room)
    assert done.returncode == 1 and "cannot write" in done.stderr, done.stderr
    assert {daemon: state(own.folder / daemon) for daemon in DATABASES} == before
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    assert not other.exists()
    (aside,) = other.parent.glob("before-restore-*")
    assert contents(aside) == before["gatewayd"]


def state(folder: pathlib.Path) -> dict[str, bytes]:
    """Every file but the lock, in which whoever held it last is named."""
    return {name: content for name, content in contents(folder).items() if name != "lock"}


def test_files_go_to_the_users_the_daemons_run_as(weir, tmp_path):
    """As root they are given away; anybody else keeps them."""
    backup(weir, tmp_path / "b")
    users = {"gatewayd": 54321, "walletd": 54322}
    folder = tmp_path / "r"
    folder.mkdir()
    lines = [f"{daemon}:\n  state_directory: {folder}/{daemon}\n" for daemon in DATABASES]
    lines += ["peers:\n", *(f"  {daemon}: {user}\n" for daemon, user in users.items())]
    (folder / "weir.yaml").write_text("".join(lines))
    done = weirctl("restore", tmp_path / "b", "--config", folder / "weir.yaml")
    assert done.returncode == 0, done.stderr
    for daemon, name in DATABASES.items():
        wanted = users[daemon] if os.geteuid() == 0 else os.geteuid()
        for path in (folder / daemon, folder / daemon / name, folder / daemon / "lock"):
            facts = path.stat()
            assert facts.st_uid == wanted, path
            assert stat.S_IMODE(facts.st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_backup_killed_at_any_step_is_whole_or_not_there(vendor, tmp_path):
    points = KillPoints(tmp_path)
    with Weir(tmp_path / "w", upstream=vendor.url) as own:
        (own.folder / "credentials").mkdir()
        (own.folder / "credentials" / "vendor").write_text("k")
        tenant = new_tenant(own)

        def words(folder: pathlib.Path) -> tuple:
            return ("backup", folder, "--with-credentials", "--config", own.configuration)

        steps = points.run(*words(tmp_path / "uncut"))
        assert steps > 15
        whole = 0
        for step in range(1, steps + 1):
            folder = tmp_path / f"b{step}"
            assert points.kill(step, *words(folder)) == SIGKILLED, step
            if folder.exists():
                whole += 1
                assert verify(folder) == 0, step
            else:
                backup_again(own, folder)
            assert {path.name for path in tmp_path.glob(".*")} == set(), step
            for daemon, name in DATABASES.items():
                assert not (own.folder / daemon / f"{name}.copy").exists(), step
        assert 0 < whole < steps
        assert raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body()).status == 200
        tenant.wait_until_nothing_is_held()
        own.audit()


def backup_again(weir: Weir, folder: pathlib.Path) -> None:
    """The daemons notice within a moment that nobody waits for the backup before."""
    until = time.monotonic() + 20
    while weirctl("backup", folder, "--with-credentials", "--config", weir.configuration).returncode:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert verify(folder) == 0


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_restore_killed_at_any_step_harms_nothing_and_is_finished_by_the_next(vendor, tmp_path, is_empty):
    """Into an empty folder, and over state that is moved aside."""
    points = KillPoints(tmp_path)
    with Weir(tmp_path / "w", upstream=vendor.url) as own:
        tenant = new_tenant(own)
        backup(own, tmp_path / "b")
        own.ctl("wallet", "credit", tenant.name, "7")
    new = {daemon: (tmp_path / "b" / name).read_bytes() for daemon, name in DATABASES.items()}
    old = {daemon: (own.folder / daemon / name).read_bytes() for daemon, name in DATABASES.items()}

    def fresh(name: str) -> tuple[pathlib.Path, tuple]:
        other = Weir(tmp_path / name, upstream=vendor.url)
        folder = other.folder
        if not is_empty:
            for daemon, database in DATABASES.items():
                (folder / daemon).mkdir(mode=0o700)
                (folder / daemon / database).write_bytes(old[daemon])
        return folder, ("restore", tmp_path / "b", "--config", other.configuration, *(() if is_empty else ("--force",)))

    steps = points.run(*fresh("uncut")[1])
    assert steps > 15
    for step in range(1, steps + 1):
        folder, words = fresh(f"r{step}")
        assert points.kill(step, *words) == SIGKILLED, step
        there = {daemon: content(folder / daemon / name) for daemon, name in DATABASES.items()}
        if (folder / "gatewayd" / MARK).exists():
            assert start(folder, "gatewayd") == 73, step
            if (folder / "walletd" / MARK).exists():
                assert start(folder, "walletd") == 73, step
            else:
                assert there == new or there == empty_or(old, is_empty), step
        else:
            assert there == new or there == empty_or(old, is_empty), step
        if not is_empty:
            for daemon, name in DATABASES.items():
                kept = [path.read_bytes() for path in (folder / daemon).rglob(name)]
                assert old[daemon] in kept, step
        is_done = there == new and not (folder / "gatewayd" / MARK).exists()
        done = weirctl(*words)
        # A restore that had come to its end is state like any other.
        assert done.returncode == (1 if is_done and is_empty else 0), (step, done.stderr)
        assert {daemon: content(folder / daemon / name) for daemon, name in DATABASES.items()} == new, step
        assert not list(folder.rglob(f"{MARK}*")) and not list(folder.rglob("*.restoring")), step
    assert verify(tmp_path / "b") == 0
    own = restored(tmp_path / "last", vendor.url, tmp_path / "b")
    with own:
        own.audit()
        tenant.weir = own
        assert tenant.balance()["balance"] == Decimal(100)


def empty_or(old: dict, is_empty: bool) -> dict:
    return dict.fromkeys(old) if is_empty else old


def content(path: pathlib.Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def start(folder: pathlib.Path, daemon: str) -> int:
    """The status a daemon ends with that must not start."""
    command = [binaries.path(daemon), "--config", str(folder / "weir.yaml")]
    return subprocess.run(command, capture_output=True, timeout=30, stdin=subprocess.DEVNULL).returncode


def test_counts_of_a_manifest_are_those_of_the_files(weir, tenant, tmp_path):
    raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body())
    tenant.settlements(1)
    backup(weir, tmp_path / "b")
    told = {file["path"]: file for file in manifest(tmp_path / "b")["files"]}
    for name in DATABASES.values():
        for table, count in told[name]["rows"].items():
            assert rows(tmp_path / "b" / name, f'SELECT count(*) FROM "{table}"') == [(count,)]
        assert told[name]["bytes"] == (tmp_path / "b" / name).stat().st_size
    assert told["gatewayd.db"]["taken_at_ms"] <= told["wallet.db"]["taken_at_ms"]
