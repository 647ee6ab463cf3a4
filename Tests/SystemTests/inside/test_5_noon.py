"""What an operator may do at noon: any daemon restarted or reloaded beneath 2,000 requests, agents' calls and 200 live
streams; and tokend killed.

No connection is refused, no request and no call fails, no stream is cut short, tokens are refreshed afterwards, and the
bill is exact.
"""

from __future__ import annotations

import concurrent.futures

import pytest

from load import under_load
from machine import Journal, run, show, wait_until
from streams import Streams

# Half of the requests before the event, half after it.
REQUESTS, STREAMS = 2000, 200


def reload(daemon: str) -> None:
    journal = Journal(f"{daemon}.service")
    run("systemctl", "reload", f"{daemon}.service")
    journal.wait_for("configuration reloaded")


def drains() -> bool:
    return show("gatewayd.service", "SubState")["SubState"].startswith("stop")


@pytest.mark.parametrize("event", [
    "systemctl restart walletd", "systemctl reload walletd", "systemctl restart tokend", "systemctl reload tokend",
    "systemctl kill --signal=KILL tokend", "systemctl reload gatewayd", "weirctl restart gatewayd",
    "systemctl restart gatewayd",
])
def test_noon(event, tenant, vendors, tell):
    streams = Streams(tenant, vendors, STREAMS)
    waits_for_streams = event == "systemctl restart gatewayd"
    with concurrent.futures.ThreadPoolExecutor(1) as operator, under_load(tenant, around=REQUESTS // 2) as load:
        if "reload" in event:
            reload(event.split()[-1])
        else:
            restarting = operator.submit(run, *event.split())
            # This way the old process serves nobody new until its streams have ended; the others do not wait for them.
            wait_until("gatewayd drains", drains) if waits_for_streams else restarting.result()
        if not waits_for_streams:
            load.wait_for_more(REQUESTS // 2)
        assert streams.finish() == ["message_stop"] * STREAMS
    told = load.outcome
    tell(f"{told}; {STREAMS} streams whole")
    assert told.refused == told.failed == 0, told.failures[:3]
    assert told.answered >= REQUESTS
    assert told.settled == told.recorded == told.answered + STREAMS, str(told)
