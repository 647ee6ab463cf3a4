"""A Weir with a vault, for tests of connected accounts: tokend beside the two others, and providers of a test's own."""

from __future__ import annotations

import itertools
import pathlib
import re
import time

import raw
from weir import SECRETS, Tenant, Weir

VAULT_KEY = "vault-key-0123456789-0123456789-0123456789"
SECRETS.add(VAULT_KEY)
# From tokend's answer to every event loop of gatewayd; this is for a machine that does something else as well.
TOLD_SECONDS = 20

GATEWAY = """\
  tokend_socket: {folder}/t.sock
  allowed_targets: [{allowed_targets}]
{more_gateway}
"""

CONNECTIONS = """\
tokend:
  socket: {folder}/t.sock
  state_directory: {folder}/tokend
  log_level: trace
  encryption_key: {{file: {folder}/vault-key}}
connections:
  providers:
    shop:
      name: Shop
      base_url: {provider}/api
      auth: {{api_key: bearer, oauth2: bearer, basic: basic}}
      headers: {{x-version: "7"}}
      query: {{tenant: fixed}}
      timeout: {timeout}
      allow: ["ANY /**"]
      actions:
        find:
          request: GET /echo/items/{{item}}
          parameters:
            item: {{in: path, required: true}}
            limit: {{in: query, form: integer, most: 100, default: "20"}}
      domains:
        till:
          base_url: {provider}/till
          allow: [GET /**]
      oauth:
        authorize_url: {authority}/authorize
        token_url: {authority}/token
        refresh_lead: 1s
    keyed:
      name: Keyed
      base_url: {provider}/api
      auth: {{api_key: {{placement: query, name: key}}, bot_token: {{placement: path, template: "/bot{{secret}}"}}}}
      allow: ["ANY /**"]
    place:
      name: Place
      base_url: "{{base_url}}"
      plain_http: true
      auth: {{api_key: bearer}}
      account_fields:
        base_url: {{from: tenant, form: address, required: true}}
      allow: ["ANY /**"]
{more_providers}
  clients:
    shop: {{client_id: {client}, client_secret: {{file: {folder}/client-secret}}}}
"""


class ConnectedWeir(Weir):
    """walletd, tokend and gatewayd in one folder. Use as a context manager."""

    def __init__(
        self, folder: pathlib.Path, provider: str, authority: str = "http://127.0.0.1:9", timeout: str = "10s",
        allowed_targets: str = "", more_gateway: str = "", more_providers: str = "",
        registration: tuple[str, str] = ("nobody", "a-client-secret-of-nobody"), **settings: object,
    ) -> None:
        """`registration`: the operator's client at the shop, its id and its secret."""
        client, secret = registration
        SECRETS.add(secret)
        self._numbers = itertools.count(1)
        self.connected = {
            "folder": folder, "provider": provider, "authority": authority, "timeout": timeout, "client": client,
            "allowed_targets": allowed_targets, "more_gateway": more_gateway, "more_providers": more_providers,
        }
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("vault-key", VAULT_KEY), ("client-secret", secret)):
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o600)
        super().__init__(folder, upstream="http://127.0.0.1:9", **settings)

    def configure(self, **settings: object) -> None:
        self.connected |= {name: settings.pop(name) for name in list(settings) if name in self.connected}
        super().configure(**settings)
        text = self.configuration.read_text()
        at = text.index("walletd:\n")
        text = text[:at] + GATEWAY.format(**self.connected) + text[at:]
        self.configuration.write_text(text + CONNECTIONS.format(**self.connected))

    def __enter__(self) -> ConnectedWeir:
        self.start("tokend")
        super().__enter__()
        self.wait_until_told()
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if "tokend" in self._daemons:
            self._daemons["tokend"].end()

    def health(self) -> dict:
        return raw.ask(self.port, "GET", "/health").json()

    def wait_until(self, what: str, is_so) -> None:
        until = time.monotonic() + TOLD_SECONDS
        while not is_so():
            assert time.monotonic() < until, f"{what}: never\n{self.log('gatewayd')[-3000:]}"
            time.sleep(0.02)

    def wait_until_told(self) -> None:
        """Until gatewayd has tokend's whole picture."""
        loops = int(self._settings["threads"])
        self.wait_until(
            "gatewayd knows the credentials", lambda: self.log("gatewayd").count("credentials are known") >= loops)

    def connect(self, account: str, secret: str, *options: str) -> None:
        """An account `tenant/provider/name` with a secret of one value; every loop of gatewayd has it afterwards."""
        SECRETS.add(secret)
        before = self.credentials()
        self.ctl("connection", "add", account, "--secret-file", str(self.secret_file(secret)), *options)
        if "--replace" not in options:
            self.wait_until("the credential is there", lambda: self.credentials() == before + 1)

    def secret_file(self, secret: str) -> pathlib.Path:
        path = self.folder / f"secret-{next(self._numbers)}"
        path.write_text(secret)
        path.chmod(0o600)
        return path

    def credentials(self) -> int:
        """How many gatewayd has."""
        # Read without a library: the benchmarks have none.
        page = raw.ask(self.metrics_port, "GET", "/metrics").body.decode()
        return int(re.search(r"^weir_gateway_credentials (\d+)", page, re.MULTILINE)[1])

    def agent(self, name: str, **options: str) -> Tenant:
        """A new tenant whose key may call with accounts."""
        return self.tenant(name, credit=None, **({"scopes": "agent"} | options))


def call(tenant: Tenant, domain: str, **members: object) -> raw.Answer:
    """A call of the agent API."""
    answer = raw.post(tenant, f"/api/v1/{tenant.name}/{domain}", members)
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-weir-request-id") and answer.header("x-request-id")
    assert answer.json()["success"] == (answer.status == 200), answer.body
    return answer


def failure(answer: raw.Answer) -> tuple[int, str]:
    """Status and code of a failure, whose form is looked at as well."""
    said = answer.json()
    assert said["success"] is False and said["error"] and said["status"] == answer.status, said
    return answer.status, said["code"]


def is_secret_free(folder: pathlib.Path, secrets: set[str]) -> list[str]:
    """The files of gatewayd below `folder` that hold one of `secrets`."""
    found = []
    for path in [*folder.glob("gatewayd/**/*"), *folder.glob("*.log")]:
        text = path.read_bytes() if path.is_file() else b""
        found += [f"{path}: {secret}" for secret in secrets if secret.encode() in text]
    return found
