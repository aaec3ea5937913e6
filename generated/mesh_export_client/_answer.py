"""An answer with its body read, and the time that a call has left."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its body read.

    Attributes:
        status: The HTTP status.
        headers: The headers, their names in lower case.
        content: The body, decompressed.
        elapsed: Seconds from the request to the end of the body.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    elapsed: float


class Deadline:
    """The moment by which a call must have ended.

    Args:
        seconds: How long it may take from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never less than 0."""
        return max(0.0, self._end - time.monotonic())

    def bound(self, timeout: float | httpx2.Timeout) -> httpx2.Timeout:
        """Give a timeout that no single wait of which passes the deadline."""
        left = max(self.left, 0.001)  # 0 would mean not to wait at all
        parts = httpx2.Timeout(timeout).as_dict()
        return httpx2.Timeout(**{name: left if value is None else min(value, left) for name, value in parts.items()})
