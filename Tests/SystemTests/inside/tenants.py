"""What an operator does with weirctl, and a tenant whose bill must be exact."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import typing
from decimal import Decimal

from machine import STATE, running_daemons, wait_until

if typing.TYPE_CHECKING:
    from accounts import Agent

CREDIT = 1000
# What the demo upstream's answer costs depends on the question alone: each of ours costs the same.


def run_ctl(*words: str, user: str | None = None) -> tuple[int, list[dict], str]:
    """Status, answer and complaint of a weirctl command."""
    command = ["weirctl", *words, "--json"]
    if user:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def ctl(*words: str) -> list[dict]:
    """The answer of a weirctl command, which must succeed."""
    status, answer, complaint = run_ctl(*words)
    assert status == 0, f"weirctl {' '.join(words)}: status {status}\n{complaint}"
    return answer


@dataclasses.dataclass
class Tenant:
    name: str
    key: str
    # Calls with its own tenant's connected account wherever this tenant's requests are a load.
    agent: Agent

    def settlements(self) -> list[dict]:
        return [entry for entry in ctl("wallet", "history", self.name, "--all") if entry["kind"] == "settlement"]

    def balance(self) -> dict[str, Decimal]:
        (row,) = ctl("wallet", "balance", self.name)
        return {name: Decimal(row[name]) for name in ("balance", "held", "free")}

    def requests(self) -> int:
        """Requests in gatewayd's own records."""
        return sum(row["requests"] for row in ctl("usage", "--tenant", self.name))

    def wait_until_settled(self) -> None:
        """Until no request is under way and walletd has acknowledged every settlement."""
        def settled():
            status, rows, _ = run_ctl("status")
            return status == 0 and rows[0]["wallet_connected"] and not rows[0]["outbox"] and not rows[0]["in_flight"]

        # A process that has handed over leaves a file, which its successor takes in when it is gone.
        wait_until("one gatewayd", lambda: running_daemons().count("gatewayd") == 1)
        wait_until("nothing left of another", lambda: not list((STATE / "gatewayd").glob("leaving-*")))
        wait_until("everything settled", settled)
        wait_until(f"nothing held for {self.name}", lambda: self.balance()["held"] == 0)


def make_tenant(name: str, agent: Agent) -> Tenant:
    ctl("tenant", "create", name)
    ctl("wallet", "credit", name, str(CREDIT), "--reference", f"credit-{name}")
    (key,) = ctl("key", "create", name)
    return Tenant(name, key["secret"], agent)


def audit() -> dict:
    """The audit of the whole ledger, which must find nothing."""
    (found,) = ctl("wallet", "audit")
    return found
