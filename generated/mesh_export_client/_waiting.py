"""Waits for something that the service has begun: asks again, ever more seldom, until a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ._answer import Deadline
from .errors import WaitTimeoutError

T = TypeVar("T")
_GROWTH = 1.5


def wait_for(probe: Callable[[], T | None], *, max_wait: float, interval: float, max_interval: float, what: str) -> T:
    """Ask until there is an answer.

    Args:
        probe: Gives what is waited for, or `None` as long as it is not there.
        max_wait: Seconds to wait in all.
        interval: Seconds before the second question; the pauses grow by half each time.
        max_interval: The longest pause, in seconds.
        what: What is waited for, for the error.

    Raises:
        WaitTimeoutError: It did not come in time.
    """
    deadline = Deadline(max_wait)
    while True:
        found = probe()
        if found is not None:
            return found
        if deadline.left <= interval:
            raise WaitTimeoutError(f"{what} did not happen within {max_wait:g} s")
        time.sleep(interval)
        interval = min(interval * _GROWTH, max_interval)
