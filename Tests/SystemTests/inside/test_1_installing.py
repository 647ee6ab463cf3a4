"""The package on a clean Debian: what it puts where, what it does not do unasked, and the first start."""

from __future__ import annotations

import grp
import json
import pathlib
import pwd
import re
import shutil
import stat
import tempfile
import urllib.request

import pytest

from conftest import configure
from fake import ask
from machine import (
    CONFIGURATION, DAEMONS, PACKAGE, SOCKETS, STATE, is_active, pid, resident_bytes, run, running_daemons, show,
    start_milliseconds, stop_everything, wait_until, wait_until_active,
)
from tenants import ctl, run_ctl

UNITS = ("weir.target", *SOCKETS, *(f"{daemon}.service" for daemon in DAEMONS))
COLD_START_MILLISECONDS = 100
COLD_STARTS = 5
IDLE_RESIDENT_BYTES = 30 * 1000 * 1000
# Exposure as systemd-analyze security counts it, 10 being no protection at all.
EXPOSURE = {"walletd": 0.3, "tokend": 1.2, "gatewayd": 1.2}
OPENAI_KEY, SEALED_KEY = "sk-handed-over-0123456789", "sk-sealed-0123456789"


@pytest.fixture(scope="module")
def package() -> pathlib.Path:
    """The package's files, unpacked; the box itself leaves documents out when it installs."""
    folder = pathlib.Path(tempfile.mkdtemp())
    run("dpkg-deb", "--extract", str(PACKAGE), str(folder))
    yield folder
    shutil.rmtree(folder)


def mode(path: str | pathlib.Path) -> str:
    facts = pathlib.Path(path).stat()
    user, group = pwd.getpwuid(facts.st_uid).pw_name, grp.getgrgid(facts.st_gid).gr_name
    return f"{user}:{group} {stat.S_IMODE(facts.st_mode):04o}"


def test_installing_starts_and_enables_nothing_and_says_how_to_go_on():
    told = run("dpkg", "--install", str(PACKAGE))
    assert "systemctl enable --now weir.target" in told and "weirctl tenant create" in told, told
    assert not any(is_active(unit) for unit in UNITS)
    assert run("systemctl", "is-enabled", "weir.target", status=1).strip() == "disabled"
    assert running_daemons() == []


def test_every_library_is_there_through_the_dependencies(tell):
    for program in ("gatewayd", "walletd", "tokend", "weirctl", "weir-demo-upstream"):
        assert "not found" not in run("ldd", f"/usr/lib/weir/{program}"), program
    tell(run("dpkg-query", "--show", "--showformat=${Depends}", "weir"))


def test_users_and_modes_keep_the_daemons_apart():
    assert set(grp.getgrnam("weir").gr_mem) == {"weir-gatewayd", "weir-walletd", "weir-tokend"}
    assert mode(CONFIGURATION) == "root:weir 0640"
    assert mode("/etc/weir/credentials") == mode("/etc/weir/credentials.encrypted") == "root:root 0700"
    assert mode("/etc/weir/vault") == "root:root 0700" and mode("/etc/weir/vault/key") == "root:root 0600"


def test_the_vaults_key_is_made_once_and_nobody_overwrites_it():
    key = pathlib.Path("/etc/weir/vault/key")
    before = key.read_text()
    assert len(before.strip()) == 44
    assert "KEEP A COPY" not in run("dpkg", "--install", str(PACKAGE)) and key.read_text() == before
    assert mode("/run/weir") == "root:weir 0750"


def test_units_verify_without_a_word():
    assert run("systemd-analyze", "verify", "--man=no", *UNITS, "weir-alert@gatewayd.service.service") == ""


@pytest.mark.parametrize("daemon", DAEMONS)
def test_exposure(daemon, tell):
    table = run("systemd-analyze", "security", "--no-pager", f"{daemon}.service")
    print(table)
    exposure = float(re.search(r"Overall exposure level for .*: ([\d.]+)", table)[1])
    tell(f"{exposure}, at most {EXPOSURE[daemon]}")
    assert exposure <= EXPOSURE[daemon], table


