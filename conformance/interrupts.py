"""Interrupts that wait, or that come too early or too late: what must not be cut in two is done first.

What an interrupted run does is decided by the plugin.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

_Handler = Callable[[int, FrameType | None], object] | signal.Handlers
_KINDS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""A closed terminal hangs up, where the platform knows that."""
NOTHING_YET: Final = "Interrupted before anything was judged."
_STDERR: Final = 2
_SUITE_FAILED: Final = 5
"""As `ExitCode` has it, which takes longer to import than an interrupt may wait."""


@contextmanager
def too_early() -> Iterator[None]:
    """Let an interrupt that comes within end the process with one sentence: there is nothing to report yet."""
    with _handled_by(_end):
        yield


def _end(_kind: int, _frame: FrameType | None) -> NoReturn:
    # Nothing is raised: where Python collects garbage or imports a module, that would be lost.
    with suppress(RuntimeError, OSError):
        sys.stdout.flush()
    os.write(_STDERR, f"{NOTHING_YET}\n".encode())
    os._exit(_SUITE_FAILED)


@contextmanager
def raised() -> Iterator[list[int]]:
    """Let a polite kill that comes within be what Ctrl-C is: a KeyboardInterrupt.

    Yields:
        The interrupts that have come: what is raised where Python collects garbage is lost, and has to be raised again.
    """
    came: list[int] = []

    def interrupt(kind: int, _frame: FrameType | None) -> NoReturn:
        came.append(kind)
        raise KeyboardInterrupt

    with _handled_by(interrupt):
        yield came


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
    # What starts a process deaf to an interrupt wants it to stay so.
    heeded = [kind for kind in _KINDS if signal.getsignal(kind) is not signal.SIG_IGN]
    before = {kind: signal.signal(kind, handler) for kind in heeded}
    try:
        yield
    finally:
        for kind, former in before.items():
            signal.signal(kind, former)
