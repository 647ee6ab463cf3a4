"""A whole Weir for a test: its configuration, its daemons, and what an operator can do to it with weirctl."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import typing
from decimal import Decimal

import binaries
import raw
from binaries import Program

if typing.TYPE_CHECKING:
    from metrics import Metrics

# What no log, page or answer of weirctl may hold: the vendor's key, every tenant's key, what a prompt says and what an
# answer says. Logs are searched for it when the session ends (conftest.py), so they are as talkative as they can be.
SECRETS: set[str] = {"[[fake ", "früh 水"}

# The credential for the fake vendor: no client must ever see it, and no tenant's key may reach the vendor.
VENDOR_KEY = "vendor-secret-0123456789"
SECRETS.add(VENDOR_KEY)
# Settlements follow their answers within milliseconds; this is for a machine that does something else as well.
SETTLE_SECONDS = 20

CONFIGURATION = """\
gatewayd:
  listen: ["127.0.0.1:{port}"{more_listeners}]
  socket: {folder}/g.sock
  state_directory: {folder}/gatewayd
  metrics_listen: 127.0.0.1:{metrics_port}
  log_requests: {log_requests}
  log_level: {log_level}
  threads: {threads}
  drain_limit: {drain_limit}
  limits: {{body: {body_limit}}}
  timeouts: {{stream_ping: 1s, write_idle: {write_idle}}}
{rate_limits}
walletd:
  socket: {folder}/w.sock
  state_directory: {folder}/walletd
  log_level: {log_level}
providers:
  claude-vendor:
    dialect: anthropic
    base_url: {upstream}
    credential: {{file: {folder}/vendor-key}}
    on_client_gone: {on_client_gone}
    max_connections: 1024
    headers: {{anthropic-version: "2023-06-01"{claude_headers}}}
    timeouts: {timeouts}
  gpt-vendor:
    dialect: openai
    base_url: {upstream}/v1
    credential: {{file: {folder}/vendor-key}}
    on_client_gone: {on_client_gone}
    max_connections: 1024
    timeouts: {timeouts}
{spare_providers}
models:
  claude-test:
    context_window: 200000
    max_output_tokens: 1000
    hosts:
      - provider: claude-vendor
        model: claude-vendor-2025
        price: {{input: 3, cache_read: 0.30, cache_write_5m: 3.75, cache_write_1h: 6, output: 15}}
  gpt-test:
    context_window: 400000
    max_output_tokens: 1000
    hosts:
      - provider: gpt-vendor
        model: gpt-vendor-2025
        price: {{input: 1.25, cache_read: 0.125, output: 10}}
  bench:
    context_window: 400000
    max_output_tokens: 1000
    hosts:
      - {{provider: claude-vendor, price: {{input: 3, output: 15}}}}
      - {{provider: gpt-vendor, price: {{input: 1.25, output: 10}}}}
{more_models}
{spare_models}
aliases:
  sonnet: claude-test
  four: gpt-test
"""

# A vendor that misbehaves is benched for a while. So that no test feels what another one did, misbehaviour is asked of
# models whose host nobody else uses: enough of them that one has recovered before its turn comes again. Their vendors
# are given up on after 2 s; the others have 30 s, so that a test may keep an answer at a gate on a slow machine.
SPARES = 48
SPARE_PROVIDER = """\
  {vendor}-{number}:
    dialect: {dialect}
    base_url: {upstream}
    credential: {{file: {folder}/vendor-key}}
    on_client_gone: {on_client_gone}
    timeouts: {{connect: 2s, first_byte: 2s, whole_answer: 2s, idle: 2s}}
"""
SPARE_MODEL = """\
  {model}-{number}:
    context_window: 200000
    max_output_tokens: 1000
    hosts:
      - provider: {vendor}-{number}
        model: {upstream_model}
        price: {price}
