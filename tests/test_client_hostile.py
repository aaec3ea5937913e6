"""Servers that misbehave, over real sockets: each ends in a typed error or a correct value.

In bounded time (a deadline of the call, and the test's own time limit as a net under it), in bounded memory, and with
no secret in any text.
"""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import time
import traceback
import tracemalloc
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from client_servers import KINDS, TOKEN, Answer, Asked, Kind, Server, export, http, page, serve
from mesh_export_client import (
    AuthenticationError,
    ConnectionFailedError,
    DeadlineExceededError,
    DecodeError,
    LinkRefusedError,
    MeshExportError,
    PagingError,
    RateLimitError,
    RedirectRefusedError,
    RequestTimeoutError,
    ResponseTooLargeError,
    RetryPolicy,
    ServerError,
    UnexpectedStatusError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

GOOD = json.dumps(page(2)).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MAX_BODY = 1024 * 1024
SIGNATURE = "SIGNATURE-0123456789"
LINK = f"https://user:{SIGNATURE}@elsewhere.example/?sig={SIGNATURE}"


def raw(*pieces: bytes, pause: float = 0, close: bool = True) -> Answer:
    """Bytes, sent piece by piece."""

    def answer(connection: socket.socket, _asked: Asked) -> bool:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        return not close

    return answer


def endless(first: bytes, piece: bytes, pause: float = 0) -> Answer:
    """Bytes without end."""

    def answer(connection: socket.socket, _asked: Asked) -> bool:
        connection.sendall(first)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return answer


def reset(connection: socket.socket, _asked: Asked) -> bool:
    """Reset the connection in the middle of the answer."""
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()
    return False


def with_length(body: bytes, *headers: bytes) -> bytes:
    return HEAD + b"".join(header + b"\r\n" for header in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def bomb(wbits: int) -> bytes:
    """400 MB of zeros, compressed; its checksum is wrong, but whoever gives up in time never sees it."""
    packer = zlib.compressobj(wbits=wbits)
    first, again = (packer.compress(bytes(MAX_BODY)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + 399 * again + packer.flush()


def deep(levels: int) -> bytes:
    return b'{"exports":' + b"[" * levels + b"]" * levels + b"}"


def moving(step: Any) -> Answer:
    """Pages that go on for ever, each with what `step` makes of its number."""
    numbers = itertools.count()

    def answer(connection: socket.socket, asked: Asked) -> None:
        http(body=step(next(numbers)))(connection, asked)

    return answer


@dataclass(frozen=True)
class Case:
    """A way to misbehave, and what comes of it.

    Attributes:
        answers: What the server gives.
        outcome: The type of the error, or the number of exports.
        call: What the call is given.
    """

    answers: Iterable[Answer]
    outcome: type[MeshExportError] | int
    call: dict[str, Any] | None = None


CASES: dict[str, Case] = {
    "it says nothing": Case([lambda *_: time.sleep(3)], RequestTimeoutError, {"timeout": 0.05}),
    "it says nothing until the deadline": Case([lambda *_: time.sleep(3)], DeadlineExceededError),
    "it drips its status line": Case([endless(b"H", b"T", 0.05)], DeadlineExceededError),
    "it drips its headers": Case([endless(HEAD, b"X", 0.05)], DeadlineExceededError),
    "it drips its body": Case([endless(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", 0.05)], DeadlineExceededError),
    "it drips chunks": Case(
        [endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05)], DeadlineExceededError
    ),
    "it closes at once": Case([raw()], ConnectionFailedError),
    "it closes within its headers": Case([raw(HEAD)], ConnectionFailedError),
    "it closes within its body": Case([raw(HEAD + b"Content-Length: 1000\r\n\r\n" + GOOD[:20])], ConnectionFailedError),
    "it resets the connection": Case([reset], ConnectionFailedError),
    "its length is too small": Case([raw(HEAD + b"Content-Length: 10\r\n\r\n" + GOOD)], DecodeError),
    "its length is no number": Case([raw(HEAD + b"Content-Length: ten\r\n\r\n" + GOOD)], ConnectionFailedError),
    "it has two lengths": Case(
        [raw(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + GOOD)], ConnectionFailedError
    ),
    "its chunks are broken": Case(
        [raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD)], ConnectionFailedError
    ),
    "its last chunk is missing": Case(
        [raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")], ConnectionFailedError
    ),
    "it is no HTTP": Case([raw(b"220 mail.example ESMTP ready\r\n")], ConnectionFailedError),
    "it speaks TLS": Case([raw(b"\x15\x03\x01\x00\x02\x02\x28")], ConnectionFailedError),
    "its status is no status": Case([raw(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n")], UnexpectedStatusError),
    "its headers have no end": Case([endless(HEAD, b"X-Pad: " + b"x" * 1000 + b"\r\n")], ConnectionFailedError),
    "its body has no end": Case([endless(HEAD + b"\r\n", b" " * 65536)], ResponseTooLargeError),
    "its chunks have no end": Case(
        [endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n")],
        ResponseTooLargeError,
    ),
    "its body is too large": Case([raw(with_length(b" " * (MAX_BODY + 1)))], ResponseTooLargeError),
    "its gzip is a bomb": Case([raw(with_length(bomb(31), b"Content-Encoding: gzip"))], ResponseTooLargeError),
    "its deflate is a bomb": Case([raw(with_length(bomb(15), b"Content-Encoding: deflate"))], ResponseTooLargeError),
    "its gzip is cut": Case(
        [raw(with_length(gzip.compress(GOOD)[:-9], b"Content-Encoding: gzip"))], ConnectionFailedError
    ),
    "its gzip is none": Case([raw(with_length(GOOD, b"Content-Encoding: gzip"))], ConnectionFailedError),
    "its gzip is good": Case([raw(with_length(gzip.compress(GOOD), b"Content-Encoding: gzip"))], 2),
    "its encoding was not asked for": Case([raw(with_length(GOOD, b"Content-Encoding: br"))], ConnectionFailedError),
    "its error is a bomb": Case(
        [raw(b"HTTP/1.1 500 No\r\n" + with_length(bomb(31), b"Content-Encoding: gzip")[len(b"HTTP/1.1 200 OK\r\n") :])],
        ResponseTooLargeError,
    ),
    "its pages lead in a circle": Case(
        [http(body=page([export(1)], "/?a")), http(body=page([export(2)], "/?b")), http(body=page([export(3)], "/?a"))],
        PagingError,
    ),
    "its page does not move": Case([http(body=page(2, "/?a")), http(body=page(2, "/?b"))], PagingError),
    "its pages are empty without end": Case([moving(lambda number: page(0, f"/?{number}"))], PagingError),
    "its pages have no end": Case([moving(lambda number: page([export(number)], f"/?{number}"))], 50, {"limit": 50}),
    "its ids come twice over pages": Case(
        [http(body=page([export(1), export(2)], "/?a")), http(body=page([export(2), export(3)]))], 4
    ),
    "its link has credentials": Case([http(body=page([export(1)], LINK)), http(body=page(0))], 1),
    "its link is a file": Case([http(body=page(1, "file:///etc/passwd"))], LinkRefusedError),
    "its link is a script": Case([http(body=page(1, "javascript:alert(1)"))], LinkRefusedError),
    "its link injects a header": Case([http(body=page(1, "https://a.example/?x\r\nX-Evil: 1"))], LinkRefusedError),
    "its link is no text": Case([http(body=page(1, {"deep": 1}))], DecodeError),
    "its link is null": Case([http(body={"exports": [], "_links": {"self": {"href": ""}, "next": None}})], 0),
    "its link is 10 MB": Case([http(body=page(1, "https://a.example/?" + "x" * 10_000_000))], ResponseTooLargeError),
    "it redirects to another origin": Case([http(302, headers={"Location": LINK})], RedirectRefusedError),
    "it redirects to a file": Case([http(302, headers={"Location": "file:///etc/passwd"})], RedirectRefusedError),
    "it redirects in a circle": Case([http(307, headers={"Location": "/mesh-export/"})], RedirectRefusedError),
    "it redirects to nowhere": Case([http(302)], UnexpectedStatusError),
    "it redirects to nonsense": Case([http(302, headers={"Location": "http://[::1"})], RedirectRefusedError),
    "it folds a header": Case([raw(HEAD + b"X-Fold: a\r\n b\r\n" + with_length(GOOD)[len(HEAD) :])], 2),
    "its header has control characters": Case(
        [raw(HEAD + b"X-Evil: a\x00b\r\n" + with_length(GOOD)[len(HEAD) :])], ConnectionFailedError
    ),
    "its header is Latin-1": Case([raw(HEAD + b"X-Name: \xe4\r\n" + with_length(GOOD)[len(HEAD) :])], 2),
    "its charset is wrong": Case([http(body=json.dumps(page(2)), media_type="application/json; charset=klingon")], 2),
    "its charset is another": Case(
        [http(body=json.dumps(page(2)).encode("utf-16"), media_type="application/json; charset=utf-16")], 2
    ),
    "its charset is a codec that is none": Case([http(body=GOOD, media_type="application/json; charset=zlib")], 2),
    "it has no media type": Case([http(body=GOOD, media_type=None)], 2),
    "it calls JSON a web page": Case([http(body=GOOD, media_type="text/html")], 2),
    "it sends a web page": Case([http(body=b"<html>Hello</html>", media_type="text/html")], DecodeError),
    "it has a byte order mark": Case([http(body=b"\xef\xbb\xbf" + GOOD)], 2),
    "its text is no UTF-8": Case([http(body=GOOD.replace(b"Export 1", b"Export \xff"))], DecodeError),
    "its retry-after is an age": Case([http(429, headers={"Retry-After": "1000000000"})], RateLimitError),
    "its retry-after is 1e9": Case([http(429, headers={"Retry-After": "1e9"})], RateLimitError),
    "its retry-after is nonsense": Case([http(503, headers={"Retry-After": "\x7fsoon"})], ServerError),
    "its retry-after is in the past": Case(
        [http(429, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})], RateLimitError
    ),
    "it refuses every token": Case(
        [http(401, {"error": {"message": f"Not {TOKEN}"}}, {"WWW-Authenticate": f"Bearer {TOKEN}"})],
        AuthenticationError,
    ),
    "it fails for ever": Case([http(500, f"Trace of Bearer {TOKEN} at {LINK}")], ServerError),
    "its number is not a number": Case([http(body=GOOD.replace(b'"Export 1"', b"NaN"))], DecodeError),
    "its number has no end": Case([http(body=GOOD.replace(b'"Export 1"', b"1" * 500_000))], DecodeError),
    "it is nested deeply": Case([http(body=deep(100_000))], DecodeError),
    "what it does not know is nested deeply": Case(
        [http(body=GOOD[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")], DecodeError
    ),
    "it has a text of 10 MB": Case([http(body=page([export(1, displayName="x" * 10_000_000)]))], 1, {"large": True}),
    "it has a hundred thousand unknown members": Case(
        [http(body=page([export(1, **{f"m{n}": n for n in range(100_000)})]))], 1, {"large": True}
    ),
    "its members come twice": Case(
        [http(body=GOOD.replace(b'"displayName"', b'"displayName": "first", "displayName"'))], 2
    ),
    "its exports are null": Case([http(body={"exports": None, "_links": {"self": {"href": ""}}})], DecodeError),
    "its exports are missing": Case([http(body={"_links": {"self": {"href": ""}}})], DecodeError),
    "its links are missing": Case([http(body={"exports": []})], DecodeError),
    "its answer is an array": Case([http(body=b"[]")], DecodeError),
    "its id is no UUID": Case([http(body=GOOD.replace(b"00000000-0000", b"zzzzzzzz-0000"))], DecodeError),
    "its date has no offset": Case([http(body=GOOD.replace(b"43Z", b"43"))], DecodeError),
    "its date is no date": Case([http(body=GOOD.replace(b"2024-08-22", b"2024-02-31"))], DecodeError),
    "its date has a blank for the T": Case([http(body=GOOD.replace(b"T03:18:43Z", b" 03:18:43Z"))], DecodeError),
    "its name has half a character": Case([http(body=GOOD.replace(b"Export 1", b"\\ud800"))], DecodeError),
    "its answer is empty": Case([http(body=b"")], DecodeError),
    "it says 204": Case([raw(b"HTTP/1.1 204 No Content\r\n\r\n")], UnexpectedStatusError),
    "it says 100 for ever": Case([endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01)], DeadlineExceededError),
    "it switches protocols": Case(
        [raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")], ConnectionFailedError
    ),
    "it sets a cookie for another host": Case(
        [http(body=GOOD, headers={"Set-Cookie": "a=b; Domain=elsewhere.example"})], 2
    ),
}


def outcome(kind: Kind, server: Server, case: Case) -> object:
    # Short only where it is what ends the call: a busy machine must not decide what comes of the others.
    call = {"deadline": 0.6 if case.outcome is DeadlineExceededError else 40, **(case.call or {})}
    client = {
        "max_body": 64 * MAX_BODY if call.pop("large", False) else MAX_BODY,
        "retries": RetryPolicy(max_retries=1, initial_delay=0.001, max_retry_after=0.01),
    }
    try:
        return len(kind.list(server.url, client=client, **call))
    except MeshExportError as error:
        return error


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("name", CASES)
def test_a_server_that_misbehaves(kind: Kind, name: str) -> None:
    case = CASES[name]
    with serve(*case.answers) as server:
        found = outcome(kind, server, case)
    if not isinstance(found, MeshExportError):
        assert found == case.outcome
        return
    assert type(found) is case.outcome, f"{found!r}"
    text = "".join(traceback.format_exception(found)) + repr(vars(found))
    assert TOKEN not in text
    assert SIGNATURE not in text
    assert len(str(found)) < 2000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(
    "name", ["its gzip is a bomb", "its deflate is a bomb", "its chunks have no end", "its error is a bomb"]
)
def test_a_bomb_takes_no_more_memory_than_a_body_may_have(kind: Kind, name: str) -> None:
    """400 MB decompressed, 1 MB allowed."""
    with serve(*CASES[name].answers) as server:
        tracemalloc.start()
        try:
            outcome(kind, server, CASES[name])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 8 * MAX_BODY


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("name", ["it drips its body", "it drips chunks", "its body has no end"])
def test_a_client_of_the_callers_own_is_bounded_while_a_body_comes(kind: Kind, name: str) -> None:
    case = CASES[name]
    own: Any = httpx2.Client() if kind.name == "sync" else httpx2.AsyncClient()
    with serve(*case.answers) as server, pytest.raises(MeshExportError) as caught:
        kind.list(server.url, client={"http_client": own, "max_body": MAX_BODY, "max_retries": 0}, deadline=0.6)
    assert type(caught.value) is case.outcome


def test_there_are_enough_ways_to_misbehave() -> None:
    assert len(CASES) >= 25
