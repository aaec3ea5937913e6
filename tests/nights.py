"""The server of a night: the mock on the same port each time, with a fault or without."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from suite import TOKEN, spared

from conformance.mock import Settings, create_app
from conformance.mock.server import listen, server_of

_CHOSEN = ("-k", "test_an_invalid_value")
ONE_PROBE = " ".join((*_CHOSEN, *spared(_CHOSEN)))
"""Options of pytest by which a night is one probe, so that many of them can be lived through."""


def free_port() -> int:
    """A port that nobody has at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def served(port: int, fault: str | None) -> Iterator[str]:
    """Serve the mock on a port."""
    server = server_of(create_app(Settings(token=TOKEN, size=110, fault=fault)))
    with listen("127.0.0.1", port) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()
