"""Sends calls: credentials, redirects, retries, errors and the log of a client.

Every operation passes through `Session.send`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urljoin

import httpx2
import tenacity

from ._answer import Answer, Deadline
from ._authorization import Authorization
from ._call import Call
from ._decoding import error_from
from ._exchange import exchange
from ._links import origin_of
from ._redaction import hide_all
from ._request import Request, build
from ._response import RawResponse
from ._retry import arguments
from ._settings import Settings
from ._shown import shown
from .errors import RedirectRefusedError

T = TypeVar("T")
P = ParamSpec("P")
_log = logging.getLogger("mesh_export_client")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_UNAUTHORIZED = 401


class Session:
    """What the groups of operations of a client send through.

    Attributes:
        settings: The client's settings.
        http: What sends.
        authorization: What gives the credentials.
    """

    def __init__(self, settings: Settings, http: httpx2.Client, authorization: Authorization) -> None:
        self.settings = settings
        self.http = http
        self.authorization = authorization

    def send(self, call: Call[T], link: str | None = None) -> RawResponse[T]:
        """Send a call, again where that can help, and give the answer.

        Args:
            call: The call.
            link: The URL to request in place of the call's own.

        Raises:
            MeshExportError: No success came of it.
        """
        settings = self.settings.for_call(call.options)
        request = build(call, settings, link)
        deadline = Deadline(settings.deadline)
        retrying = tenacity.Retrying(**arguments(call.operation.id, call.operation.method, settings))
        response: RawResponse[T] = retrying(self._attempt, call, request, settings, deadline)
        return response

    def result(self, call: Call[T]) -> T:
        """Send a call and give its parsed result."""
        return (self.send(call)).parse()

    def raw(self, make: Callable[P, Call[T]]) -> Callable[P, RawResponse[T]]:
        """Turn the function that makes a call into one that sends it and gives the raw answer."""

        @functools.wraps(make)
        def send(*args: P.args, **kwargs: P.kwargs) -> RawResponse[T]:
            return self.send(make(*args, **kwargs))

        return send

    def _attempt(self, call: Call[T], request: Request, settings: Settings, deadline: Deadline) -> RawResponse[T]:
        value = self.authorization.value(self.http, settings, deadline)
        answer = self._exchange(call, request, value, settings, deadline)
        if answer.status == _UNAUTHORIZED and self.authorization.can_renew:
            renewed = self.authorization.value(self.http, settings, deadline, refused=value)
            if renewed != value:
                value = renewed
                answer = self._exchange(call, request, value, settings, deadline)
        secrets = self._secrets(request, value)
        url = shown(request.url, call.operation, secrets)
        if answer.status not in call.operation.success:
            raise error_from(
                status=answer.status,
                method=request.method,
                url=url,
                headers=answer.headers,
                content=answer.content,
                secrets=secrets,
            )
        return RawResponse(
            status=answer.status,
            headers=answer.headers,
            content=answer.content,
            elapsed=answer.elapsed,
            method=request.method,
            url=url,
            read=call.read,
            secrets=secrets,
        )

    def _exchange(
        self, call: Call[Any], request: Request, authorization: str, settings: Settings, deadline: Deadline
    ) -> Answer:
        """Send a request and follow redirects, as long as they stay on its own origin."""
        secrets = self._secrets(request, authorization)
        request = replace(request, headers={"authorization": authorization, **request.headers})
        url = shown(request.url, call.operation, secrets)
        for _ in range(_MAX_REDIRECTS + 1):
            url = shown(request.url, call.operation, secrets)
            answer = exchange(self.http, request, settings=settings, deadline=deadline, shown_url=url)
            _log.debug("%s %s: %d in %.3f s", request.method, url, answer.status, answer.elapsed)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            request = replace(request, url=_redirected(request, answer.headers["location"], url, secrets))
        raise RedirectRefusedError(
            f"{request.method} {url}: more than {_MAX_REDIRECTS} redirects", method=request.method, url=url
        )

    def _secrets(self, request: Request, authorization: str) -> tuple[str, ...]:
        own = request.headers.get("authorization", "")
        values = [authorization, authorization.partition(" ")[2], own, own.partition(" ")[2]]
        return tuple(dict.fromkeys(value for value in [*values, *self.authorization.secrets()] if value))


def _redirected(request: Request, location: str, shown_url: str, secrets: tuple[str, ...]) -> str:
    try:
        target = urljoin(request.url, location)
    except ValueError:
        target = ""
    if request.method not in ("GET", "HEAD") or origin_of(target) != origin_of(request.url):
        raise RedirectRefusedError(
            f"{request.method} {shown_url}: a redirect to {hide_all(location, secrets)[:200]!r} is not followed",
            method=request.method,
            url=shown_url,
        )
    return target
