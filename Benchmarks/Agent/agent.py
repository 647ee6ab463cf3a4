#!/usr/bin/env python3
"""Calls of the agent API against the same calls made directly, in alternating runs on one machine.

    Benchmarks/Agent/agent.py [--rounds 5] [--seconds 5] [--quick] [--out FOLDER]

Provider and load are the gateway benchmark's C programs. Direct: the load asks the provider. Weir: it asks gatewayd,
which looks up key, tenant and account, reads the call, checks it against the definition, makes the request with the
credential that tokend has released, and answers with the provider's JSON in its own form.
Writes FOLDER/<date>-agent.json (every single run) and FOLDER/<date>-agent.md (medians and the bar).
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
GATEWAY = HERE.parent / "Gateway"
sys.path[:0] = [str(GATEWAY), str(HERE.parent.parent / "Tests" / "ClientTests")]

from processes import Running, cpu_seconds, free_port, rss_megabytes, wait_for_port, with_children  # noqa: E402

TOOLS = GATEWAY / ".build"
# What a call may take longer on its way through Weir, at the 99th percentile of the steady load.
ADDED_P99_MOST_US = 1000
TENANT, ACCOUNTS = "bench", 100


@dataclasses.dataclass(frozen=True)
class Load:
    """One kind of load. `rate` is calls a second; 0 = as many as come back."""

    name: str
    mode: str
    connections: int
    rate: int = 0


STEADY = Load("500/s", "open", 16, 500)
LOADS = [STEADY, Load("as many as come back", "closed", 16)]


@dataclasses.dataclass(frozen=True)
class Target:
    port: int
    path: str
    headers: str
    body: dict
    processes: dict[str, int]


def upstream(stack: contextlib.ExitStack, folder: pathlib.Path) -> Target:
    port = free_port()
    running = stack.enter_context(Running(folder / "upstream.log", str(TOOLS / "upstream"), str(port)))
    wait_for_port(port)
    return Target(port, "/v1/chat/completions", "authorization: Bearer a-key\r\n", BODY, {"upstream": running.pid})


BODY = {"filters": [{"name": "state", "operator": "EQ", "value": "open"}] * 4, "limit": 100}


def weir(stack: contextlib.ExitStack, folder: pathlib.Path, provider: Target) -> Target:
    from connected import ConnectedWeir

    # The upstream answers two paths only, so the base ends where they begin.
    more = (
        f"    bench:\n      name: Bench\n      base_url: http://127.0.0.1:{provider.port}/v1\n"
        "      auth: {api_key: bearer}\n      allow: [POST /**]\n"
    )
    running = stack.enter_context(ConnectedWeir(
        folder / "weir", "http://127.0.0.1:9", more_providers=more, threads=1, log_requests="false", log_level="info"))
    key = running.agent(TENANT).key
    for number in range(ACCOUNTS):
        running.connect(f"{TENANT}/bench/account-{number}", f"a-secret-of-the-provider-{number}")
    body = {"path": "/chat/completions", "account_id": "account-7", "body": BODY}
    processes = {name: running.pid(name) for name in ("gatewayd", "tokend")} | provider.processes
    return Target(running.port, f"/api/v1/{TENANT}/bench", f"authorization: Bearer {key}\r\n", body, processes)


def run_once(folder: pathlib.Path, name: str, target: Target, load: Load, seconds: float, warmup: float) -> dict:
    """One run of the load generator, with the CPU and memory of the target's processes meanwhile."""
    headers, body = folder / f"{name}.headers", folder / f"{name}.json"
    headers.write_text(target.headers + "content-type: application/json\r\nuser-agent: weir-bench\r\n")
    body.write_text(json.dumps(target.body, separators=(",", ":")))
    command = [
        str(TOOLS / "load"), load.mode, str(target.port), target.path, str(headers), str(body), str(load.connections),
        str(load.rate), str(warmup), str(seconds),
    ]
    pids = {process: with_children(pid) for process, pid in target.processes.items()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as generator:
        if generator.stdout.readline() != "measuring\n":
            raise SystemExit(f"{name}, {load.name}: the load generator ended early")
        before = {process: sum(cpu_seconds(found)) for process, found in pids.items()}
        result = json.loads(generator.stdout.readline())
        after = {process: sum(cpu_seconds(found)) for process, found in pids.items()}
    if result["errors"] or not result["requests"]:
        raise SystemExit(f"{name}, {load.name}: {result}: a run with errors is no result")
    result["cpu_us"] = {name: (after[name] - before[name]) * 1e6 / result["requests"] for name in pids}
    result["rss_mb"] = {process: rss_megabytes(found) for process, found in pids.items()}
    return result


def measure(options: argparse.Namespace, folder: pathlib.Path) -> dict:
    runs: dict[str, dict[str, list[dict]]] = {load.name: {"direct": [], "weir": []} for load in LOADS}
    with contextlib.ExitStack() as stack:
        direct = upstream(stack, folder)
        targets = {"direct": direct, "weir": weir(stack, folder, direct)}
        for number in range(options.rounds):
            for load in LOADS:
                # Turned each round, so that neither always runs after the other.
                for name in sorted(targets, reverse=number % 2 == 1):
                    run = run_once(folder, name, targets[name], load, options.seconds, options.warmup)
                    runs[load.name][name].append(run)
                    figures = f"{run['per_second']:8.0f}/s  p50 {run['p50_us']:>6} µs  p99 {run['p99_us']:>6} µs"
                    print(f"round {number + 1}  {load.name:22} {name:7} {figures}", flush=True)
    return runs


def median(runs: list[dict], figure: str) -> float:
    return statistics.median(run[figure] for run in runs)


def table(load: str, targets: dict[str, list[dict]]) -> list[str]:
    lines = [
        f"## {load}", "", "| target | calls/s | p50 µs | p99 µs | added p50, p99 | CPU µs per call | RSS MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in targets.items():
        added = [median(found, figure) - median(targets["direct"], figure) for figure in ("p50_us", "p99_us")]
        cpu, memory = (
            ", ".join(f"{process} {statistics.median(run[kind][process] for run in found):.{places}f}"
                      for process in found[0][kind])
            for kind, places in (("cpu_us", 1), ("rss_mb", 0))
        )
        lines.append(
            f"| {name} | {median(found, 'per_second'):.0f} | {median(found, 'p50_us'):.0f} "
            f"| {median(found, 'p99_us'):.0f} | {added[0]:.0f}, {added[1]:.0f} | {cpu} | {memory} |"
        )
    return lines + [""]


def markdown(kept: dict) -> str:
    machine, runs = kept["machine"], kept["runs"]
    steady = runs[STEADY.name]
    added = median(steady["weir"], "p99_us") - median(steady["direct"], "p99_us")
    verdict = "met" if added <= ADDED_P99_MOST_US else f"missed by {added - ADDED_P99_MOST_US:.0f} µs"
    parts = [
        f"# Benchmark of the agent API, {kept['date']}", "",
        f"{machine['cores']} cores, kernel {machine['kernel']}, load average {machine['load_average']:.1f} at the end; "
        f"medians of {kept['rounds']} alternating runs of {kept['seconds']:g} s. Read what is added; the absolute "
        "figures are this machine's on this day.", "",
    ]
    for load, targets in runs.items():
        parts += table(load, targets)
    bar = f"| latency added at {STEADY.name}, p99, µs | {ADDED_P99_MOST_US} | {added:.0f} | {verdict} |"
    return "\n".join(parts + ["## Bars", "", "| bar | at most | measured | |", "|---|---|---|---|", bar, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--seconds", default=5, type=float)
    parser.add_argument("--warmup", default=1.5, type=float)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, measures nothing")
    parser.add_argument("--out", default=os.environ.get("WEIR_RESULTS", HERE.parent / "results"), type=pathlib.Path)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.warmup = 1, 2, 0.5
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        runs = measure(options, pathlib.Path(folder))
    machine = {"kernel": platform.release(), "cores": os.cpu_count(), "load_average": os.getloadavg()[0]}
    date = datetime.date.today().isoformat()
    options.out.mkdir(parents=True, exist_ok=True)
    kept = {"date": date, "machine": machine, "rounds": options.rounds, "seconds": options.seconds, "runs": runs}
    (options.out / f"{date}-agent.json").write_text(json.dumps(kept, indent=1) + "\n")
    text = markdown(kept)
    (options.out / f"{date}-agent.md").write_text(text)
    print("\n" + text)


if __name__ == "__main__":
    main()
