"""What every test needs, the order they run in, and the list at the end.

These tests are one story on one machine, told in the order of the files: nothing, installed, running, under strain,
upgraded, gone.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import time

import pytest

from accounts import CONNECTIONS, Agent, Shop
from machine import CONFIGURATION, DAEMONS, run, wait_until
from tenants import Tenant, make_tenant, run_ctl

sys.path.insert(0, "/opt/weir/Tests/ClientTests")
from fake import Fake  # noqa: E402

NUMBERS = itertools.count(1)
DEMO_PORT, FAKE_PORT = 4010, 4020
PROVIDERS = f"""\
providers:
  demo: {{dialect: anthropic, base_url: "http://127.0.0.1:{DEMO_PORT}", credential: none}}
  handed: {{dialect: openai, base_url: "http://127.0.0.1:{FAKE_PORT}/v1", credential: {{systemd: vendor_openai-key}}}}
  sealed: {{dialect: openai, base_url: "http://127.0.0.1:{FAKE_PORT}/v1", credential: {{systemd: sealed_openai-key}}}}
  slow: {{dialect: anthropic, base_url: "http://127.0.0.1:{FAKE_PORT}", credential: none}}
"""
MODELS = "models:\n" + "".join(
    f"""\
  {name}:
    context_window: 200000
    max_output_tokens: 4096
    hosts: [{{provider: {name}, price: {{input: 3, output: 15}}}}]
"""
    for name in ("demo", "handed", "sealed", "slow")
)


def configure() -> None:
    """Puts our providers and models into the installed file; everything else stays as the package has it."""
    text = CONFIGURATION.read_text()
    text = re.sub(r"^providers:\n", CONNECTIONS + PROVIDERS, text, flags=re.MULTILINE)
    text = re.sub(r"^models:\n", MODELS, text, flags=re.MULTILINE)
    text = re.sub(r"requests_per_minute: 600\n      burst: 100", "requests_per_minute: 600000", text)
    text = re.sub(r"tenant: 6000\n", "tenant: 600000\n", text).replace("instance: 60000\n", "instance: 600000\n")
    CONFIGURATION.write_text(text)


@pytest.fixture(scope="session")
def vendors():
    """The demo upstream, for many quick answers, and the fake one, whose answers can be held at a gate."""
    demo = ["/usr/lib/weir/weir-demo-upstream", "--listen", f"127.0.0.1:{DEMO_PORT}", "--event-interval", "1"]
    process = subprocess.Popen(demo, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with Fake("--listen", f"127.0.0.1:{FAKE_PORT}") as fake:
        yield fake
    process.terminate()
    process.wait(10)


def wait_until_well() -> None:
    def well():
        status, rows, _ = run_ctl("status")
        return status == 0 and rows[0]["wallet_connected"]

    wait_until("all daemons well", well)


@pytest.fixture(scope="session")
def agent() -> Agent:
    """The agent of every load, with its one connected account."""
    wait_until_well()
    with Shop() as shop:
        yield Agent(shop)


@pytest.fixture
def tenant(vendors, agent) -> Tenant:
    """A tenant of the test's own, with all daemons well."""
    wait_until_well()
    return make_tenant(f"tenant-{next(NUMBERS)}", agent)


# The list at the end.

FOUND: list[tuple[str, str, str, float]] = []


@pytest.fixture
def tell(record_property):
    """Adds a figure to the test's line in the list."""
    return lambda text: record_property("told", str(text))


def pytest_runtest_setup(item):
    item.began = time.monotonic()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" or report.outcome != "passed":
        told = "; ".join(text for name, text in item.user_properties if name == "told")
        FOUND.append(("pass" if report.passed else "FAIL", item.name, told, time.monotonic() - item.began))
    if report.failed:
        units = [f"--unit={daemon}.service" for daemon in DAEMONS]
        report.sections.append(("the daemons' journal", run("journalctl", *units, "--lines=60", "--no-pager")))


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("system tests")
    for verdict, name, told, seconds in FOUND:
        words = name.removeprefix("test_").replace("_", " ")
        terminalreporter.write_line(f"{verdict}  {seconds:5.1f} s  {words}" + (f": {told}" if told else ""))
    failed = sum(verdict != "pass" for verdict, *_ in FOUND)
    terminalreporter.write_line(f"system tests: {len(FOUND)} ran, {failed} failed")
