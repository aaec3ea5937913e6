"""When a call is tried again, and how long it waits before that.

The loop itself is tenacity's; here is what it decides by. Only what cannot do harm is repeated: any method after 429 or
a connection that was never made, else the methods that may be repeated by their definition.
"""

from __future__ import annotations

import datetime
import email.utils
import logging
import math
import random
from collections.abc import Callable
from typing import Any

import tenacity

from ._settings import RetryPolicy, Settings
from .errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    MeshExportError,
    RequestTimeoutError,
    ResponseError,
)
from .types import RetryEvent

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
NOT_SENT = "never_sent"
_log = logging.getLogger("mesh_export_client")
_TOO_MANY = 429
_TIMED_OUT = 408
_SERVER_ERRORS = range(500, 600)


def seconds_to_wait(text: str | None) -> float | None:
    """Read a `Retry-After` header: seconds or an HTTP date.

    Returns:
        The seconds from now, never less than 0; `None` when there is no header or no sense in it.
    """
    if text is None:
        return None
    text = text.strip()
    try:
        seconds = float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else None
        if seconds is None:
            moment = email.utils.parsedate_to_datetime(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
            seconds = (moment - datetime.datetime.now(datetime.UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def may_repeat(method: str, error: BaseException) -> bool:
    """Say whether a request that ended in an error may be sent again."""
    if isinstance(error, ConnectionFailedError) and getattr(error, NOT_SENT, False):
        return True
    if isinstance(error, ResponseError) and error.status == _TOO_MANY:
        return True
    if method not in IDEMPOTENT or isinstance(error, DeadlineExceededError):
        return False
    if isinstance(error, ResponseError):
        return error.status == _TIMED_OUT or error.status in _SERVER_ERRORS
    return isinstance(error, ConnectionFailedError | RequestTimeoutError)


def delay(policy: RetryPolicy, attempt: int, error: BaseException | None) -> float:
    """Give the seconds to wait after a failed attempt: what the service asks for, else back-off with full jitter."""
    asked = error.retry_after if isinstance(error, ResponseError) else None
    if asked is not None:
        return min(asked, policy.max_retry_after)
    longest = min(policy.max_delay, policy.initial_delay * 2 ** min(attempt - 1, 30))
    return random.uniform(0, longest)  # noqa: S311 - it spreads load, it guards nothing


def arguments(operation: str, method: str, settings: Settings) -> dict[str, Any]:
    """Give the arguments of a tenacity retrying object for a call."""
    policy = settings.retries
    return {
        "retry": tenacity.retry_if_exception(lambda error: may_repeat(method, error)),
        # `stop_before_delay` also counts the wait to come: a call never sleeps past its deadline.
        "stop": tenacity.stop_after_attempt(policy.max_retries + 1) | tenacity.stop_before_delay(settings.deadline),
        "wait": _wait(policy),
        "before_sleep": _watch(operation, settings.on_retry),
        "reraise": True,
    }


def _wait(policy: RetryPolicy) -> Callable[[tenacity.RetryCallState], float]:
    return lambda state: delay(policy, state.attempt_number, state.outcome.exception() if state.outcome else None)


def _watch(operation: str, on_retry: Callable[[RetryEvent], None] | None) -> Callable[[tenacity.RetryCallState], None]:
    def watch(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, MeshExportError):
            return
        event = RetryEvent(operation, state.attempt_number, state.upcoming_sleep, error)
        _log.info("%s: attempt %d failed, the next in %.1f s: %s", operation, event.attempt, event.delay, error)
        if on_retry:
            on_retry(event)

    return watch
