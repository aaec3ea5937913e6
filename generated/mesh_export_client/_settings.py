"""The settings of a client: where it sends to, how long it waits, what it adds to each request."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import httpx2

from ._links import clean_base_url
from .errors import InvalidArgumentError
from .types import CallOptions, ForeignLinks, RetryEvent

__version__ = "0.1.0"
USER_AGENT = f"mesh-export-client/{__version__}"
DEFAULT_BASE_URL = "https://api.bentley.com"
BASE_URL_VARIABLE = "MESH_EXPORT_BASE_URL"
TOKEN_VARIABLE = "MESH_EXPORT_TOKEN"  # noqa: S105 - its name, not a token
DEFAULT_TIMEOUT = httpx2.Timeout(30, connect=10)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a call is tried again.

    Attributes:
        max_retries: How many times.
        initial_delay: The longest wait before the first retry, in seconds; it doubles with each. The wait is drawn at
            random between nothing and the longest.
        max_delay: The longest wait of all, in seconds.
        max_retry_after: The longest wait that a `Retry-After` header is granted, in seconds.
    """

    max_retries: int = 2
    initial_delay: float = 0.5
    max_delay: float = 8
    max_retry_after: float = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a client.

    Attributes:
        base_url: What comes before the path of each operation.
        timeout: Seconds to wait for a connection, and for each piece of an answer.
        deadline: Seconds that a call may take in all.
        retries: How a call is tried again.
        headers: Headers of each request.
        query: Query parameters of each request.
        user_agent: The `User-Agent` header.
        check: Whether to hold parameters against the bounds of the documentation.
        foreign_links: What becomes of a link to another origin.
        max_body: The largest body, in bytes, as sent and decompressed.
        on_retry: Called before each wait.
    """

    base_url: str = DEFAULT_BASE_URL
    timeout: float | httpx2.Timeout = field(default_factory=lambda: DEFAULT_TIMEOUT)
    deadline: float = 300
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    user_agent: str = USER_AGENT
    check: bool = True
    foreign_links: ForeignLinks = "rewrite"
    max_body: int = 64 * 1024 * 1024
    on_retry: Callable[[RetryEvent], None] | None = None

    def __post_init__(self) -> None:
        if self.deadline <= 0:
            raise InvalidArgumentError("A deadline must be more than 0 seconds.")
        if self.retries.max_retries < 0:
            raise InvalidArgumentError("max_retries must be 0 at least.")
        if self.foreign_links not in ("rewrite", "refuse"):
            raise InvalidArgumentError("foreign_links must be 'rewrite' or 'refuse'.")

    def for_call(self, options: CallOptions) -> Settings:
        """Give the settings with what one call overrides. What it adds is its own: see `Call`."""
        retries = self.retries
        if "max_retries" in options:
            retries = replace(retries, max_retries=options["max_retries"])
        return replace(
            self,
            timeout=options.get("timeout", self.timeout),
            deadline=options.get("deadline", self.deadline),
            check=options.get("check", self.check),
            retries=retries,
        )


def base_url_or_default(base_url: str | None) -> str:
    """Give the base URL that was named, else that of the environment, else that of the specification.

    Raises:
        InvalidArgumentError: It is not a URL to send to.
    """
    return clean_base_url(base_url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL)