def test_installed_configuration_is_good_as_it_is_and_with_every_sample_uncommented(tmp_path):
    assert "good" in run("gatewayd", "--check-config") and "good" in run("walletd", "--check-config")
    assert all(row["good"] for row in ctl("check"))
    text = CONFIGURATION.read_text()
    head, samples = text[:text.index("\nproviders:")], text[text.index("\nproviders:"):]
    samples = re.sub(r"^(\s*)# (?=\s*(?:[\w.-]+:(?: |$)|- provider))", r"\1", samples, flags=re.MULTILINE)
    whole = tmp_path / "weir.yaml"
    whole.write_text(head + samples)
    run("gatewayd", "--config", str(whole), "--check-config")
    printed = run("gatewayd", "--config", str(whole), "--print-config")
    for name in ("anthropic:", "openai:", "local:", "claude-sonnet-4-5:", "gpt-5-mini:", "sonnet: claude-sonnet-4-5"):
        assert f"\n  {name}" in printed, name


def test_manual_pages_are_clean_and_name_every_command_and_every_key(package, tell):
    pages = {}
    for path in sorted((package / "usr/share/man").glob("man*/*.gz")):
        text = run("gzip", "--decompress", "--stdout", str(path))
        complaints = run("mandoc", "-T", "lint", "-W", "warning", stdin=text, status=None)
        assert complaints == "", f"{path.name}: {complaints}"
        pages[path.name.removesuffix(".gz")] = text
    assert sorted(pages) == ["gatewayd.8", "tokend.8", "walletd.8", "weir.yaml.5", "weirctl.1"]
    commands = command_names()
    for words in commands:
        assert f"\n.Ss {words}\n" in pages["weirctl.1"], words
    page = (package / "usr/share/doc/weir/CONFIGURATION.md").read_text()
    keys = re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE)
    for key in keys:
        assert f"\n.It Cm {key}\n" in pages["weir.yaml.5"], key
    for daemon in DAEMONS:
        for option in re.findall(r"^  (--\S+)", run(daemon, "--help"), re.MULTILINE):
            assert f".It Fl {option[1:]}" in pages[f"{daemon}.8"], option
    tell(f"{len(commands)} commands, {len(keys)} keys")


def command_names(*path: str) -> list[str]:
    """Every command that --help lists, group by group, with its subcommands."""
    told = run("weirctl", *path, "--help")
    listed = re.findall(r"SUBCOMMANDS:\n((?:  .+\n?)+)", told)
    names = [name for block in listed for name in re.findall(r"^  (\w\S*)", block, re.MULTILINE)]
    found = []
    for name in names:
        found += [" ".join([*path, name]), *command_names(*path, name)]
    return found


def test_enabling_the_target_starts_everything():
    run("systemctl", "enable", "--now", "weir.target")
    wait_until_active(*DAEMONS)
    assert all(is_active(unit) for unit in UNITS)
    assert run("systemctl", "is-enabled", "weir.target").strip() == "enabled"
    for daemon in DAEMONS:
        assert mode(STATE / daemon) == f"weir-{daemon}:weir-{daemon} 0700"
        assert mode(f"/run/weir/{daemon}.sock") == "root:weir 0660"
    assert run("systemctl", "is-system-running").strip() == "running"


@pytest.mark.parametrize("daemon", DAEMONS)
def test_cold_start_on_empty_state(daemon, tell):
    """From the daemon's exec to its READY=1; before it systemd puts up the sandbox. The best of a few starts: what it
    takes, not what else the machine does meanwhile."""
    starts = []
    run("systemctl", "log-level", "debug")
    for _ in range(COLD_STARTS):
        stop_everything()
        shutil.rmtree(STATE / daemon)
        run("systemctl", "start", f"{daemon}.service")
        starts.append(start_milliseconds(daemon))
    run("systemctl", "log-level", "info")
    stop_everything()
    run("systemctl", "start", "weir.target")
    wait_until_active(*DAEMONS)
    own, sandbox = (min(each) for each in zip(*starts))
    tell(f"{own:.0f} ms from exec to READY, after {sandbox:.0f} ms of sandbox; at most {COLD_START_MILLISECONDS}")
    assert own <= COLD_START_MILLISECONDS, starts


@pytest.mark.parametrize("daemon", DAEMONS)
def test_idle_memory(daemon, tell):
    size = resident_bytes(pid(daemon))
    tell(f"{size / 1e6:.1f} MB resident")
    assert size <= IDLE_RESIDENT_BYTES


