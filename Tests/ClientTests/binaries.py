"""Where the built programs are, and how one is started for a test: with its log kept, and ended by its own id."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = pathlib.Path(os.environ.get("WEIR_BIN", ROOT / ".build" / "release"))
# A daemon is ready within milliseconds; this is for a machine that does something else as well.
READY_SECONDS = 30
STOP_SECONDS = 30


def path(name: str) -> str:
    found = FOLDER / name
    assert found.exists(), f"{found} is not built: make build, or point WEIR_BIN at the folder of the binaries"
    return str(found)


class Program:
    """A running program whose log says `ready` when it is."""

    def __init__(
        self, name: str, *arguments: str, log: pathlib.Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        with open(log, "ab") as file:
            self._start_of_log = file.tell()
            self.process = subprocess.Popen(
                [path(name), *arguments], stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
                env=os.environ | (environment or {}))
        self.ready_line = self._wait_until_ready()

    @property
    def pid(self) -> int:
        return self.process.pid

    def _wait_until_ready(self) -> str:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            for line in self.text().splitlines():
                if f"{self.name}: ready" in line:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.end(signal.SIGKILL)
        raise AssertionError(f"{self.name} did not become ready; its log:\n{self.text()}")

    def text(self) -> str:
        """What it logged since it was started."""
        with open(self.log, "rb") as file:
            file.seek(self._start_of_log)
            return file.read().decode("utf-8", "replace")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal and returns the exit status; harmless when it ended already."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not stop within {STOP_SECONDS} s; its log:\n{self.text()}") from None