"""
SPARE_CLAUDE = {
    "vendor": "claude-vendor", "dialect": "anthropic", "model": "claude-test", "upstream_model": "claude-vendor-2025",
    "price": "{input: 3, cache_read: 0.30, cache_write_5m: 3.75, cache_write_1h: 6, output: 15}",
}
SPARE_GPT = {
    "vendor": "gpt-vendor", "dialect": "openai", "model": "gpt-test", "upstream_model": "gpt-vendor-2025",
    "price": "{input: 1.25, cache_read: 0.125, output: 10}",
}


def spares(template: str, settings: dict) -> str:
    """The part of a configuration that the spare providers or models are."""
    claudes = settings | SPARE_CLAUDE
    gpts = settings | SPARE_GPT | {"upstream": f"{settings['upstream']}/v1"}
    return "".join(template.format(**kind, number=number) for kind in (claudes, gpts) for number in range(SPARES))

DEFAULTS = {
    "threads": 1, "drain_limit": "5s", "body_limit": "8MiB", "write_idle": "60s", "on_client_gone": "cancel",
    "rate_limits": "", "port": 0, "metrics_port": 0, "log_requests": "true", "log_level": "trace", "more_listeners": "",
    "more_models": "", "claude_headers": "",
    "timeouts": "{connect: 5s, first_byte: 30s, whole_answer: 30s, idle: 30s}",
}


@dataclasses.dataclass
class Tenant:
    """A tenant with a key."""

    weir: Weir
    name: str
    key: str = ""
    key_id: str = ""

    def history(self) -> list[dict]:
        """Its movements, newest first."""
        return self.weir.ctl("wallet", "history", self.name, "--all")

    def settlements(self, count: int) -> list[dict]:
        """Its settlements once there are `count` of them, oldest first; fails when there are others."""
        until = time.monotonic() + SETTLE_SECONDS
        while True:
            found = [entry for entry in reversed(self.history()) if entry["kind"] == "settlement"]
            if len(found) >= count or time.monotonic() > until:
                break
            time.sleep(0.02)
        assert len(found) == count, f"{len(found)} settlements, not {count}: {found}"
        return found

    def cost(self) -> Decimal:
        """What its one settlement took."""
        return -Decimal(self.settlements(1)[0]["amount"])

    def balance(self) -> dict[str, Decimal]:
        (row,) = self.weir.ctl("wallet", "balance", self.name)
        return {name: Decimal(row[name]) for name in ("balance", "held", "free")}

    def wait_until_nothing_is_held(self) -> dict[str, Decimal]:
        """The balance once every request has let go of its hold."""
        until = time.monotonic() + SETTLE_SECONDS
        while (balance := self.balance())["held"]:
            assert time.monotonic() < until, f"still held: {balance}"
            time.sleep(0.02)
        return balance


class Weir:
    """walletd and gatewayd in one folder. Use as a context manager."""

    def __init__(self, folder: pathlib.Path, upstream: str, **settings: object) -> None:
        unknown = settings.keys() - DEFAULTS.keys()
        assert not unknown, f"no such setting: {unknown}"
        self.folder = folder
        self._settings = DEFAULTS | settings | {"folder": folder, "upstream": upstream}
        self._daemons: dict[str, Program] = {}
        self._starts = collections.Counter()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vendor-key").write_text(VENDOR_KEY)
        (folder / "vendor-key").chmod(0o600)
        self.configuration = folder / "weir.yaml"
        self.configure()

    def configure(self, **settings: object) -> None:
        """Writes the configuration file, with some settings changed; `reload` or a restart takes it over."""
        self._settings |= settings
        self.configuration.write_text(CONFIGURATION.format(
            **self._settings, spare_providers=spares(SPARE_PROVIDER, self._settings),
            spare_models=spares(SPARE_MODEL, self._settings),
        ))

    def __enter__(self) -> Weir:
        self.start("walletd")
        try:
            self.start("gatewayd")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("gatewayd", "walletd"):
            if name in self._daemons:
                self._daemons[name].end()

    def start(self, name: str) -> Program:
        daemon = Program(name, "--config", str(self.configuration), log=self.folder / f"{name}.log")
        self._daemons[name] = daemon
        if name == "gatewayd":
            self.port = int(re.search(r"listen=\"?http://127\.0\.0\.1:(\d+)", daemon.ready_line)[1])
            self.metrics_port = int(re.search(r"metrics=\"?http://127\.0\.0\.1:(\d+)/metrics", daemon.ready_line)[1])
            # Restarts come back to the same port, as they do behind a service manager's socket.
            self.configure(port=self.port)
            self._wait_until_well()
        return daemon

    def stop(self, name: str, number: int = signal.SIGTERM) -> int:
        return self._daemons[name].end(number)

    def kill(self, name: str) -> None:
        self.stop(name, signal.SIGKILL)

    def restart(self, name: str, number: int = signal.SIGTERM) -> None:
        self.stop(name, number)
        self.start(name)
        if name == "walletd" and self._daemons["gatewayd"].process.poll() is None:
            self._wait_until_well()

    def pid(self, name: str) -> int:
        return self._daemons[name].pid

    def log(self, name: str) -> str:
        return self._daemons[name].text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def metrics(self) -> Metrics:
        """The page for Prometheus, as it is now."""
        # The benchmarks use this class too, and have no packages.
        from metrics import Metrics

        answer = raw.ask(self.metrics_port, "GET", "/metrics")
        assert answer.status == 200, answer
        assert answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
        return Metrics(answer.body.decode())

    def _wait_until_well(self) -> None:
        """Until gatewayd has found walletd, so that a test's first request is not its reconnect."""
        until = time.monotonic() + binaries.READY_SECONDS
        while not self.try_ctl("status")[0]["wallet_connected"]:
            assert time.monotonic() < until, f"gatewayd does not find walletd:\n{self.log('gatewayd')}"
            time.sleep(0.02)

    # what an operator types

    def ctl(self, *words: str) -> list[dict]:
        """The answer of a weirctl command, which must succeed."""
        status, answer, complaint = self.run_ctl(*words)
        assert status == 0, f"weirctl {' '.join(words)}: status {status}\n{complaint}"
        return answer

    def try_ctl(self, *words: str) -> list[dict]:
        """The answer of a weirctl command, whatever its status."""
        return self.run_ctl(*words)[1]

    def run_ctl(self, *words: str) -> tuple[int, list[dict], str]:
        command = [binaries.path("weirctl"), *words, "--config", str(self.configuration), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def tenant(self, name: str, credit: str | None = "100", policy: str = "reserve", **key: str) -> Tenant:
        """A new tenant with a key; `credit` in dollars, None for no wallet. `key`: options of `weirctl key create`."""
        self.ctl("tenant", "create", name, "--policy", policy)
        if credit is not None:
            self.ctl("wallet", "credit", name, credit)
        tenant = Tenant(self, name)
        tenant.key, tenant.key_id = self.key(name, **key)
        return tenant

    def key(self, tenant: str, **options: str) -> tuple[str, str]:
        """A new key: its secret and its public name."""
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
        (made,) = self.ctl("key", "create", tenant, *words)
        SECRETS.add(made["secret"])
        return made["secret"], made["key"]

    def audit(self) -> dict:
        """The audit of the whole ledger; it must be sound."""
        (answer,) = self.ctl("wallet", "audit")
        assert answer["sound"] is True and Decimal(answer["sum"]) == 0, answer
        return answer


def memory_megabytes(pid: int) -> float:
    """Resident memory of a process."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
