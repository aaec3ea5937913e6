"""Asks an ASGI application without a socket, so that no client tidies up what is sent."""

from __future__ import annotations

import asyncio
import json
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from attrs import frozen

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

BEARER = {"authorization": "Bearer mock-token"}


@frozen
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        content_type = EmailMessage()
        content_type["content-type"] = self.headers.get("content-type", "")
        return json.loads(self.body.decode(content_type.get_content_charset("utf-8")))

    @property
    def ids(self) -> list[str]:
        return [export["id"] for export in self.json["exports"]]

    def link(self, name: str) -> str | None:
        link = self.json["_links"].get(name)
        return link["href"] if link else None


def ask(
    app: ASGIApp,
    target: str | bytes = "/mesh-export/",
    headers: dict[str, str] | list[tuple[bytes, bytes]] | None = None,
    method: str = "GET",
    *,
    token: bool = True,
    timeout: float | None = None,
    body: bytes = b"",
) -> Reply:
    """Send one request.

    Args:
        app: The application.
        target: Path and query; of a whole URL, only those.
        headers: Header lines beside the token.
        method: The method.
        token: Whether the good token goes with it.
        timeout: Seconds to wait.
        body: The body.

    Raises:
        TimeoutError: The answer does not come in time.
    """
    scope = _scope(target, _lines(headers, token=token), method)
    return asyncio.run(asyncio.wait_for(_ask(app, scope, body), timeout))


async def ask_together(app: ASGIApp, requests: list[tuple[str, dict[str, str]]]) -> list[Reply]:
    """Send several requests at once.

    Args:
        app: The application.
        requests: Their paths and queries, and their headers; one without `authorization` has the token.
    """
    lines = [(target, _lines(headers, token="authorization" not in headers)) for target, headers in requests]
    return await asyncio.gather(*(_ask(app, _scope(target, each, "GET")) for target, each in lines))


def _lines(headers: dict[str, str] | list[tuple[bytes, bytes]] | None, *, token: bool) -> list[tuple[bytes, bytes]]:
    pairs = list((headers or {}).items()) if not isinstance(headers, list) else []
    lines = (
        headers if isinstance(headers, list) else [(name.encode(), value.encode("latin-1")) for name, value in pairs]
    )
    return [*([(b"authorization", b"Bearer mock-token")] if token else []), *lines]


def _scope(target: str | bytes, headers: list[tuple[bytes, bytes]], method: str) -> dict[str, Any]:
    if isinstance(target, str):
        parts = urlsplit(target)
        target = f"{parts.path}?{parts.query}".encode()
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"mesh.test"), *headers],
    }


async def _ask(app: ASGIApp, scope: dict[str, Any], body: bytes = b"") -> Reply:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    content = b"".join(message.get("body", b"") for message in sent[1:])
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Reply(start["status"], headers, content)


def walk(app: ASGIApp, target: str = "/mesh-export/?$top=1000", headers: dict[str, str] | None = None) -> list[Any]:
    """All exports, page by page along `next`.

    Args:
        app: The application.
        target: The first page.
        headers: Header lines beside the token.
    """
    exports: list[Any] = []
    following: str | None = target
    while following is not None:
        reply = ask(app, following, headers)
        assert reply.status == 200, reply
        exports += reply.json["exports"]
        following = reply.link("next")
    return exports
