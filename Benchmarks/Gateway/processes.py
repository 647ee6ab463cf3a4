"""Processes of a benchmark run: started, sampled, ended by their own id. Linux only (/proc)."""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for_port(port: int, seconds: float = 10) -> None:
    """Until something listens; a process that does not start is an error here, not a zero in a table."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port} after {seconds} s")


class Running:
    """A process started for the benchmark; ended with the block that started it."""

    def __init__(self, log: pathlib.Path, *command: str) -> None:
        with open(log, "wb") as file:
            self._process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid


def with_children(pid: int) -> list[int]:
    """A process and those it started: nginx's work is done by its worker."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [pid] + [int(child) for child in file.read().split()]


def cpu_seconds(pids: list[int]) -> tuple[float, float]:
    """User and system time of some processes so far."""
    user = system = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return user / TICKS, system / TICKS


def rss_megabytes(pids: list[int]) -> float:
    """Resident memory of some processes now."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
    return total / 1024
