"""Each daemon restarted, reloaded, killed and stopped under load: nobody is refused, and the bill is exact.

Where a daemon ends in order no request may fail. Where it is killed, those it had in its hands fail; they are counted.
"""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import signal

import pytest

from load import PORT, under_load
from machine import (
    CONFIGURATION, DAEMONS, STATE, Journal, is_active, pid, restarts, run, running_daemons, show,
    status_text, wait_until, wait_until_active,
)
from streams import Streams
from tenants import audit, ctl, run_ctl

WATCHDOG_SECONDS = 10
# Answers whose usage a killed gatewayd may not have stored yet: those of its last moments, one from each client and a
# few.
UNSTORED = 12


@pytest.fixture(autouse=True)
def no_old_crashes():
    """Each test is told of its own crashes: alerts and pauses count by the minute."""
    for path in pathlib.Path("/run").glob("weir-*.service"):
        path.unlink()
    wait_until_active(*DAEMONS)


@pytest.fixture
def configuration():
    """The configuration file, which is put back."""
    good = CONFIGURATION.read_text()
    yield CONFIGURATION
    CONFIGURATION.write_text(good)
    run("systemctl", "reload", *(f"{daemon}.service" for daemon in DAEMONS))


def with_mistake(text: str, daemon: str) -> str:
    """The configuration with a key that does not exist in the section of a daemon."""
    return re.sub(rf"^{daemon}:(?: {{}})?$", f"{daemon}:\n  colour: red", text, flags=re.MULTILINE)


@pytest.mark.parametrize("daemon", DAEMONS)
def test_restart(daemon, tenant, tell):
    """systemctl restart: callers wait in the socket while one process ends and the next begins."""
    before = pid(daemon)
    with under_load(tenant) as load:
        run("systemctl", "restart", f"{daemon}.service")
        assert pid(daemon) != before
    tell(load.outcome)
    load.outcome.check(may_fail=False)


def test_restart_of_gatewayd_lets_a_stream_finish(tenant, vendors, tell):
    stream = Streams(tenant, vendors)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        restarting = pool.submit(run, "systemctl", "restart", "gatewayd.service")
        wait_until("gatewayd drains", lambda: show("gatewayd.service", "SubState")["SubState"].startswith("stop"))
        tell(f"systemctl status said: {status_text('gatewayd')}")
        assert stream.finish() == ["message_stop"]
        restarting.result()
    tenant.wait_until_settled()
    assert len(tenant.settlements()) == 1


@pytest.mark.parametrize("way", ["weirctl restart gatewayd", "SIGUSR2"])
def test_handover(way, tenant, vendors, tell):
    """gatewayd starts its successor: new requests are served by it at once, and a stream of the old one goes on."""
    before, count = pid("gatewayd"), restarts("gatewayd")
    stream = Streams(tenant, vendors)
    with under_load(tenant) as load:
        if way == "SIGUSR2":
            os.kill(before, signal.SIGUSR2)
        else:
            run(*way.split())
        after = wait_until("another main process", lambda: pid("gatewayd") not in (0, before) and pid("gatewayd"))
        load.wait_for_more()
        assert pathlib.Path(f"/proc/{before}").exists(), "the old process waits for its stream"
        assert stream.finish() == ["message_stop"]
        wait_until("the old process gone", lambda: not pathlib.Path(f"/proc/{before}").exists())
    assert pid("gatewayd") == after and is_active("gatewayd.service") and restarts("gatewayd") == count
    told = load.outcome
    tell(told)
    assert told.refused == told.failed == 0, told.failures[:3]
    # The stream is charged besides.
    assert told.settled == told.recorded == told.answered + 1, str(told)


def test_handover_to_a_successor_that_cannot_start_changes_nothing(tenant, configuration, tell):
    before, journal = pid("gatewayd"), Journal("gatewayd.service")
    with under_load(tenant) as load:
        configuration.write_text(with_mistake(configuration.read_text(), "gatewayd"))
        run("weirctl", "restart", "gatewayd", status=1)
    assert pid("gatewayd") == before
    journal.wait_for("weir.yaml", "colour")
    load.outcome.check(may_fail=False)
    tell(load.outcome)


def test_successor_answers_the_watchdog_and_can_be_restarted_in_every_way(tenant, tell):
    """After a handover systemd knows the new process: its heartbeat, its reload, its restart."""
    run("weirctl", "restart", "gatewayd")
    successor, count = pid("gatewayd"), restarts("gatewayd")
    journal = Journal("gatewayd.service")
    run("systemctl", "reload", "gatewayd.service")
    journal.wait_for("configuration reloaded")
    wait_until("two heartbeats", lambda: "serving" in status_text("gatewayd"), seconds=WATCHDOG_SECONDS * 2)
    run("weirctl", "restart", "gatewayd")
    assert pid("gatewayd") not in (0, successor) and restarts("gatewayd") == count
    run("systemctl", "restart", "gatewayd.service")
    assert ctl("status")[0]["state"] == "up"
    tell(status_text("gatewayd"))


