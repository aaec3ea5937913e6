"""What a client calls for the `Authorization` header of each request.

A token of the client-credentials grant is kept until shortly before its end. Callers who need it at the same time share
one request for it.
"""

from __future__ import annotations

import os
import threading
import time
from http import HTTPStatus
from urllib.parse import urlencode

import httpx2
import msgspec

from ._answer import Deadline
from ._exchange import exchange
from ._request import Request
from ._settings import TOKEN_VARIABLE, Settings
from .credentials import ClientCredentials, ShareKey
from .errors import CredentialsError, DeadlineExceededError
from .types import TokenSource


class Authorization:
    """Gives the value of the `Authorization` header.

    Args:
        source: Where it comes from; the environment's token where it is `None`.

    Raises:
        CredentialsError: There is neither a source nor a token in the environment.
    """

    def __init__(self, source: TokenSource | None) -> None:
        found = source if source is not None else os.environ.get(TOKEN_VARIABLE) or None
        if found is None:
            raise CredentialsError(f"There is no token: pass one, or set {TOKEN_VARIABLE}.")
        self._source = found
        self._fixed = _fixed(found)
        self._granted: tuple[str, float] | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Authorization from {type(self._source).__name__}>"

    @property
    def can_renew(self) -> bool:
        """Whether another value may come than the one before."""
        return self._fixed is None

    def secrets(self) -> tuple[str, ...]:
        """What must not appear in any text, beside the header's value itself."""
        return (self._source.client_secret,) if isinstance(self._source, ClientCredentials) else ()

    def value(self, http: httpx2.Client, settings: Settings, deadline: Deadline, refused: str | None = None) -> str:
        """Give the value to send.

        Args:
            http: What asks the issuer for a token, where one has to be asked.
            settings: How long each wait for it may be.
            deadline: By when the call must have ended.
            refused: The value that the service has just refused.

        Raises:
            CredentialsError: The source gives no token.
            TransportError: The issuer gave no answer.
        """
        if self._fixed is not None:
            return self._fixed
        if isinstance(self._source, ClientCredentials):
            return self._grant(self._source, http, settings, deadline, refused)
        return bearer(self._called())

    def _called(self) -> object:
        given: object = self._source() if callable(self._source) else None
        return given

    def _grant(
        self,
        source: ClientCredentials,
        http: httpx2.Client,
        settings: Settings,
        deadline: Deadline,
        refused: str | None,
    ) -> str:
        if not self._lock.acquire(timeout=deadline.left):
            raise _too_late(source, deadline)
        try:
            if self._granted and self._granted[0] != refused and time.monotonic() < self._granted[1]:
                return self._granted[0]
            self._granted = _ask(source, http, settings, deadline)
            return self._granted[0]
        finally:
            self._lock.release()


def _too_late(source: ClientCredentials, deadline: Deadline) -> DeadlineExceededError:
    message = f"POST {source.token_url}: another call asks, and the deadline of {deadline.seconds:g} s has passed"
    return DeadlineExceededError(message, method="POST", url=source.token_url)


def bearer(token: object) -> str:
    """Make the header's value from a token.

    Raises:
        CredentialsError: It is not a token that can be sent.
    """
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable() or " " in token:
        raise CredentialsError("A token must be a text of visible ASCII characters without blanks.")
    return f"Bearer {token}"


def _fixed(source: object) -> str | None:
    if isinstance(source, ShareKey):
        return bearer(source.key).replace("Bearer", "Basic", 1)
    return bearer(source) if isinstance(source, str) else None


def _ask(source: ClientCredentials, http: httpx2.Client, settings: Settings, deadline: Deadline) -> tuple[str, float]:
    """Ask the issuer for a token; the result is the header's value and when to ask again."""
    form = {
        "grant_type": "client_credentials",
        "client_id": source.client_id,
        "client_secret": source.client_secret,
        "scope": source.scope,
    }
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": settings.user_agent,
    }
    request = Request("POST", source.token_url, headers, urlencode(form).encode())
    asked = time.monotonic()
    answer = exchange(http, request, settings=settings, deadline=deadline, shown_url=source.token_url)
    if answer.status != HTTPStatus.OK:
        raise CredentialsError(f"The issuer {source.token_url} answered with {answer.status} and gave no token.")
    try:
        given = msgspec.json.decode(answer.content)
        seconds = float(given.get("expires_in", 0))
        value = bearer(given.get("access_token"))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise CredentialsError(f"The issuer {source.token_url} gave an answer without a token.") from None
    # A token that lives shorter than the leeway is still good for the request at hand.
    return value, asked + max(seconds - source.leeway, 0)
