"""TLS on both sides: an optional listener for clients, and vendors that must prove who they are.

The certificate in the folder `certificate` is of these tests alone, vouches for localhost and is trusted by nobody else:
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=Weir client tests"
  -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -addext "basicConstraints=critical,CA:TRUE"
"""

from __future__ import annotations

import http.client
import pathlib
import re
import shutil
import ssl

import pytest

import raw
from conftest import new_tenant
from dialects import BOTH, OPENAI
from fake import Fake
from weir import Weir

FOLDER = pathlib.Path(__file__).resolve().parent / "certificate"


@pytest.fixture(scope="module")
def secured(running_fake, tmp_path_factory):
    """A Weir with a plain and a TLS listener."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("certificate.pem", "key.pem"):
        shutil.copy(FOLDER / name, folder / name)
    (folder / "key.pem").chmod(0o600)
    files = f"{{certificate: {folder}/certificate.pem, private_key: {folder}/key.pem}}"
    listener = f', {{address: "127.0.0.1:0", tls: {files}}}'
    with Weir(folder / "w", running_fake.url, more_listeners=listener) as weir:
        yield weir


def test_client_that_trusts_the_certificate_is_served_over_tls(secured, vendor):
    tenant = new_tenant(secured)
    port = int(re.search(r"https://127\.0\.0\.1:(\d+)", secured.log("gatewayd"))[1])
    trusting = ssl.create_default_context(cafile=str(FOLDER / "certificate.pem"))
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=30)
    for _ in range(2):
        connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {tenant.key}"})
        answer = raw.read(connection.getresponse())
        assert answer.status == 200 and answer.json()["object"] == "list"
    connection.close()
    assert raw.post(tenant, OPENAI.path, OPENAI.body()).status == 200


def test_plain_http_on_the_tls_listener_gets_no_answer(secured):
    port = int(re.search(r"https://127\.0\.0\.1:(\d+)", secured.log("gatewayd"))[1])
    with raw.dial(port) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nhost: w\r\n\r\n")
        received = b""
        try:
            while data := client.recv(4096):
                received += data
        except ConnectionResetError:
            pass
    assert b"HTTP/1.1" not in received


def test_certificate_that_cannot_be_used_refuses_the_reload_and_the_old_one_stays(secured):
    """The rest of the new configuration waits too: a reload is taken over whole or not at all."""
    port = int(re.search(r"https://127\.0\.0\.1:(\d+)", secured.log("gatewayd"))[1])
    trusting = ssl.create_default_context(cafile=str(FOLDER / "certificate.pem"))
    key = secured.folder.parent / "key.pem"
    good, before = key.read_text(), secured.ctl("status")
    key.write_text("no key")
    status, _, complaint = secured.run_ctl("reload")
    assert status == 4 and "gatewayd.listen" in complaint and "certificate.pem" in complaint
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=30)
    connection.request("GET", "/health")
    assert raw.read(connection.getresponse()).status == 200
    connection.close()
    key.write_text(good)
    generation = [row["config_generation"] for row in before if row["daemon"] == "gatewayd"]
    assert [row["config_generation"] for row in secured.ctl("status") if row["daemon"] == "gatewayd"] == generation
    secured.ctl("reload")


def test_vendor_whose_certificate_nobody_vouches_for_is_refused_and_sent_nothing(tmp_path):
    """Whoever sits between Weir and a vendor must not get the vendor's key, nor the prompt."""
    with Fake("--tls", str(FOLDER / "certificate.pem"), str(FOLDER / "key.pem")) as impostor:
        with Weir(tmp_path / "w", upstream=impostor.url.replace("http:", "https:")) as weir:
            tenant = new_tenant(weir)
            for dialect in BOTH:
                answer = raw.post(tenant, dialect.path, dialect.body())
                assert answer.status == 502 and b"127.0.0.1" not in answer.body
            assert tenant.wait_until_nothing_is_held()["balance"] == 100
        trusting = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(impostor.address, context=trusting, timeout=30)
        connection.request("GET", "/_fake/counters")
        assert raw.read(connection.getresponse()).json()["requests"] == 0
