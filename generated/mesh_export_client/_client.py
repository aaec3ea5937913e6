"""The client: settings, credentials and the groups of operations."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self, Unpack
from urllib.request import getproxies

import httpx2

from ._authorization import Authorization
from ._bounded import BoundedTransport
from ._session import Session
from ._settings import DEFAULT_TIMEOUT, USER_AGENT, RetryPolicy, Settings, base_url_or_default
from .api.exports import Exports
from .errors import InvalidArgumentError
from .types import CallOptions, ForeignLinks, RetryEvent, TokenSource


class MeshExportClient:
    """Mesh Export, by plain calls.

    Use it as a context manager, or call `close`. It may be shared between threads.

    Args:
        token: The credentials: a token, a function that gives one (called for each request, and again after a 401),
            `ClientCredentials` or a `ShareKey`. By default the environment's token.
        base_url: What comes before the path of each operation. By default that of the environment, else production.
        timeout: Seconds to wait for a connection, and for each piece of an answer.
        deadline: Seconds that a call may take in all, retries included. A walk over pages is one call for each page.
            Through a proxy, or a transport or client of the caller's own, it is held between the pieces of an answer.
        max_retries: How many times to try again.
        retries: How to try again in more detail, in place of `max_retries`.
        headers: Headers to add to each request.
        query: Query parameters to add to each request.
        user_agent: What to add to the `User-Agent` header, such as the program's name and version.
        check: Whether to hold parameters against the bounds of the documentation before sending.
        foreign_links: What becomes of a link to another origin: `rewrite` follows it on the client's own, `refuse`
            raises.
        max_body: The largest answer to take, in bytes.
        on_retry: Called before each wait for another attempt.
        proxy: The URL of a proxy. By default that of the environment.
        verify: The certificates to trust: a context, or `False` for any.
        transport: What sends, in place of a connection pool; it is closed with the client.
        http_client: A client of httpx2 to send with; it is left open, and its own settings hold for what is not set
            here.

    Raises:
        InvalidArgumentError: A setting makes no sense.
        CredentialsError: There is no token.
    """

    def __init__(  # one keyword for each setting
        self,
        token: TokenSource | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx2.Timeout = DEFAULT_TIMEOUT,
        deadline: float = 300,
        max_retries: int = 2,
        retries: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        check: bool = True,
        foreign_links: ForeignLinks = "rewrite",
        max_body: int = 64 * 1024 * 1024,
        on_retry: Callable[[RetryEvent], None] | None = None,
        proxy: str | httpx2.Proxy | None = None,
        verify: ssl.SSLContext | bool = True,
        transport: httpx2.BaseTransport | None = None,
        http_client: httpx2.Client | None = None,
    ) -> None:
        settings = Settings(
            base_url=base_url_or_default(base_url),
            timeout=timeout,
            deadline=deadline,
            retries=retries or RetryPolicy(max_retries=max_retries),
            headers=headers or {},
            query=query or {},
            user_agent=f"{USER_AGENT} {user_agent}" if user_agent else USER_AGENT,
            check=check,
            foreign_links=foreign_links,
            max_body=max_body,
            on_retry=on_retry,
        )
        if http_client and (proxy or transport or verify is not True):
            raise InvalidArgumentError("A client of httpx2 brings its own proxy, certificates and transport.")
        authorization = Authorization(token)
        self._owns_http = http_client is None
        if not (http_client or transport or proxy or getproxies()):
            transport = BoundedTransport(verify)
        http = http_client or httpx2.Client(proxy=proxy, verify=verify, transport=transport)
        self._bind(Session(settings, http, authorization))

    def _bind(self, session: Session) -> None:
        self._session = session
        self.exports = Exports(session)

    @property
    def base_url(self) -> str:
        """What comes before the path of each operation."""
        return self._session.settings.base_url

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Give a client with other settings that sends through this one's connections, which it never closes."""
        settings = self._session.settings.for_call(options)
        settings = replace(
            settings,
            headers={**settings.headers, **options.get("extra_headers", {})},
            query={**settings.query, **options.get("extra_query", {})},
        )
        other = object.__new__(type(self))
        other._owns_http = False
        other._bind(Session(settings, self._session.http, self._session.authorization))
        return other

    def close(self) -> None:
        """Close the connections, unless they are the caller's own."""
        if self._owns_http:
            self._session.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<MeshExportClient {self.base_url}>"
