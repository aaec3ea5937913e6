"""Reads the body of an answer piece by piece, decompressed, and never more of it than it may hold."""

from __future__ import annotations

import zlib

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class BodyTooLargeError(Exception):
    """The body is larger than it may be."""


class BodyBrokenError(Exception):
    """The body is not compressed in the way that its header names, or ends too early."""


class Body:
    """The body of one answer.

    Args:
        encoding: The `Content-Encoding` header, empty where there is none.
        limit: The most bytes to take, of the decompressed form and of the form that was sent.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._pieces: list[bytes] = []
        self._room = limit
        self._sent = 0
        self._limit = limit
        encoding = encoding.strip().lower()
        if encoding not in _WINDOWS and encoding not in ("", "identity"):
            raise BodyBrokenError("the encoding of the body was not asked for")
        self._inflate = zlib.decompressobj(_WINDOWS[encoding]) if encoding in _WINDOWS else None

    def feed(self, piece: bytes) -> None:
        """Take the next piece, as it was sent.

        Raises:
            BodyTooLargeError: There is more than may be taken.
            BodyBrokenError: It cannot be decompressed.
        """
        self._sent += len(piece)
        if self._sent > self._limit:
            raise BodyTooLargeError
        if self._inflate:
            try:
                piece = self._inflate.decompress(piece, self._room + 1)
            except zlib.error:
                raise BodyBrokenError("the body cannot be decompressed") from None
        if len(piece) > self._room:
            raise BodyTooLargeError
        self._room -= len(piece)
        self._pieces.append(piece)

    def content(self) -> bytes:
        """Give the whole body, decompressed.

        Raises:
            BodyBrokenError: It ends too early.
        """
        if self._inflate and self._sent and not self._inflate.eof:
            raise BodyBrokenError("the compressed body ends too early")
        return b"".join(self._pieces)
