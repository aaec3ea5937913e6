"""Interrupts that wait, or that come too late: what must not be cut in two is done first.

What an interrupted run does is decided by the plugin.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_Handler = Callable[[int, FrameType | None], object] | signal.Handlers
_KINDS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Let an interrupt that comes within take effect at the end."""
    came: list[int] = []
    try:
        with _handled_by(lambda kind, _frame: came.append(kind)):
            yield
    finally:
        for kind in came[:1]:
            signal.raise_signal(kind)


@contextmanager
def ignored() -> Iterator[None]:
    """Let an interrupt that comes within have no effect."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def _handled_by(handler: _Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        # Python interrupts the main thread alone.
        yield
        return
    before = {kind: signal.signal(kind, handler) for kind in _KINDS}
    try:
        yield
    finally:
        for kind, former in before.items():
            signal.signal(kind, former)