def test_starting_says_nothing_but_what_matters():
    """No warning of a library in the journal of a healthy start."""
    for daemon in DAEMONS:
        run("systemctl", "restart", f"{daemon}.service")
        invocation = show(f"{daemon}.service", "InvocationID")["InvocationID"]
        lines = run("journalctl", f"_SYSTEMD_INVOCATION_ID={invocation}", "--output=cat").splitlines()
        assert any(line.startswith("ready ") for line in lines), lines
        assert not [line for line in lines if "priority" in line or "error" in line.lower()], lines


def test_keys_of_vendors_come_as_credentials_plain_and_encrypted(vendors, tell):
    """One file in a folder each, readable by root alone; no unit has to be edited."""
    plain, sealed = pathlib.Path("/etc/weir/credentials/openai-key"), "/etc/weir/credentials.encrypted/openai-key"
    plain.write_text(OPENAI_KEY + "\n")
    plain.chmod(0o600)
    run("systemd-creds", "encrypt", "--name=sealed_openai-key", "-", sealed, stdin=SEALED_KEY)
    configure()
    run("systemctl", "restart", "tokend.service", "gatewayd.service")
    wait_until("gatewayd well", lambda: run_ctl("status")[1][0].get("wallet_connected"))
    key = a_key("credentials")
    for model, expected in (("handed", OPENAI_KEY), ("sealed", SEALED_KEY)):
        vendors.reset()
        body = {"model": model, "messages": ask("normal")}
        assert post_json("/v1/chat/completions", key, body)["choices"]
        headers = dict(vendors.only_request()["headers"])
        assert headers["authorization"] == f"Bearer {expected}"
    assert SEALED_KEY.encode() not in pathlib.Path(sealed).read_bytes()


def a_key(tenant: str) -> str:
    ctl("tenant", "create", tenant)
    ctl("wallet", "credit", tenant, "10", "--reference", f"credit-{tenant}")
    return ctl("key", "create", tenant)[0]["secret"]


def post_json(path: str, key: str, body: dict) -> dict:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:8080{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_official_sdks_are_served(tenant, tell):
    """The SDKs come from the machine outside; where they cannot be loaded here, the same requests go without them."""
    try:
        import anthropic
        import openai
    except ImportError as problem:
        tell(f"raw HTTP, as the SDKs do not load here ({problem})")
        assert post_json("/v1/messages", tenant.key, {"model": "demo", "max_tokens": 9, "messages": ask("normal")})
        return
    claude = anthropic.Anthropic(base_url="http://127.0.0.1:8080", api_key=tenant.key)
    message = claude.messages.create(model="demo", max_tokens=50, messages=[{"role": "user", "content": "Hello"}])
    assert "demo upstream" in message.content[0].text and message.usage.output_tokens > 0
    with claude.messages.stream(
        model="demo", max_tokens=50, messages=[{"role": "user", "content": "Hello"}]
    ) as stream:
        assert "demo upstream" in stream.get_final_text()
    gpt = openai.OpenAI(base_url="http://127.0.0.1:8080/v1", api_key=tenant.key)
    answer = gpt.chat.completions.create(model="demo", messages=[{"role": "user", "content": "Hello"}])
    assert "demo upstream" in answer.choices[0].message.content
    tenant.wait_until_settled()
    assert len(tenant.settlements()) == 3
    tell(f"anthropic {anthropic.__version__}, openai {openai.__version__}")


def test_operator_needs_the_group_and_the_list(tell):
    """A user outside the group does not reach the sockets; one inside it is still no operator until peers says so."""
    run("useradd", "--system", "--user-group", "olga")
    status, _, complaint = run_ctl("wallet", "balance", user="olga")
    assert status in (3, 4), complaint
    run("usermod", "--append", "--groups=weir", "olga")
    status, _, complaint = run_ctl("wallet", "balance", user="olga")
    assert status != 0, complaint
    CONFIGURATION.write_text(CONFIGURATION.read_text().replace("weirctl: [root]", "weirctl: [root, olga]"))
    run("systemctl", "restart", "walletd.service")
    run("weirctl", "restart", "gatewayd")
    wait_until("the operator is let in", lambda: run_ctl("wallet", "balance", user="olga")[0] == 0)
    tell("outside the group: not reached; in the group: refused; in peers.weirctl: answered")
