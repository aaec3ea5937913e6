"""Something that the service has begun and not ended when it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """What the service has begun.

    Attributes:
        result: What it answered.
    """

    def __init__(self, result: T, wait: Callable[[float, float, float], T]) -> None:
        self.result = result
        self._wait = wait

    def wait(self, *, max_wait: float = 900, interval: float = 2, max_interval: float = 30) -> T:
        """Wait for the end.

        Args:
            max_wait: Seconds to wait in all.
            interval: Seconds before the second question; the pauses grow by half each time.
            max_interval: The longest pause, in seconds.

        Raises:
            WaitFailedError: It cannot end well any more.
            WaitTimeoutError: It did not end in time.
        """
        return self._wait(max_wait, interval, max_interval)

    def __repr__(self) -> str:
        return f"<Begun {self.result!r}>"
