"""An exchange as schemathesis takes it: the answer that its checks and its links read.

What is sent, and what an answer proves, is decided by the probes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import httpx2

from conformance.exchange import Exchange

_NOT_HAD: Final = 503
"""The status of an answer that never came."""


def response(exchange: Exchange) -> httpx2.Response:
    """The answer of an exchange, its body no longer coded."""
    transported = httpx2.Response(
        exchange.status or _NOT_HAD,
        # As bytes: a value may have letters beyond ASCII.
        headers=[(name.encode(), value.encode()) for name, value in exchange.headers if name != "content-encoding"],
        content=exchange.body,
        request=httpx2.Request(exchange.request.method, f"http://localhost{exchange.request.path}"),
    )
    transported.elapsed = timedelta(seconds=exchange.elapsed)
    return transported
