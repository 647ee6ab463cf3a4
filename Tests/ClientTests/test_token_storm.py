"""kill -9 of tokend, again and again, while a thousand tokens end: one call refreshes each, and no account is lost.

The provider is Authlib's token endpoint with rotation and reuse detection (authority.py). A kill in the middle of a
call leaves nobody knowing whether the provider has rotated: tokend asks once more after its start. Where the provider
knows of lost answers (`leeway`), no account is lost; where it takes every repetition for a theft, those and no other
accounts are dead, each with one alert. WEIR_TOKEN_ACCOUNTS is how many tokens end; WEIR_TEST_SEED replays the moments
of the kills.
"""

from __future__ import annotations

import os
import pathlib
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from authority import CLIENT, SECRET, Authority
from vaults import Vault, write

ACCOUNTS = int(os.environ.get("WEIR_TOKEN_ACCOUNTS", "1000"))
# Over how many seconds the tokens end, and how often tokend is killed meanwhile.
SPREAD_SECONDS = 25
KILLS = 12
# From the end of the last token to its refresh, a restart and a wait after a failure included.
PATIENCE_SECONDS = 60


CONNECTIONS = """
connections:
  providers:
    storm:
      name: Storm
      base_url: http://127.0.0.1:{port}/api
      auth: {{oauth2: bearer}}
      allow: [GET /**]
      oauth:
        authorize_url: http://127.0.0.1:{port}/authorize
        token_url: http://127.0.0.1:{port}/token
        refresh_lead: 1s
  clients:
    storm: {{client_id: {client}, client_secret: {{file: secret}}}}
"""


class StormVault(Vault):
    """Its one provider is Authlib's."""

    def __init__(self, folder: pathlib.Path, port: int) -> None:
        write(folder / "secret", SECRET + "\n")
        super().__init__(folder, CONNECTIONS.format(port=port, client=CLIENT))

    def add(self, name: str, ends: float) -> None:
        secret = write(self.folder / f"{name}.access", "access.old")
        token = write(self.folder / f"{name}.refresh", Authority.token(name, 0))
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        self.ask(
            "connection", "add", f"storm/storm/{name}", "--kind", "oauth", "--secret-file", str(secret),
            "--refresh-token-file", str(token), "--expires", moment,
        )


@pytest.mark.parametrize("leeway", [60.0, 0.0], ids=["a provider that knows of lost answers", "one that does not"])
def test_a_thousand_expiries_under_kills_lose_no_account(tmp_path, leeway):
    seed = int(os.environ.get("WEIR_TEST_SEED", random.randrange(1 << 32)))
    moments = random.Random(seed)
    names = [f"n{number}" for number in range(ACCOUNTS)]
    with Authority(leeway) as authority:
        vault = StormVault(tmp_path, authority.port)
        # Made known first, with ends far enough ahead that all are there when the first one comes.
        begins = time.time() + 5 + ACCOUNTS / 40
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: vault.add(name, begins + moments.uniform(1, SPREAD_SECONDS)), names))
        assert time.time() < begins, "the accounts were not made in time; this machine is busy"
        assert not authority.calls
        kills = []
        for _ in range(KILLS):
            pause = begins - time.time() if not kills else 0
            time.sleep(max(0.0, pause) + moments.uniform(0.2, 2 * SPREAD_SECONDS / KILLS))
            vault.kill()
            kills.append(time.monotonic())
            vault.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while len(authority.calls) < ACCOUNTS and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(7)
        known = vault.accounts()
        vault.kill()
    # A call that began shortly before a kill may have been cut by it.
    cut = {
        name
        for name, calls in authority.calls.items()
        if any(0 <= kill - call < 1.0 for call in calls for kill in kills)
    }
    repeated = {name for name, calls in authority.calls.items() if len(calls) > 1}
    dead = {name for name, row in known.items() if row["state"] == "dead"}
    alerts = vault.log.read_text().count("alert=account_dead")
    print(
        f"seed {seed}: {len(authority.calls)} of {ACCOUNTS} refreshed, {KILLS} kills, {len(cut)} calls near a kill, "
        f"{len(repeated)} repeated, {len(dead)} dead, {alerts} alerts"
    )
    assert set(known) == set(names)
    assert set(authority.calls) == set(names)
    assert repeated <= cut
    assert all(len(calls) <= 2 for calls in authority.calls.values())
    assert dead == authority.ended and dead <= repeated
    assert alerts == len(dead)
    if leeway:
        assert not dead
