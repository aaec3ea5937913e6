"""Runs the endpoint on a socket: in a thread for tests, or in the foreground."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from .app import Settings, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

_START_LIMIT = 10.0


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections.

    Args:
        host: The address.
        port: The port; 0 for a free one.

    Raises:
        OSError: The address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named outright, the protocol is inherited by connections, and asyncio sends on those without delay.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
    except BaseException:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The root of an endpoint that listens on a socket.

    Args:
        listener: The socket.
    """
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server_of(app: Starlette) -> uvicorn.Server:
    """A server for an endpoint: silent, and quick to stop.

    Args:
        app: The endpoint.
    """
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


@contextmanager
def serve(settings: Settings | None = None) -> Iterator[str]:
    """Runs an endpoint on a free port of the loopback for as long as the block lasts.

    Args:
        settings: What it is made from.

    Yields:
        Its root URL.
    """
    app = create_app(settings)
    server = server_of(app)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait_for_start(server, thread)
            yield url_of(listener)
        finally:
            app.state.stopping = True
            server.should_exit = True
            thread.join(_START_LIMIT)


def _wait_for_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + _START_LIMIT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise RuntimeError("The endpoint did not start.")
        time.sleep(0.002)
