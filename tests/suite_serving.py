"""Applications on a socket of the loopback for as long as a block lasts, over HTTPS where there is a certificate."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from conformance.mock.server import listen

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"


@contextmanager
def serving(app: ASGIApp, certificate: Path | None = None) -> Iterator[int]:
    """Run an application, and give its port.

    Args:
        app: The application.
        certificate: A PEM file with its key and its certificate.
    """
    config = uvicorn.Config(app, lifespan="off", log_config=None, ssl_certfile=certificate, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with listen(HOST, 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.005)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)
