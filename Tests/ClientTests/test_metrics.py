"""Numbers for operators: the page for Prometheus, `weirctl metrics`, alert rules, dashboard; and the log's lines."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import time
from decimal import Decimal

import pytest
import yaml

import binaries
import raw
from conftest import new_tenant
from connected import ConnectedWeir
from dialects import ALL, ANTHROPIC, BOTH, OPENAI
from metrics import Metrics
from weir import SETTLE_SECONDS, Weir

PROMETHEUS = binaries.ROOT / "deploy" / "prometheus"
RULE_FILES = ["weir.rules.yml", "weir-vault.rules.yml"]
DASHBOARD = binaries.ROOT / "deploy" / "grafana" / "weir.json"


@pytest.fixture
def own(vendor, tmp_path):
    """A Weir whose numbers begin with this test."""
    with Weir(tmp_path / "w", upstream=vendor.url) as weir:
        yield weir


@pytest.fixture
def vaulted(vendor, tmp_path):
    """A Weir of a test's own that has every daemon."""
    with ConnectedWeir(tmp_path / "v", provider=vendor.url) as weir:
        yield weir


def alarm_rules() -> list[dict]:
    """Of every file, in order."""
    files = [yaml.safe_load((PROMETHEUS / name).read_text()) for name in RULE_FILES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def wait_for(weir: Weir, name: str, value: int, **labels: str) -> Metrics:
    """The page once a number is reached."""
    until = time.monotonic() + SETTLE_SECONDS
    while (page := weir.metrics()).total(name, **labels) < value:
        assert time.monotonic() < until, f"{name} {labels} is {page.total(name, **labels)}, not {value}"
        time.sleep(0.02)
    return page


def traffic(weir: Weir, tenant) -> int:
    """Requests of every kind: answered on each way across, streamed, failed, refused. How many were let in."""
    for dialect in ALL:
        assert raw.post(tenant, dialect.path, dialect.body()).status == 200
        assert raw.post(tenant, dialect.path, dialect.stream()).status == 200
    assert raw.post(tenant, "/v1/embeddings", {"model": "gpt-test", "input": "hello"}).status == 200
    assert raw.post(tenant, OPENAI.path, OPENAI.body("server-error")).status == 500
    assert raw.ask(weir.port, "POST", OPENAI.path, {"authorization": "Bearer weir_typo"}, b"{}").status == 401
    assert raw.post(tenant, OPENAI.path, OPENAI.body() | {"model": "nobody"}).status == 404
    return 2 * len(ALL) + 2


def test_numbers_agree_with_usage_and_with_the_ledger(own, vendor):
    tenant, poor = new_tenant(own), new_tenant(own, credit="0.000001")
    ended = traffic(own, tenant)
    assert raw.post(poor, OPENAI.path, OPENAI.body()).status == 402
    page = wait_for(own, "weir_gateway_requests_total", ended)
    (usage,) = own.ctl("usage")
    assert page.total("weir_gateway_requests_total") == usage["requests"] == ended
    assert page.total("weir_gateway_cost_dollars_total") == Decimal(usage["cost"])
    for kind, field in (("uncached_input", "input"), ("output", "output"), ("cache_read", "cache_read")):
        assert page.total("weir_gateway_tokens_total", type=kind) == usage[field], kind
    tenant.wait_until_nothing_is_held()
    page = wait_for(own, "weir_wallet_movements_total", ended - 1, kind="settlement")
    assert page.total("weir_wallet_moved_dollars_total", kind="settlement") == Decimal(usage["cost"])
    assert page.total("weir_wallet_held_dollars") == page.total("weir_wallet_holds_live") == 0
    assert page.total("weir_gateway_refused_total", reason="authentication") == 1
    assert page.total("weir_gateway_refused_total", reason="not_found") == 1
    assert page.total("weir_gateway_refused_total", reason="billing") == 1
    assert page.total("weir_gateway_holds_total", outcome="refused") == 1
    assert page.total("weir_wallet_holds_total", outcome="insufficient_funds") == 1
    assert page.total("weir_gateway_failed_attempts_total", reason="upstream_status") == 1
    assert page.total("weir_gateway_requests_total", status="200", outcome="completed") == ended - 1
    assert page.total("weir_gateway_request_duration_seconds_count") == ended
    assert page.total("gen_ai_server_request_duration_seconds_count") == ended - 1
    assert page.total("gen_ai_client_token_usage_sum", gen_ai_token_type="output") == usage["output"]
    assert page.total("weir_up") == 2


def test_counters_only_grow_and_histograms_add_up(own, vendor):
    tenant = new_tenant(own)
    ended = traffic(own, tenant)
    before = wait_for(own, "weir_gateway_requests_total", ended)
    traffic(own, tenant)
    after = wait_for(own, "weir_gateway_requests_total", 2 * ended)
    for series, value in before.counters().items():
        assert after.counters()[series] >= value, series
    for family in after.families.values():
        if family.type != "histogram":
            continue
        rows: dict[tuple, list[tuple[float, float]]] = {}
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name != "le"}
            if sample.name.endswith("_bucket"):
                rows.setdefault(tuple(labels.items()), []).append((float(sample.labels["le"]), sample.value))
            if sample.name.endswith("_count"):
                buckets = rows[tuple(labels.items())]
                assert buckets == sorted(buckets) and buckets[-1] == (float("inf"), sample.value), family.name
                assert [count for _, count in buckets] == sorted(count for _, count in buckets), family.name


