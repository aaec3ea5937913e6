"""The types of what a caller hands over beside the parameters of an operation.

What comes back is in `models`, what goes wrong in `errors`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

import httpx2

from .credentials import ClientCredentials, ShareKey
from .errors import MeshExportError

TokenSource = str | Callable[[], str] | ClientCredentials | ShareKey
"""What a client takes its credentials from: a token, a function that gives one, a grant or a share key."""

AsyncTokenSource = TokenSource | Callable[[], Awaitable[str]]
"""What an asynchronous client takes its credentials from: the same, and functions that are awaited."""

ForeignLinks = Literal["rewrite", "refuse"]
"""What becomes of a link of the service that leads to another origin than the client's own.

`rewrite` follows it on the client's own origin; `refuse` ends in `LinkRefusedError`.
"""


class CallOptions(TypedDict, total=False):
    """What any call takes beside its own parameters; each overrides the client's setting for this call.

    Attributes:
        timeout: Seconds to wait for a connection, and for each piece of the answer.
        deadline: Seconds that the call may take in all, retries and the waits between them included.
        max_retries: How many times to try again.
        extra_headers: Headers to add; one that is there already is replaced.
        extra_query: Query parameters to add.
        check: Whether to hold the parameters against the bounds of the documentation before sending.
    """

    timeout: float | httpx2.Timeout
    deadline: float
    max_retries: int
    extra_headers: Mapping[str, str]
    extra_query: Mapping[str, str]
    check: bool


@dataclass(frozen=True, slots=True)
class RetryEvent:
    """An attempt that failed and will be repeated.

    Attributes:
        operation: The operation's id, such as `listExports`.
        attempt: The number of the attempt that failed, from 1.
        delay: Seconds until the next attempt.
        error: Why the attempt failed.
    """

    operation: str
    attempt: int
    delay: float
    error: MeshExportError
