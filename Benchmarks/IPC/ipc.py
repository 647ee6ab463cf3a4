#!/usr/bin/env python3
"""A call between daemons against a ping-pong in C over the same kind of socket, in alternating runs.

    Benchmarks/IPC/ipc.py [--rounds 5] [--seconds 3] [--quick] [--out FOLDER]

Needs ipc-bench in $WEIR_BIN. Everything is a Unix socket in a temporary folder, bounded in time, and ended when this program
ends. Prints one line of JSON with the ratios; writes FOLDER/<date>-ipc.json (every single run) and FOLDER/<date>-ipc.md.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PINGPONG = HERE / ".build" / "ipc-pingpong"
START_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Shape:
    """One way to load the socket: how many calls are outstanding, and on which cores the two processes run."""

    name: str
    outstanding: int
    server_core: int
    client_core: int


SHAPES = [
    Shape("1 outstanding, one core", 1, 0, 0),
    Shape("1 outstanding, two cores", 1, 0, 1),
    Shape("64 outstanding, two cores", 64, 0, 1),
]


@contextlib.contextmanager
def serving(program: str, socket: pathlib.Path, core: int):
    """A server on `socket`, ended on the way out."""
    child = subprocess.Popen(["taskset", "-c", str(core), program, "serve", str(socket)])
    try:
        deadline = time.monotonic() + START_SECONDS
        while not socket.exists():
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{program} does not serve")
            time.sleep(0.01)
        yield
    finally:
        child.terminate()
        child.wait()


def microseconds_a_call(program: str, shape: Shape, seconds: int, folder: pathlib.Path) -> float:
    socket = folder / f"{time.monotonic_ns()}.sock"
    with serving(program, socket, shape.server_core):
        line = subprocess.run(
            ["taskset", "-c", str(shape.client_core), program, "call", str(socket), str(shape.outstanding), str(seconds)],
            check=True, capture_output=True, text=True, timeout=seconds + 30,
        ).stdout
    answer = json.loads(line)
    return answer["seconds"] / answer["calls"] * 1e6


def measure(bench: str, rounds: int, seconds: int) -> list[dict]:
    """Every run: the two programs take turns, and the first of a round changes."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            for index in range(rounds):
                programs = [("c", str(PINGPONG)), ("weir", bench)]
                for name, program in programs if index % 2 == 0 else reversed(programs):
                    micros = microseconds_a_call(program, shape, seconds, pathlib.Path(folder))
                    runs.append({"shape": shape.name, "program": name, "microseconds": round(micros, 3)})
    return runs


def summary(runs: list[dict]) -> list[dict]:
    rows = []
    for shape in SHAPES:
        medians = {
            name: statistics.median(r["microseconds"] for r in runs if r["shape"] == shape.name and r["program"] == name)
            for name in ("c", "weir")
        }
        rows.append({"shape": shape.name, **medians, "ratio": round(medians["weir"] / medians["c"], 2)})
    return rows


def report(rows: list[dict], codec: dict, seconds: int, rounds: int) -> str:
    lines = [
        "# IPC: a call between daemons", "",
        f"Medians of {rounds} alternating runs of {seconds} s; frames of 73 and 30 bytes both ways. µs a call.", "",
        "| load | C, blocking | Weir | ratio | Weir, calls/s |", "|---|---|---|---|---|",
    ]
    for row in rows:
        rate = f"{1e6 / row['weir']:,.0f}"
        lines.append(f"| {row['shape']} | {row['c']:.2f} | {row['weir']:.2f} | {row['ratio']:.2f} | {rate} |")
    lines += ["", "| message | bytes | write, ns | read, ns |", "|---|---|---|---|"]
    lines += [f"| {name} | {c['bytes']} | {c['write_ns']} | {c['read_ns']} |" for name, c in codec.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, measures nothing")
    parser.add_argument("--out", default=os.environ.get("WEIR_RESULTS", str(HERE.parent / "results")))
    options = parser.parse_args()
    rounds, seconds = (1, 1) if options.quick else (options.rounds, options.seconds)
    bench = str(pathlib.Path(os.environ.get("WEIR_BIN", HERE / "../../.build/release")) / "ipc-bench")
    codec = json.loads(subprocess.run([bench, "codec"], check=True, capture_output=True, text=True).stdout)
    runs = measure(bench, rounds, seconds)
    rows = summary(runs)
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{datetime.date.today().isoformat()}-ipc"
    (out / f"{stem}.json").write_text(json.dumps({"rows": rows, "codec": codec, "runs": runs}, indent=1) + "\n")
    (out / f"{stem}.md").write_text(report(rows, codec, seconds, rounds))
    print(json.dumps({row["shape"]: row["ratio"] for row in rows}))


if __name__ == "__main__":
    main()
