"""How long an answer is waited for: less after an input that hangs, so that ten of them do not cost a run its time.

Whether a hang counts is decided by the second look, which has all the time that an answer may take.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from conformance.exchange import TIME_BOUND

_AFTER_A_HANG: Final = 2.5
_AFTER_HANGS: Final = 0.8
_HANGS: Final = 5
"""Hangs from which nothing more is to be learned by waiting."""


class Patience:
    """How long an answer is waited for, as far as the run has gone."""

    def __init__(self) -> None:
        self._hung = False
        self._hangs = 0
        self._slow = False

    @property
    def bound(self) -> float:
        """Seconds within which the whole answer has to come."""
        if not self._hung or self._slow:
            return TIME_BOUND
        return _AFTER_A_HANG if self._hangs < _HANGS else _AFTER_HANGS

    def note_hang(self) -> None:
        """Take in that an answer did not come in time."""
        self._hung = True
        self._hangs += 1

    def renew(self) -> None:
        """Give the next answer all the time that it may take: an input that hangs says nothing of it."""
        self._hung = False

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Give what is sent within all the time that an answer may take, and what follows too where that was needed."""
        self.renew()
        yield
        self._slow = self._slow or not self._hung
