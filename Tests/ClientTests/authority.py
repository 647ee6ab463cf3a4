"""An OAuth 2.0 server for tokend's tests: Authlib's token endpoint with rotation of refresh tokens and reuse detection.

A refresh token is good once. One that comes back after it was used ends its whole family (RFC 9700, 4.14.2), unless it
comes back within `leeway` seconds of its first use: then the answer is the one it had, as providers do who know that
answers get lost. Every request is counted by account.
"""

from __future__ import annotations

import logging
import threading
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

CLIENT, SECRET = "weir", "client-secret-of-the-storm"


class Client(ClientMixin):
    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return False

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_post"

    def check_response_type(self, response_type: str) -> bool:
        return False

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "refresh_token"


class Grant(TokenMixin):
    """One refresh token of an account."""

    def __init__(self, account: str, number: int) -> None:
        self.account, self.number = account, number

    def check_client(self, client: Client) -> bool:
        return True

    def get_scope(self) -> str:
        return ""

    def get_expires_in(self) -> int:
        return 0

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


class Authority:
    """The server; use it as a context."""

    client = Client()

    def __init__(self, leeway: float) -> None:
        self._leeway = leeway
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._used: dict[str, tuple[float, dict]] = {}
        self.calls: dict[str, list[float]] = {}
        self.ended: set[str] = set()
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> "Authority":
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()

    @staticmethod
    def token(account: str, number: int) -> str:
        return f"refresh.{account}.{number}"

    def _app(self) -> Flask:
        app = Flask("authority")
        server = AuthorizationServer(
            app, query_client=lambda client_id: self.client if client_id == CLIENT else None, save_token=lambda *_: None
        )
        server.register_token_generator("default", self._generate)
        server.register_grant(self._grant_type())
        self._extend(app, server)

        @app.post("/token")
        def token():
            account = request.form.get("refresh_token", "..").split(".")[1]
            with self._lock:
                self.calls.setdefault(account, []).append(time.monotonic())
                at, answer = self._used.get(request.form.get("refresh_token", ""), (0.0, {}))
                if answer and time.monotonic() - at < self._leeway:
                    return jsonify(answer)
            return server.create_token_response()

        return app

    def _extend(self, app: Flask, server: AuthorizationServer) -> None:
        """Whatever else a test's server can do."""

    def _generate(self, grant_type: str, client: Client, user: Grant, **_: object) -> dict:
        with self._lock:
            number = self._numbers.get(user.account, 0) + 1
            self._numbers[user.account] = number
            answer = {
                "token_type": "Bearer", "expires_in": 3600, "access_token": f"access.{user.account}.{number}",
                "refresh_token": self.token(user.account, number),
            }
            self._used[self.token(user.account, number - 1)] = (time.monotonic(), answer)
            return answer

    def _grant_type(self) -> type:
        authority = self

        class Rotating(grants.RefreshTokenGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]
            INCLUDE_NEW_REFRESH_TOKEN = True

            def authenticate_refresh_token(self, refresh_token: str) -> Grant | None:
                _, account, number = refresh_token.split(".")
                with authority._lock:
                    if account in authority.ended:
                        return None
                    if int(number) != authority._numbers.get(account, 0):
                        authority.ended.add(account)
                        return None
                return Grant(account, int(number))

            def authenticate_user(self, credential: Grant) -> Grant:
                return credential

            def revoke_old_credential(self, credential: Grant) -> None:
                """The number of the account has moved on already."""

        return Rotating
