"""What a process can do under a daemon's sandbox: tries it, and prints one JSON object of attempt to outcome.

Run by test_3_confinement.py in place of the daemon, under the daemon's own unit. Names of attempts are the test's.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import pathlib
import socket
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, MS_BIND = 0x10000000, 4096


def attempt(action) -> str:
    """`done`, or the name of the error."""
    try:
        action()
        return "done"
    except OSError as problem:
        return type(problem).__name__ if problem.errno is None else os.strerror(problem.errno)


def system_call(name: str, *arguments) -> None:
    if getattr(LIBC, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


def read(path: str):
    return lambda: pathlib.Path(path).read_bytes()


def list_folder(path: str):
    return lambda: os.listdir(path)


def write(path: str):
    return lambda: pathlib.Path(path).write_text("x")


def dial(family: int, address) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as opened:
        opened.settimeout(2)
        opened.connect(address)


def change_own_code() -> None:
    with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC):
        pass


def start_program(path: str) -> None:
    _, status = os.waitpid(os.posix_spawn(path, [path, "-c", "exit 0"], {}), 0)
    if status:
        raise OSError(errno.EACCES, path)


ATTEMPTS = {
    "read shadow": read("/etc/shadow"),
    "read credentials": list_folder("/etc/weir/credentials"),
    "list home": list_folder("/home"),
    "list root's home": list_folder("/root"),
    "read gatewayd's state": list_folder("/var/lib/weir/gatewayd"),
    "read walletd's state": list_folder("/var/lib/weir/walletd"),
    "write gatewayd's state": write("/var/lib/weir/gatewayd/probe"),
    "write walletd's state": write("/var/lib/weir/walletd/probe"),
    "write etc": write("/etc/probe"),
    "write configuration": write("/etc/weir/weir.yaml"),
    "write usr": write("/usr/probe"),
    "write own program": write("/usr/lib/weir/gatewayd"),
    "list services' sockets": list_folder("/run/dbus"),
    "dial internet": lambda: dial(socket.AF_INET, ("127.0.0.1", 8080)),
    "dial internet 6": lambda: dial(socket.AF_INET6, ("::1", 8080)),
    "dial walletd": lambda: dial(socket.AF_UNIX, "/run/weir/walletd.sock"),
    "open netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "open packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "change own code": change_own_code,
    "start a shell": lambda: start_program("/bin/sh"),
    "see other processes": read("/proc/1/cmdline"),
    "read kernel messages": read("/dev/kmsg"),
    "open a disk": read("/dev/mem"),
    "mount": lambda: system_call("mount", b"/usr", b"/tmp", None, MS_BIND, None),
    "new user namespace": lambda: system_call("unshare", CLONE_NEWUSER),
    "become root": lambda: os.setuid(0),
    "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "set the host's name": lambda: system_call("sethostname", b"probe", 5),
}


if __name__ == "__main__":
    outcomes = {name: attempt(action) for name, action in ATTEMPTS.items()}
    status = pathlib.Path("/proc/self/status").read_text()
    for name in ("CapBnd", "NoNewPrivs", "Seccomp"):
        outcomes[name] = status.split(name + ":")[1].split("\n")[0].strip()
    print(json.dumps(outcomes), flush=True)
    sys.exit(0)
