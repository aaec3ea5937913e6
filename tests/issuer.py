"""A real OAuth 2.0 issuer, canaille, on the loopback, and an endpoint that takes the tokens it gives."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from wsgiref.simple_server import WSGIRequestHandler, make_server

from attrs import define, field
from canaille import create_app  # type: ignore[import-untyped]
from canaille.app import models  # type: ignore[import-untyped]
from canaille.backends import Backend  # type: ignore[import-untyped]
from flask import Flask
from joserfc.jwk import JWKRegistry
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance import mock

CLIENT, SECRET = "nightly", "s3cret/of+the:client%"  # what must be escaped in Basic (RFC 6749, 2.3.1)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@define
class Issuer:
    """The issuer, and what can be asked of it behind its back."""

    url: str
    app: Flask = field(repr=False)

    def given(self) -> list[str]:
        """Every token that it has given."""
        with self.app.app_context():
            return [token.access_token for token in Backend.instance.query(models.Token)]

    def is_good(self, text: str) -> bool:
        """Whether it gave a token, for the scope, that has neither ended nor been revoked."""
        with self.app.app_context():
            token = Backend.instance.get(models.Token, access_token=text)
            if token is None or token.revokation_date:
                return False
            age = (datetime.now(UTC) - token.issue_date).total_seconds()
            return "itwin-platform" in token.scope and age < token.lifetime

    def revoke_all(self) -> None:
        """Revoke every token that it has given."""
        with self.app.app_context():
            for token in Backend.instance.query(models.Token):
                Backend.instance.update(token, revokation_date=datetime.now(UTC))
                Backend.instance.save(token)


@contextmanager
def issuing(lifetime: int) -> Iterator[Issuer]:
    """Run an issuer whose tokens live for so many seconds."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    key = JWKRegistry.generate_key("RSA", 2048)
    key.ensure_kid()
    with make_server("127.0.0.1", 0, lambda *_: [], handler_class=_Quiet) as server:
        host = f"127.0.0.1:{server.server_port}"
        app = create_app(
            config={
                "TESTING": True,
                "SECRET_KEY": str(uuid.uuid4()),
                "SERVER_NAME": host,
                "PREFERRED_URL_SCHEME": "http",
                "OAUTH2_TOKEN_EXPIRES_IN": {"client_credentials": lifetime},
                "CANAILLE": {"DATABASE": "memory"},
                "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
            }
        )
        server.set_app(app)
        with app.app_context():
            client = models.Client(
                client_id=CLIENT,
                client_secret=SECRET,
                client_name="The nightly job",
                grant_types=["client_credentials"],
                scope=["itwin-platform"],
                token_endpoint_auth_method="client_secret_basic",
            )
            Backend.instance.save(client)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Issuer(f"http://{host}", app)
        finally:
            server.shutdown()
            thread.join()


def taking(is_good: Callable[[str], bool], app: ASGIApp | None = None) -> ASGIApp:
    """The mock, for whom a token is good that another says is good."""
    inner = app or mock.create_app(mock.Settings(token="known-to-nobody-else-0123456789"))

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [
            (name, b"Bearer known-to-nobody-else-0123456789")
            if name == b"authorization" and value.startswith(b"Bearer ") and is_good(value[7:].decode("latin-1"))
            else (name, value)
            for name, value in scope["headers"]
        ]
        await inner({**scope, "headers": headers}, receive, send)

    return outer