def test_no_label_names_a_tenant_a_key_or_a_request(own, vendor):
    tenant = new_tenant(own)
    answer = raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body())
    page = wait_for(own, "weir_gateway_requests_total", 1)
    for name in (tenant.key, tenant.key_id, answer.header("x-weir-request-id")):
        assert name not in page.text
    samples = [sample for family in page.families.values() for sample in family.samples]
    assert all(tenant.name not in sample.labels.values() for sample in samples)


def test_clients_listener_has_no_metrics(weir, tenant):
    assert raw.get(tenant, "/metrics").status == 404
    assert raw.ask(weir.port, "GET", "/metrics").status == 404
    for path in ("/", "/v1/models", "/metrics/x"):
        assert raw.ask(weir.metrics_port, "GET", path).status == 404
    assert raw.ask(weir.metrics_port, "POST", "/metrics").status == 405


def test_page_without_walletd_says_so_and_comes_all_the_same(own, vendor):
    own.stop("walletd")
    began = time.monotonic()
    page = own.metrics()
    assert time.monotonic() - began < 5
    assert page.total("weir_up", daemon="walletd") == 0 and page.total("weir_up", daemon="gatewayd") == 1
    assert "weir_gateway_requests_in_flight" in page.names() and "weir_wallet_holds_live" not in page.names()
    own.start("walletd")
    assert wait_for(own, "weir_up", 1, daemon="walletd").total("weir_up") == 2


def test_page_has_the_vaults_numbers_and_comes_without_them_while_it_is_away(vaulted):
    vaulted.agent("acme")
    vaulted.connect("acme/shop/main", "a-key-for-the-page")
    page = wait_for(vaulted, "weir_token_accounts", 1, state="active")
    assert [sample.labels["daemon"] for sample in page.samples("weir_up")] == ["gatewayd", "walletd", "tokend"]
    assert page.total("weir_up") == 3 and page.total("weir_token_watchers") == 1
    assert page.total("process_resident_memory_bytes", daemon="tokend") > 0
    assert "acme" not in page.text
    os.kill(vaulted.pid("tokend"), signal.SIGSTOP)
    try:
        began = time.monotonic()
        page = vaulted.metrics()
        assert time.monotonic() - began < 5
        assert page.total("weir_up", daemon="tokend") == 0 and page.total("weir_up") == 2
        assert "weir_wallet_holds_live" in page.names() and "weir_token_accounts" not in page.names()
    finally:
        os.kill(vaulted.pid("tokend"), signal.SIGCONT)
    assert wait_for(vaulted, "weir_up", 1, daemon="tokend").total("weir_token_accounts") == 1


def test_gauges_follow_what_is_under_way(own, vendor):
    tenant = new_tenant(own)
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        answer = client.submit(raw.post, tenant, OPENAI.path, OPENAI.body("normal gate=m gate_at=0"))
        vendor.wait(waiting=1)
        page = own.metrics()
        assert page.total("weir_gateway_requests_in_flight") == page.total("weir_wallet_holds_live") == 1
        assert page.total("weir_wallet_held_dollars") == tenant.balance()["held"] > 0
        vendor.open_gate("m")
        assert answer.result().status == 200
    tenant.wait_until_nothing_is_held()
    assert own.metrics().total("weir_gateway_requests_in_flight") == 0


def test_weirctl_tells_the_same_metrics(weir, tenant):
    def told(*words: str) -> Metrics:
        command = [binaries.path("weirctl"), "metrics", *words, "--config", str(weir.configuration)]
        return Metrics(subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout)

    page = weir.metrics()
    assert list(told().families) == list(page.families)
    assert set(told("walletd").families) & set(told("gatewayd").families) == {
        name for name in page.families if name.startswith("process_") or name in
        ("weir_up", "weir_build_info", "weir_log_lines_dropped")
    }
    rows = weir.ctl("metrics", "walletd")
    assert {"name", "labels", "kind", "value"} == set(rows[0])


def expressions(dashboard: dict) -> list[str]:
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return panels + [note["expr"] for note in dashboard["annotations"]["list"]]


def metrics_named(expression: str) -> set[str]:
    """The metrics that a query asks for: its words without label matchers, groupings and functions."""
    bare = re.sub(r"\{[^}]*\}|\b(by|without|on|ignoring)\s*\([^)]*\)|\[[^\]]*\]", " ", expression)
    return set(re.findall(r"\b(?:weir|process|gen_ai)_\w+", bare))


def test_every_file_of_rules_is_one_that_prometheus_reads():
    assert yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["rule_files"] == RULE_FILES
    assert sorted(path.name for path in PROMETHEUS.glob("*.rules.yml")) == sorted(RULE_FILES)


