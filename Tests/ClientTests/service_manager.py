"""What systemd does for a daemon's unit, as far as the daemons notice: sockets that outlive them, and their notifications.

The real one is met by the system tests; this one is quick enough for every build. It keeps the listening sockets open, starts
daemons with them (sd_listen_fds(3)), and believes who says to be the main process (sd_notify(3)).
"""

from __future__ import annotations

import os
import pathlib
import select
import signal
import socket
import subprocess
import time

import binaries

# A shell puts its own number into LISTEN_PID and becomes the daemon.
BECOME = 'export LISTEN_PID=$$; exec "$0" "$@"'


class Unit:
    """A daemon with its sockets; `start` and `stop` as often as a test likes."""

    def __init__(self, name: str, configuration: pathlib.Path, folder: pathlib.Path, listening: dict[str, socket.socket]):
        self.name = name
        self.configuration = configuration
        self.listening = listening
        self.log = folder / f"{name}.log"
        self.main = 0
        self.states: list[dict[str, str]] = []
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify_path = folder / f"{name}.notify"
        self._notify.bind(str(self._notify_path))
        self._notify.setblocking(False)
        # Like PID 1, we are the parent of whom a dead process has left.
        self._processes: list[subprocess.Popen] = []

    def start(self) -> None:
        descriptors = [opened.fileno() for opened in self.listening.values()]
        assert descriptors == list(range(3, 3 + len(descriptors))) or descriptors
        environment = os.environ | {
            "NOTIFY_SOCKET": str(self._notify_path), "WATCHDOG_USEC": "3000000",
            "LISTEN_FDS": str(len(descriptors)), "LISTEN_FDNAMES": ":".join(self.listening),
        }
        moves = " ".join(f"{3 + index}<&{10 + index}" for index in range(len(descriptors)))
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {moves}; {BECOME}", binaries.path(self.name), "--config", str(self.configuration)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment,
                pass_fds=self._numbered(descriptors),
            )
        self._processes.append(process)
        self.main = process.pid
        self.wait_for("READY")

    def _numbered(self, descriptors: list[int]) -> list[int]:
        """The sockets under the numbers 10, 11, …, from which the shell moves them."""
        for index, descriptor in enumerate(descriptors):
            os.dup2(descriptor, 10 + index, inheritable=True)
        return [10 + index for index in range(len(descriptors))]

    def wait_for(self, key: str, value: str | None = None, seconds: float = 20) -> dict[str, str]:
        """The next notification that has `key`; those before it are taken note of."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            select.select([self._notify], [], [], 0.1)
            try:
                message = self._notify.recv(65536).decode()
            except BlockingIOError:
                assert self.is_running(self.main), f"{self.name} ended:\n{self.text()}"
                continue
            state = dict(line.split("=", 1) for line in message.splitlines())
            self.states.append(state)
            if "MAINPID" in state:
                self.main = int(state["MAINPID"])
            if key in state and value in (None, state[key]):
                return state
        raise AssertionError(f"{self.name} did not say {key}; it said {self.states[-5:]}\n{self.text()[-4000:]}")

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @staticmethod
    def is_running(process: int) -> bool:
        try:
            return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def send(self, number: int) -> None:
        os.kill(self.main, number)

    def wait_until_gone(self, process: int, seconds: float = 40) -> None:
        until = time.monotonic() + seconds
        while self.is_running(process):
            for started in self._processes:
                started.poll()
            assert time.monotonic() < until, f"{self.name} {process} does not end:\n{self.text()}"
            time.sleep(0.01)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.main and self.is_running(self.main):
            self.send(number)
            self.wait_until_gone(self.main)

    def close(self) -> None:
        self.stop(signal.SIGKILL)
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._notify.close()
