"""What operators do, seen by clients: restarts, kills, reloads, and the first minute of a newcomer."""

from __future__ import annotations

import concurrent.futures
import json
import re
import shlex
import signal
import subprocess
import time
from decimal import Decimal

import anthropic
import pytest

import binaries
import raw
import streams
from conftest import claude_of, new_tenant
from dialects import ANTHROPIC, BOTH, OPENAI, WORDS
from fake import ask
from weir import Weir


@pytest.fixture
def own(vendor, tmp_path):
    """A Weir that this test alone may break."""
    with Weir(tmp_path / "w", upstream=vendor.url) as weir:
        yield weir
        weir.audit()


def answers_until(weir, tenant, statuses: set[int], seconds: float = 20):
    """Asks until an answer has one of the statuses; the answers before it."""
    before, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        answer = raw.post(tenant, OPENAI.path, OPENAI.body())
        if answer.status in statuses:
            return before, answer
        before.append(answer)
        time.sleep(0.02)
    seen = [answer.status for answer in before[-5:]]
    raise AssertionError(f"never {statuses}, but {seen}\n{weir.log('gatewayd')[-2000:]}")


def test_b07_without_walletd_requests_are_503_and_nothing_is_free(own, vendor):
    tenant = new_tenant(own)
    own.kill("walletd")
    _, answer = answers_until(own, tenant, {503})
    assert int(answer.header("retry-after")) >= 1
    for dialect in BOTH:
        assert raw.post(tenant, dialect.path, dialect.body()).status == 503
    assert raw.ask(own.port, "GET", "/health").status == 503
    vendor.reset()
    own.start("walletd")
    answers_until(own, tenant, {200})
    assert len(vendor.requests()) == 1


def test_b06_hold_of_a_killed_gatewayd_does_not_outlive_it(own, vendor):
    tenant = new_tenant(own)
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        answer = client.submit(raw.post, tenant, OPENAI.path, OPENAI.body("normal gate=k gate_at=0"))
        vendor.wait(waiting=1)
        assert tenant.balance()["held"] > 0
        own.kill("gatewayd")
        assert isinstance(answer.exception(), OSError)
    own.start("gatewayd")
    assert tenant.wait_until_nothing_is_held()["free"] == 100


def test_t19_stopping_gatewayd_lets_a_stream_finish_within_the_drain(own, vendor):
    tenant = new_tenant(own)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answer = pool.submit(raw.post, tenant, ANTHROPIC.path, ANTHROPIC.stream("normal gate=d gate_at=6"))
        vendor.wait(waiting=1)
        stopping = pool.submit(own.stop, "gatewayd")
        while "draining" not in str(own.try_ctl("status")) and not stopping.done():
            time.sleep(0.02)
        vendor.open_gate("d")
        body = answer.result().body
        assert stopping.result() == 0
    assert ANTHROPIC.check(body)[-1]["type"] == "message_stop"
    own.start("gatewayd")
    assert tenant.cost() == ANTHROPIC.cost


def test_t19_stream_beyond_the_drain_ends_with_an_error_and_is_settled(vendor, tmp_path):
    with Weir(tmp_path / "w", upstream=vendor.url, drain_limit="1s") as own:
        tenant = new_tenant(own)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answer = pool.submit(raw.post, tenant, ANTHROPIC.path, ANTHROPIC.stream("normal gate=d gate_at=6"))
            vendor.wait(waiting=1)
            assert own.stop("gatewayd") == 0
            assert ANTHROPIC.check(answer.result().body)[-1]["type"] == "error"
        own.start("gatewayd")
        assert 0 < tenant.cost() <= ANTHROPIC.cost


def test_reload_takes_over_prices_and_refuses_a_bad_file(own, vendor):
    tenant = new_tenant(own)
    good = own.configuration.read_text()
    own.configuration.write_text(good.replace("price: {input: 1.25, cache_read: 0.125, output: 10}",
                                              "price: {input: 2.50, cache_read: 0.125, output: 20}"))
    own.ctl("reload")
    raw.post(tenant, OPENAI.path, OPENAI.body())
    assert tenant.cost() == Decimal("0.000183")
    own.configuration.write_text(good.replace("dialect: openai", "dialect: esperanto"))
    status, _, complaint = own.run_ctl("reload")
    assert status == 4 and "esperanto" in complaint
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 200
    own.configuration.write_text(good)


