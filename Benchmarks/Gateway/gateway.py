#!/usr/bin/env python3
"""The same load against the upstream directly, nginx and Weir, in alternating runs on one machine.

    Benchmarks/Gateway/gateway.py [--targets direct,nginx,weir] [--rounds 3] [--seconds 5] [--quick] [--out FOLDER]

Absolute figures say more about the machine than about Weir; what counts are the ratios within one run of this program,
which Benchmarks/README.md explains. Everything is on the loopback interface, bounded in time, and ended when this
program ends.
Writes FOLDER/<date>-gateway.json (every single run) and FOLDER/<date>-gateway.md (medians and ratios).
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
import subprocess
import sys
import tempfile

import report
from processes import Running, cpu_seconds, free_port, rss_megabytes, wait_for_port, with_children

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE / ".build"
NGINX = next((path for path in ("/usr/sbin/nginx", "/usr/bin/nginx") if os.path.exists(path)), "nginx")
EVENT_INTERVAL_MS = 20


@dataclasses.dataclass(frozen=True)
class Workload:
    """One kind of load. `rate` is requests a second; 0 = as many as come back. `targets`: who can answer it, if not all."""

    name: str
    mode: str
    path: str
    connections: int
    rate: int = 0
    model: str = "bench"
    targets: tuple[str, ...] = ("direct", "nginx", "weir")

    @property
    def is_stream(self) -> bool:
        return self.mode == "stream"


CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
WORKLOADS = [
    Workload("json", "closed", CHAT, 32),
    Workload("json, messages", "closed", MESSAGES, 32),
    Workload("json at 50/s", "open", CHAT, 8, 50),
    Workload("json at 3000/s", "open", CHAT, 32, 3000),
    Workload("stream", "stream", CHAT, 400),
    Workload("stream, messages", "stream", MESSAGES, 400),
    # Models whose only host speaks the other dialect: every event is translated.
    Workload("stream, chat over anthropic", "stream", CHAT, 400, model="claude-test", targets=("weir",)),
    Workload("stream, messages over openai", "stream", MESSAGES, 400, model="gpt-test", targets=("weir",)),
]


class Target:
    """Somewhere to send load: its ports, the header of its key, and its processes by name."""

    def __init__(self, plain: int, stream: int, processes: dict[str, int], key: str = "unchecked") -> None:
        self.plain = plain
        self.stream = stream
        self.key = key
        self.processes = processes

    def pids(self, name: str) -> list[int]:
        return with_children(self.processes[name])


def upstream(stack: contextlib.ExitStack, folder: pathlib.Path) -> Target:
    port = free_port()
    program = Running(folder / "upstream.log", str(TOOLS / "upstream"), str(port), str(EVENT_INTERVAL_MS))
    running = stack.enter_context(program)
    wait_for_port(port)
    return Target(port, port, {"upstream": running.pid})


def nginx(stack: contextlib.ExitStack, folder: pathlib.Path, vendor: Target) -> Target:
    plain, stream = free_port(), free_port()
    text = (HERE / "nginx.conf").read_text()
    for name, value in (
        ("FOLDER", folder), ("UPSTREAM_PORT", vendor.plain), ("PLAIN_PORT", plain), ("STREAM_PORT", stream)
    ):
        text = text.replace(f"@{name}@", str(value))
    (folder / "nginx.conf").write_text(text)
    running = stack.enter_context(
        Running(folder / "nginx.log", NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"))
    )
    wait_for_port(plain)
    return Target(plain, stream, {"nginx": running.pid, "upstream": vendor.processes["upstream"]})


def weir(stack: contextlib.ExitStack, folder: pathlib.Path, vendor: Target) -> Target:
    sys.path.insert(0, str(HERE.parent.parent / "Tests" / "ClientTests"))
    from weir import Weir

    # Logged as much as operators do who change nothing.
    running = stack.enter_context(Weir(
        folder / "weir", upstream=f"http://127.0.0.1:{vendor.plain}", threads=1, log_requests="false", log_level="info"))
    key = running.tenant("bench", credit="1000000").key
    processes = {name: running.pid(name) for name in ("gatewayd", "walletd")}
    return Target(running.port, running.port, processes | {"upstream": vendor.processes["upstream"]}, key)


def request_files(folder: pathlib.Path, target_name: str, key: str) -> None:
    """A body of about 0.5 kB, and the headers a client sends."""
    words = "What does a weir measure, and how is the flow read from the height of the water over its crest? " * 3
    for load in WORKLOADS:
        body = {"model": load.model, "max_tokens": 256, "messages": [{"role": "user", "content": words}]}
        if load.is_stream:
            body["stream"] = True
        if load.is_stream and load.path == CHAT:
            body["stream_options"] = {"include_usage": True}
        (folder / body_file(load)).write_text(json.dumps(body, separators=(",", ":")))
    (folder / f"{target_name}.headers").write_text(
        f"authorization: Bearer {key}\r\naccept: application/json\r\nuser-agent: weir-bench\r\n"
        "anthropic-version: 2023-06-01\r\n"
    )


def body_file(load: Workload) -> str:
    return f"{load.name.replace('/', ' a ')}.json"


def load_command(
    folder: pathlib.Path, name: str, target: Target, load: Workload, seconds: float, warmup: float
) -> list[str]:
    """The load generator and its arguments."""
    return [
        str(TOOLS / "load"), load.mode, str(target.stream if load.is_stream else target.plain), load.path,
        str(folder / f"{name}.headers"), str(folder / body_file(load)), str(load.connections), str(load.rate), str(warmup),
        str(seconds),
    ]


def run_once(folder: pathlib.Path, name: str, target: Target, load: Workload, seconds: float, warmup: float) -> dict:
    """One run of the load generator: its figures, and the CPU and memory of the target's processes meanwhile."""
    command = load_command(folder, name, target, load, seconds, warmup)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as generator:
        if generator.stdout.readline() != "measuring\n":
            raise SystemExit(f"{name}, {load.name}: the load generator ended early")
        before = {process: cpu_seconds(target.pids(process)) for process in target.processes}
        result = json.loads(generator.stdout.readline())
        after = {process: cpu_seconds(target.pids(process)) for process in target.processes}
    if result["errors"] or not result["requests"]:
        raise SystemExit(f"{name}, {load.name}: {result}: a run with errors is no result")
    per = result["events"] if load.is_stream else result["requests"]
    result["cpu_us"] = {
        process: {
            "user": (after[process][0] - before[process][0]) * 1e6 / per,
            "system": (after[process][1] - before[process][1]) * 1e6 / per,
        }
        for process in target.processes
    }
    result["rss_mb"] = {process: rss_megabytes(target.pids(process)) for process in target.processes}
    return result


