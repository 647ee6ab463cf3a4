"""Backups as an operator makes them, and the two databases as they lie in one, read without Weir."""

from __future__ import annotations

import json
import os
import pathlib
import sqlite3
import subprocess
import time

import binaries
from weir import Weir

HERE = pathlib.Path(__file__).resolve().parent
DATABASES = {"gatewayd": "gatewayd.db", "walletd": "wallet.db"}
MARK = "restore-unfinished"


def weirctl(*words: object, **environment: str) -> subprocess.CompletedProcess:
    """A weirctl command, whatever its end."""
    return subprocess.run(
        [binaries.path("weirctl"), *map(str, words)], capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL, env=os.environ | environment)


def backup(weir: Weir, folder: pathlib.Path, *words: str) -> dict[str, dict]:
    """A new backup; its files by their path."""
    return {row["path"]: row for row in weir.ctl("backup", str(folder), *words)}


def verify(folder: pathlib.Path) -> int:
    return weirctl("backup", "--verify", folder).returncode


def restored(folder: pathlib.Path, upstream: str, source: pathlib.Path, *words: str) -> Weir:
    """A Weir that is not started yet, in a folder of its own, with what a backup holds."""
    weir = Weir(folder, upstream)
    done = weirctl("restore", source, "--config", weir.configuration, *words)
    assert done.returncode == 0, done.stderr
    return weir


def rows(database: pathlib.Path, question: str) -> list[tuple]:
    """Reads a database that no daemon has open, without changing anything."""
    connection = sqlite3.connect(f"file:{database}?immutable=1", uri=True)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def charges(events: pathlib.Path) -> dict[bytes, int]:
    """What each usage event cost, by the reference of its settlement."""
    found = rows(events, "SELECT request, attempt, cost FROM usage_events WHERE cost > 0")
    return {(int.from_bytes(request) | attempt).to_bytes(16): cost for request, attempt, cost in found}


def unsettled(events: pathlib.Path) -> int:
    """Usage events that gatewayd does not know to be settled."""
    return rows(events, "SELECT count(*) FROM usage_events WHERE seq > (SELECT settled_seq FROM outbox)")[0][0]


def settlements(ledger: pathlib.Path) -> dict[bytes, int]:
    """The amount of each settlement, by its reference, which no two have in common."""
    found = rows(ledger, "SELECT reference, amount FROM movements WHERE kind = 4")
    assert len({reference for reference, _ in found}) == len(found)
    return dict(found)


def wait_until_drained(weir: Weir) -> None:
    """Until everything a previous life left unsettled is settled."""
    until = time.monotonic() + 60
    while True:
        status = next(row for row in weir.try_ctl("status") if row["daemon"] == "gatewayd")
        if status["wallet_connected"] and not int(status["outbox"]):
            return
        assert time.monotonic() < until, f"unsettled: {status}"
        time.sleep(0.02)


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def manifest(folder: pathlib.Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


class KillPoints:
    """weirctl with a library that kills it at its n-th change of a file."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.library = folder / "killpoint.so"
        self._count = folder / "steps"
        source = HERE / "killpoint.c"
        subprocess.run(
            [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-Wall", "-o", self.library, source, "-ldl"],
            check=True)

    def run(self, *words: object) -> int:
        """Runs to the end, which must be good; how many steps there were."""
        done = weirctl(*words, LD_PRELOAD=str(self.library), KILL_COUNT=str(self._count))
        assert done.returncode == 0, done.stderr
        return int(self._count.read_text())

    def kill(self, step: int, *words: object) -> int:
        """Runs until a step; the status it ended with."""
        return weirctl(*words, LD_PRELOAD=str(self.library), KILL_AT=str(step)).returncode