def test_b33_reload_in_mid_stream_keeps_the_price_of_the_hold(own, vendor):
    tenant = new_tenant(own)
    good = own.configuration.read_text()
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        answer = client.submit(raw.post, tenant, OPENAI.path, OPENAI.stream("normal gate=r gate_at=5"))
        vendor.wait(waiting=1)
        own.configuration.write_text(good.replace("price: {input: 1.25, cache_read: 0.125, output: 10}",
                                                  "price: {input: 9, cache_read: 9, output: 99}"))
        own.ctl("reload")
        vendor.open_gate("r")
        OPENAI.check(answer.result().body)
    assert tenant.cost() == OPENAI.cost


@pytest.mark.parametrize("daemon", ["gatewayd", "walletd"])
def test_configuration_is_checked_and_printed_stably(weir, tmp_path, daemon):
    def run(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run([binaries.path(daemon), *words], capture_output=True, text=True, timeout=30)

    first = run("--config", str(weir.configuration), "--print-config")
    assert first.returncode == 0, first.stderr
    (tmp_path / "printed.yaml").write_text(first.stdout)
    second = run("--config", str(tmp_path / "printed.yaml"), "--print-config")
    assert second.stdout == first.stdout
    bad = tmp_path / "bad.yaml"
    bad.write_text(weir.configuration.read_text().replace("socket:", "sokcet:"))
    refused = run("--config", str(bad), "--check-config")
    assert refused.returncode != 0 and re.search(r"bad\.yaml:\d+:\d+", refused.stderr + refused.stdout)


def test_secrets_are_in_no_log_and_no_answer_of_weirctl(own, vendor):
    tenant = new_tenant(own)
    raw.post(tenant, OPENAI.path, OPENAI.body())
    raw.post(tenant, OPENAI.path, OPENAI.body("unauthorized"))
    raw.ask(own.port, "POST", OPENAI.path, {"authorization": "Bearer weir_typo"}, b"{}")
    told = own.log("gatewayd") + own.log("walletd") + str(own.ctl("key", "list")) + str(own.ctl("errors"))
    assert tenant.key not in told and "vendor-secret" not in told


def test_first_minute_up_demo_prints_curl_lines_that_work(tmp_path):
    """What `make run` does: everything starts in an empty folder, and the printed lines answer as they stand."""
    folder = tmp_path / "d"
    log = tmp_path / "log"
    with open(log, "wb") as file:
        command = [binaries.path("weirctl"), "up", "--demo", "--dir", str(folder)]
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
    try:
        lines = curl_lines(log, running)
        assert any("/v1/messages" in line for line in lines) and any("/v1/chat/completions" in line for line in lines)
        agent = [line for line in lines if "/api/v1/" in line]
        answer = subprocess.run(shlex.split(agent[0]), capture_output=True, timeout=30).stdout
        assert len(agent) == 1 and json.loads(answer)["data"]["data"], answer
        for line in lines:
            if line in agent:
                continue
            done = subprocess.run(shlex.split(line), capture_output=True, timeout=30)
            said = streams.text_of([data for _, data in streams.events(done.stdout) if isinstance(data, dict)])
            assert "demo upstream, not a language model" in (said or done.stdout.decode()), done
    finally:
        running.send_signal(signal.SIGINT)
        status = running.wait(30)
    assert status == 0, log.read_text()


def curl_lines(log, running) -> list[str]:
    """The curl commands in what was printed, each with its continuation lines."""
    until = time.monotonic() + 60
    while time.monotonic() < until and running.poll() is None:
        text = re.sub(r"\\\n\s*", " ", log.read_text())
        lines = [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]
        if len(lines) >= 2:
            return lines
        time.sleep(0.05)
    raise AssertionError(f"no curl lines:\n{log.read_text()}")


def test_sdk_retries_over_a_restart_without_noticing(own, vendor):
    """A client with the SDK's default retries sees walletd's restart as a pause."""
    tenant = new_tenant(own)
    client = anthropic.Anthropic(base_url=own.url, api_key=tenant.key, max_retries=5, timeout=30)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        own.stop("walletd")
        answer = pool.submit(client.messages.create, model="claude-test", max_tokens=9, messages=ask("normal"))
        own.start("walletd")
        assert answer.result().content[0].text == WORDS
    assert claude_of(tenant).messages.create(model="sonnet", max_tokens=9, messages=ask("normal")).model == "sonnet"