def test_rules_and_dashboard_ask_for_metrics_that_there_are(vaulted):
    dashboard = json.loads(DASHBOARD.read_text())
    asked = [rule["expr"] for rule in alarm_rules()] + expressions(dashboard)
    names = vaulted.metrics().names()
    for expression in asked:
        assert metrics_named(expression) <= names or expression == 'up{job="weir"} == 0', expression
        assert metrics_named(expression) or expression == 'up{job="weir"} == 0', expression
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) > 40
    shown = {name for expression in expressions(dashboard) for name in metrics_named(expression)}
    for daemon in ("weir_gateway_", "weir_wallet_", "weir_token_"):
        assert len([name for name in shown if name.startswith(daemon)]) > 9, daemon


def test_rules_ask_for_labels_and_values_that_there_are(own, vaulted):
    """A matcher that never matches would be an alarm that never rings."""
    traffic(own, new_tenant(own))
    wait_for(own, "weir_gateway_requests_total", 10)
    pages = [own.metrics(), vaulted.metrics()]
    for expression in (rule["expr"] for rule in alarm_rules()):
        for name, matchers in re.findall(r"((?:weir|process|gen_ai)_\w+)\{([^}]*)\}", expression):
            for label, operator, wanted in re.findall(r'(\w+)(=~?)"([^"]*)"', matchers):
                found = {sample.labels.get(label) for page in pages for sample in page.samples(name)}
                for word in wanted.split("|") if operator == "=~" else [wanted]:
                    assert any(value and re.fullmatch(word, value) for value in found), (name, label, word)


def alternatives(expression: str) -> list[str]:
    """What is between the `or`s of a query that are in no parentheses."""
    parts, depth = [""], 0
    for word in re.split(r"([()]|\bor\b)", expression):
        depth += (word == "(") - (word == ")")
        if word == "or" and not depth:
            parts.append("")
        else:
            parts[-1] += word
    return parts


def labels_compared(expression: str, page: Metrics) -> set[frozenset[str]]:
    """The sets of labels that the vectors in a query have where an operator joins them."""
    summed = r"sum by \(([^)]*)\)\s*\((?:[^()]|\([^()]*\))*\)"
    found = {frozenset(names.split(", ")) for names in re.findall(summed, expression)}
    for name in metrics_named(re.sub(summed, "", expression)):
        labels = {label for sample in page.samples(name) for label in sample.labels} - {"le"}
        found.add(frozenset(labels | {"instance"}))
    return found


def test_rules_compare_only_what_has_the_same_labels(vaulted):
    """Prometheus joins two vectors by all of their labels: one that only one side has finds nothing."""
    page = vaulted.metrics()
    bad = "rate(weir_token_refresh_failures_total[1m]) > 0.5 * (rate(weir_token_refreshed_total[1m]) or 0 * weir_up)"
    assert len(labels_compared(bad, page)) == 3
    for rule in alarm_rules():
        for part in alternatives(rule["expr"]):
            assert len(labels_compared(part, page)) <= 1, (rule["alert"], part, labels_compared(part, page))


def test_every_alarm_is_in_the_manual():
    rules = alarm_rules()
    manual = (binaries.ROOT / "docs" / "OPERATING.md").read_text()
    assert re.findall(r"^\| `(Weir\w+)` \|", manual, re.MULTILINE) == [rule["alert"] for rule in rules]
    assert all(rule["labels"]["severity"] in ("critical", "warning") for rule in rules)


def lines_of(weir: Weir, words: str) -> list[str]:
    return [line for line in weir.log("gatewayd").splitlines() if words in line]


def test_each_attempt_is_a_line_of_the_log_when_it_is_wished(own, vendor):
    tenant = new_tenant(own)
    answer = raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body())
    raw.post(tenant, OPENAI.path, OPENAI.body("server-error"))
    wait_for(own, "weir_gateway_requests_total", 2)
    (line,) = lines_of(own, answer.header("x-weir-request-id"))
    for fact in (
        f"tenant={tenant.name}", f"key_id={tenant.key_id}", "route=/v1/messages", "provider=claude-vendor",
        "model=claude-test", "outcome=completed", "status=200", "cost_micros=165", "input_tokens=25",
        "output_tokens=6",
    ):
        assert f" {fact}" in line, (fact, line)
    assert " INFO gatewayd: request " in line and re.search(r" duration_ms=\d+ ", line)
    (failed,) = lines_of(own, "outcome=upstream_error")
    assert " WARNING " in failed and " reason=upstream_status" in failed
    assert lines_of(own, "upstream fails and is left alone for a while")
    own.configure(log_requests="false")
    own.ctl("reload")
    raw.post(tenant, ANTHROPIC.path, ANTHROPIC.body())
    wait_for(own, "weir_gateway_requests_total", 3)
    assert len(lines_of(own, "gatewayd: request ")) == 2


def test_refusal_for_money_is_a_line_of_the_log(own, vendor):
    poor = new_tenant(own, credit="0.000001")
    for dialect in BOTH:
        assert raw.post(poor, dialect.path, dialect.body()).status == 402
    own.ctl("errors")
    assert [" reason=insufficient_funds" in line for line in lines_of(own, "request refused")] == [True, True]
