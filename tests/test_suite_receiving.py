"""How an answer is taken in: a compressed body to its end, and no further than a body may go."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import httpx2
import pytest

from conformance.exchange import Exchange, Failure, Request
from conformance.receiving import receive

BODY = b'{"exports": []}' * 1000


class Pieces(httpx2.SyncByteStream):
    """A body that comes in pieces of one size."""

    def __init__(self, body: bytes, size: int) -> None:
        self.pieces = [body[start : start + size] for start in range(0, len(body), size)]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces


def received(packed: bytes, size: int = 65536) -> Exchange:
    answer = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=Pieces(packed, size))
    exchange = Exchange(1, Request(), "probe")
    with httpx2.Client(transport=httpx2.MockTransport(lambda _: answer)) as client:
        receive(client, httpx2.Request("GET", "http://localhost/"), exchange, lambda: 60.0)
    return exchange


@pytest.mark.parametrize("size", [1, 7, 65536])
@pytest.mark.parametrize("behind", [b"", bytes(8), b"padding", b"\x1f"])
def test_every_member_of_a_gzip_body_is_read_and_nothing_behind_them(behind: bytes, size: int) -> None:
    exchange = received(gzip.compress(BODY[:99]) + gzip.compress(BODY[99:]) + behind, size)
    assert exchange.failure is None
    assert exchange.body == BODY


def test_a_gzip_body_that_is_none_cannot_be_decoded() -> None:
    assert received(b"no gzip at all").failure is Failure.UNDECODABLE


@pytest.mark.parametrize("members", [1, 3])
def test_a_body_that_unpacks_to_more_than_is_read_is_cut_short(members: int) -> None:
    exchange = received(gzip.compress(bytes(70 * 1024 * 1024), compresslevel=1) * members)
    assert exchange.failure is Failure.CUT_SHORT
    assert len(exchange.body) < 66 * 1024 * 1024
