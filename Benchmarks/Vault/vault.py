#!/usr/bin/env python3
"""How long does tokend take to start with a million alarms, and how much memory?

A vault is filled with accounts whose tokens end within the next days. tokend is started on it until it says ready; in
the same run, plain C reads the same columns of the same file.

    vault.py                     a million accounts
    vault.py --accounts 100000   fewer
    vault.py --quick             shows that everything works and measures nothing

Prints one line of JSON; writes $WEIR_RESULTS/<date>-vault.json and .md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("WEIR_BIN", HERE / "../../.build/release")).resolve()
RESULTS = pathlib.Path(os.environ.get("WEIR_RESULTS", HERE / "../results"))
PLAIN = HERE / ".build/plain"

# As many tenants as a box has; the accounts are spread over them.
TENANTS = 1000
# The first token ends a day from now, so that nothing is due while tokend is watched; the others follow.
DAY = 86_400_000
SPREAD = 100
# The bars: seconds to the first answer, and memory then.
SECONDS_MOST, MEGABYTES_MOST = 5.0, 600

CONFIGURATION = """
tokend:
  socket: tokend.sock
  state_directory: state
  encryption_key: {file: key}
connections:
  providers:
    acme:
      name: Acme
      base_url: https://api.acme.example
      auth: {oauth2: bearer}
      allow: [GET /**]
      oauth: {authorize_url: "https://acme.example/a", token_url: "https://acme.example/t"}
"""


class Vault:
    """tokend on a folder of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.file = folder, folder / "state" / "token.db"
        self.configuration = folder / "weir.yaml"
        self.configuration.write_text(CONFIGURATION)
        (folder / "key").write_text("0123456789abcdef0123456789abcdef\n")
        (folder / "key").chmod(0o600)
        self._log = folder / "log"

    def __enter__(self) -> Vault:
        (self.folder / "tokend.sock").unlink(missing_ok=True)
        with open(self._log, "ab") as log:
            begin = log.tell()
            began = time.monotonic()
            self._process = subprocess.Popen(
                [BIN / "tokend", "--config", self.configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while b"ready" not in self._log.read_bytes()[begin:]:
            if self._process.poll() is not None or time.monotonic() > began + 120:
                sys.exit(f"tokend does not start:\n{self._log.read_text()}")
            time.sleep(0.002)
        self.seconds = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=120)

    def alarms(self) -> int:
        # The other daemons are down, which its status says.
        asked = subprocess.run([BIN / "weirctl", "status", "--json", "--socket-dir", self.folder], capture_output=True)
        return next(line["alarms"] for line in map(json.loads, asked.stdout.splitlines()) if "alarms" in line)

    def megabytes(self) -> float:
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def prepare(vault: Vault, accounts: int) -> None:
    """One account by weirctl; the others are its rows again, under names of their own. No envelope of theirs would
    open, and none is opened before its token is due."""
    with vault:
        add = [BIN / "weirctl", "connection", "add", "t0/acme/n0", "--config", vault.configuration, "--kind", "oauth",
               "--secret-file", "-", "--refresh-token-file", vault.folder / "refresh", "--client-id", "bench",
               "--expires", "25h"]
        (vault.folder / "refresh").write_text("r" * 64)
        (vault.folder / "refresh").chmod(0o600)
        subprocess.run(add, input="a" * 64, text=True, check=True, capture_output=True)
    database = sqlite3.connect(vault.file)
    names = [column[1] for column in database.execute("PRAGMA table_info(accounts)").fetchall()]
    own = {"id": "?1", "tenant": "?2", "name": "?3", "expiry": "expiry + ?4"}
    chosen = ", ".join(own.get(name, name) for name in names)
    new = [(n, f"t{n % TENANTS}", f"n{n}", n * SPREAD) for n in range(2, accounts + 1)]
    with database:
        database.executemany(f"INSERT INTO accounts SELECT {chosen} FROM accounts WHERE id = 1", new)
        database.executemany(
            "INSERT INTO sealed SELECT ?1, field, key, envelope FROM sealed WHERE account = 1",
            [(row[0],) for row in new])
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    database.close()


def start(vault: Vault, accounts: int) -> dict:
    with vault:
        if vault.alarms() != accounts:
            sys.exit(f"tokend has {vault.alarms()} alarms of {accounts}")
        return {"seconds": round(vault.seconds, 4), "megabytes": round(vault.megabytes(), 1)}


def markdown(kept: dict) -> str:
    told, machine = kept["figures"], kept["machine"]
    return "\n".join([
        f"# Vault benchmark, {kept['date']}", "",
        f"{machine['cores']} cores, load average {machine['load_average']:.1f} at the end; medians of {kept['rounds']} "
        "alternating runs. A start is from `exec` to the line that says ready.", "",
        "| accounts | start, s | plain SQLite, s | ratio | memory, MB |", "|---|---|---|---|---|",
        f"| {told['accounts']} | {told['seconds']} | {told['plain_seconds']} | {told['ratio']} | {told['megabytes']} |",
        "", "## Bars", "", "| bar | wanted | measured | |", "|---|---|---|---|",
        bar("seconds to start", told["seconds"], SECONDS_MOST), bar("MB", told["megabytes"], MEGABYTES_MOST), ""])


def bar(words: str, found: float, most: float) -> str:
    return f"| {words} | ≤ {most:g} | {found:g} | {'met' if found <= most else 'missed'} |"


def figures(accounts: int, starts: list[dict], plain: list[dict]) -> dict:
    seconds = statistics.median(one["seconds"] for one in starts)
    reference = statistics.median(one["seconds"] for one in plain)
    return {
        "accounts": accounts, "seconds": round(seconds, 3), "plain_seconds": round(reference, 3),
        "ratio": round(seconds / reference, 2), "megabytes": statistics.median(one["megabytes"] for one in starts)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.accounts, options.rounds = min(options.accounts, 10_000), 1
    RESULTS.mkdir(parents=True, exist_ok=True)
    starts, plain = [], []
    with tempfile.TemporaryDirectory(prefix="vault-", dir=RESULTS) as folder:
        vault = Vault(pathlib.Path(folder))
        prepare(vault, options.accounts)
        for _ in range(options.rounds):
            starts.append(start(vault, options.accounts))
            plain.append(json.loads(subprocess.run([PLAIN, vault.file], check=True, capture_output=True).stdout))
    kept = {
        "date": datetime.date.today().isoformat(), "rounds": options.rounds,
        "machine": {"cores": os.cpu_count(), "kernel": os.uname().release, "load_average": os.getloadavg()[0]},
        "figures": figures(options.accounts, starts, plain), "runs": {"tokend": starts, "plain": plain},
    }
    base = RESULTS / f"{kept['date']}-vault"
    if not options.quick:
        base.with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n")
        base.with_suffix(".md").write_text(markdown(kept))
    print(json.dumps(kept["figures"]))


if __name__ == "__main__":
    main()
