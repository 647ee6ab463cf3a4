"""A vendor whose users agree in a browser: authority.py with an authorization page, PKCE, revocation and one API path.

The page agrees at once, as somebody who is logged in and presses the button; with `deny` in its query it says no. It
answers to its own redirect address only, and names itself in `iss` (RFC 9207).
"""

from __future__ import annotations

import secrets
import urllib.parse

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, jsonify, redirect, request

from authority import Authority, Client, Grant


class BrowserClient(Client):
    """A registration that is used in browsers, with any redirect address of the tests' gateways."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/callback")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


class Code:
    """A code that was given out."""

    def __init__(self, code: str, asked) -> None:
        self.code, self.redirect, self.scope = code, asked.payload.redirect_uri, asked.payload.scope
        self.code_challenge = asked.payload.data.get("code_challenge")
        self.code_challenge_method = asked.payload.data.get("code_challenge_method")
        self.nonce = self.auth_time = None

    def get_redirect_uri(self) -> str:
        return self.redirect

    def get_scope(self) -> str:
        return self.scope or ""


class Vendor(Authority):
    """The server; use it as a context."""

    client = BrowserClient()

    def __init__(self) -> None:
        self.codes: dict[str, Code] = {}
        self.exchanged: list[str] = []
        self.revoked: list[str] = []
        self.given: set[str] = set()
        super().__init__(leeway=60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _generate(self, grant_type: str, client: Client, user: Grant, **more: object) -> dict:
        answer = super()._generate(grant_type, client, user, **more)
        self.given |= {answer["access_token"], answer["refresh_token"]}
        return answer

    def _extend(self, app: Flask, server: AuthorizationServer) -> None:
        server.register_grant(self._code_grant(), [CodeChallenge(required=True)])

        @app.get("/authorize")
        def authorize():
            user = None if "deny" in request.args else Grant("somebody", 0)
            answer = server.create_authorization_response(grant_user=user, grant=server.get_consent_grant(user))
            place = urllib.parse.urlsplit(answer.headers["location"])
            query = urllib.parse.parse_qsl(place.query) + [("iss", self.url)]
            return redirect(place._replace(query=urllib.parse.urlencode(query)).geturl())

        @app.post("/revoke")
        def revoke():
            self.revoked.append(request.form["token"])
            return ""

        @app.get("/api/eu/me")
        @app.get("/api/me")
        def me():
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self.given:
                return jsonify(error="who are you?"), 401
            return jsonify(id="somebody")

    def _code_grant(self) -> type:
        vendor = self

        class Codes(grants.AuthorizationCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]

            def save_authorization_code(self, code: str, asked) -> None:
                vendor.codes[code] = Code(code, asked)

            def query_authorization_code(self, code: str, client: Client) -> Code | None:
                vendor.exchanged.append(code)
                return vendor.codes.get(code)

            def delete_authorization_code(self, code: Code) -> None:
                del vendor.codes[code.code]

            def authenticate_user(self, code: Code) -> Grant:
                return Grant(f"somebody{secrets.token_hex(4)}", 0)

        return Codes
