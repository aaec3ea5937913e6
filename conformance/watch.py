"""Notices that a server is no longer there to be judged: a storm of errors, silence, or a token that is good no more.

Five hundreds for odd input are findings, and so are a hang and a refusal of one request alone. So a request that was
answered well before is sent again: what it says now tells the one from the other. Sending is left to the endpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, NoReturn

from conformance.account import BudgetSpentError, WaitRefusedError
from conformance.exchange import CredentialKind, Exchange, Failure, Request

_STORM: Final = 8
"""Server errors and hangs in a row from which they may be a storm."""
_PAUSES: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each look whether a storm is over."""
_REFUSAL_PAUSES: Final = (0.0, 1.0, 2.0)
"""Seconds before each look whether a token is refused for good, and not by mistake or for a while."""
_RETRIALS: Final = 5
"""How often that is looked at: a server that refuses and takes it back has shown what it does."""


def hangs(exchange: Exchange) -> bool:
    """Whether no whole answer came in time."""
    return exchange.failure is Failure.TIMEOUT


class ServerLostError(BudgetSpentError):
    """A server that was well is there no more: what was seen before is all that there is."""


class Watch:
    """Looks at every exchange of an endpoint.

    Args:
        send: Sends a request without looking at what comes.
        pause: Waits some seconds; is told the answer before, which may ask for more.

    Attributes:
        lost: How the server was lost; empty as long as it is there.
        last_well: The number of the last exchange in which it was well.
        stormy: Whether there was a storm.
    """

    def __init__(self, send: Callable[[Request], Exchange], pause: Callable[[float, Exchange], None]) -> None:
        self.lost = ""
        self.last_well = 0
        self.stormy = False
        self._send = send
        self._pause = pause
        self._errors = 0
        self._retrials = 0
        self._hopeless = ""
        self._well: Request | None = None
        self._lock = threading.Lock()

    def see(self, exchange: Exchange) -> None:
        """Look at an exchange; slow down and look again where the server may be lost.

        Raises:
            ServerLostError: It is.
            BudgetSpentError: It has nothing but errors, and never had anything else.
        """
        with self._lock:
            self._note(exchange)
            if self._errors >= _STORM:
                self._ride_out(exchange)
            elif self._well and exchange.status == 401 and exchange.request.credential.kind is CredentialKind.GOOD:
                self._try_the_token(exchange)

    def _note(self, exchange: Exchange) -> None:
        if self.lost or self._hopeless:
            self._lose(self.lost or self._hopeless)
        if exchange.status >= 500 or hangs(exchange):
            self._errors += 1
        elif exchange.status:
            self._errors = 0
        if exchange.status == 200 and not hangs(exchange) and exchange.request.credential.kind is CredentialKind.GOOD:
            self.last_well = max(self.last_well, exchange.number)
            if exchange.request.plain and (self._well is None or exchange.request.size < self._well.size):
                self._well = exchange.request

    def _ride_out(self, exchange: Exchange) -> None:
        """Wait longer and longer for a storm to pass."""
        last = exchange
        for number, seconds in enumerate(_PAUSES):
            self.stormy = self.stormy or number > 0
            try:
                self._pause(seconds, last)
            except WaitRefusedError:
                break
            last = self._send(self._well or Request())
            if 0 < last.status < 500 and not hangs(last):
                self._errors = 0
                return
        errors = last.status >= 500 and not hangs(last)
        self._lose("the server answers with errors (5xx) alone" if errors else "the server has stopped answering")

    def _try_the_token(self, refused: Exchange) -> None:
        if self._well is None or self._retrials >= _RETRIALS:
            return
        for seconds in _REFUSAL_PAUSES:
            self._pause(seconds, refused)
            if self._send(self._well).status != 401:
                self._retrials += seconds > 0
                return
        self._lose("the token was good and is refused now: give another one")

    def _lose(self, reason: str) -> NoReturn:
        if self._well is None:
            self._hopeless = reason
            raise BudgetSpentError(reason)
        self.lost = reason
        raise ServerLostError(reason)
