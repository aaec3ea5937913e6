"""How long a server asks to wait: what `retry-after` says, in either of the forms that HTTP has for it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from conformance.exchange import Exchange

DEFAULT_WAIT: Final = 1.0
"""Seconds to wait where the server does not say how long."""
_SLACK: Final = 0.05
"""Seconds to wait longer than told: two clocks do not tick at once."""


def retry_after(exchange: Exchange) -> float:
    """Seconds to wait, as an answer says: a number of them, or a date, which is one of the server's clock."""
    value = exchange.header("retry-after") or ""
    try:
        return max(0.0, float(value)) + _SLACK
    except ValueError:
        then = _moment(value)
    if then is None:
        return DEFAULT_WAIT
    now = _moment(exchange.header("date") or "") or datetime.now(UTC)
    return max(0.0, (then - now).total_seconds()) + _SLACK


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
