"""Checks of a 429: the header that says how long to wait. And of what comes after the wait."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from conformance.checks.registry import Context, Observation, broken, check, held, judged

_WAITED_ENOUGH: Final = 2


@check("retry-after-present", "retry-after-seconds", "retry-after-kept")
def retry_after(context: Context) -> Iterator[Observation]:
    """A 429 says in `retry-after` how many seconds to wait, and the limit lifts when they are over."""
    exchange = context.exchange
    if exchange.waits and exchange.status != 429:
        yield held("retry-after-kept")
    elif exchange.waits >= _WAITED_ENOUGH:
        yield broken("retry-after-kept", f"429 again after waiting {exchange.waits} times as long as retry-after says")
    if exchange.status != 429 or exchange.request.method != "GET":
        return
    value = exchange.header("retry-after")
    yield judged("retry-after-present", value is not None, "429 without retry-after")
    if value is not None:
        seconds = re.fullmatch(r"\d+(\.\d+)?", value.strip(), re.ASCII) is not None
        yield judged("retry-after-seconds", seconds, f"retry-after: {value}")
