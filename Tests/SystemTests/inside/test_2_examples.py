"""The examples that the package brings, followed as they say: what an operator copies has to work."""

from __future__ import annotations

import pathlib
import shutil
import ssl
import urllib.request

import pytest

from machine import CONFIGURATION, PACKAGE, run, wait_until, wait_until_active
from tenants import run_ctl

CERTIFICATE = pathlib.Path("/opt/weir/Tests/ClientTests/certificate")
UNITS = pathlib.Path("/etc/systemd/system")


@pytest.fixture
def examples(tmp_path):
    """The examples' folder; afterwards the machine is as it was."""
    run("dpkg-deb", "--extract", str(PACKAGE), str(tmp_path))
    good = CONFIGURATION.read_text()
    yield tmp_path / "usr/share/doc/weir/examples"
    CONFIGURATION.write_text(good)
    for unit in ("gatewayd.socket.d", "gatewayd.service.d", "walletd.service.d"):
        shutil.rmtree(UNITS / unit, ignore_errors=True)
    (UNITS / "gatewayd-https.socket").unlink(missing_ok=True)
    shutil.rmtree("/etc/weir/tls", ignore_errors=True)
    run("systemctl", "stop", "gatewayd-https.socket", status=None)
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "gatewayd.socket", "gatewayd.service")
    wait_until("both daemons well", lambda: run_ctl("status")[0] == 0)


def edit(unit: str, text: str) -> None:
    """What systemctl edit makes of a text."""
    (UNITS / f"{unit}.d").mkdir()
    (UNITS / f"{unit}.d/override.conf").write_text(text)


def listen(*addresses: str) -> None:
    """Writes gatewayd.listen."""
    lines = "".join(f"    - {address}\n" for address in addresses)
    CONFIGURATION.write_text(CONFIGURATION.read_text().replace("    - 127.0.0.1:8080\n", lines))


def health(url: str, context: ssl.SSLContext | None = None) -> int:
    with urllib.request.urlopen(f"{url}/health", timeout=30, context=context) as answer:
        return answer.status


def test_another_address(examples, vendors):
    edit("gatewayd.socket", (examples / "another-address.conf").read_text().replace("0.0.0.0:8080", "127.0.0.2:8090"))
    listen("127.0.0.2:8090")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "gatewayd.socket", "gatewayd.service")
    assert health("http://127.0.0.2:8090") == 200
    with pytest.raises(OSError):
        health("http://127.0.0.1:8080")


def test_listener_with_tls_at_a_privileged_port(examples, vendors):
    shutil.copy(examples / "gatewayd-https.socket", UNITS)
    edit("gatewayd.service", "[Unit]\nRequires=gatewayd-https.socket\n[Service]\nSockets=gatewayd-https.socket\n")
    folder = pathlib.Path("/etc/weir/tls")
    folder.mkdir()
    shutil.copy(CERTIFICATE / "certificate.pem", folder / "fullchain.pem")
    shutil.copy(CERTIFICATE / "key.pem", folder / "privkey.pem")
    shutil.chown(folder / "privkey.pem", group="weir-gatewayd")
    (folder / "privkey.pem").chmod(0o640)
    tls = "{certificate: /etc/weir/tls/fullchain.pem, private_key: /etc/weir/tls/privkey.pem}"
    listen("127.0.0.1:8080", f'{{address: "0.0.0.0:443", tls: {tls}}}')
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "gatewayd.service")
    wait_until_active("gatewayd")
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE / "certificate.pem"))
    trusting.check_hostname = False
    assert health("https://127.0.0.1", trusting) == health("http://127.0.0.1:8080") == 200
    run("weirctl", "restart", "gatewayd")
    assert health("https://127.0.0.1", trusting) == health("http://127.0.0.1:8080") == 200


def test_drop_in_for_newer_systemd_is_understood_as_far_as_this_one_goes(examples):
    """Only what this systemd does not know is told by verify; nothing of it is misspelt."""
    edit("walletd.service", (examples / "newer-systemd.conf").read_text())
    run("systemctl", "daemon-reload")
    told = run("systemd-analyze", "verify", "--man=no", "walletd.service", status=None).splitlines()
    known = ("notify-reload", "RestartSteps", "RestartMaxDelaySec")
    assert all(any(word in line for word in known) for line in told), told
