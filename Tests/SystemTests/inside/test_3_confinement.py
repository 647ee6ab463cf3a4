"""What somebody could do who had taken over a daemon: a probe in its place, in its unit, as its user."""

from __future__ import annotations

import json
import os
import pathlib
import shutil

import pytest

from machine import DAEMONS, Journal, drop_in, pid, run, wait_until, wait_until_active

SETTINGS = """\
Type=oneshot
ExecStart=
ExecStart={python} -B {folder}/probe.py
ExecStopPost=
ExecReload=
Restart=no
WatchdogSec=0
# What the probe itself needs to run; it counts as the daemon's program.
ExecPaths={python} {libraries}
"""
FOLDER = "/usr/local/lib/probe"
DENIED = {"Permission denied", "Operation not permitted"}
NOT_THERE = {"No such file or directory"}
READ_ONLY = {"Read-only file system"} | DENIED
NO_FAMILY = {"Address family not supported by protocol"}

# Of either daemon.
EXPECTED = {
    "read shadow": DENIED,
    "read credentials": DENIED | NOT_THERE,
    "list home": DENIED | NOT_THERE,
    "list root's home": DENIED | NOT_THERE,
    "write etc": READ_ONLY,
    "write configuration": READ_ONLY,
    "write usr": READ_ONLY,
    "write own program": READ_ONLY,
    "open netlink": NO_FAMILY,
    "open packet": NO_FAMILY,
    "change own code": DENIED,
    "start a shell": DENIED | NOT_THERE,
    "see other processes": NOT_THERE,
    "read kernel messages": DENIED | NOT_THERE,
    "open a disk": DENIED | NOT_THERE,
    "mount": DENIED,
    "new user namespace": DENIED,
    "become root": DENIED,
    "set the clock": DENIED,
    "set the host's name": DENIED,
}
OF_WALLETD = {
    "read walletd's state": {"done"}, "write walletd's state": {"done"},
    "read gatewayd's state": DENIED | NOT_THERE, "write gatewayd's state": READ_ONLY | NOT_THERE,
    "dial internet": NO_FAMILY, "dial internet 6": NO_FAMILY,
    "list services' sockets": NOT_THERE,
    "dial walletd": NOT_THERE,
}
OF_TOKEND = {
    "read walletd's state": DENIED | NOT_THERE, "write walletd's state": READ_ONLY | NOT_THERE,
    "read gatewayd's state": DENIED | NOT_THERE, "write gatewayd's state": READ_ONLY | NOT_THERE,
    "dial internet": {"done"},
}
OF_GATEWAYD = {
    "read gatewayd's state": {"done"}, "write gatewayd's state": {"done"},
    "read walletd's state": DENIED | NOT_THERE, "write walletd's state": READ_ONLY | NOT_THERE,
    "dial internet": {"done"},
    "dial walletd": {"done"},
}


def probe(daemon: str) -> dict:
    """Outcomes of the probe in the place of a daemon, which is stopped meanwhile and runs again afterwards."""
    shutil.copytree("/opt/weir/inside", FOLDER, dirs_exist_ok=True)
    python = str(pathlib.Path(shutil.which("python3")).resolve())
    settings = SETTINGS.format(python=python, libraries=os.path.dirname(os.__file__), folder=FOLDER)
    try:
        with drop_in(daemon, settings):
            journal = Journal(f"{daemon}.service")
            run("systemctl", "restart", f"{daemon}.service")
            return json.loads(journal.wait_for('"read shadow"'))
    finally:
        shutil.rmtree(FOLDER)
        for state in pathlib.Path("/var/lib/weir").glob("*/probe"):
            state.unlink()
        run("systemctl", "restart", f"{daemon}.service")
        wait_until_active(daemon)


@pytest.mark.parametrize("daemon", DAEMONS)
def test_what_a_daemon_cannot_do_even_when_it_is_taken_over(daemon, tell):
    found = probe(daemon)
    expected = EXPECTED | {"walletd": OF_WALLETD, "tokend": OF_TOKEND, "gatewayd": OF_GATEWAYD}[daemon]
    wrong = {name: found[name] for name, allowed in expected.items() if found[name] not in allowed}
    assert not wrong, f"{wrong} of {found}"
    assert int(found["CapBnd"], 16) == 0 and found["NoNewPrivs"] == "1" and found["Seccomp"] == "2", found
    tell(f"{len(expected)} attempts as expected")


def test_walletd_has_no_network():
    """Its network has a loopback of its own, and nothing else."""
    inside = run("nsenter", "--net", f"--target={pid('walletd')}", "ip", "-brief", "link")
    assert [line.split()[0] for line in inside.splitlines()] == ["lo"], inside
    outside, own = (pathlib.Path(f"/proc/{process}/ns/net").readlink() for process in (1, pid("walletd")))
    assert outside != own


def test_walletd_sees_a_root_of_its_own():
    names = {path.name for path in pathlib.Path(f"/proc/{pid('walletd')}/root").iterdir()}
    assert {"usr", "etc", "var"} <= names and not {"home", "boot", "srv", "opt"} & names, names


@pytest.mark.parametrize("daemon", DAEMONS)
def test_main_process_is_confined(daemon):
    """The running daemon itself, not only its unit's text."""
    status = pathlib.Path(f"/proc/{pid(daemon)}/status").read_text()
    facts = dict(line.partition(":\t")[::2] for line in status.splitlines())
    assert facts["CapEff"].strip("0") == facts["CapBnd"].strip("0") == "" and facts["NoNewPrivs"] == "1", facts
    assert int(facts["Seccomp_filters"]) > 5
    limits = pathlib.Path(f"/proc/{pid(daemon)}/limits").read_text()
    assert "Max core file size        0                    0" in limits
    wait_until(f"{daemon} answers", lambda: pid(daemon))
