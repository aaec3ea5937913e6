"""The time that the endpoint goes by."""

from __future__ import annotations

import time

from attrs import define


@define
class Clock:
    """Time in seconds that only goes forward: the machine's own, and ahead of it as far as a test has turned it."""

    ahead: float = 0.0

    def now(self) -> float:
        """The time."""
        return time.monotonic() + self.ahead

    def turn(self, seconds: float) -> None:
        """Turns the clock forward.

        Args:
            seconds: How far.
        """
        self.ahead += seconds