@pytest.mark.parametrize("daemon", DAEMONS)
def test_reload(daemon, tenant, configuration, tell):
    """systemctl reload takes a changed file over: a new alias of gatewayd's, another log level of the others'."""
    good, journal = configuration.read_text(), Journal(f"{daemon}.service")
    changed = {
        "gatewayd": good + "\naliases: {other: demo}\n",
        "walletd": good.replace("walletd: {}", "walletd: {log_level: debug}"),
        "tokend": good.replace("tokend:\n", "tokend:\n  log_level: debug\n", 1),
    }
    with under_load(tenant) as load:
        configuration.write_text(changed[daemon])
        run("systemctl", "reload", f"{daemon}.service")
        journal.wait_for("configuration reloaded")
    load.outcome.check(may_fail=False)
    tell(load.outcome)


def test_journal_has_fields_for_each_request(tenant, configuration, tell):
    """What `log_requests` says is found by its fields, with a priority, and has the daemon's name."""
    good, journal = configuration.read_text(), Journal("gatewayd.service")
    configuration.write_text(good.replace("gatewayd:\n", "gatewayd:\n  log_requests: true\n", 1))
    run("systemctl", "reload", "gatewayd.service")
    journal.wait_for("configuration reloaded")
    with under_load(tenant) as load:
        pass

    def found() -> list[dict]:
        told = run("journalctl", "--unit=gatewayd.service", f"TENANT={tenant.name}", "STATUS=200", "--output=json")
        return [json.loads(line) for line in told.splitlines() if line.startswith("{")]

    wait_until("a message for each answer", lambda: len(found()) == tenant.requests() > 0)
    for entry in found():
        assert entry["PRIORITY"] == "6" and entry["SYSLOG_IDENTIFIER"] == "gatewayd" and entry["MODEL"] == "demo"
        assert entry["MESSAGE"].startswith("request ") and int(entry["COST_MICROS"]) > 0
        assert entry["REQUEST_ID"].startswith("req_") and entry["ROUTE"] == "/v1/messages"
        assert entry["_TRANSPORT"] == "journal"
    tell(f"{len(found())} messages")
    load.outcome.check(may_fail=False)


def test_metrics_of_both_daemons_are_told_within_their_confinement(tenant):
    rows = ctl("metrics")
    values = {(row["name"], row["labels"]): float(row["value"]) for row in rows}
    for daemon in DAEMONS:
        assert values["weir_up", f'daemon="{daemon}"'] == 1
        for name in ("process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"):
            assert values[name, f'daemon="{daemon}"'] > 0, (name, daemon)
        assert values["weir_log_lines_dropped_total", f'daemon="{daemon}"'] == 0
    assert values["weir_gateway_database_bytes", ""] > 0 and values["weir_wallet_database_bytes", ""] > 0


@pytest.mark.parametrize("daemon", DAEMONS)
def test_bad_reload_is_refused_and_said_in_systemctl_status(daemon, tenant, configuration, tell):
    process = pid(daemon)
    with under_load(tenant) as load:
        configuration.write_text(with_mistake(configuration.read_text(), daemon))
        run("systemctl", "reload", f"{daemon}.service", status=None)
        wait_until("the refusal in the status line", lambda: "refused" in status_text(daemon))
        shown = run("systemctl", "status", "--no-pager", f"{daemon}.service")
    line = next(line.strip() for line in shown.splitlines() if line.strip().startswith("Status:"))
    assert "refused" in line and "colour" in line and re.search(r"weir\.yaml:\d+:\d+", line), line
    assert pid(daemon) == process
    load.outcome.check(may_fail=False)
    tell(line)


def harm(daemon: str) -> dict:
    """What a daemon that ends without a word may cost. Agents' calls need gatewayd alone, and tokend harms nobody."""
    is_gateway = daemon == "gatewayd"
    return {
        "may_fail": daemon != "tokend", "calls_may_fail": is_gateway, "may_be_uncharged": UNSTORED if is_gateway else 0,
    }


@pytest.mark.parametrize("daemon", DAEMONS)
def test_kill_9(daemon, tenant, tell):
    """The daemon is back by itself, the administrator is told, and what was acknowledged is charged."""
    before, count, alert = pid(daemon), restarts(daemon), Journal(f"weir-alert@{daemon}.service.service")
    with under_load(tenant) as load:
        os.kill(before, signal.SIGKILL)
        wait_until(f"{daemon} is back", lambda: pid(daemon) not in (0, before) and is_active(f"{daemon}.service"))
    tell(load.outcome)
    assert restarts(daemon) == count + 1
    alert.wait_for(f"{daemon}.service has failed", "KILL")
    load.outcome.check(**harm(daemon))


