"""A server that is well for some requests and then is not: it passes them on to another one, or answers by itself."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from attrs import define, field, frozen


@frozen
class Answer:
    """What is answered instead; None as a status closes the connection without an answer.

    Attributes:
        status: The status.
        body: The body.
        headers: The headers.
        after: Seconds to wait before, unless the server is ended.
    """

    status: int | None
    body: bytes = b'{"error": {"code": "Unknown", "message": "No."}}'
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    after: float = 0.0


@define
class Front:
    """A server before another one.

    Attributes:
        url: Its root.
        moments: When each request came, on the monotonic clock.
    """

    url: str = ""
    moments: list[float] = field(factory=list)


@contextmanager
def before(url: str, instead: Callable[[int], Answer | None]) -> Iterator[Front]:
    """A server before another one.

    Args:
        url: The root of the other one.
        instead: What to answer to the request of a number, from 1, in its place; None to pass it on.
    """
    front, lock, ended = Front(), Lock(), Event()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            with lock:
                front.moments.append(time.monotonic())
                answer = instead(len(front.moments))
            if answer is not None:
                ended.wait(answer.after)
            if answer is None:
                self.pass_on()
            elif answer.status is None:
                self.connection.close()
            else:
                self.say(answer.status, answer.headers, answer.body)

        def pass_on(self) -> None:
            connection = http.client.HTTPConnection(urlsplit(url).netloc)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            came = connection.getresponse()
            length = [("Content-Length", value) for value in came.headers.get_all("content-length", [])]
            body = came.read()
            kept = [
                (name, value) for name, value in came.getheaders() if name.lower() not in ("content-length", "date")
            ]
            self.say(came.status, (*kept, *(length if self.command == "HEAD" else ())), body)
            connection.close()

        def say(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    front.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield front
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
