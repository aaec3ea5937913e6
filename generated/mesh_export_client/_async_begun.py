"""Something that the service has begun and not ended when it answers, for programs that await."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class AsyncBegun(Generic[T]):
    """What the service has begun.

    Attributes:
        result: What it answered.
    """

    def __init__(self, result: T, wait: Callable[[float, float, float], Awaitable[T]]) -> None:
        self.result = result
        self._wait = wait

    async def wait(self, *, max_wait: float = 900, interval: float = 2, max_interval: float = 30) -> T:
        """Wait for the end.

        Args:
            max_wait: Seconds to wait in all.
            interval: Seconds before the second question; the pauses grow by half each time.
            max_interval: The longest pause, in seconds.

        Raises:
            WaitFailedError: It cannot end well any more.
            WaitTimeoutError: It did not end in time.
        """
        return await self._wait(max_wait, interval, max_interval)

    def __repr__(self) -> str:
        return f"<AsyncBegun {self.result!r}>"