def measure(options: argparse.Namespace, folder: pathlib.Path) -> dict:
    runs: dict[str, dict[str, list[dict]]] = {
        load.name: {name: [] for name in options.targets if name in load.targets} for load in WORKLOADS
    }
    with contextlib.ExitStack() as stack:
        vendor = upstream(stack, folder)
        makers = {"direct": lambda: vendor, "nginx": lambda: nginx(stack, folder, vendor),
                  "weir": lambda: weir(stack, folder, vendor)}
        targets = {name: makers[name]() for name in options.targets}
        for name, target in targets.items():
            request_files(folder, name, target.key)
        for number in range(options.rounds):
            for load in WORKLOADS:
                # Turned each round, so that no target always runs after the same one.
                order = options.targets[number % len(targets):] + options.targets[:number % len(targets)]
                for name in (name for name in order if name in load.targets):
                    run = run_once(folder, name, targets[name], load, options.seconds, options.warmup)
                    runs[load.name][name].append(run)
                    print(f"round {number + 1}  {load.name:28} {name:7} {report.brief(run)}", flush=True)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", default="direct,nginx,weir", type=lambda text: text.split(","))
    parser.add_argument("--rounds", default=3, type=int)
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
    (options.out / f"{date}-gateway.json").write_text(json.dumps(kept, indent=1) + "\n")
    table = report.markdown(kept)
    (options.out / f"{date}-gateway.md").write_text(table)
    print("\n" + table)


if __name__ == "__main__":
    main()
