"""An answer as it came, for callers who want more than the parsed value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from ._decoding import as_utf8, decode_error

T = TypeVar("T")


class RawResponse(Generic[T]):
    """A successful answer, its body read and not yet parsed.

    Attributes:
        status: The HTTP status.
        headers: The headers, their names in lower case; lines of one name are joined by commas.
        content: The body, decompressed.
        elapsed: Seconds from the request to the end of the body.
        method: The method of the request.
        url: Its URL, without secrets.
    """

    __slots__ = ("_read", "_secrets", "content", "elapsed", "headers", "method", "status", "url")

    def __init__(
        self,
        *,
        status: int,
        headers: Mapping[str, str],
        content: bytes,
        elapsed: float,
        method: str,
        url: str,
        read: Callable[[bytes], T],
        secrets: tuple[str, ...],
    ) -> None:
        self.status = status
        self.headers = headers
        self.content = content
        self.elapsed = elapsed
        self.method = method
        self.url = url
        self._read = read
        self._secrets = secrets

    def parse(self) -> T:
        """Make the typed value from the body.

        Raises:
            DecodeError: The body is not of the documented shape.
        """
        try:
            return self._read(as_utf8(self.content, self.headers.get("content-type", "")))
        except ValueError as reason:
            raise decode_error(
                reason,
                status=self.status,
                method=self.method,
                url=self.url,
                headers=self.headers,
                content=self.content,
                secrets=self._secrets,
            ) from None

    def __repr__(self) -> str:
        return f"<RawResponse {self.status} {self.method} {self.url}>"
