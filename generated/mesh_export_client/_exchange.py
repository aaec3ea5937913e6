"""One request and its answer: bounded in time and size, errors of the transport made ours.

Knows nothing of credentials, retries or redirects.
"""

from __future__ import annotations

import time

import httpx2

from ._answer import Answer, Deadline
from ._body import Body, BodyBrokenError, BodyTooLargeError
from ._bounded import within
from ._request import Request
from ._retry import NOT_SENT
from ._settings import Settings
from .errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    RequestTimeoutError,
    ResponseTooLargeError,
    TransportError,
)

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


def exchange(
    http: httpx2.Client, request: Request, *, settings: Settings, deadline: Deadline, shown_url: str
) -> Answer:
    """Send a request and read the whole answer.

    Args:
        http: What sends.
        request: The request, credentials included.
        settings: How long each wait may be, and how large the body.
        deadline: By when all must have ended.
        shown_url: The URL without secrets, for errors.

    Raises:
        TransportError: No complete answer came, or too large a one.
    """
    try:
        with within(deadline):
            return _exchange(http, request, settings, deadline)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, BodyBrokenError, BodyTooLargeError) as error:
        raise _as_ours(error, request.method, shown_url, settings, deadline) from None


def _exchange(http: httpx2.Client, request: Request, settings: Settings, deadline: Deadline) -> Answer:
    started = time.monotonic()
    response = http.send(
        http.build_request(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.content,
            timeout=deadline.bound(settings.timeout),
        ),
        stream=True,
        auth=None,
        follow_redirects=False,
    )
    try:
        if response.is_stream_consumed:  # by a transport that has no socket: httpx2 has decompressed what it gave
            return _answer(response, response.content, started)
        body = Body(response.headers.get("content-encoding", ""), settings.max_body)
        for piece in response.iter_raw():
            body.feed(piece)
            if not deadline.left:
                raise TimeoutError
    finally:
        response.close()
    return _answer(response, body.content(), started)


def _answer(response: httpx2.Response, content: bytes, started: float) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, content, time.monotonic() - started)


def _as_ours(error: Exception, method: str, shown_url: str, settings: Settings, deadline: Deadline) -> TransportError:
    where = f"{method} {shown_url}"
    if isinstance(error, BodyTooLargeError):
        message = f"{where}: the answer is larger than {settings.max_body} bytes"
        return ResponseTooLargeError(message, method=method, url=shown_url)
    if isinstance(error, TimeoutError) or (isinstance(error, httpx2.TimeoutException) and not deadline.left):
        message = f"{where}: the deadline of {deadline.seconds:g} s has passed"
        return DeadlineExceededError(message, method=method, url=shown_url)
    kind = RequestTimeoutError if isinstance(error, httpx2.TimeoutException) else ConnectionFailedError
    # The texts of the transport may quote what was sent, so that only their kind is told, and what we wrote ourselves.
    told = str(error) if isinstance(error, BodyBrokenError) else type(error).__name__
    ours = kind(f"{where}: {told}", method=method, url=shown_url)
    setattr(ours, NOT_SENT, isinstance(error, _NEVER_SENT))
    return ours
