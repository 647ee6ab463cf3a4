"""The machine under test as its administrator sees it: systemctl, the journal, dpkg, users. Runs as root in the box."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import time

DAEMONS = ("walletd", "tokend", "gatewayd")
SOCKETS = ("walletd.socket", "tokend.socket", "gatewayd-ipc.socket", "gatewayd.socket")
PACKAGE = pathlib.Path("/opt/weir/weir.deb")
STATE = pathlib.Path("/var/lib/weir")
CONFIGURATION = pathlib.Path("/etc/weir/weir.yaml")
# For whatever should come within milliseconds, on a machine that does something else as well.
WAIT_SECONDS = 30


def run(*words: str, status: int | None = 0, stdin: str = "", seconds: float = 120) -> str:
    """What a command says on both outputs; its status must be `status`, unless that is None."""
    done = subprocess.run(
        words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds
    )
    assert status is None or done.returncode == status, f"{words}: status {done.returncode}\n{done.stdout}"
    return done.stdout


def wait_until(what: str, holds, seconds: float = WAIT_SECONDS):
    """The first true answer of `holds`; fails with `what` and the last answer when there is none in time."""
    until = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < until, f"never: {what}; at last {answer!r}"
        time.sleep(0.02)
    return answer


def show(unit: str, *names: str) -> dict[str, str]:
    """Properties of a unit."""
    lines = run("systemctl", "show", unit, "--property=" + ",".join(names)).splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def pid(daemon: str) -> int:
    """Its main process; 0 when there is none."""
    return int(show(f"{daemon}.service", "MainPID")["MainPID"])


def is_active(unit: str) -> bool:
    return show(unit, "ActiveState")["ActiveState"] == "active"


def status_text(daemon: str) -> str:
    """The line that the daemon wrote for `systemctl status`."""
    return show(f"{daemon}.service", "StatusText")["StatusText"]


def restarts(daemon: str) -> int:
    return int(show(f"{daemon}.service", "NRestarts")["NRestarts"])


@contextlib.contextmanager
def drop_in(daemon: str, service: str):
    """Other settings for the [Service] of a daemon, which is not restarted by this."""
    path = pathlib.Path(f"/run/systemd/system/{daemon}.service.d/test.conf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[Service]\n{service}")
    run("systemctl", "daemon-reload")
    try:
        yield
    finally:
        path.unlink()
        run("systemctl", "daemon-reload")


def stop_everything() -> None:
    """Stops all of Weir and waits for it; a target's own stopping is not waited for beyond the target."""
    run("systemctl", "stop", "weir.target", *SOCKETS, *(f"{daemon}.service" for daemon in DAEMONS))


def wait_until_active(*daemons: str) -> None:
    for daemon in daemons:
        wait_until(f"{daemon} active", lambda: is_active(f"{daemon}.service") and pid(daemon))


def running_daemons() -> list[str]:
    """Command names of the daemons that run, under systemd or not."""
    names = (path.read_text().strip() for path in pathlib.Path("/proc").glob("[0-9]*/comm") if path.exists())
    return [name for name in names if name in DAEMONS]


def resident_bytes(process: int) -> int:
    """What of a process is in memory (VmRSS)."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def start_milliseconds(daemon: str) -> tuple[float, float]:
    """From a daemon's exec to its READY=1, and from systemd's fork to that exec. systemd must log what it executes
    (systemctl log-level debug)."""
    names = ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic", "MainPID")
    fork, ready, process = (int(show(f"{daemon}.service", name)[name]) for name in names)

    def executed() -> int | None:
        told = run("journalctl", f"_PID={process}", f"--unit={daemon}.service", "--output=json").splitlines()
        entries = [json.loads(line) for line in told if "Executing: " in line]
        return int(entries[-1]["__MONOTONIC_TIMESTAMP"]) if entries else None

    exec_ = wait_until("systemd tells of the exec", executed)
    return (ready - exec_) / 1000, (exec_ - fork) / 1000


class Journal:
    """What a unit logs from now on."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._cursor = run("journalctl", "--lines=0", "--show-cursor").split("-- cursor: ")[1].strip()

    def lines(self) -> list[str]:
        # --after-cursor would pass over the first entry when the one at the cursor is another unit's.
        told = run("journalctl", f"--unit={self._unit}", f"--cursor={self._cursor}", "--output=json")
        entries = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        later = [entry for entry in entries if entry["__CURSOR"] != self._cursor]
        return [entry["MESSAGE"] for entry in later if isinstance(entry["MESSAGE"], str)]

    def wait_for(self, *words: str) -> str:
        """The first line that holds all of the words."""
        def found():
            return next((line for line in self.lines() if all(word in line for word in words)), None)

        try:
            return wait_until(f"{self._unit} logs {words}", found)
        except AssertionError as problem:
            raise AssertionError(f"{problem}, but {self.lines()[-20:]}") from None
