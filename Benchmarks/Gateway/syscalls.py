#!/usr/bin/env python3
"""What gatewayd asks of the kernel while it serves: shown with strace under load.

    Benchmarks/Gateway/syscalls.py [--seconds 3]

The bar: between a request's head and its hold, the request path opens no file and no descriptor; its only wait on a sibling
is the hold. So on the event loops that serve clients nothing but waiting, reading and writing may be seen once connections
stand; the thread that keeps the store is listed beside them. Ends with status 1 when the loops do anything else.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile

import gateway
from gateway import Workload

# What serving is made of. futex and eventfd writes wake the store's thread; the rest is the wait, the bytes in and out.
SERVING = {
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto",
    "sendmsg", "futex", "timerfd_settime", "restart_syscall",
}
# The allocator's, not the path's: memory is taken from the kernel while pools grow.
MEMORY = {"mmap", "munmap", "madvise", "brk", "mprotect"}
# The load generator's connections stand when the tracing begins, so none is accepted or closed meanwhile.
LOADS = [
    Workload("json", "closed", gateway.CHAT, 32), Workload("json, messages", "closed", gateway.MESSAGES, 32),
    Workload("stream", "stream", gateway.CHAT, 32),
]


def thread_names(pid: int) -> dict[int, str]:
    return {
        int(task.name): (task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
    }


def trace(folder: pathlib.Path, pid: int, seconds: float) -> collections.Counter:
    """System calls by (thread, name) while the load runs."""
    output = folder / "strace"
    subprocess.run(
        ["timeout", "-s", "INT", str(seconds), "strace", "-f", "-q", "-o", str(output), "-p", str(pid)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )
    calls = collections.Counter()
    for line in output.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed)", line)
        if found and "resumed" not in line:
            calls[int(found[1]), found[2]] += 1
    if not calls:
        raise SystemExit("strace saw nothing: it is not installed, or tracing is not allowed here")
    return calls


def run(seconds: float) -> bool:
    clean = True
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-strace-")))
        vendor = gateway.upstream(stack, folder)
        target = gateway.weir(stack, folder, vendor)
        gateway.request_files(folder, "weir", target.key)
        pid = target.processes["gatewayd"]
        for load in LOADS:
            command = gateway.load_command(folder, "weir", target, load, seconds * 4 + 2, 1)
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as generator:
                generator.stdout.readline()
                calls = trace(folder, pid, seconds)
                generator.terminate()
            clean = show(load, calls, thread_names(pid)) and clean
    return clean


def show(load: Workload, calls: collections.Counter, names: dict[int, str]) -> bool:
    """Prints a table by thread; True when the serving loops did nothing but serve."""
    print(f"\n{load.name}:")
    by_thread = collections.defaultdict(collections.Counter)
    for (thread, name), count in calls.items():
        by_thread[thread][name] += count
    # This gatewayd has one serving loop: the thread that reads and writes most. A thread that hardly does is no proof.
    serving = max(by_thread, key=lambda thread: by_thread[thread]["read"] + by_thread[thread]["write"])
    if by_thread[serving]["read"] < 100:
        raise SystemExit("no thread served anything while it was traced")
    for thread, counts in sorted(by_thread.items()):
        listed = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        print(f"  {names.get(thread, 'ended'):16} {'serves' if thread == serving else '':7} {listed}")
    others = set(by_thread[serving]) - SERVING - MEMORY
    if others:
        print(f"  MORE THAN SERVING: {', '.join(sorted(others))}")
    return not others


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", default=3, type=float)
    clean = run(parser.parse_args().seconds)
    print("\nthe serving loops only serve" if clean else "\nthe serving loops do more than serve")
    sys.exit(0 if clean else 1)


if __name__ == "__main__":
    main()
