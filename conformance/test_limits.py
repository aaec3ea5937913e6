"""Response 429: what a server that limits its rate says, and whether it keeps its word."""

from __future__ import annotations

from typing import Final

import pytest

from conformance.exchange import Request
from conformance.options import Settings
from conformance.run import Run

_BURST: Final = 60
_BURSTS: Final = 8


@pytest.mark.requirements(
    "rate-limit-code",
    "rate-limit-body",
    "retry-after-present",
    "retry-after-seconds",
    "retry-after-kept",
    "error-code",
    "error-message",
    "error-media-type",
)
def test_a_limit_is_announced_and_lifts(run: Run, settings: Settings) -> None:
    if not settings.limits.probe_rate_limit:
        return
    for burst in range(_BURSTS):
        if run.endpoint.rate_limited:
            break
        run.send_all(Request(query=f"$top=1&$skip={burst * _BURST + number}") for number in range(_BURST))
    if run.endpoint.rate_limited:
        # What is sent now was told to wait, and shows whether the wait was long enough.
        run.send_all(Request(query=f"$top=2&$skip={number}") for number in range(3))
