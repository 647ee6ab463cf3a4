#!/usr/bin/env python3
"""How many durable debits a second does walletd post, and how long does each take?

Compared with plain C that writes the same rows in the same order of keys, in alternating runs on the same disk: with the
batch that walletd came to by itself, and with all that was under way in one batch. walletd is asked over its socket by one
client with a fixed number of debits under way.

    wallet.py                    64 and 256 debits under way, an empty ledger and one of ten million rows
    wallet.py --rows 0           the empty ledger only
    wallet.py --quick            shows that everything works and measures nothing

Prints one line of JSON; writes $WEIR_RESULTS/<date>-wallet.json and .md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("WEIR_BIN", HERE / "../../.build/release"))
RESULTS = pathlib.Path(os.environ.get("WEIR_RESULTS", HERE / "../results"))
PLAIN = HERE / ".build/plain"

# Debits under way, which is also the batch of the C program.
UNDER_WAY = (64, 256)
# As many as a box serves; the C program spreads its debits over as many accounts.
TENANTS = 64
# The bars: part of plain SQLite's debits; slowest ledger against the empty one; p99 of a debit in commits.
RATE_LEAST, GROWTH_LEAST, COMMITS_MOST = 0.7, 0.9, 2.0


class Walletd:
    """walletd on a folder of its own, started and ended with the block."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.socket = folder / "walletd.sock"
        self.ledger = folder / "state" / "wallet.db"
        self._config = folder / "weir.yaml"
        self._log = folder / "log"
        self._config.write_text(f"walletd:\n  socket: {self.socket}\n  state_directory: {self.ledger.parent}\n")

    def __enter__(self) -> Walletd:
        with open(self._log, "ab") as log:
            begin = log.tell()
            self._process = subprocess.Popen(
                [BIN / "walletd", "--config", self._config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while b"ready" not in self._log.read_bytes()[begin:]:
            if self._process.poll() is not None or time.monotonic() > until:
                sys.exit(f"walletd does not start:\n{self._log.read_text()}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=60)

    def ask(self, *words: object) -> str:
        command = [BIN / "wallet-bench", words[0], self.socket, TENANTS, *words[1:]]
        return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def plain_run(folder: pathlib.Path, batch: int, seconds: float, rows: int) -> dict:
    command = [PLAIN, "run", folder / f"plain-{rows}.db", batch, seconds, TENANTS, rows]
    found = json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout)
    found["per_second"] = found["debits"] / found["seconds"]
    return found


def walletd_run(folder: pathlib.Path, under_way: int, seconds: float, kind: str) -> dict:
    with Walletd(folder) as daemon:
        found = json.loads(daemon.ask("load", under_way, seconds, kind))
    found["per_second"] = found["debits"] / found["seconds"]
    found["commit_us"] = found["seconds"] * 1e6 / max(1, found["commits"])
    return found


def prepare(folder: pathlib.Path, rows: int) -> None:
    """A ledger with an open wallet for every tenant, and `rows` movements."""
    folder.mkdir()
    with Walletd(folder) as daemon:
        daemon.ask("credit")
    if rows:
        subprocess.run([str(PLAIN), "fill", str(daemon.ledger), str(rows)], check=True)


def measure(folder: pathlib.Path, rows: int, options: argparse.Namespace) -> dict:
    """Alternating runs for each number under way, on one ledger that grows as it does in life."""
    ledger = folder / f"rows-{rows}"
    prepare(ledger, rows)
    runs: dict = {}
    for under_way in UNDER_WAY:
        found: dict = {"plain": [], "plain_same_batch": [], "debit": [], "settle": []}
        for _ in range(options.rounds):
            for kind in ("debit", "settle"):
                found[kind].append(walletd_run(ledger, under_way, options.seconds, kind))
            own_batch = max(1, round(found["debit"][-1]["batch"]))
            found["plain_same_batch"].append(plain_run(folder, own_batch, options.seconds, rows))
            found["plain"].append(plain_run(folder, under_way, options.seconds, rows))
        runs[str(under_way)] = found
        tell(rows, under_way, found)
    shutil.rmtree(ledger)
    (folder / f"plain-{rows}.db").unlink()
    return runs


def median(runs: list[dict], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def figures(found: dict) -> dict:
    plain, same_batch = median(found["plain"], "per_second"), median(found["plain_same_batch"], "per_second")
    p99, commit_p99 = median(found["debit"], "p99_us"), median(found["plain"], "commit_p99_us")
    return {
        "plain_per_second": round(plain),
        "plain_same_batch_per_second": round(same_batch),
        "debits_per_second": round(median(found["debit"], "per_second")),
        "settlements_per_second": round(median(found["settle"], "per_second")),
        "ratio": round(median(found["debit"], "per_second") / plain, 3),
        "ratio_same_batch": round(median(found["debit"], "per_second") / same_batch, 3),
        "settle_ratio": round(median(found["settle"], "per_second") / plain, 3),
        "batch": round(median(found["debit"], "batch"), 1),
        "plain_commit_p50_us": median(found["plain"], "commit_p50_us"),
        "plain_commit_p99_us": commit_p99,
        # walletd's own: under this load the writer never rests, so a commit takes what lies between two of them.
        "commit_us": round(median(found["debit"], "commit_us"), 1),
        "debit_p50_us": median(found["debit"], "p50_us"),
        "debit_p99_us": p99,
        # Slow against slow: one in a hundred debits against one in a hundred commits of as many.
        "debit_p99_in_commits": round(p99 / commit_p99, 2),
    }


def tell(rows: int, under_way: int, found: dict) -> None:
    told = figures(found)
    print(
        f"{rows:>9} rows, {under_way:>3} under way: walletd {told['debits_per_second']}/s in batches of {told['batch']}, plain "
        f"{told['plain_same_batch_per_second']}/s in as large ones = {told['ratio_same_batch']}, {told['plain_per_second']}/s with "
        f"all in one = {told['ratio']}; settlements {told['settlements_per_second']}/s; p99 {told['debit_p99_in_commits']} commits",
        file=sys.stderr)


def markdown(kept: dict) -> str:
    machine = kept["machine"]
    parts = [
        f"# Wallet benchmark, {kept['date']}", "",
        f"{machine['cores']} cores, load average {machine['load_average']:.1f} at the end; medians of {kept['rounds']} alternating "
        f"runs of {kept['seconds']:g} s on one disk. Read the ratios.", "",
        "| rows | under way | walletd, debits/s | its batch | plain SQLite, same batch | ratio | plain SQLite, all in one batch | ratio "
        "| settlements with budget/s | p50, p99 of a debit, µs | a commit, µs | p50, p99 of a plain commit of all, µs |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for rows, runs in kept["figures"].items():
        for under_way, told in runs.items():
            parts.append(
                f"| {rows} | {under_way} | {told['debits_per_second']} | {told['batch']} "
                f"| {told['plain_same_batch_per_second']} | {told['ratio_same_batch']} "
                f"| {told['plain_per_second']} | {told['ratio']} | {told['settlements_per_second']} "
                f"| {told['debit_p50_us']:.0f}, {told['debit_p99_us']:.0f} | {told['commit_us']:.0f} "
                f"| {told['plain_commit_p50_us']:.0f}, {told['plain_commit_p99_us']:.0f} |")
    return "\n".join(parts + ["", *verdicts(kept["figures"]), ""])


def verdicts(told: dict) -> list[str]:
    lines = ["## Bars", "", "| bar | wanted | measured | |", "|---|---|---|---|"]
    first = next(iter(told.values()))
    for rows, runs in told.items():
        for under_way, one in runs.items():
            where = f"{rows} rows, {under_way} under way"
            words = f"debits/s, plain SQLite at the same batch size = 1; {where}"
            lines.append(bar(words, one["ratio_same_batch"], RATE_LEAST, True))
            lines.append(bar(f"p99 of a durable debit, in commits; {where}", one["debit_p99_in_commits"], COMMITS_MOST, False))
            if runs is not first:
                growth = round(one["debits_per_second"] / first[under_way]["debits_per_second"], 3)
                lines.append(bar(f"debits/s, the empty ledger's = 1; {where}", growth, GROWTH_LEAST, True))
    return lines


def bar(words: str, found: float, wanted: float, is_least: bool) -> str:
    met = found >= wanted if is_least else found <= wanted
    return f"| {words} | {'≥' if is_least else '≤'} {wanted:g} | {found:g} | {'met' if met else 'missed'} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the large ledger; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=pathlib.Path, help="where the ledgers are made; the disk that is measured")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.rounds, options.seconds = min(options.rows, 10_000), 1, 0.5
    RESULTS.mkdir(parents=True, exist_ok=True)
    runs = {}
    # Beside the results, not in /tmp, which is often memory: what is measured is a disk.
    with tempfile.TemporaryDirectory(prefix="wallet-", dir=options.folder or RESULTS) as folder:
        for rows in sorted({0, options.rows}):
            runs[str(rows)] = measure(pathlib.Path(folder), rows, options)
    kept = {
        "date": datetime.date.today().isoformat(), "rounds": options.rounds, "seconds": options.seconds,
        "machine": {"cores": os.cpu_count(), "kernel": os.uname().release, "load_average": os.getloadavg()[0]},
        "figures": {rows: {one: figures(found) for one, found in found.items()} for rows, found in runs.items()},
        "runs": runs,
    }
    base = RESULTS / f"{kept['date']}-wallet"
    if not options.quick:
        base.with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n")
        base.with_suffix(".md").write_text(markdown(kept))
    print(json.dumps(kept["figures"]))


if __name__ == "__main__":
    main()
