"""Has the answer to one request, whole and in time, or says how it failed.

What is sent, when, and whether again, is decided by the endpoint.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import httpx2

from conformance.exchange import Exchange, Failure

_LARGEST_BODY: Final = 64 * 1024 * 1024
"""Bytes from which a body is read no further."""
_LARGEST_PIECE: Final = 1024 * 1024
_GZIP: Final = zlib.MAX_WBITS | 16
_MEMBER: Final = b"\x1f\x8b"
"""How a member of a gzip body begins (RFC 1952)."""


class UnsendableError(Exception):
    """A request that must not go to this server, or that no HTTP client can write."""


def receive(
    client: httpx2.Client, wire: httpx2.Request, exchange: Exchange, bound: Callable[[], float]
) -> httpx2.HTTPError | None:
    """Send a request and note in the exchange what comes, or how it failed.

    Args:
        client: What to send it by.
        wire: The request as it is sent.
        exchange: Where it is noted.
        bound: Seconds within which the whole answer has to come, asked for after each piece of it.

    Returns:
        Why the server was not reached, or not in time; None where it was.

    Raises:
        UnsendableError: The request is no HTTP.
    """
    exchange.failure = None
    try:
        _receive(client, wire, exchange, bound)
    except httpx2.LocalProtocolError as error:
        raise UnsendableError(str(error)) from None
    except httpx2.TimeoutException as error:
        exchange.failure = Failure.TIMEOUT
        return error
    except httpx2.DecodingError:
        exchange.failure = Failure.UNDECODABLE
    except httpx2.RemoteProtocolError as error:
        exchange.failure = Failure.CUT_SHORT if _is_cut_short(error) else Failure.NOT_HTTP
    except httpx2.HTTPError as error:
        exchange.failure = Failure.UNREACHABLE
        return error
    return None


def _receive(client: httpx2.Client, wire: httpx2.Request, exchange: Exchange, bound: Callable[[], float]) -> None:
    began = time.monotonic()
    response = client.send(wire, stream=True)
    try:
        exchange.status = response.status_code
        exchange.headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        chunks: list[bytes] = []
        size = 0
        for chunk in _decoded(response):
            chunks.append(chunk)
            size += len(chunk)
            if time.monotonic() - began > bound():
                exchange.failure = Failure.TIMEOUT
                break
            if size > _LARGEST_BODY:
                exchange.failure = Failure.CUT_SHORT
                break
        exchange.body = b"".join(chunks)
    finally:
        response.close()


def _decoded(response: httpx2.Response) -> Iterator[bytes]:
    """The pieces of a body, decoded from its content coding."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    return _members(response.iter_raw()) if coding in ("gzip", "x-gzip") else response.iter_bytes()


def _members(packed: Iterable[bytes]) -> Iterator[bytes]:
    """What the members of a gzip body have: httpx2 reads the first alone. What follows the last is padding."""
    member, rest = zlib.decompressobj(_GZIP), b""
    for piece in packed:
        rest += piece
        while rest and not (member.eof and _MEMBER.startswith(rest)):
            if member.eof and not rest.startswith(_MEMBER):
                rest = b""
                break
            member = zlib.decompressobj(_GZIP) if member.eof else member
            try:
                yield member.decompress(rest, _LARGEST_PIECE)
            except zlib.error as error:
                raise httpx2.DecodingError(str(error)) from None
            rest = member.unused_data if member.eof else member.unconsumed_tail


def _is_cut_short(error: httpx2.RemoteProtocolError) -> bool:
    return "complete message body" in str(error) or "incomplete chunked" in str(error)
