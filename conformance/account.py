"""What a run has spent of what it may cost the server: requests, seconds, waiting, wrong credentials.

One account for a run, also where several processes send for it: then the numbers are in a file that they share, because
a budget, a rate and a server's limit hold for all of them together. What is sent is the endpoint's business.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from attrs import astuple, define

_RECORD: Final = struct.Struct("<qqdddd?")


class BudgetSpentError(Exception):
    """The run may send no more: its budget of requests, of seconds or of waiting is spent."""


class WaitRefusedError(BudgetSpentError):
    """The server asks the run to wait for longer than it may, or for ever."""


@define
class Spent:
    """The numbers of an account; moments are those of the monotonic clock, which the processes of a machine share.

    Attributes:
        sent: Requests sent.
        wrong_credentials: Requests among them with a credential that is not good.
        next_slot: The moment at which the rate allows the next request.
        limited_until: The moment until which the server said to wait; 0 where it never did.
        waited: Seconds waited because the server said so.
        ends: The moment at which the run ends; infinite where it has all the time.
        closed: Whether nothing may be sent any more.
    """

    sent: int = 0
    wrong_credentials: int = 0
    next_slot: float = 0.0
    limited_until: float = 0.0
    waited: float = 0.0
    ends: float = float("inf")
    closed: bool = False


class Account:
    """The account of a run.

    Args:
        path: The file that several processes share; None for a run in one process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._spent = Spent()
        self._file = None if path is None else _open(path)
        self._turns = None if path is None else _open(path.with_suffix(".turn"))

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in (self._file, self._turns):
            if descriptor is not None:
                os.close(descriptor)

    @contextmanager
    def changing(self) -> Iterator[Spent]:
        """The numbers, for no one else to change meanwhile; what is changed within is kept."""
        with self._lock, ExitStack() as stack:
            if self._file is not None:
                stack.enter_context(_locked(self._file))
                record = os.pread(self._file, _RECORD.size, 0)
                self._spent = Spent(*_RECORD.unpack(record)) if record else Spent()
            yield self._spent
            if self._file is not None:
                os.pwrite(self._file, _RECORD.pack(*astuple(self._spent)), 0)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keep all others who ask for their turn waiting, in whatever process they are."""
        with self._turn, ExitStack() as stack:
            if self._turns is not None:
                stack.enter_context(_locked(self._turns))
            yield

    def begin(self, seconds: float | None) -> None:
        """Have the run end after some seconds; None for never."""
        with self.changing() as spent:
            spent.ends = time.monotonic() + seconds if seconds else float("inf")

    def wait(self, seconds: float, most: float) -> None:
        """Wait because the server asks for it.

        Args:
            seconds: How long.
            most: Seconds to wait in all.

        Raises:
            WaitRefusedError: That would be more than it may.
            BudgetSpentError: The run would end meanwhile.
        """
        with self.changing() as spent:
            if spent.waited + seconds > most:
                raise WaitRefusedError(f"the server asks for more waiting than --max-wait allows, {most:g} s")
            if time.monotonic() + seconds >= spent.ends:
                raise BudgetSpentError("its time is over while the server asks to wait")
            spent.waited += seconds
        time.sleep(seconds)

    def stop(self) -> None:
        """Let nobody send any more."""
        with self.changing() as spent:
            spent.closed = True

    def take(self, most: int, rate: float | None, *, beyond: bool = False) -> tuple[int, float]:
        """Count a request.

        Args:
            most: Requests in all.
            rate: Requests a second; None for no limit.
            beyond: Whether it must go although the run has ended or its budget is spent.

        Returns:
            Its number, and the seconds to wait before it is sent.

        Raises:
            BudgetSpentError: There must be no further one.
        """
        with self.changing() as spent:
            now = time.monotonic()
            if spent.closed and not beyond:
                raise BudgetSpentError("the run was told to stop")
            if spent.sent >= most and not beyond:
                raise BudgetSpentError(f"{most} requests are sent")
            start = max(now, spent.next_slot) if rate else now
            if start >= spent.ends and not beyond:
                raise BudgetSpentError("its time is over")
            spent.sent += 1
            if rate:
                spent.next_slot = start + 1 / rate
            return spent.sent, start - now


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    import fcntl  # not every system has it, and only a run over several processes needs it

    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
