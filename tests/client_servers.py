"""Small servers for the tests of the client: scripted answers over real sockets, and what was asked."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mesh_export_client import AsyncMeshExportClient, Export, MeshExportClient

if TYPE_CHECKING:
    import ssl

TOKEN = "token-of-the-tests.0123456789"
STAMP = "2024-08-22T03:18:43Z"


@dataclass
class Asked:
    """A request that came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class Server:
    """A running server and what it was asked."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


Answer = Callable[[socket.socket, Asked], object]


def http(
    status: int = 200,
    body: bytes | str | dict[str, Any] = b"",
    headers: dict[str, str] | None = None,
    *,
    media_type: str | None = "application/json",
) -> Answer:
    """An answer in good HTTP."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    lines = {"Content-Length": str(len(content)), **({"Content-Type": media_type} if media_type else {})}
    lines |= headers or {}

    def answer(connection: socket.socket, _asked: Asked) -> None:
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection.sendall(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode("latin-1") + content)

    return answer


def export(number: int = 0, **more: Any) -> dict[str, Any]:
    """An export on the wire."""
    ident = str(uuid.UUID(int=number))
    return {"id": ident, "displayName": f"Export {number}", "status": "Complete", "lastModified": STAMP, **more}


def page(exports: list[dict[str, Any]] | int = 1, next_link: object = None, **more: Any) -> dict[str, Any]:
    """A page on the wire."""
    items = [export(number) for number in range(exports)] if isinstance(exports, int) else exports
    links: dict[str, Any] = {"self": {"href": "https://api.bentley.com/mesh-export/?$top=100&$skip=0"}}
    if next_link is not None:
        links["next"] = {"href": next_link}
    return {"exports": items, "_links": links, **more}


def _request(stream: Any) -> Asked | None:
    line = stream.readline()
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while (line := stream.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Asked(method, target, headers, stream.read(int(headers.get("content-length", 0))))


@contextmanager
def serve(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server that gives these answers in their order, the last one for ever.

    An answer that returns `False` ends the connection. With `tls` the server speaks HTTPS.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}")
    left = list(answers)
    lock = threading.Lock()

    def converse(connection: socket.socket) -> None:
        with suppress(OSError):
            talking = tls.wrap_socket(connection, server_side=True) if tls else connection
            with talking, talking.makefile("rb") as stream:
                talk(talking, stream)

    def talk(connection: socket.socket, stream: Any) -> None:
        while asked := _request(stream):
            with lock:
                server.asked.append(asked)
                answer = left.pop(0) if len(left) > 1 else left[0]
            if answer(connection, asked) is False:
                return

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                server.connections += 1
                threading.Thread(target=converse, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        # A blocked `accept` wakes up only when the socket is shut down first.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


TRUSTED = httpx2.create_ssl_context()
"""One for all clients: to read the certificates takes longer than most tests do."""


class Kind:
    """One of the two kinds of client, driven by plain calls."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def list(self, url: str, *, client: dict[str, Any] | None = None, **call: Any) -> list[Export]:
        """List exports to the end."""
        settings: dict[str, Any] = {"token": TOKEN, "base_url": url, **(client or {})}
        if "http_client" not in settings:
            settings.setdefault("verify", TRUSTED)
        if self.name == "sync":
            with MeshExportClient(**settings) as plain:
                return [*plain.exports.list(**call)]

        async def walk() -> list[Export]:
            async with AsyncMeshExportClient(**settings) as awaited:
                return [item async for item in awaited.exports.list(**call)]

        return asyncio.run(walk())


KINDS = [Kind("sync"), Kind("async")]
