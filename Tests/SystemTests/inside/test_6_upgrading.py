"""Another version of the package over the running one, under load: nobody is refused, nothing is lost."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from load import under_load
from machine import CONFIGURATION, DAEMONS, PACKAGE, is_active, pid, run, show, stop_everything, wait_until


@pytest.fixture(scope="module")
def newer(tmp_path_factory) -> pathlib.Path:
    """The same programs as a later version, with a changed unit and a changed sample configuration."""
    folder = tmp_path_factory.mktemp("newer")
    root = folder / "root"
    run("dpkg-deb", "--raw-extract", str(PACKAGE), str(root))
    for path, old, new in (
        ("DEBIAN/control", "\nVersion: ", "\nVersion: 99."),
        ("usr/lib/systemd/system/gatewayd.service", "TasksMax=512", "TasksMax=500"),
        ("etc/weir/weir.yaml", "# weir.yaml:", "# A later weir.yaml:"),
    ):
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))
    package = folder / "weir.deb"
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(package))
    shutil.rmtree(root)
    return package


def test_upgrade_under_load(newer, tenant, tell):
    before = {daemon: pid(daemon) for daemon in DAEMONS}
    configuration, balance = CONFIGURATION.read_text(), tenant.balance()
    with under_load(tenant) as load:
        told = run("dpkg", "--force-confdef", "--force-confold", "--install", str(newer))
        for daemon in DAEMONS:
            assert pid(daemon) not in (0, before[daemon]), f"{daemon} is another process\n{told}"
    assert run("dpkg-query", "--show", "--showformat=${Version}", "weir").startswith("99.")
    assert CONFIGURATION.read_text() == configuration and tenant.balance()["balance"] < balance["balance"]
    assert "the unit of gatewayd has changed" in told, told
    assert not show("gatewayd.service", "NeedDaemonReload")["NeedDaemonReload"] == "yes"
    program = pathlib.Path(f"/proc/{pid('gatewayd')}/exe").readlink()
    assert "deleted" not in str(program), program
    tell(load.outcome)
    load.outcome.check(may_fail=False)


def test_installing_the_same_version_again_is_an_upgrade_too(newer, tenant, tell):
    with under_load(tenant) as load:
        run("dpkg", "--force-confold", "--install", str(newer))
    tell(load.outcome)
    load.outcome.check(may_fail=False)


def test_upgrade_that_does_not_accept_the_configuration_leaves_the_daemons_running(newer, tenant):
    before, good = {daemon: pid(daemon) for daemon in DAEMONS}, CONFIGURATION.read_text()
    CONFIGURATION.write_text(good.replace("\ngatewayd:\n", "\ngatewayd:\n  colour: red\n"))
    try:
        told = run("dpkg", "--force-confold", "--install", str(newer))
    finally:
        CONFIGURATION.write_text(good)
    assert "does not accept" in told and "colour" in told, told
    assert before == {daemon: pid(daemon) for daemon in DAEMONS}
    run("weirctl", "restart", "gatewayd")
    assert pid("gatewayd") != before["gatewayd"]


def test_upgrade_does_not_start_what_the_operator_stopped(newer):
    stop_everything()
    run("dpkg", "--force-confold", "--install", str(newer))
    assert not any(is_active(f"{daemon}.service") for daemon in DAEMONS)
    run("systemctl", "start", "weir.target")
    wait_until("all up", lambda: all(is_active(f"{daemon}.service") for daemon in DAEMONS))