@pytest.mark.parametrize("daemon", DAEMONS)
def test_hanging_daemon_is_ended_by_the_watchdog(daemon, tenant, tell):
    before, journal = pid(daemon), Journal(f"{daemon}.service")
    alert = Journal(f"weir-alert@{daemon}.service.service")
    with under_load(tenant) as load:
        os.kill(before, signal.SIGSTOP)
        wait_until(f"{daemon} is back", lambda: pid(daemon) not in (0, before) and is_active(f"{daemon}.service"))
    tell(load.outcome)
    journal.wait_for("Watchdog timeout")
    alert.wait_for(f"{daemon}.service has failed", "watchdog")
    load.outcome.check(**harm(daemon))


def test_wrong_configuration_at_start_is_tried_again_with_pauses_and_keeps_clients_waiting(tenant, configuration, tell):
    """The daemon cannot start for a while: the socket stays, and who connected is answered once the file is right."""
    good = configuration.read_text()
    configuration.write_text(with_mistake(good, "gatewayd"))
    alert, count = Journal("weir-alert@gatewayd.service.service"), restarts("gatewayd")
    run("systemctl", "restart", "gatewayd.service", status=1)
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    connection.request("GET", "/v1/models", headers={"x-api-key": tenant.key})
    alert.wait_for("gatewayd.service has failed", "78")
    wait_until("the pause between starts", lambda: run("pgrep", "-x", "sleep", status=None))
    tries = restarts("gatewayd") - count
    assert tries <= 11 and is_active("gatewayd.socket")
    assert len([line for line in alert.lines() if "has failed" in line and "restarts so far" in line]) == 1
    configuration.write_text(good)
    answer = connection.getresponse()
    assert answer.status == 200 and b"demo" in answer.read()
    tell(f"{tries} quick tries, then a pause of 5 s; one alert; the client that waited got 200")


def test_stopping_the_target_stops_all_and_closes_the_door():
    run("systemctl", "stop", "weir.target")
    wait_until("all stopped", lambda: running_daemons() == [])
    assert not any(is_active(unit) for unit in ("gatewayd.service", "walletd.service", "gatewayd.socket"))
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", PORT).connect()
    assert not run("systemctl", "--failed", "--no-legend").strip()
    run("systemctl", "start", "weir.target")
    wait_until_active(*DAEMONS)
    wait_until("well again", lambda: run_ctl("status")[0] == 0)


def test_first_client_starts_a_daemon_that_is_down(tenant):
    """As after a kill that nobody noticed: the socket starts what it belongs to."""
    run("systemctl", "stop", "gatewayd.service", "walletd.service")
    assert not is_active("gatewayd.service") and is_active("gatewayd.socket")
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request("GET", "/v1/models", headers={"x-api-key": tenant.key})
    assert connection.getresponse().status == 200
    wait_until_active(*DAEMONS)


def test_backup_under_load_is_restored_to_the_users_of_the_package(tenant, tmp_path, tell):
    """The daemons make the copies within their confinement, and serve again what root has put back."""
    with under_load(tenant) as load:
        run("weirctl", "backup", str(tmp_path / "b"))
    load.outcome.check(may_fail=False)
    run("weirctl", "backup", str(tmp_path / "b"), "--verify")
    balance = tenant.balance()
    run("weirctl", "restore", str(tmp_path / "b"), "--force", status=1)
    run("systemctl", "stop", "weir.target", *DAEMONS)
    run("weirctl", "restore", str(tmp_path / "b"), "--force")
    for daemon in DAEMONS:
        owners = {path.owner() for path in (STATE / daemon).rglob("*")}
        assert owners == {f"weir-{daemon}"}, owners
    run("systemctl", "start", "weir.target")
    wait_until("well again", lambda: run_ctl("status")[0] == 0)
    tenant.wait_until_settled()
    audit()
    # walletd's copy is the later one: nothing that gatewayd's knows is without its charge.
    kept, charged = tenant.requests(), len(tenant.settlements())
    assert 0 < kept <= charged <= load.outcome.answered
    assert tenant.balance()["balance"] >= balance["balance"]
    with under_load(tenant) as again:
        pass
    assert again.outcome.refused == again.outcome.failed == 0, again.outcome.failures[:3]
    assert again.outcome.recorded - kept == again.outcome.settled - charged == again.outcome.answered
    tell(f"of {load.outcome.answered} requests the backup has {kept} and {charged} charges")
